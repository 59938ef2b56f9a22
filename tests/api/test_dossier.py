"""A dossier of the demo proves its case by itself; changed in any way, it is refused and says where."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.dossier import DossierRefused, Request, dossier_bytes, make_dossier
from api.dossier_contents import Subject
from api.dossier_page import dossier_page
from api.dossier_verification import verdict_on_dossier
from api.errors import UnknownSubject
from api.runtime import reading
from api.settings import Settings
from api.trusting import read_trust
from audit.proofs import canonical
from audit.proofs.__main__ import main
from audit.proofs.checkpoint import parse_checkpoint, sign_checkpoint
from audit.proofs.dossier import MAX_BRACKETS, MAX_DOSSIER, seal
from audit.proofs.dossier_page import extract
from audit.proofs.keys import demo_signing_key
from audit.proofs.note import unverified_text, vkey
from audit.proofs.policy import NO_WITNESSES
from audit.proofs.statement import envelope_from_json, sign_payload
from audit.proofs.trust import Trust, TrustedLog
from tests.api.dossiers import (
    Change,
    Inner,
    changed,
    findings_of,
    inner_of,
    leaves_of,
    proved_again,
    verdict_on,
)

CASE = Subject("2016", dispute="dispute-1")
CELL = "2016/SGTVT/A3.5"
STRANGER = demo_signing_key(600)
pytestmark = pytest.mark.xdist_group("dossiers")


def make(data: Path, subject: Subject, reader: str = "agency", *, whole: bool = False) -> bytes:
    """Make a dossier as the command does."""
    where = Settings(data)
    asked = Request(subject, reader, whole, read_trust(where.trust))
    with reading(where) as log, log.database.read() as connection:
        return dossier_bytes(make_dossier(log, connection, asked))


@pytest.fixture(scope="module")
def case(demo_data: Path) -> bytes:
    """The dossier of a disputed cell, for the agency itself."""
    return make(demo_data, CASE)


@pytest.fixture(scope="module")
def whole(demo_data: Path) -> bytes:
    """The dossier of the whole round, for an auditor."""
    return make(demo_data, Subject("2016"), "auditor", whole=True)


@pytest.fixture(scope="module")
def leaves(demo_data: Path) -> list[bytes]:
    """All leaf hashes of the log, which a forger who keeps it has as well."""
    return leaves_of(demo_data)


# --- what it proves -------------------------------------------------------------------------------------


def test_case_proves_itself(case: bytes) -> None:
    """Nothing is found; the cell is complete, its points and rank attested, by the trust that it names."""
    verdict = verdict_on(case)
    assert verdict["findings"] == []
    assert (verdict["trust"], verdict["ranks"], verdict["whole"]) == (
        "as the dossier names",
        "attested",
        False,
    )
    (newest,) = [one for one in verdict["completeness"] if one["key"] == CELL][1:]
    assert newest["complete"]
    assert newest["withheld"] == list(range(8545, 8555))
    points = [state["value"]["points"] for state in verdict["states"] if state["key"] == CELL]
    ranks = [state["value"]["rank"] for state in verdict["states"] if state["key"].endswith("/rank")]
    assert (points, ranks) == (["0.8", "1"], ["13", "11"])
    assert verdict["assumed"] == ["KEY_EVENTS", "COUNTERS", "RULES"]


def test_readers_own_trust_counts_before_the_dossiers(case: bytes, demo_data: Path) -> None:
    """By a trust file of one's own it is the log that is known, as two witnesses had seen it."""
    verdict = verdict_on(case, read_trust(Settings(demo_data).trust))
    assert (verdict["trust"], verdict["trust_by"]) == ("as trusted", "reader")
    assert verdict["known"] == {"size": verdict["size"], "connected": True}
    assert len(verdict["witnessed"]["by"]) == 2
    assert verdict["witnessed"]["beyond"] == 0


def test_another_log_is_not_the_one_that_is_known(case: bytes) -> None:
    """A trust file with another key for this origin makes the verdict: not as trusted."""
    origin = inner_of(case)["log"]
    other = Trust((TrustedLog(origin, "Somebody", (vkey(origin, STRANGER.public_key),)),), NO_WITNESSES)
    verdict = verdict_on(case, other)
    assert verdict["trust"] == "not as trusted"
    assert findings_of(verdict) == [("trust", 0, "trust.other_log_key")]


def test_whole_round_is_recomputed(whole: bytes) -> None:
    """With every entry there, every total and rank is folded again and is what was attested."""
    verdict = verdict_on_dossier(whole)
    assert verdict["findings"] == []
    assert (verdict["whole"], verdict["ranks"]) == (True, "recomputed")
    assert verdict["checked"]["recomputed"] == verdict["checked"]["states"] == 4 * 34
    assert verdict["assumed"] == ["RULES"]


def test_without_a_fold_the_whole_is_only_attested(whole: bytes) -> None:
    """The checks that need nothing but Python do not fold, and say so."""
    verdict = verdict_on(whole)
    assert verdict["ok"]
    assert (verdict["ranks"], verdict["layers"]["projection"]) == ("attested", "not checked")


def test_fold_that_comes_to_something_else_is_found(whole: bytes) -> None:
    """A state that the fold does not come to is a finding, and the ranks are not called recomputed."""
    verdict = verdict_on_dossier(whole, fold=lambda _log: {})
    assert {rule for _, _, rule in findings_of(verdict)} == {"state.other_than_folded"}
    assert verdict["ranks"] == "attested"


def test_cell_fits_into_a_letter(demo_data: Path) -> None:
    """The dossier of a cell has at most 200 KiB."""
    assert len(make(demo_data, Subject("2016", "SNV", "A1.2"))) <= 200 * 1024


def test_empty_cell_is_proved_empty(demo_data: Path) -> None:
    """Of a cell that nobody stated anything about, the proof of its state says so."""
    verdict = verdict_on(make(demo_data, Subject("2016", "SNV", "A8.2")))
    assert verdict["ok"]


# --- for whom it is made --------------------------------------------------------------------------------


def opened(dossier: bytes) -> set[tuple[int, str]]:
    """Return which texts a dossier opens."""
    return {(one["position"], one["field"]) for one in inner_of(dossier)["openings"]}


def test_reader_gets_what_their_classes_hold(case: bytes, demo_data: Path) -> None:
    """The agency gets no motion or vote and no name; the council all votes; auditors names too."""
    council, auditor = make(demo_data, CASE, "council"), make(demo_data, CASE, "auditor")
    assert verdict_on(case)["checked"]["withheld"] == 10
    assert verdict_on(council)["checked"]["withheld"] == 0
    assert "name" not in {name for _, name in opened(case) | opened(council)}
    assert "name" in {name for _, name in opened(auditor)}
    assert all(verdict_on(dossier)["ok"] for dossier in (council, auditor))


def test_whole_log_is_for_auditors(demo_data: Path) -> None:
    """Every entry of every agency is shown to nobody else."""
    with pytest.raises(DossierRefused, match="auditor"):
        make(demo_data, Subject("2016"), "agency", whole=True)


@pytest.mark.parametrize(
    ("subject", "wrong"),
    [
        (Subject("1999", "SNV"), UnknownSubject),
        (Subject("2016", "NOBODY"), UnknownSubject),
        (Subject("2016", "SNV", "Z9"), UnknownSubject),
        (Subject("2016", dispute="dispute-77"), UnknownSubject),
        (Subject("2016", "SNV", dispute="dispute-1"), UnknownSubject),
        (Subject("2016"), DossierRefused),
    ],
)
def test_no_dossier_is_made_of_nothing(demo_data: Path, subject: Subject, wrong: type[Exception]) -> None:
    """What is not in the log, and what nobody asked for by name, has no dossier."""
    with pytest.raises(wrong):
        make(demo_data, subject)


# --- what is refused ------------------------------------------------------------------------------------


def at(inner: Inner, position: int) -> dict[str, Any]:
    """Return the entry at a position."""
    found: dict[str, Any] = next(entry for entry in inner["entries"] if entry["position"] == position)
    return found


def rehash(entry: dict[str, Any]) -> None:
    """Let the leaf fit the entry's bytes again."""
    entry["leaf"] = hashlib.sha256(b"\x00" + entry["entry"].encode()).hexdigest()


def restate(entry: dict[str, Any], change: Callable[[dict[str, Any]], object], *, sign: bool = False) -> None:
    """Change what an entry's statement says, perhaps signed anew by a stranger."""
    stored = json.loads(entry["entry"])
    stated = json.loads(base64.b64decode(stored["envelope"]["payload"]))
    change(stated)
    payload = canonical.encode(stated)
    stored["envelope"]["payload"] = base64.b64encode(payload).decode()
    if sign:
        stored["envelope"] = json.loads(sign_payload(payload, [STRANGER]).encode())
        envelope_from_json(stored["envelope"])
    entry["entry"] = canonical.encode(stored).decode()
    rehash(entry)


def delete(inner: Inner, position: int) -> None:
    inner["entries"] = [entry for entry in inner["entries"] if entry["position"] != position]
    inner["receipts"] = [one for one in inner["receipts"] if one["position"] != position]
    inner["openings"] = [one for one in inner["openings"] if one["position"] != position]


def delete_key(inner: Inner) -> None:
    """Leave the enrolment of the head's key out."""
    of_head = (e["position"] for e in inner["entries"] if stated_in(e).get("actor") == "sgtvt-1")
    delete(inner, next(of_head))


def stated_in(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the body of an entry's statement; of a withheld one nothing."""
    if "entry" not in entry:
        return {}
    stated = json.loads(base64.b64decode(json.loads(entry["entry"])["envelope"]["payload"]))
    body: dict[str, Any] = stated["body"]
    return body


def swap(inner: Inner, one: int, other: int) -> None:
    first, second = at(inner, one), at(inner, other)
    first["entry"], second["entry"] = second["entry"], first["entry"]
    first["leaf"], second["leaf"] = second["leaf"], first["leaf"]


def truncate(inner: Inner) -> None:
    inner["entries"] = inner["entries"][:-3]


def other_time(inner: Inner) -> None:
    entry = at(inner, 8521)
    stored = json.loads(entry["entry"])
    stored["arrived_at"] = "2017-08-07" + stored["arrived_at"][10:]
    entry["entry"] = canonical.encode(stored).decode()


def other_state(inner: Inner) -> None:
    inner["states"][3]["proof"]["shown"][0]["value"]["points"] = "0.9"


def fewer_events(inner: Inner) -> None:
    inner["states"][3]["proof"]["shown"][0]["events"].pop()


def other_words(inner: Inner) -> None:
    inner["openings"][0]["lines"][0] += "!"


def words_elsewhere(inner: Inner) -> None:
    inner["openings"][-1]["position"] += 1


def receipt_line(inner: Inner) -> None:
    inner["receipts"][0]["lines"][3] = inner["receipts"][0]["lines"][4]


def receipt_of_another(inner: Inner) -> None:
    inner["receipts"][0]["lines"] = inner["receipts"][1]["lines"]


def head_by_a_stranger(inner: Inner) -> None:
    text = "".join(f"{line}\n" for line in inner["checkpoints"][-1]).encode()
    note = sign_checkpoint(parse_checkpoint(unverified_text(text)), STRANGER)
    inner["checkpoints"][-1] = note.decode().removesuffix("\n").split("\n")


def bad_cosignature(inner: Inner) -> None:
    line = inner["checkpoints"][-1][-1]
    inner["checkpoints"][-1][-1] = line[:-10] + ("A" if line[-10] != "A" else "B") + line[-9:]


TAMPERED: list[tuple[str, Change, tuple[str, int | None, str]]] = [
    ("delete", lambda i: delete(i, 8536), ("completeness", None, "state.events_missing")),
    ("delete what is withheld", lambda i: delete(i, 8550), ("completeness", None, "state.events_missing")),
    ("delete a key", delete_key, ("registry", 8521, "key.unknown")),
    ("swap", lambda i: swap(i, 8523, 8524), ("order", 8524, "time.runs_back")),
    ("duplicate", lambda i: i["entries"].append(i["entries"][-1]), ("form", None, "dossier.malformed")),
    ("truncate", truncate, ("tree", None, "proof.too_short")),
    ("another time", other_time, ("leaf", 8521, "leaf.other_bytes")),
    ("graft", lambda i: i["hashes"].reverse(), ("seen", None, "seen.false")),
    ("one hash more", lambda i: i["hashes"].append("0" * 64), ("tree", None, "proof.too_long")),
    (
        "other points",
        lambda i: restate(at(i, 8521), lambda s: s["body"].update(claimed="0.9")),
        ("signature", 8521, "signature.bad"),
    ),
    (
        "signed anew",
        lambda i: restate(at(i, 8521), lambda s: s.update(key=STRANGER.public_key.id, counter=1), sign=True),
        ("registry", 8521, "key.unknown"),
    ),
    ("state", other_state, ("attestation", 8570, "proof.other_root")),
    ("fewer events", fewer_events, ("attestation", 8570, "proof.other_root")),
    ("no state", lambda i: i["states"].pop(3), ("completeness", None, "state.not_shown")),
    ("words", other_words, ("opening", None, "opening.mismatch")),
    ("words elsewhere", words_elsewhere, ("opening", None, "opening.of_nothing")),
    ("receipt", receipt_line, ("receipt", None, "proof.other_root")),
    ("receipt of another", receipt_of_another, ("receipt", None, "proof.other_root")),
    ("head by a stranger", head_by_a_stranger, ("checkpoint", None, "note.no_known_signature")),
    ("cosignature", bad_cosignature, ("witness", None, "signature.bad")),
    ("about another", lambda i: i["about"].update(agency="SNV"), ("completeness", None, "state.not_shown")),
    ("another log", lambda i: i.update(log="minhchung.example/other"), ("content", 0, "log.other")),
    ("another size", lambda i: i.update(size=i["size"] - 1), ("checkpoint", None, "checkpoint.other_root")),
    ("no trust in it", lambda i: i["trust"].update(quorum="nobody"), ("trust", None, "policy.malformed")),
]


@pytest.mark.parametrize(("change", "first"), [t[1:] for t in TAMPERED], ids=[t[0] for t in TAMPERED])
def test_tampered_dossier_is_refused(
    case: bytes, leaves: list[bytes], change: Change, first: tuple[str, int | None, str]
) -> None:
    """Sealed again, and with a tree proof made anew where entries are left out, it still does not pass."""

    def forge(inner: Inner) -> None:
        count = len(inner["entries"])
        change(inner)
        if len(inner["entries"]) == count - 1:
            proved_again(inner, leaves)

    found = findings_of(verdict_on(changed(case, forge)))
    layer, position, rule = first
    its = [one for one in found if one[0] == layer and one[2] == rule]
    assert its, found
    assert position is None or (layer, position, rule) in its


def test_swapped_key_is_refused(case: bytes) -> None:
    """An enrolment that names another key is no longer what the registrars signed."""
    enrolled = {"public_key": base64.b64encode(STRANGER.public_key.raw).decode()}
    forged = changed(case, lambda i: restate(at(i, 1), lambda s: s["body"].update(enrolled)))
    assert findings_of(verdict_on(forged))[0][:2] == ("registry", 1)


def test_first_thing_wrong_is_named_by_its_position(case: bytes) -> None:
    """One digit changed inside an entry is told as that entry."""
    place = case.index(b"payload", case.rindex(b'{"entry"', 0, case.index(b'"position":8521'))) + 300
    other = b"B" if case[place : place + 1] == b"A" else b"A"
    verdict = verdict_on(case[:place] + other + case[place + 1 :])
    assert verdict["findings"][0]["position"] == 8521
    assert findings_of(verdict)[-1] == ("seal", None, "dossier.other_digest")


def test_no_single_character_can_be_changed(case: bytes) -> None:
    """Wherever a character becomes another one, something is found."""
    chosen = random.Random(5)  # noqa: S311 - which characters, not which keys
    for _ in range(100):
        place = chosen.randrange(len(case))
        other = bytes([chosen.choice([c for c in range(32, 127) if c != case[place]])])
        verdict = verdict_on(case[:place] + other + case[place + 1 :])
        assert not verdict["ok"], (place, other)


# --- hostile files --------------------------------------------------------------------------------------


def nested(depth: int) -> bytes:
    return b'{"dossier":' + b"[" * depth + b"]" * depth + b',"sha256":"' + b"0" * 64 + b'"}'


def many(inner: Inner) -> None:
    inner["sizes"] = list(range(1, 140_000))
    inner["size"] = 200_000


@pytest.mark.parametrize(
    ("hostile", "rule"),
    [
        (b"", "dossier.unreadable"),
        (b"null", "dossier.malformed"),
        (b" " * (MAX_DOSSIER + 1), "dossier.too_large"),
        (b'{"dossier":"' + b"x" * 50_000_000 + b'"}', "dossier.malformed"),
        (b"{" * (MAX_BRACKETS + 1), "dossier.too_many"),
        (nested(400_000), "dossier.unreadable"),
        (b'{"dossier":{},"dossier":{},"sha256":"' + b"0" * 64 + b'"}', "dossier.unreadable"),
        (b'{"dossier":{},"sha256":"' + b"0" * 64 + b'"}', "dossier.other_version"),
        (b'{"dossier":{"v":"minhchung.dossier/v1"},"sha256":"' + b"0" * 64 + b'"}', "dossier.malformed"),
        (b'{"dossier":{"v":1.5},"sha256":"' + b"0" * 64 + b'"}', "dossier.unreadable"),
        (b'\xff\xfe{"dossier":{}}', "dossier.unreadable"),
    ],
    ids=range(11),
)
def test_hostile_file_is_refused_with_a_reason(hostile: bytes, rule: str) -> None:
    """Too large, too deep, too many, twice the same: one finding, and nothing else is looked at."""
    verdict = verdict_on(hostile)
    assert findings_of(verdict) == [("form", None, rule)]
    assert set(verdict["layers"].values()) == {"failed", "not checked"}


def test_too_many_items_are_refused(case: bytes) -> None:
    """A list that is too long is not read."""
    assert findings_of(verdict_on(changed(case, many))) == [("form", None, "dossier.too_many")]


# --- commands and page ----------------------------------------------------------------------------------


def test_page_holds_the_dossier_and_nothing_of_it_as_markup(case: bytes, demo_data: Path) -> None:
    """What is taken out of a page is what was put in, whatever markup its texts hold."""

    def hostile(inner: Inner) -> None:
        for one in inner["openings"]:
            one["lines"] = ["</script><script>alert(1)</script><!-- %3C %25 <img src=x onerror=alert(1)>"]

    forged = changed(case, hostile)
    page = dossier_page(forged)
    assert extract(page) == forged
    assert b"<img" not in page


def test_three_commands_say_the_same(case: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON of `python -m audit.proofs` is the verdict, of the file and of its page."""
    (tmp_path / "d.json").write_bytes(case)
    (tmp_path / "d.html").write_bytes(dossier_page(case))
    told = []
    for name in ("d.json", "d.html"):
        assert main([str(tmp_path / name), "--json"]) == 0
        told.append(json.loads(capsys.readouterr().out))
    assert told == [verdict_on(case)] * 2


def test_command_says_what_is_wrong(case: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged file ends with 1 and names the rule; a file that is none ends with 2."""
    (tmp_path / "d.json").write_bytes(changed(case, other_state))
    assert main([str(tmp_path / "d.json")]) == 1
    assert "proof.other_root" in capsys.readouterr().out
    (tmp_path / "page.html").write_bytes(b"<html></html>")
    assert main([str(tmp_path / "page.html")]) == 2


def test_sealing_again_is_what_a_forger_can_do(case: bytes) -> None:
    """The digest is against damage alone: sealed again without a change, it is the same file."""
    assert changed(case, lambda _inner: None) == case
    assert seal(canonical.encode(inner_of(case))) == case
