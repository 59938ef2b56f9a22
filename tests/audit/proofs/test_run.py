"""Entries in brief fit as a run only where each alone would have nothing wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.proofs import keys as raw_keys
from audit.proofs.brief import Brief
from audit.proofs.finding import Finding
from audit.proofs.key_record import KeyRecord
from audit.proofs.keyring import Keyring
from audit.proofs.log_copy import LogCopy, Row
from audit.proofs.row_order import RowOrder
from audit.proofs.run import Run
from audit.proofs.seen_heads import SeenHeads
from audit.proofs.signers import Signers
from audit.proofs.trees import Trees

LOG = "log.example/one"
FIRST = 7
ROOT = "ab" * 32


def unheard(finding: Finding) -> None:
    """Asking whether a run fits reports nothing."""
    raise AssertionError(finding)


def brief(number: int, **other: object) -> Brief:
    """The n-th entry of one signer, in one stream."""
    plain = Brief(
        received_at=f"2016-12-01T00:00:{number:02}.000000Z",
        log=LOG,
        id=f"00000000-0000-7000-8000-{number:012x}",
        type="SelfScoreDeclared.v1",
        stream="2016/SNV/A1.1",
        actor="snv-1",
        key="k1",
        counter=number,
        seen=(3, ROOT),
        commitments={},
    )
    return plain._replace(**other)  # type: ignore[arg-type]


def row(number: int, **other: object) -> Row:
    """Its row."""
    plain = Row(FIRST + number - 1, "2016/SNV/A1.1", number, "SelfScoreDeclared.v1", b"")
    return plain._replace(**other)  # type: ignore[arg-type]


def order(*, from_genesis: bool = True) -> RowOrder:
    """What comes before: the origin, and a time."""
    begun = RowOrder(unheard, from_genesis=from_genesis)
    begun.take_up(LOG, "2016-11-30T00:00:00.000000Z")
    return begun


WRONG_ROWS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "a position is left out": ({}, {"position": FIRST + 2}),
    "a row names another stream": ({}, {"stream": "2016/SNV/A1.2"}),
    "a row names another type": ({}, {"topic": "InspectionNoteRecorded.v1"}),
    "a version is left out": ({}, {"version": 3}),
    "a statement is of another log": ({"log": "log.example/other"}, {}),
    "a time runs back within the run": ({"received_at": "2016-12-01T00:00:00.000000Z"}, {}),
    "an id comes twice within the run": ({"id": brief(1).id}, {}),
}


@pytest.mark.parametrize("what", WRONG_ROWS)
def test_a_run_does_not_fit_where(what: str) -> None:
    told, stored = WRONG_ROWS[what]
    rows = [row(1), row(2)]
    assert order().fits(rows, FIRST, Run.of([brief(1), brief(2)]))
    assert not order().fits([row(1), row(2, **stored)], FIRST, Run.of([brief(1), brief(2, **told)])), what


def test_a_run_does_not_fit_behind_what_came_before() -> None:
    early = "2016-11-29T00:00:00.000000Z"
    assert not order().fits([row(1)], FIRST, Run.of([brief(1, received_at=early)]))
    taken = order()
    taken.take([row(1)], Run.of([brief(1)]))
    assert taken.fits([row(2)], FIRST + 1, Run.of([brief(2)]))
    assert not taken.fits([row(2)], FIRST + 1, Run.of([brief(2, id=brief(1).id)])), "an id of before"
    assert not taken.fits([row(2, version=1)], FIRST + 1, Run.of([brief(2)])), "a version of before"


def test_after_a_prefix_a_stream_goes_on_from_its_first_row() -> None:
    rows = [row(1, version=5), row(2, version=6)]
    told = Run.of([brief(1), brief(2)])
    assert order(from_genesis=False).fits(rows, FIRST, told)
    assert not order(from_genesis=True).fits(rows, FIRST, told)
    assert not order(from_genesis=False).fits([row(1, version=5), row(2, version=5)], FIRST, told)


def keyring(**changes: object) -> Keyring:
    """One key, held by one person."""
    public = raw_keys.load_public_key(Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    ring = Keyring()
    record = KeyRecord(replace(public, id="k1"), "snv-1", "own", 2)
    ring._keys["k1"] = replace(record, **changes)  # type: ignore[arg-type]
    return ring


Columns = tuple[Sequence[str], Sequence[str], Sequence[int]]
GOOD: Columns = (("k1", "k1"), ("snv-1", "snv-1"), (1, 2))
WRONG_KEYS: dict[str, Callable[[], tuple[Any, Columns]]] = {
    "a key is not known": lambda: (keyring(), (("k1", "k2"), ("snv-1", "snv-1"), (1, 1))),
    "a key is another's": lambda: (keyring(), (("k1", "k1"), ("snv-1", "stc-1"), (1, 2))),
    "a key has ended": lambda: (keyring(ended_at=3), GOOD),
    "a counter is used twice": lambda: (keyring(), (("k1", "k1"), ("snv-1", "snv-1"), (1, 1))),
    "a counter is left out": lambda: (keyring(), (("k1", "k1"), ("snv-1", "snv-1"), (1, 3))),
    "the first counter is not the next": lambda: (keyring(), (("k1", "k1"), ("snv-1", "snv-1"), (2, 3))),
}


@pytest.mark.parametrize("what", WRONG_KEYS)
def test_signers_do_not_fit_where(what: str) -> None:
    assert keyring().fits(*GOOD)
    ring, columns = WRONG_KEYS[what]()
    assert not ring.fits(*columns), what


def test_after_a_prefix_signers_are_asked_one_by_one() -> None:
    run = Run.of([brief(1), brief(2)])
    for from_genesis in (True, False):
        signers = Signers(raw_keys.PublicKey.verify, None, unheard, from_genesis=from_genesis)
        signers.keyring = keyring()
        assert signers.fits(run) is from_genesis, "each key goes on from wherever it had come to"


def test_signers_that_fit_are_counted_and_remembered() -> None:
    ring = keyring()
    ring.take(FIRST, GOOD[0], GOOD[2])
    assert ring.next_counter("k1") == 3
    assert ring.borne_by("k1") == [FIRST, FIRST + 1]


def seen() -> SeenHeads:
    """A log that had one root at size 3, and another at 8."""
    trees = Trees(LogCopy([], [], (0, b""), []), {3, 8}, unheard)
    trees.roots.update({3: bytes.fromhex(ROOT), 8: bytes.fromhex("cd" * 32)})
    return SeenHeads(trees, None, unheard)


def test_heads_fit_where_the_log_had_them_before() -> None:
    assert seen().fits(FIRST, Run.of([brief(1), brief(2)]))
    assert not seen().fits(FIRST, Run.of([brief(1), brief(2, seen=(3, "00" * 32))])), "another root"
    assert not seen().fits(FIRST, Run.of([brief(1), brief(2, seen=(4, ROOT))])), "no such checkpoint"
    assert not seen().fits(FIRST, Run.of([brief(1), brief(2, seen=(8, "cd" * 32))])), "a head still to come"


def test_a_run_gives_its_entries_back() -> None:
    entries = [brief(1), brief(2, commitments={"reason": "aa" * 32})]
    assert list(Run.of(entries).briefs()) == entries
    assert Run.of(entries).length == 2
    assert Run.of(entries).numbers == [bytes.fromhex(each.id.replace("-", "")) for each in entries]
