"""Dossiers in JavaScript: the same verdict as in Python, whatever was done to them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from api.dossier import Request, dossier_bytes, make_dossier
from api.dossier_contents import Subject
from api.dossier_verification import published_states
from api.runtime import reading
from api.settings import Settings
from audit.proofs import canonical
from audit.proofs.checkpoint import Checkpoint, format_checkpoint, sign_checkpoint
from audit.proofs.cosignature import cosign, cosigner_vkey
from audit.proofs.dossier import MAX_BRACKETS, Dossier, Held, HeldProof, format_dossier, parse_dossier, seal
from audit.proofs.dossier_verdict import dossier_verdict
from audit.proofs.dossier_verifier import verify_dossier
from audit.proofs.entry import parse_entry
from audit.proofs.keys import DEMO_ORIGIN, Signer, SigningKey, demo_signing_key
from audit.proofs.merkle import inclusion_proof, root
from audit.proofs.note import vkey
from audit.proofs.policy import Policy, Witness
from audit.proofs.receipt import Receipt, format_receipt
from audit.proofs.state_proof import VERSION as STATE_V
from audit.proofs.state_proof import state_proof_from_json, state_proof_to_json
from audit.proofs.timestamp import Token, token_digest
from audit.proofs.trust import Trust, TrustedLog
from audit.proofs.trust_file import format_trust, parse_trust
from tests.audit.browser import handmade
from tests.audit.browser.asked import Asked
from tests.changing import DEPTHS
from tests.worlds import KEYS

pytestmark = pytest.mark.node
ROUND = "2016-published"
KINDS: dict[str, tuple[Subject, str, bool]] = {
    "agency": (Subject(ROUND, "SNV"), "agency", False),
    "cell": (Subject(ROUND, "STC", "A1.1"), "council", False),
    "dispute": (Subject(ROUND, "STC", "A1.1", "dispute-1"), "agency", False),
    "council": (Subject("2016-council", "NHS"), "agency", False),
    "whole": (Subject(ROUND), "auditor", True),
}


WITNESSED = "witnessed"
RIGHT = b"a token"
EVERY = (*KINDS, WITNESSED)
SEEN_AT = 1_484_100_000
WITNESS = demo_signing_key(940)
MORE = (60, 100)
"""Sizes of further checkpoints."""


@cache
def _made(data: Path, kind: str) -> bytes:
    if kind == WITNESSED:
        return format_dossier(_witnessed(parse_dossier(_made(data, "whole"))))
    about, reader, whole = KINDS[kind]
    with reading(Settings(data)) as log, log.database.read() as connection:
        return dossier_bytes(make_dossier(log, connection, Request(about, reader, whole)))


def _witnessed(its: Dossier) -> Dossier:
    """Add what a log has that others look after: cosigned checkpoints, receipts, a token, a trust file."""
    leaves = [held.leaf for held in its.entries]
    notes = [_note_at(its, leaves, size) for size in (*MORE, its.size)]
    receipts = tuple((at, _receipt_at(its, leaves, at, notes[-1])) for at in (5, 20))
    token = Token(its.size, "tsa", RIGHT, token_digest(its.size, "tsa", RIGHT))
    trust = json.loads(format_trust(_trusting(notes[0])))
    return replace(its, checkpoints=tuple(notes), receipts=receipts, tokens=(token,), trust=trust)


def _note_at(its: Dossier, leaves: list[bytes], size: int) -> bytes:
    head = Checkpoint(its.log, size, root(leaves[:size]))
    line = cosign(format_checkpoint(head), "thanh-tra", WITNESS, SEEN_AT + size)
    return sign_checkpoint(head, KEYS["log"]) + line


def _receipt_at(its: Dossier, leaves: list[bytes], at: int, note: bytes) -> bytes:
    entry = parse_entry(its.entries[at].entry or b"")
    path = tuple(inclusion_proof(leaves, at))
    return format_receipt(Receipt(entry.arrived_at, entry.received_at, at, path, note))


def _trusting(newest: bytes | None = None, key: Signer = WITNESS, log: Signer = KEYS["log"]) -> Trust:
    one = TrustedLog(DEMO_ORIGIN, "Sở Nội vụ", (vkey(DEMO_ORIGIN, log.public_key),), newest)
    witness = Witness("thanh-tra", cosigner_vkey("thanh-tra", key.public_key), "Thanh tra")
    return Trust((one,), Policy((witness,), (), "thanh-tra"))


def same(node: Asked, data: bytes, trust: bytes | None = None) -> dict[str, Any]:
    """Ask both for their verdict, and return it once they agree."""
    believed = parse_trust(trust) if trust else None
    expected = dossier_verdict(verify_dossier(data, believed, refold=published_states))
    found = node("dossier", data, trust)
    for verdict in (expected, found):
        verdict["findings"] = [(one["position"], one["layer"], one["rule"]) for one in verdict["findings"]]
    assert found == expected
    assert list(found["layers"]) == list(expected["layers"])
    return found  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", EVERY)
def test_good_dossiers_are_whole_in_both(kind: str, node: Asked, small_log: Path) -> None:
    """A dossier that nobody touched has no finding, and both count the same."""
    verdict = same(node, _made(small_log, kind))
    assert (verdict["ok"], verdict["findings"]) == (True, [])
    assert verdict["checked"]["signatures"] > 10
    assert verdict["ranks"] == ("recomputed" if verdict["whole"] else "attested") or kind == "council"


# --- tampering ------------------------------------------------------------------------------------------

Change = Callable[[Dossier], Dossier]


def _entry(at: int, old: bytes, new: bytes) -> Change:
    """Change bytes of the nth entry, and its leaf or not."""

    def change(its: Dossier) -> Dossier:
        held = its.entries[at]
        assert held.entry is not None
        assert old in held.entry
        changed = replace(held, entry=held.entry.replace(old, new, 1))
        return replace(its, entries=(*its.entries[:at], changed, *its.entries[at + 1 :]))

    return change


def _without(at: int) -> Change:
    return lambda its: replace(its, entries=(*its.entries[:at], *its.entries[at + 1 :]))


def _withheld(at: int) -> Change:
    def change(its: Dossier) -> Dossier:
        held = Held(its.entries[at].position, its.entries[at].leaf)
        return replace(its, entries=(*its.entries[:at], held, *its.entries[at + 1 :]))

    return change


def _swapped(its: Dossier) -> Dossier:
    (*some, one, other) = its.entries
    return replace(its, entries=(*some, replace(one, entry=other.entry), replace(other, entry=one.entry)))


def _proof(**changes: Any) -> Change:
    def change(its: Dossier) -> Dossier:
        stated: Any = state_proof_to_json(its.states[0].proof)
        stated["shown"][0] |= changes
        changed = HeldProof(its.states[0].attested_at, state_proof_from_json(stated))
        return replace(its, states=(changed, *its.states[1:]))

    return change


def _note(at: int, old: bytes, new: bytes) -> Change:
    def change(its: Dossier) -> Dossier:
        notes = list(its.checkpoints)
        assert old in notes[at]
        notes[at] = notes[at].replace(old, new, 1)
        return replace(its, checkpoints=tuple(notes))

    return change


def _receipt(old: bytes, new: bytes) -> Change:
    def change(its: Dossier) -> Dossier:
        (position, text), *rest = its.receipts
        assert old in text
        return replace(its, receipts=((position, text.replace(old, new, 1)), *rest))

    return change


def _moved_receipt(its: Dossier) -> Dossier:
    (first, text), (second, other), *rest = its.receipts
    return replace(its, receipts=((first, other), (second, text), *rest))


def _opening(**changes: Any) -> Change:
    def change(its: Dossier) -> Dossier:
        (position, opening), *rest = its.openings
        changed = (
            changes.get("position", position),
            replace(opening, **{k: v for k, v in changes.items() if k != "position"}),
        )
        return replace(its, openings=(changed, *rest))

    return change


def _tokens(*tokens: Token) -> Change:
    return lambda its: replace(its, tokens=tokens)


TAMPERED: dict[str, Change] = {
    "an entry's time": _entry(3, b'"arrived_at":"2', b'"arrived_at":"1'),
    "an entry's signature": _entry(4, b'"sig":"', b'"sig":"A'),
    "an entry that is no JSON": _entry(5, b"}", b""),
    "an entry left out": _without(6),
    "genesis left out": _withheld(0),
    "a key event withheld": _withheld(2),
    "the last entry left out": lambda its: replace(its, entries=its.entries[:-1]),
    "entries exchanged": _swapped,
    "an entry twice": lambda its: replace(
        its, entries=(*its.entries[:-1], replace(its.entries[-1], entry=its.entries[-2].entry))
    ),
    "a leaf": lambda its: replace(its, entries=(replace(its.entries[0], leaf=bytes(32)), *its.entries[1:])),
    "a hash more": lambda its: replace(its, hashes=(*its.hashes, bytes(32))),
    "a hash less": lambda its: replace(its, hashes=its.hashes[:-1]),
    "another hash": lambda its: replace(its, hashes=(bytes(32), *its.hashes[1:])),
    "no sizes": lambda its: replace(its, sizes=()),
    "a larger size": lambda its: replace(its, size=its.size + 1),
    "another log": lambda its: replace(its, log="noi-vu.example/log"),
    "about something else": lambda its: replace(its, about={"round": ROUND, "agency": "XYZ"}),
    "about another criterion": lambda its: replace(
        its, about={"round": ROUND, "agency": "SNV", "criterion": "Z9"}
    ),
    "about a dispute": lambda its: replace(
        its, about={"round": ROUND, "agency": "SNV", "criterion": "A1.1", "dispute": "dispute-77"}
    ),
    "a checkpoint's root": _note(-1, b"\n\n", b"\nextension\n\n"),
    "a checkpoint's size": _note(0, b"\n", b"\n0"),
    "a checkpoint's signature": _note(0, "— ".encode(), "— x".encode()),
    "the last checkpoint gone": lambda its: replace(its, checkpoints=its.checkpoints[:1]),
    "a checkpoint of nothing": lambda its: replace(its, checkpoints=(b"nothing\n", *its.checkpoints)),
    "checkpoints in another order": lambda its: replace(its, checkpoints=its.checkpoints[::-1]),
    "a receipt's index": _receipt(b"index ", b"index 1"),
    "a receipt's header": _receipt(b"v1", b"v2"),
    "receipts exchanged": _moved_receipt,
    "a receipt of nothing": lambda its: replace(its, receipts=((its.size - 1, its.receipts[0][1]),)),
    "another salt": _opening(salt=bytes(32)),
    "other words": _opening(value="Những lời khác"),
    "no words": _opening(value=" "),
    "words of nothing": _opening(field="zzz"),
    "words elsewhere": _opening(position=0),
    "an item's value": _proof(value={"points": "100"}),
    "an item's events": _proof(events=[1, 2, 3]),
    "an item's blinding": _proof(blinding="00" * 32),
    "an item's place": _proof(index=0),
    "proofs left out": lambda its: replace(its, states=()),
    "a proof of another attestation": lambda its: replace(
        its, states=(replace(its.states[0], attested_at=0), *its.states[1:])
    ),
    "a proof of an entry that is not here": lambda its: replace(
        its, states=(replace(its.states[0], attested_at=its.size + 5),)
    ),
    "a token of no checkpoint": _tokens(Token(1, "x", RIGHT, token_digest(1, "x", RIGHT))),
    "a token of a checkpoint that is another": lambda its: replace(
        its, tokens=(replace(its.tokens[0], sha256=bytes(32)),)
    ),
    "a token that is another": _tokens(Token(1, "x", RIGHT, bytes(32))),
    "a trust file that is none": lambda its: replace(its, trust={"format": "other"}),
    "a trust file of no logs": lambda its: replace(
        its, trust={"format": "minhchung.trust/v1", "logs": [], "quorum": "none"}
    ),
}


HARMLESS = {"proofs left out", "no sizes"}
"""What says less, and nothing false; of a whole log, sizes say nothing."""


@pytest.mark.parametrize("case", TAMPERED)
def test_tampered_dossiers_are_judged_alike(case: str, node: Asked, small_log: Path) -> None:
    """Whatever is changed, both find the same, in the same order, and neither accepts it."""
    asked = 0
    for kind in (WITNESSED, "dispute", "agency"):
        its = parse_dossier(_made(small_log, kind))
        try:
            changed = TAMPERED[case](its)
        except (AssertionError, IndexError, ValueError):
            continue  # there is nothing of the kind in it
        if changed != its and asked < 2:
            assert not same(node, format_dossier(changed))["ok"] or case in HARMLESS
            asked += 1
    assert asked


@pytest.mark.parametrize("case", handmade.MADE)
def test_what_is_in_the_log_is_judged_alike(case: str, node: Asked) -> None:
    """That an entry is in the log, or a note under its key, does not make what it says good."""
    make, rule = handmade.MADE[case]
    verdict = same(node, format_dossier(make()))
    assert rule in {found for _, _, found in verdict["findings"]}


@pytest.mark.parametrize("case", handmade.SIGNED_BY_THE_LOG)
def test_what_the_log_signed_is_compared_with_what_is_there(case: str, node: Asked, small_log: Path) -> None:
    """The log's signature is no proof of what contradicts its entries, or leaves some out."""
    change, rule = handmade.SIGNED_BY_THE_LOG[case]
    verdict = same(node, format_dossier(change(parse_dossier(_made(small_log, WITNESSED)))))
    assert rule in {found for _, _, found in verdict["findings"]}


@pytest.mark.parametrize("kind", EVERY)
def test_any_changed_byte_is_judged_alike(kind: str, node: Asked, small_log: Path) -> None:
    """One character changed anywhere: the same verdict, and never a good one."""
    chance = random.Random(kind)  # noqa: S311 - to find, not to hide
    data = _made(small_log, kind)
    for _ in range(16):
        at = chance.randrange(len(data))
        new = chance.choice([byte for byte in b'0123456789abcdefABCDEF"{}[],:= ' if byte != data[at]])
        assert not same(node, data[:at] + bytes([new]) + data[at + 1 :])["ok"]


@pytest.mark.parametrize("depth", ["value", "statement"])
@pytest.mark.parametrize("kind", EVERY)
def test_any_change_that_is_sealed_again_is_judged_alike(
    kind: str, depth: str, node: Asked, small_log: Path
) -> None:
    """A value anywhere in the file, or in what is signed: the same verdict, whichever it is."""
    data = _made(small_log, kind)
    for number in range(12):
        chance = random.Random(f"{kind} {depth} {number}")  # noqa: S311 - to find, not to hide
        same(node, DEPTHS[depth](data, chance))


# --- form -----------------------------------------------------------------------------------------------


def _restated(data: bytes, **changes: Any) -> bytes:
    inner = json.loads(data)["dossier"] | changes
    return seal(canonical.encode({name: value for name, value in inner.items() if value is not ...}))


FORMS: dict[str, dict[str, Any]] = {
    "another version": {"v": "minhchung.dossier/v2"},
    "no version": {"v": ...},
    "a field more": {"more": 1},
    "a field less": {"tokens": ...},
    "about nothing": {"about": {}},
    "about an agency of no round": {"about": {"agency": "SNV"}},
    "about what is not spelled so": {"about": {"round": "2016 "}},
    "about a list": {"about": ["2016"]},
    "no checkpoint": {"checkpoints": []},
    "a checkpoint that is text": {"checkpoints": ["x"]},
    "a checkpoint without lines": {"checkpoints": [[]]},
    "a checkpoint with a number": {"checkpoints": [[1]]},
    "checkpoints that are an object": {"checkpoints": {}},
    "no entries": {"entries": []},
    "entries from another position": {"entries": [{"leaf": "ab" * 32, "position": 1}]},
    "an entry with a field more": {"entries": [{"leaf": "ab" * 32, "position": 0, "x": 1}]},
    "an entry that is not ASCII": {"entries": [{"entry": "é", "leaf": "ab" * 32, "position": 0}]},
    "an entry that is a number": {"entries": [{"entry": 1, "leaf": "ab" * 32, "position": 0}]},
    "an entry that is too long": {"entries": [{"entry": "a" * 65_536, "leaf": "ab" * 32, "position": 0}]},
    "an entry of a short leaf": {"entries": [{"leaf": "ab", "position": 0}]},
    "an entry at no position": {"entries": [{"leaf": "ab" * 32, "position": "0"}]},
    "an entry at a negative position": {"entries": [{"leaf": "ab" * 32, "position": -1}]},
    "an entry at true": {"entries": [{"leaf": "ab" * 32, "position": True}]},
    "an entry twice": {"entries": [{"leaf": "ab" * 32, "position": 0}] * 2},
    "an entry beyond the size": {"entries": [{"leaf": "ab" * 32, "position": n} for n in (0, 9999)]},
    "an entry that is a list": {"entries": [[]]},
    "an entry that is null": {"entries": [None]},
    "a hash in capitals": {"hashes": ["AB" * 32]},
    "a hash that is null": {"hashes": [None]},
    "too many hashes": {"hashes": ["ab" * 32] * 131_073},
    "a log that is no origin": {"log": "a log"},
    "a log that is a number": {"log": 1},
    "an opening without lines": {"openings": [{"field": "a", "lines": [], "position": 0, "salt": "ab" * 32}]},
    "an opening of a number": {"openings": [{"field": 1, "lines": ["a"], "position": 0, "salt": "ab" * 32}]},
    "an opening of a short salt": {"openings": [{"field": "a", "lines": ["a"], "position": 0, "salt": "ab"}]},
    "openings out of order": {
        "openings": [{"field": f, "lines": ["a"], "position": 0, "salt": "ab" * 32} for f in ("b", "a")]
    },
    "a reader nobody knows": {"reader": "public"},
    "a reader that is a list": {"reader": ["agency"]},
    "a receipt twice": {"receipts": [{"lines": ["a"], "position": 3}] * 2},
    "a receipt without lines": {"receipts": [{"lines": "a", "position": 3}]},
    "a size of nothing": {"size": 0},
    "a size that is text": {"size": "78"},
    "a size that is true": {"size": True},
    "sizes out of order": {"sizes": [5, 4]},
    "a size of 0 among the sizes": {"sizes": [0]},
    "the size itself among the sizes": {"size": 161, "sizes": [161]},
    "a state that is no proof": {"states": [{"attested_at": 1, "proof": {}}]},
    "a state of another version": {
        "states": [{"attested_at": 1, "proof": {"count": 0, "shown": [], "v": "1"}}]
    },
    "a state that is a list": {"states": [[]]},
    "a token without a response": {
        "tokens": [{"authority": "a", "response": "", "sha256": "ab" * 32, "size": 1}]
    },
    "a token in another base64": {
        "tokens": [{"authority": "a", "response": "AB==", "sha256": "ab" * 32, "size": 1}]
    },
    "a token of a number": {"tokens": [{"authority": 1, "response": "AA==", "sha256": "ab" * 32, "size": 1}]},
    "tokens twice": {"tokens": [{"authority": "a", "response": "AA==", "sha256": "ab" * 32, "size": 1}] * 2},
    "a receipt with a field more": {"receipts": [{"lines": ["a"], "position": 3, "x": 1}]},
    "a receipt at no position": {"receipts": [{"lines": ["a"], "position": "3"}]},
    "a state with a field more": {
        "states": [
            {
                "attested_at": 1,
                "proof": {"absent": "2016/A/rank", "count": 0, "shown": [], "v": STATE_V},
                "x": 1,
            }
        ]
    },
    "a token with a field more": {
        "tokens": [{"authority": "a", "response": "AA==", "sha256": "ab" * 32, "size": 1, "x": 1}]
    },
    "a size that is text among the sizes": {"sizes": ["1"]},
    "trust that is text": {"trust": "all"},
    "trust that is null": {"trust": None},
}


@pytest.mark.parametrize("case", FORMS)
def test_refuses_another_form(case: str, node: Asked, small_log: Path) -> None:
    """What is not in the grammar is refused alike, and told by one finding about the form."""
    verdict = same(node, _restated(_made(small_log, "cell"), **FORMS[case]))
    assert [layer for _, layer, _ in verdict["findings"]] == ["form"]


WHOLES: dict[str, bytes] = {
    "nothing": b"",
    "an empty object": b"{}",
    "a list": b"[]",
    "no seal": b'{"dossier":{}}',
    "a seal that is none": b'{"dossier":{},"sha256":"ab"}',
    "no dossier": b'{"dossier":1,"sha256":"' + b"ab" * 32 + b'"}',
    "not UTF-8": b"\xff",
    "markup": b"<script>alert(1)</script>",
    "deep nesting": b'{"dossier":' + b"[" * 900_000,
    "too many brackets": b"[" * (MAX_BRACKETS + 1),
    "brackets in strings": b'["' + b"[" * MAX_BRACKETS + b'"]',
    "a key twice": b'{"dossier":{},"dossier":{}}',
    "a float": b'{"dossier":{"v":1.5}}',
    "trailing space": b"{} ",
}


@pytest.mark.parametrize("case", WHOLES)
def test_refuses_what_is_no_dossier(case: str, node: Asked) -> None:
    """Whatever else is handed in gets one finding about its form, the same in both."""
    assert [layer for _, layer, _ in same(node, WHOLES[case])["findings"]] == ["form"]


def test_refuses_what_is_too_large(node: Asked) -> None:
    """A file beyond the limit is not looked at."""
    from audit.proofs.dossier import MAX_DOSSIER

    assert node("tooLarge", MAX_DOSSIER) == "dossier.unreadable"
    assert node("tooLarge", MAX_DOSSIER + 1) == "dossier.too_large"


def test_other_digest_is_found(node: Asked, small_log: Path) -> None:
    """A digest that is not that of the bytes is the last finding, and the only one."""
    data = _made(small_log, "cell")
    changed = data[:-4] + (b"0" if data[-4:-3] != b"0" else b"1") + data[-3:]
    assert [rule for _, _, rule in same(node, changed)["findings"]] == ["dossier.other_digest"]


# --- trust ----------------------------------------------------------------------------------------------


def _unsigned(note: bytes) -> bytes:
    """Leave out the witness's line."""
    return b"".join(note.splitlines(keepends=True)[:-1])


def _bad_line(note: bytes) -> bytes:
    head = Checkpoint(DEMO_ORIGIN, 99, bytes(32))
    return _unsigned(note) + cosign(format_checkpoint(head), "thanh-tra", WITNESS, SEEN_AT)


REAL = SigningKey.from_seed(b"\7" * 32)
STRANGER = demo_signing_key(941)
NOTES: dict[str, Callable[[bytes], bytes]] = {
    "as they are": lambda note: note,
    "unsigned": _unsigned,
    "bad": _bad_line,
}
TRUSTS: dict[str, Callable[[Dossier], Trust | None]] = {
    "the dossier's own": lambda _its: None,
    "the witness": lambda _its: _trusting(),
    "a smaller checkpoint": lambda its: _trusting(its.checkpoints[1]),
    "a checkpoint of another tree": lambda its: _trusting(
        sign_checkpoint(Checkpoint(its.log, 60, bytes(32)), KEYS["log"])
    ),
    "a larger checkpoint": lambda its: _trusting(
        sign_checkpoint(Checkpoint(its.log, its.size + 1, bytes(32)), KEYS["log"])
    ),
    "another witness": lambda _its: _trusting(key=STRANGER),
    "another log key": lambda _its: _trusting(log=STRANGER),
    "another log": lambda _its: Trust(
        (TrustedLog("noi-vu.example/log", "x", (vkey("noi-vu.example/log", REAL.public_key),)),), Policy()
    ),
}


@pytest.mark.parametrize("notes", NOTES)
@pytest.mark.parametrize("case", TRUSTS)
def test_trust_says_the_same(case: str, notes: str, node: Asked, small_log: Path) -> None:
    """By the dossier's trust or the reader's, with cosignatures good, gone or bad: the same verdict."""
    its = parse_dossier(_made(small_log, WITNESSED))
    changed = replace(its, checkpoints=tuple(map(NOTES[notes], its.checkpoints)))
    trust = TRUSTS[case](its)
    verdict = same(node, format_dossier(changed), format_trust(trust) if trust else None)
    assert verdict["trust_by"] == ("reader" if trust else "dossier")
    good = case in ("the dossier's own", "the witness", "a smaller checkpoint", "a larger checkpoint")
    assert verdict["ok"] == (good and notes == "as they are") or case == "another witness"
