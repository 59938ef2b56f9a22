"""Keys as they are told: suspended, compromised and certified ones, on the terminal, in trace and verdict."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from api import answers
from api.keys import key_list, key_show
from api.publication import own_record, policy_of
from api.register import entry_at
from api.runtime import reading
from api.settings import DATABASE_VARIABLE, Settings
from api.verdict import verdict_on_log
from api.verification import examine
from audit.ledger.database import open_database
from audit.ledger.submission import Accepted, Refused
from audit.ledger.tables import openings
from audit.proofs.certificate import possession, write_chain
from audit.proofs.keys import DEMO_ORIGIN, demo_signing_key
from tests.audit.proofs.chains import PERSON, ROOT, chain_of, digest, issued, prove
from tests.bad_input.forging import evidence, score
from tests.cli_page import run
from tests.worlds import KEYS, OPEN, REGISTRARS, World, enrolment, found

OLD, NEW = KEYS["stc-2"], demo_signing_key(902)
KEY = OLD.public_key.id
CHAIN = chain_of(PERSON)
CERTIFICATE = digest(CHAIN[0])


def _bind(world: World) -> None:
    signed = possession(
        log=DEMO_ORIGIN,
        key=KEY,
        actor="stc-2",
        enrolled_at=world.intake.keyring.records[KEY].enrolled_at,
        certificate=CERTIFICATE,
    )
    body = {"key": KEY, "certificate": CERTIFICATE, "possession": prove(PERSON.key, signed)}
    world.state("CertificateBound", "stc-2", body=body, texts={"certificates": write_chain(CHAIN)})


def _tell(data: Path) -> dict[str, int]:
    """The key of stc-2 is bound, suspended for a while, signs two acts, is revoked; stc-2 speaks of one."""
    world = found(data, certificate_anchors=[digest(issued(ROOT))])
    at: dict[str, int] = {}
    _bind(world)
    at["bound"] = world.size - 1
    at["suspended"] = world.state("KeySuspended", "stc-2", body={"key": KEY, "category": "MISLAID"})
    (refused,) = world.submit(score(world))
    assert isinstance(refused, Refused)
    assert refused.refusal.rule == "key.suspended"
    at["reinstated"] = world.state("KeyReinstated", *REGISTRARS, body={"key": KEY})
    for name, act in (("evidence", evidence(world)), ("score", None)):
        (outcome,) = world.submit(act or score(world))
        assert isinstance(outcome, Accepted), outcome
        at[name] = outcome.position
    body = {"key": KEY, "category": "COMPROMISED", "compromised_since": at["evidence"]}
    at["revoked"] = world.state("KeyRevoked", *REGISTRARS, body=body)
    desk = world.desk(keys={"stc-2": NEW})
    spoken = {"key": KEY, "positions": [at["score"]]}
    for name, draft in (
        ("enrolled", world.draft("KeyEnrolled", "stc-2", *REGISTRARS, body=enrolment("stc-2", NEW))),
        ("spoken", world.draft("StatementRepudiated", "stc-2", body=spoken)),
    ):
        (outcome,) = world.submit(desk.sign(draft))
        assert isinstance(outcome, Accepted), outcome
        at[name] = outcome.position
    world.close()
    return at


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, int]]]:
    """The log of the story, closed, and where each act lies."""
    data = tmp_path_factory.mktemp("keys") / "data"
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(DATABASE_VARIABLE, raising=False)
        yield data, _tell(data)


Told = tuple[Path, dict[str, int]]


def _trace(data: Path, size: int | None = None, *, own: bool = False) -> dict[int, Any]:
    with reading(Settings(data)) as log, log.database.read() as connection:
        answer = answers.trace(log, connection, OPEN, "STC", "A1.5", size or log.size)
        if own:
            answer = own_record(answer, policy_of(log, connection, OPEN, log.size))
    return {event["position"]: event for event in answer["events"]}


def test_trace_flags_what_is_in_doubt(told: Told) -> None:
    """Every event says whether it is contested, as of the size that is asked for."""
    data, at = told
    for size, wanted in (
        (at["revoked"], ["plain", "plain"]),
        (at["spoken"], ["contested", "contested"]),
        (None, ["contested", "repudiated"]),
    ):
        events = _trace(data, size)
        assert [events[at[name]]["authorship"] for name in ("evidence", "score")] == wanted


def test_doubt_changes_no_number(told: Told) -> None:
    """A repudiated score counts as before: what follows from it is the council's to decide."""
    data, at = told
    assert _trace(data)[at["score"]]["made_the_number"]
    assert examine(data).ok


def test_trace_tells_custody_and_certificate_of_each_signer(told: Told) -> None:
    """Who kept the key, and whom its certificate names; to the agency itself only that there is one."""
    data, at = told
    (signer,) = _trace(data)[at["score"]]["signers"]
    assert signer["custody"] == "platform"
    (bound,) = signer["certificates"]
    assert (bound["position"], bound["certificate"]) == (at["bound"], CERTIFICATE)
    assert (bound["subject"], bound["issuer"]) == ("CN=Nguyễn Thị Bình", "CN=CA cơ quan nhà nước")
    (own,) = _trace(data, own=True)[at["score"]]["signers"]
    assert own["certificates"] == [{k: bound[k] for k in bound if k not in ("subject", "serial")}]


def test_verdict_counts_doubt_custody_and_certificates(told: Told) -> None:
    """The verdict lists contested positions, bindings, and how many statements the platform's keys signed."""
    data, at = told
    verdict = verdict_on_log(examine(data))
    assert verdict["contested"] == {
        "reaffirmed": [],
        "contested": [at["evidence"]],
        "repudiated": [at["score"]],
    }
    (bound,) = verdict["certificates"]
    assert (bound["actor"], bound["key"], bound["subject"]) == ("stc-2", KEY, "CN=Nguyễn Thị Bình")
    assert verdict["checked"]["statements_under_platform_keys"] == verdict["size"]


def test_a_key_is_shown_with_its_life(told: Told) -> None:
    """By its holder both keys, by the beginning of its id one of them."""
    data, at = told
    with reading(Settings(data)) as log, log.database.read() as connection:
        both = key_show(log, connection, log.size, "stc-2")
        one = key_show(log, connection, log.size, KEY[:8])
        before = key_show(log, connection, at["reinstated"], "stc-2")
        listed = {key["key"]: key for key in key_list(log, connection, log.size)["keys"]}
    old, new = both["keys"]
    assert one["keys"] == [old]
    assert (new["key"], new["state"], new["since"]) == (NEW.public_key.id, "valid", at["enrolled"])
    assert old["suspensions"] == [{"since": at["suspended"], "until": at["reinstated"]}]
    assert (old["state"], old["until"], old["revoked_at"]) == ("revoked", at["revoked"], at["revoked"])
    assert old["compromised_since"] == at["evidence"]
    assert [bound["subject"] for bound in old["certificates"]] == ["CN=Nguyễn Thị Bình"]
    assert (before["keys"][0]["state"], before["size"]) == ("suspended", at["reinstated"])
    assert listed[KEY]["contested"] == {"reaffirmed": 0, "contested": 1, "repudiated": 1}
    assert (listed[KEY]["certificates"], listed[NEW.public_key.id]["certificates"]) == (1, 0)
    assert {key["state"] for key in listed.values()} == {"valid", "revoked"}


def test_an_erased_chain_leaves_the_binding(told: Told, tmp_path: Path) -> None:
    """Without the words a binding is still told, by its digest; all that is found is that they are gone."""
    data, at = told
    copy = tmp_path / "copy"
    shutil.copytree(data, copy)
    with reading(Settings(copy)) as log:
        bound = entry_at(log, at["bound"]).statement.id
    database = open_database(Settings(copy).database_url)
    with database.begin() as connection:
        connection.execute(delete(openings).where(openings.c.statement_id == bound))
    database.close()
    erased = {"position": at["bound"], "certificate": CERTIFICATE}
    assert _trace(copy)[at["score"]]["signers"][0]["certificates"] == [erased]
    verdict = verdict_on_log(examine(copy))
    assert verdict["certificates"] == [{**erased, "actor": "stc-2", "key": KEY}]
    assert [(f["position"], f["rule"]) for f in verdict["findings"]] == [(at["bound"], "opening.not_there")]


SCREENS = {
    ("keys", "list", "--lang", "en"): ["revoked", "the platform", KEY[:12]],
    ("keys", "list"): ["đã thu hồi", "hệ thống"],
    ("keys", "show", "stc-2", "--lang", "en"): [
        "Suspended from position",
        "compromised since position",
        "contested as its key was compromised: positions",
        "REPUDIATED by its owner: positions",
        "CN=Nguyễn Thị Bình; issued by",
    ],
    ("keys", "show", "stc-2"): [
        "Tạm dừng từ vị trí",
        "chủ khóa đã phủ nhận: vị trí",
        "Chứng thư gắn ở vị trí",
    ],
    ("trace", "STC", "A1.5", "--lang", "en"): ["[REPUDIATED by its owner]", "key kept by the platform"],
    ("verify", "--lang", "en"): ["1 contested, 0 reaffirmed", "Certificates bound to keys: 1"],
}


@pytest.mark.parametrize("words", SCREENS, ids=" ".join)
def test_a_terminal_shows_it(told: Told, words: tuple[str, ...]) -> None:
    """People read the same in sentences, in either language."""
    ended = run(told[0], *words, COLUMNS="300")
    assert ended.returncode == 0, ended.stderr
    assert [part for part in SCREENS[words] if part not in " ".join(ended.stdout.split())] == []


@pytest.mark.parametrize("wanted", ["nobody", KEY[:7], "ab" * 32])
def test_a_key_that_is_not_there_is_said_to_be(told: Told, wanted: str) -> None:
    """Neither a holder nor enough of a key's id: a plain answer, and status 2."""
    ended = run(told[0], "keys", "show", wanted, "--json")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "minhchung keys list" in ended.stderr


def test_json_is_what_is_answered(told: Told) -> None:
    """`--json` gives the very answer."""
    with reading(Settings(told[0])) as log, log.database.read() as connection:
        wanted = key_show(log, connection, log.size, "stc-2")
    assert json.loads(run(told[0], "keys", "show", "stc-2", "--json").stdout) == wanted
