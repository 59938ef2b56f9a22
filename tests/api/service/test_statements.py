"""Statements over HTTP: a receipt for what is taken, the log's word on what is not, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from api.service.wire import MAX_SUBMISSION, MAX_TOGETHER
from api.settings import Settings
from audit.ledger.submission import Submission
from audit.ledger.tables import refusals
from audit.proofs.note import open_note, vkey
from audit.proofs.receipt import verify_receipt
from tests.api.service.serving import Client, over_the_wire, serving
from tests.bad_input.forging import restated, stated
from tests.worlds import World, a_file, found


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """A small log whose round is being declared, on a database of either kind."""
    made = found(settings.data)
    yield made
    made.close()


@pytest.fixture
def client(world: World, settings: Settings) -> Iterator[Client]:
    """Its service."""
    with serving(world, settings) as asks:
        yield asks


def log_key(world: World) -> str:
    """The verifier key of the log."""
    return vkey(world.origin, world.runtime.intake.keyring.genesis.log_key)


def declared(world: World, points: str = "1", **otherwise: Any) -> Submission:
    """The focal officer of an agency declares points."""
    body = {"points": points}
    return world.sign(
        "SelfScoreDeclared", "stc-2", round="2016", agency="STC", criterion="A1.1", body=body, **otherwise
    )


def evidence(world: World) -> Submission:
    """The focal officer attaches a file, with a title beside the log."""
    return world.sign(
        "EvidenceSubmitted", "stc-2", round="2016", agency="STC", criterion="A1.1",
        body={"serial": "01/BC", "version": 1}, texts={"title": "Kế hoạch\nCCHC"}, files=[a_file("Kế hoạch")],
    )  # fmt: skip


def test_a_statement_gets_a_receipt_that_proves_it(world: World, client: Client) -> None:
    """201, with the position and a receipt that verifies by the log's key alone."""
    submission = declared(world)
    answer = client.submit(submission)
    assert (answer.status, answer.json["position"], answer.json["repeated"]) == (201, world.size - 1, False)
    verify_receipt(answer.json["receipt"].encode(), envelope=submission.envelope, vkeys=[log_key(world)])


def test_the_same_statement_gets_the_same_receipt(world: World, client: Client) -> None:
    """A retry is answered 200, with the receipt of the first time, byte for byte, and nothing goes in."""
    submission = declared(world)
    first, size = client.submit(submission), world.size
    again = client.submit(submission)
    assert (again.status, again.json["repeated"], world.size) == (200, True, size)
    assert again.json["receipt"] == first.json["receipt"]


def test_another_statement_under_its_id_is_a_conflict(world: World, client: Client) -> None:
    """The same id over other bytes is answered 409."""
    first = declared(world)
    other = restated(declared(world, points="0.5"), id=stated(first)["id"])
    assert client.submit(first).status == 201
    answer = client.submit(other)
    assert (answer.status, answer.json["rule"]) == (409, "id.conflict")


def test_words_go_beside_the_log(world: World, client: Client) -> None:
    """What a statement commits to comes with it, line feeds and all."""
    assert client.submit(evidence(world)).status == 201


@pytest.mark.parametrize(
    ("accepted", "language"), [("", "vi"), ("en", "en"), ("en;q=0.5, vi", "vi"), ("fr", "vi")]
)
def test_a_refusal_is_a_problem_with_the_logs_word(
    world: World, client: Client, accepted: str, language: str
) -> None:
    """422 with the rule, in the caller's language, what to do next, and a refusal that the log signed."""
    answer = client.submit(declared(world, points="3"), Accept_Language=accepted)
    told = answer.json
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert (told["type"], told["rule"]) == ("urn:minhchung:rule:score.above_max", "score.above_max")
    assert (told["facts"], told["status"]) == ({"stated": "3", "maximum": "1"}, 422)
    assert answer.headers["content-language"] == language
    assert told["detail"]
    assert told["todo"]
    signed = open_note(told["refusal"].encode(), [log_key(world)])
    assert b"score.above_max" in signed.text


def test_statements_together_go_in_whole(world: World, client: Client) -> None:
    """Several of one key go in as one; each has its receipt."""
    desk = world.desk()
    drafts = [
        world.draft(
            "SelfScoreDeclared",
            "stc-2",
            round="2016",
            agency="STC",
            criterion="A1.1",
            body={"points": points},
        )
        for points in ("1", "0.5")
    ]
    answer = client.submit(*map(desk.sign, drafts))
    assert answer.status == 201
    assert [one["position"] for one in answer.json["accepted"]] == [world.size - 2, world.size - 1]


def test_statements_together_go_in_whole_or_not_at_all(world: World, client: Client) -> None:
    """Where one is refused nothing goes in, and the answer says which and why."""
    size, desk = world.size, world.desk()
    drafts = [
        world.draft(
            "SelfScoreDeclared",
            "stc-2",
            round="2016",
            agency="STC",
            criterion="A1.1",
            body={"points": points},
        )
        for points in ("1", "3")
    ]
    answer = client.submit(*map(desk.sign, drafts))
    assert (answer.status, answer.json["index"], answer.json["rule"]) == (422, 1, "score.above_max")
    assert len(answer.json["refusals"]) == 2
    assert world.size == size


def test_what_is_sent_together_is_of_one_key(world: World, client: Client) -> None:
    """Statements of several people are not sent together: each would answer for the others."""
    mine = declared(world)
    hers = world.sign(
        "SelfScoreDeclared", "nhs-2", round="2016", agency="NHS", criterion="A1.1", body={"points": "1"}
    )
    answer = client.submit(mine, hers)
    assert (answer.status, answer.json["facts"]) == (400, {"part": "keys"})


def _preview(client: Client, *submissions: Submission) -> Any:
    sent = [over_the_wire(submission) for submission in submissions]
    answer = client.ask("POST", "/v1/statements/preview", sent[0] if len(sent) == 1 else {"together": sent})
    assert answer.status == 200
    return answer.json


def test_a_preview_says_what_would_happen_and_writes_nothing(world: World, client: Client) -> None:
    """Admitted, or why not, in both languages; the log and its register of refusals stay as they are."""
    submission = declared(world)
    before = _written(world)
    told = _preview(client, submission)
    assert (told["would"], told["id"]) == ("ADMIT", stated(submission)["id"])
    told = _preview(client, declared(world, points="3"))
    assert (told["would"], told["rule"], told["facts"]["maximum"]) == ("REFUSE", "score.above_max", "1")
    assert told["vi"]["todo"] != told["en"]["todo"]
    assert _written(world) == before
    position = client.submit(submission).json["position"]
    assert (_preview(client, submission)["would"], position) == ("REPEAT", world.size - 1)


def test_what_would_go_in_together_is_previewed_together(world: World, client: Client) -> None:
    """Each builds on those before it; where one would be refused, its neighbours are told so."""
    desk, before = world.desk(), _written(world)
    sent = [
        desk.sign(
            world.draft(
                "SelfScoreDeclared", "stc-2", round="2016", agency="STC", criterion="A1.1",
                body={"points": points},
            )
        )
        for points in ("1", "0.5", "3")
    ]  # fmt: skip
    assert [one["would"] for one in _preview(client, *sent[:2])["together"]] == ["ADMIT", "ADMIT"]
    rules = [one["rule"] for one in _preview(client, *sent)["together"]]
    assert rules == ["batch.neighbour_refused", "batch.neighbour_refused", "score.above_max"]
    assert _written(world) == before


def _written(world: World) -> tuple[int, int]:
    with world.runtime.log.database.read() as connection:
        refused = connection.execute(select(func.count()).select_from(refusals)).scalar_one()
    return world.size, refused


UNREADABLE = {
    "nothing": b"",
    "not JSON": b"{",
    "not UTF-8": b'{"envelope":"\xff"}',
    "a list": b"[]",
    "a key twice": b'{"envelope":{},"envelope":{}}',
    "a float": b'{"envelope":{"a":1.5}}',
    "not a number": b'{"envelope":{"a":NaN}}',
    "a lone surrogate": b'{"envelope":{"a":"\\ud800"}}',
    "deep nesting": b'{"envelope":' + b"[" * 60_000 + b"]" * 60_000 + b"}",
    "a number without end": b'{"envelope":{"a":' + b"9" * 60_000 + b"}}",
    "an envelope of text": b'{"envelope":"{}"}',
    "openings that are none": b'{"envelope":{},"openings":{}}',
    "an opening without salt": b'{"envelope":{},"openings":[{"field":"title","value":"x"}]}',
    "an unknown field": b'{"envelope":{},"files":[]}',
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_said_to_be_so(world: World, client: Client, case: str) -> None:
    """Bytes that are no submission are answered 400 with what is wrong, and leave no trace."""
    size = world.size
    answer = client.ask("POST", "/v1/statements", UNREADABLE[case])
    assert (answer.status, answer.json["rule"]) == (400, "request.malformed")
    assert world.size == size


def test_an_envelope_that_is_none_is_refused_by_the_log(client: Client) -> None:
    """What is JSON but no envelope gets the log's signed refusal, like any statement."""
    answer = client.ask("POST", "/v1/statements", {"envelope": {"payload": "x"}})
    assert (answer.status, answer.json["rule"]) == (422, "envelope.not_canonical")
    assert answer.json["refusal"].startswith("minhchung.refusal/v1\n")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_without_end_is_cut_off(client: Client, chunked: bool) -> None:
    """What is longer than any statement is answered 413, however it is sent."""
    piece, pieces = b"[" * 65_536, MAX_SUBMISSION // 65_536 + 2
    body: Any = (piece for _ in range(pieces)) if chunked else piece * pieces
    try:
        answer = client.ask("POST", "/v1/statements", body)
    except (BrokenPipeError, ConnectionResetError):
        return  # the server had heard enough before all was sent
    assert (answer.status, answer.json["rule"]) == (413, "request.too_long")


def test_too_many_together_are_not_read(world: World, client: Client) -> None:
    """More than 500 at once are answered 400."""
    sent = [over_the_wire(declared(world))] * (MAX_TOGETHER + 1)
    assert client.ask("POST", "/v1/statements/together", {"together": sent}).status == 400


def test_a_full_queue_sends_away_and_loses_nothing(world: World, settings: Settings) -> None:
    """Without room, 503 says when to come again; what was sent can be sent again and goes in."""
    submission = declared(world)
    with serving(world, settings, room=0) as client:
        answer = client.submit(submission)
        assert (answer.status, answer.json["rule"]) == (503, "request.busy")
        assert answer.headers["retry-after"] == "1"
    with serving(world, settings) as client:
        assert client.submit(submission).status == 201


def test_a_retry_is_answered_however_much_waits(world: World, settings: Settings) -> None:
    """Without room, what the log has already still gets its receipt; what is new is sent away."""
    submission = declared(world)
    with serving(world, settings) as client:
        first = client.submit(submission)
    with serving(world, settings, room=0) as client:
        again = client.submit(submission)
        assert (again.status, again.json["receipt"]) == (200, first.json["receipt"])
        assert client.submit(declared(world, points="0.5")).status == 503


def test_many_at_once_all_get_their_receipts(world: World, client: Client) -> None:
    """Statements that arrive together are committed together; each is answered for itself, retries too."""
    desks = {agency: world.desk() for agency in ("STC", "NHS", "SNV")}
    sent = [
        desk.sign(
            world.draft(
                "SelfScoreDeclared",
                f"{agency.lower()}-2",
                round="2016",
                agency=agency,
                criterion="A1.1",
                body={"points": "1"},
            )
        )
        for agency, desk in desks.items()
    ] * 4
    with ThreadPoolExecutor(len(sent)) as threads:
        answers = list(threads.map(client.submit, sent))
    assert sorted(answer.status for answer in answers) == [200] * 9 + [201] * 3
    assert len({answer.json["position"] for answer in answers}) == 3


def test_a_stopped_log_says_so(world: World, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an error of the disk nothing is acknowledged any more, and the service is not ready."""
    submission = declared(world)

    def broken(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(world.runtime.intake, "_anchor", broken)
    assert client.submit(submission).status == 503
    monkeypatch.undo()
    answer = client.submit(submission)
    assert (answer.status, answer.json["rule"]) == (503, "request.stopped")
    ready = client.ask("GET", "/readyz")
    assert (ready.status, ready.json["ready"], ready.json["writer"]) == (503, False, False)
