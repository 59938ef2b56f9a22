"""Naughty strings in every text and name: kept to the byte, or refused in words; never a path, never 5xx."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import make_url

from api.settings import DATABASE_VARIABLE, Settings
from audit.ledger.database import open_database
from audit.ledger.submission import Submission
from audit.proofs.statement import parse_envelope
from domain.events import CATALOGUE
from tests.api.service.everybody import FILLED, Served, address, doors, served_to
from tests.api.service.people import sign_in
from tests.api.service.serving import over_the_wire, serving
from tests.bad_input.forging import evidence, restated
from tests.worlds import KEYS, OPEN, found

PATHS = (
    "../../etc/passwd",
    "..\\..\\a.doc",
    "/etc/passwd",
    "C:\\a.pdf",
    "a/../../b",
    "~root",
    "con",
    "a\x00.pdf",
)
"""Names of files that want to be more than names."""
TEXTS = [(name, field) for name, kind in sorted(CATALOGUE.items()) for field in sorted(kind.texts)]
"""Every text that stands beside the log, by type of statement."""


@pytest.fixture(scope="module")
def naughty(vectors: Path) -> list[str]:
    """The big list of naughty strings, and names of files that would be paths."""
    path = vectors / "blns" / "blns.json"
    if not path.is_file():
        pytest.skip(f"no naughty strings at {path}")
    strings = json.loads(path.read_text("utf-8"))
    assert len(strings) == 515
    return [*strings, *PATHS]


@pytest.fixture(scope="module")
def served(small_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service."""
    with served_to(["ct-4", "stc-2"], small_log, tmp_path_factory.mktemp("naughty")) as its:
        yield its


def _preview(served: Served, submission: Submission) -> tuple[str, str]:
    told = served.client.ask("POST", "/v1/statements/preview", over_the_wire(submission))
    assert told.status == 200, told.body
    assert told.json["would"] == "ADMIT" or told.json["vi"]["what"], told.body
    return str(told.json["would"]), str(told.json.get("rule", ""))


def test_titles_and_file_names_are_kept_byte_for_byte_or_refused(
    served: Served, naughty: Sequence[str]
) -> None:
    """All of them: what is admitted is told again exactly as it was signed, the rest by a rule of texts."""
    admitted = []
    for text in naughty:
        would, rule = _preview(served, evidence(served.world, texts={"title": text, "file_names": text}))
        assert would == "ADMIT" or rule.startswith(("text.", "opening.")), (text, rule)
        admitted += [text] if would == "ADMIT" else []
    assert len(admitted) > 350
    desk = served.world.desk()
    drafts = [
        served.world.draft(
            "EvidenceSubmitted", "stc-2", round=OPEN, agency="STC", criterion="A1.5",
            body={"serial": f"{at}/BLNS", "version": 1}, texts={"title": text, "file_names": text},
            files=[b"So lieu minh hoa\n"],
        )
        for at, text in enumerate(admitted)
    ]  # fmt: skip
    told = served.client.submit(*(desk.sign(draft) for draft in drafts))
    assert told.status == 201, told.body
    path = f"/v1/rounds/{OPEN}/agencies/STC/trace?criterion=A1.5"
    events = served.people["stc-2"].get(path).json["events"][-len(admitted) :]
    assert [event["texts"]["title"] for event in events] == admitted
    assert [event["texts"]["file_names"] for event in events] == admitted


@pytest.mark.parametrize("text", ["title", "file_names"])
def test_a_name_never_becomes_a_path(served: Served, text: str) -> None:
    """Hostile names of files leave the folder of evidence with digests, and nothing beside or above it."""
    for name in PATHS:
        _preview(served, evidence(served.world, texts={"title": "Báo cáo", text: name}))
    for name in (*PATHS, "..", ".", "%2e%2e%2fetc", "0" * 63 + "G"):
        told = served.client.ask("PUT", f"/v1/blobs/{quote(name, safe='')}", b"So lieu")
        assert told.status in (400, 401, 404), (name, told.status)
        told = served.client.ask("GET", f"/static/{'0' * 16}/{quote(name, safe='')}")
        assert told.status in (400, 404), name
    files = [path for path in served.settings.evidence.rglob("*") if path.is_file()]
    assert files
    assert all(set(path.name) <= set("0123456789abcdef") for path in files)
    assert [path for path in served.settings.data.parent.iterdir() if path != served.settings.data] == []


def test_every_text_beside_the_log_is_read_alike(served: Served, naughty: Sequence[str]) -> None:
    """Each field of each type of statement: whatever else is wrong there, a bad text is what is refused."""
    refusals = 0
    for (name, field), text in zip(islice(cycle(TEXTS), len(naughty)), naughty, strict=True):
        submission = _about_anything(served, name, {field: text})
        would, rule = _preview(served, submission)
        title, its = _preview(served, evidence(served.world, texts={"title": text}))
        if title == "REFUSE":
            assert (would, rule) == (title, its), (name, field, text)
            refusals += 1
    assert refusals > 20


def _about_anything(served: Served, name: str, texts: dict[str, str]) -> Submission:
    """Sign a statement of a type whose body and subject are wrong for most: texts are looked at first."""
    needs = {"round": OPEN, "agency": "STC", "criterion": "A1.5", "matter": None}
    return served.world.sign(name.partition(".")[0], "stc-2", body={}, texts=texts, **needs)


def test_words_inside_the_signed_bytes_are_kept_or_refused(served: Served, naughty: Sequence[str]) -> None:
    """The number of a document: refused as a text or by its own rule, else kept as it was signed."""
    good = evidence(served.world)
    for text in naughty:
        submission = restated(good, body={"serial": text, "version": 1})
        would, rule = _preview(served, submission)
        assert json.loads(parse_envelope(submission.envelope).payload)["body"]["serial"] == text
        known = rule.startswith(("text.", "bytes.", "field.", "evidence."))
        assert would == "ADMIT" or known, (text, rule)


def test_what_a_token_is_called_is_kept_or_refused(served: Served, naughty: Sequence[str]) -> None:
    """A label is told again as it was given; one that hides something is 422, one too long 400."""
    given = []
    person = sign_in(served.client, KEYS["ct-4"])
    for text in naughty:
        told = person.ask("POST", "/v1/tokens", {"label": text, "scopes": ["LOG"], "days": 1})
        assert told.status in (201, 400, 422), (text, told.body)
        given += [text] if told.status == 201 else []
    listed = [one["label"] for one in person.get("/v1/tokens").json["tokens"]]
    assert sorted(listed) == sorted(given)
    assert len(given) > 300
    hidden = person.ask("POST", "/v1/tokens", {"label": "a\u202eb", "scopes": ["LOG"], "days": 1})
    assert (hidden.status, hidden.json["rule"]) == (422, "text.hidden")


def _askable(served: Served) -> Iterator[tuple[str, str]]:
    """Yield what can be asked of each route: its parameters as declared, and those of the pages."""
    paths = served.client.ask("GET", "/v1/openapi.json").json["paths"]
    for _, path in sorted(doors(methods=("GET",))):
        if path.endswith("/live"):  # which does not end while it is listened to
            continue
        declared = paths.get(path.replace(":path", ""), {}).get("get", {}).get("parameters", ())
        yield from ((path, one["name"]) for one in declared if one["in"] == "query")
        if path not in paths:
            yield from ((path, name) for name in ("as_of", "lang", "version"))


@pytest.mark.slow
def test_no_question_breaks_anything(served: Served, naughty: Sequence[str]) -> None:
    """Each string in what can be asked: there is an answer, and it is never 5xx."""
    asked = list(_askable(served))
    assert len(asked) > 50
    for (path, name), text in islice(zip(cycle(asked), cycle(naughty), strict=False), len(naughty)):
        _ask(served, f"{address(path)}?{QUERY.get(path.rpartition('/')[2], '')}{name}={_quoted(text)}")


@pytest.mark.slow
def test_no_address_breaks_anything(served: Served, naughty: Sequence[str]) -> None:
    """Each string as each part of an address."""
    parts = [
        (path, part) for _, path in sorted(doors(methods=("GET",))) for part in FILLED if f"{{{part}" in path
    ]
    for (path, part), text in islice(zip(cycle(parts), cycle(naughty), strict=False), len(naughty)):
        _ask(served, address(path, **{part: _quoted(text)}))


@pytest.mark.parametrize("number", ["-1", "0", str(2**63), str(-(2**63) - 1), "9" * 5000, "1e3"])
def test_no_number_breaks_anything(served: Served, number: str) -> None:
    """Numbers that no column holds, in everything that can be asked."""
    for path, name in _askable(served):
        if name != "lang":
            other = {"first": "second=1&", "second": "first=1&", "position": "size=1&", "size": "position=0&"}
            asked = other.get(name, "") + QUERY.get(path.rpartition("/")[2], "")
            _ask(served, f"{address(path)}?{asked}{name}={quote(number)}")
    for method, path in doors(methods=("GET", "HEAD")):
        if method == "GET" and "{position}" in path:
            _ask(served, address(path, position=quote(number)))


@pytest.mark.postgres
def test_what_a_database_does_not_take_breaks_nothing(
    small_log: Path, tmp_path: Path, postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL has no zero in a text: neither an address nor a label with one gets that far."""
    schema = f"t{secrets.token_hex(8)}"
    open_database(postgres_server, schema=schema).close()
    of_its_own = make_url(postgres_server).update_query_dict({"options": f"-csearch_path={schema}"})
    monkeypatch.setenv(DATABASE_VARIABLE, of_its_own.render_as_string(hide_password=False))
    world = found(tmp_path / "data")
    world.state("RoleGranted", "dk-2", body={"officer": "ct-4", "role": "AUDITOR"})
    with serving(world, Settings(tmp_path / "data")) as client:
        person = sign_in(client, KEYS["ct-4"])
        served = Served(world, Settings(tmp_path / "data"), client, {"ct-4": person})
        for path, name in _askable(served):
            _ask(served, f"{address(path)}?{QUERY.get(path.rpartition('/')[2], '')}{name}=a%00b")
            _ask(served, f"{address(path)}?{QUERY.get(path.rpartition('/')[2], '')}{name}={2**70}")
        for _, path in doors(methods=("GET",)):
            for part in FILLED if "{" in path else ():
                _ask(served, address(path, **{part: "a%00b"}))
        told = person.ask("POST", "/v1/tokens", {"label": "a\0b", "scopes": ["LOG"], "days": 1})
        assert (told.status, told.json["rule"]) == (422, "text.hidden")
        assert person.ask("DELETE", "/v1/tokens/a%00b").status in (400, 404)
        zero = client.ask("GET", "/v1/session", headers={"Authorization": "Bearer mc_a%00b_c"})
        assert zero.status == 401
    world.close()


QUERY = {"diff": "since=5&", "what-if": ""}
"""What a question cannot do without."""


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


def _ask(served: Served, whole: str) -> None:
    told = served.people["ct-4"].get(whole)
    assert told.status < 500, (whole, told.status, told.body)
