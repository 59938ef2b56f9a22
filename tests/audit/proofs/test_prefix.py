"""A log verified from a trusted head on: only what is new, with the keys proved under that head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from audit.proofs import merkle
from audit.proofs.keyring import GENESIS, KEY_EVENTS
from audit.proofs.prefix import Included, Prefix
from audit.proofs.verifier import LogCopy, Row, verify_log
from tests.audit.proofs.logs import small_log
from tests.audit.proofs.test_verifier import Found, restated, retimed, with_entry

GOOD = small_log().copy()
ROWS = tuple(GOOD.rows)
SIZE = len(ROWS)
HASHES = list(GOOD.leaf_hashes)
SIZES = [size for size, _ in GOOD.checkpoints]


def prefix(size: int, **otherwise: Any) -> Prefix:
    """Return what goes with a trusted head of the good log."""
    root = merkle.root(HASHES[:size])
    kept = [row for row in ROWS[:size] if row.topic == GENESIS or row.topic in KEY_EVENTS]
    proved = [included(row, size) for row in {row.position: row for row in (*kept, ROWS[size - 1])}.values()]
    usual = {"size": size, "root": root, "subtrees": subtrees(size), "included": proved, "prove": prove}
    return Prefix(**{**usual, **otherwise})


def subtrees(size: int) -> Sequence[bytes]:
    """Return the complete subtrees under the first leaves."""
    tree = merkle.CompactRange()
    tree.extend(HASHES[:size])
    return tree.subtrees


def included(row: Row, size: int) -> Included:
    """Prove one entry under a head."""
    return Included(row.position, row.entry, merkle.inclusion_proof(HASHES[:size], row.position))


def prove(older: int, newer: int) -> Sequence[bytes]:
    """Connect two heads of the good log."""
    return merkle.consistency_proof(HASHES, older, newer)


def rest(copy: LogCopy, size: int) -> LogCopy:
    """Leave out what lies before a size."""
    return replace(
        copy,
        rows=tuple(copy.rows)[size:],
        leaf_hashes=copy.leaf_hashes[size:],
        checkpoints=[(at, note) for at, note in copy.checkpoints if at >= size],
    )


def findings(copy: LogCopy, size: int, **otherwise: Any) -> list[Found]:
    """Return what is found in the rest of a copy, after a prefix of the good log."""
    verdict = verify_log(rest(copy, size), since=prefix(size, **otherwise))
    return [(found.position, found.layer, found.rule) for found in verdict.findings]


@pytest.mark.parametrize("size", SIZES)
def test_rest_of_a_good_log_is_good(size: int) -> None:
    """From every checkpoint on, the verdict is the whole log's, over the new signatures alone."""
    whole, verdict = verify_log(GOOD), verify_log(rest(GOOD, size), since=prefix(size))
    assert verdict.ok
    assert (verdict.size, verdict.root, verdict.origin) == (SIZE, whole.root, whole.origin)
    assert (verdict.since, whole.since) == (size, 0)
    assert verdict.signatures == whole.signatures - verify_log(first(size)).signatures
    assert (verdict.keys, verdict.log_keys) == (whole.keys, whole.log_keys)


def first(size: int) -> LogCopy:
    """Return the log as it was at a size."""
    return replace(
        GOOD,
        rows=ROWS[:size],
        leaf_hashes=HASHES[:size],
        head=(size, merkle.root(HASHES[:size])),
        checkpoints=[(at, note) for at, note in GOOD.checkpoints if at <= size],
    )


BROKEN = {
    "points changed under the signature": (
        with_entry(GOOD, 5, restated(5, b"1.75", b"1.95")),
        [(5, "leaf", "leaf.other_bytes"), (5, "signature", "signature.bad")],
    ),
    "received before the last trusted entry": (
        with_entry(
            GOOD,
            4,
            retimed(4, arrived_at="2017-01-02T01:00:00.000000Z", received_at="2017-01-02T01:00:00.000000Z"),
        ),
        [(4, "order", "time.runs_back"), (4, "leaf", "leaf.other_bytes")],
    ),
    "one left out": (
        replace(GOOD, rows=[*ROWS[:5], *ROWS[6:]]),
        "position.not_contiguous",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_tampering_after_the_head_is_found(name: str) -> None:
    """What is new is checked like the whole log."""
    copy, expected = BROKEN[name]
    found = findings(copy, 4)
    assert found == expected if isinstance(expected, list) else expected in [rule for _, _, rule in found]


def test_a_root_that_is_not_trusted_is_not_gone_on_from() -> None:
    """Another root than that of the subtrees is a finding, whatever else fits."""
    found = findings(GOOD, 4, root=bytes(32))
    assert (None, "tree", "proof.other_root") in found


@pytest.mark.parametrize("left", [[], subtrees(3), subtrees(7)])
def test_subtrees_have_to_make_the_root(left: Sequence[bytes]) -> None:
    """Subtrees of another size, or none, are refused."""
    assert (None, "tree", "proof.other_root") in findings(GOOD, 4, subtrees=left)


def test_a_key_event_under_no_proof_is_not_believed() -> None:
    """An enrolment that is not under the trusted root enrols nobody."""
    proved = [included(row, 4) for row in ROWS[:4]]
    forged = replace(proved[1], entry=proved[2].entry)
    found = findings(GOOD, 4, included=[proved[0], forged, *proved[2:]])
    assert found[0] == (1, "tree", "proof.other_root")
    assert (4, "registry", "key.unknown") in found


def test_genesis_left_out_leaves_no_log() -> None:
    """Without genesis there are no registrars, and no key of the log."""
    found = findings(GOOD, 4, included=[included(row, 4) for row in ROWS[1:4]])
    assert (1, "tree", "key.unknown") in found or (1, "tree", "genesis.missing") in found
    assert (None, "checkpoint", "genesis.missing") in found


def test_what_was_seen_before_the_head_is_proved() -> None:
    """A signer may have seen an older checkpoint; without a proof to the trusted one it counts as false."""
    assert findings(GOOD, 5) == []
    assert (5, "seen", "seen.false") in findings(GOOD, 5, prove=lambda _older, _newer: [bytes(32)])


def test_a_counter_goes_on_without_a_gap() -> None:
    """The first counter of a key is taken on trust, the next one follows it."""
    doubled = replace(GOOD, rows=[*ROWS[:11], ROWS[10]._replace(position=11), ROWS[12]])
    assert (11, "counter", "counter.stale") in findings(doubled, 9)
