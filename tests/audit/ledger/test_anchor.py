"""The anchor: it grows by proved heads only, loses nothing that was whole, and tells torn from damaged."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from audit.ledger.anchor import HEADER, Anchor
from audit.ledger.errors import StartRefused
from audit.proofs import merkle
from audit.proofs.checkpoint import Checkpoint, sign_checkpoint
from audit.proofs.errors import MerkleError
from audit.proofs.keys import SigningKey

ORIGIN = "minhchung.example/anchor"
KEY = SigningKey.from_seed(bytes(range(32)))
LEAVES = [merkle.leaf_hash(b"%d" % n) for n in range(200)]
OTHERS = [*LEAVES[:5], merkle.leaf_hash(b"another"), *LEAVES[6:]]
"""The leaves of a log that parted from the first one at position 5."""


def note(size: int, leaves: Sequence[bytes] = LEAVES, origin: str = ORIGIN) -> bytes:
    """Sign the head of a log at a size."""
    return sign_checkpoint(Checkpoint(origin, size, merkle.root(leaves[:size])), KEY)


def prove(size1: int, size2: int) -> list[bytes]:
    """Prove growth by the first log's tree."""
    return merkle.consistency_proof(LEAVES[:size2], size1, size2)


def prove_other(size1: int, size2: int) -> list[bytes]:
    """Prove growth by the other log's tree."""
    return merkle.consistency_proof(OTHERS[:size2], size1, size2)


def sizes(anchor: Anchor) -> list[int]:
    """Return the sizes of all that is held."""
    return [held.checkpoint.size for held in anchor.records()]


@pytest.fixture
def anchor(tmp_path: Path) -> Anchor:
    """An anchor that holds the heads of sizes 1, 4 and 7."""
    begun = Anchor.create(tmp_path / "anchor")
    for size in (1, 4, 7):
        begun.advance(note(size), prove)
    return begun


# --- what it holds --------------------------------------------------------------------------------------


def test_it_holds_every_head_as_it_was_signed(anchor: Anchor) -> None:
    """Each note lies in the file as it is, and whoever opens it again finds the same."""
    again = Anchor.open(anchor.path)
    assert again.newest == anchor.newest
    assert [held.note for held in again.records()] == [note(1), note(4), note(7)]
    assert all(note(size) in anchor.path.read_bytes() for size in (1, 4, 7))


def test_an_anchor_that_was_just_begun_holds_nothing(tmp_path: Path) -> None:
    """The file is there with its header, and nobody begins it twice."""
    begun = Anchor.create(tmp_path / "anchor")
    assert (begun.newest, sizes(begun), begun.path.read_bytes()) == (None, [], HEADER)
    with pytest.raises(StartRefused) as refused:
        Anchor.create(begun.path)
    assert refused.value.rule == "anchor.there"
    assert [path.name for path in tmp_path.iterdir()] == ["anchor"]


@pytest.mark.parametrize(
    ("where", "rule"), [("absent/anchor", "anchor.no_folder"), ("anchor", "anchor.missing")]
)
def test_what_is_not_there_is_not_made_up(tmp_path: Path, where: str, rule: str) -> None:
    """A folder that is not mounted is not created, a file that is not there is not taken for an empty one."""
    opening = Anchor.create if rule == "anchor.no_folder" else Anchor.open
    with pytest.raises(StartRefused) as refused:
        opening(tmp_path / where)
    assert refused.value.rule == rule
    assert list(tmp_path.iterdir()) == []


# --- growing --------------------------------------------------------------------------------------------


def test_the_same_head_again_changes_nothing(anchor: Anchor) -> None:
    """A head that is held already is not written twice."""
    before = anchor.path.read_bytes()
    anchor.advance(note(7), prove)
    assert anchor.path.read_bytes() == before


def test_an_anchor_ahead_of_mine_is_the_success_of_another(anchor: Anchor) -> None:
    """A head that is smaller, and that the newest one holds, is as good as anchored."""
    Anchor.open(anchor.path).advance(note(9), prove)
    before = anchor.path.read_bytes()
    anchor.advance(note(8), prove)
    assert anchor.path.read_bytes() == before
    assert anchor.newest is not None
    assert anchor.newest.checkpoint.size == 9


REFUSED = {
    "the same size, another root": (note(7, OTHERS), prove, "anchor.contradicted"),
    "larger, of a log that changed": (note(9, OTHERS), prove_other, "anchor.contradicted"),
    "larger, with the proof of the true log": (note(9, OTHERS), prove, "anchor.contradicted"),
    "larger, without a proof": (note(9), lambda _size1, _size2: [], "anchor.contradicted"),
    "smaller, of a log that changed": (note(6, OTHERS), prove_other, "anchor.contradicted"),
    "smaller, with the proof of the true log": (note(6, OTHERS), prove, "anchor.contradicted"),
    "another log": (note(9, origin="minhchung.example/other"), prove, "anchor.other_log"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_head_that_does_not_follow_is_refused(anchor: Anchor, case: str) -> None:
    """It raises, and the file stays as it is."""
    stated, proving, rule = REFUSED[case]
    before = anchor.path.read_bytes()
    with pytest.raises(StartRefused) as refused:
        anchor.advance(stated, proving)
    assert refused.value.rule == rule
    assert anchor.path.read_bytes() == before


def test_a_log_that_cannot_prove_is_refused(anchor: Anchor) -> None:
    """Where the log lacks the tiles of what is anchored, there is no growth to be believed."""

    def unable(_size1: int, _size2: int) -> list[bytes]:
        raise MerkleError("tile.missing")

    with pytest.raises(StartRefused) as refused:
        anchor.advance(note(9), unable)
    assert refused.value.rule == "anchor.contradicted"


def test_many_writers_leave_one_growing_line(tmp_path: Path) -> None:
    """Eight writers race: each head is anchored or covered by a larger one, and the file has one order."""
    path = Anchor.create(tmp_path / "anchor").path

    def write(first: int) -> bool:
        mine = Anchor.open(path)
        for size in range(first, len(LEAVES), 8):
            mine.advance(note(size), prove)
            if mine.newest is None or mine.newest.checkpoint.size < size:
                return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write, range(1, 9)))
    held = sizes(Anchor.open(path))
    assert held == sorted(set(held))
    assert held[-1] == len(LEAVES) - 1


# --- torn and damaged -----------------------------------------------------------------------------------


def _cuts(data: bytes) -> Iterator[int]:
    last = data.rindex(b"\n#", 0, len(data) - 70) + len(b"\n# \n") + 64
    yield from range(last + 1, len(data))


def test_a_torn_record_is_cut_off_wherever_it_ends(anchor: Anchor) -> None:
    """A last record of any length but its whole one is given up: it was never acknowledged."""
    data = anchor.path.read_bytes()
    cuts = list(_cuts(data))
    assert len(cuts) == len(note(7)) + len(b"# \n") + 64 - 1
    for cut in cuts:
        anchor.path.write_bytes(data[:cut])
        reopened = Anchor.open(anchor.path)
        assert sizes(reopened) == [1, 4], cut
        reopened.advance(note(7), prove)
        assert anchor.path.read_bytes() == data


@pytest.mark.parametrize("zeros", [1, 7, 5000])
def test_a_file_that_grew_before_its_bytes_is_cut(anchor: Anchor, zeros: int) -> None:
    """After a power cut zeros may stand where a record was to be; they are cut like a torn one."""
    data = anchor.path.read_bytes()
    for torn in (b"", note(9)[:40], note(9)):
        anchor.path.write_bytes(data + torn + bytes(zeros))
        assert sizes(Anchor.open(anchor.path)) == [1, 4, 7]
        assert anchor.path.read_bytes() == data


def test_every_flipped_bit_is_damage_and_never_a_torn_record(anchor: Anchor) -> None:
    """No bit of what was written whole can change unseen, and no record is given up for it."""
    data = HEADER + b"".join(_records(anchor.path.read_bytes())[:2])
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            anchor.path.write_bytes(changed)
            with pytest.raises(StartRefused) as refused:
                Anchor.open(anchor.path)
            assert refused.value.rule == "anchor.damaged"
            assert anchor.path.read_bytes() == bytes(changed)


def _records(data: bytes) -> list[bytes]:
    ends = [place + len(b"\n# \n") + 64 for place in range(len(data)) if data[place : place + 3] == b"\n# "]
    return [data[start:end] for start, end in zip([len(HEADER), *ends], ends, strict=False)]


MENDED = {
    "a record left out": lambda one, two, three: [one, three],
    "two records swapped": lambda one, two, three: [two, one, three],
    "a record twice": lambda one, two, three: [one, two, two, three],
    "the first left out": lambda one, two, three: [two, three],
    "something after the end": lambda one, two, three: [one, two, three, b"and so on\n"],
    "something before the end": lambda one, two, three: [one, two, b"\n", three],
}


@pytest.mark.parametrize("case", MENDED)
def test_records_stand_as_they_were_written(anchor: Anchor, case: str) -> None:
    """Each record covers all before it, so none is left out, moved or put in."""
    records = MENDED[case](*_records(anchor.path.read_bytes()))
    anchor.path.write_bytes(HEADER + b"".join(records))
    with pytest.raises(StartRefused) as refused:
        Anchor.open(anchor.path)
    assert refused.value.rule == "anchor.damaged"


# --- while it is in use ---------------------------------------------------------------------------------


def test_a_file_that_shrinks_in_use_is_seen(anchor: Anchor) -> None:
    """Somebody puts an older copy in its place: the next head is refused."""
    data = anchor.path.read_bytes()
    anchor.path.write_bytes(data[: data.index(b"\n# ") + 68])
    with pytest.raises(StartRefused) as refused:
        anchor.advance(note(9), prove)
    assert refused.value.rule == "anchor.damaged"


def test_a_file_that_was_moved_away_is_not_written_to(anchor: Anchor) -> None:
    """What is acknowledged must be found under the file's name."""
    anchor.path.rename(anchor.path.with_name("moved"))
    with pytest.raises(FileNotFoundError):
        anchor.advance(note(9), prove)


@pytest.mark.parametrize("written", [0, 1, 100, 250])
def test_a_full_disk_loses_nothing_that_was_whole(
    anchor: Anchor, written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that ends half-way raises; the next one to open the file cuts what it left, and goes on."""
    real_write = os.write

    def full(handle: int, data: bytes) -> int:
        if written:
            real_write(handle, data[:written])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space"):
        anchor.advance(note(9), prove)
    monkeypatch.setattr(os, "write", real_write)
    assert anchor.newest is not None
    assert anchor.newest.checkpoint.size == 7
    anchor.advance(note(9), prove)
    assert sizes(Anchor.open(anchor.path)) == [1, 4, 7, 9]


def test_a_disk_that_takes_little_at_a_time_is_written_to_the_end(
    anchor: Anchor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write may take fewer bytes than it was given."""
    real_write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: real_write(handle, data[:7]))
    anchor.advance(note(9), prove)
    assert sizes(Anchor.open(anchor.path)) == [1, 4, 7, 9]
