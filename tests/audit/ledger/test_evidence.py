"""The byte store of evidence gives back what was put into it, or says what is wrong."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from audit.ledger.errors import EvidenceError
from audit.ledger.evidence import Evidence, EvidenceStore
from audit.ledger.sealing import Vault

EMPTY = hashlib.sha256(b"").hexdigest()
ABSENT = hashlib.sha256(b"never came").hexdigest()


VAULT = Vault([bytes(32)])


@pytest.fixture(params=[None, VAULT], ids=["plain", "sealed"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Evidence:
    """An empty store, whose folder is not there yet: one that has no key, and one that seals."""
    return Evidence.at(tmp_path / "evidence", lambda: request.param)


FILES = {"empty": b"", "zero": b"\x00", "text": "Kế hoạch".encode(), "a megabyte": bytes(range(256)) * 4096}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_file_comes_back_as_it_was(store: Evidence, content: bytes) -> None:
    """Any bytes are kept under their SHA-256, with their size."""
    (sha256,) = store.put(content)
    asked: EvidenceStore = store
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert asked.size(sha256) == len(content)
    assert store.read(sha256) == content


def test_several_files_are_kept_at_once_in_their_order(store: Evidence) -> None:
    """Digests come in the order of the files, also where one comes twice."""
    files = [b"b", b"a", b"b", b""]
    digests = store.put(*files)
    assert [store.read(sha256) for sha256 in digests] == files
    assert store.names() == sorted(set(digests))
    assert EMPTY in digests
    assert store.put() == []


def test_file_that_is_there_is_not_written_again(store: Evidence, tmp_path: Path) -> None:
    """Putting a file a second time leaves the first alone."""
    (sha256,) = store.put(b"once")
    path = tmp_path / "evidence" / sha256[:2] / sha256
    before = path.stat()
    store.put(b"once")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_missing_file_is_told_from_an_empty_one(store: Evidence) -> None:
    """What never came has no size, and reading it is an error with its rule."""
    store.put(b"")
    assert store.size(EMPTY) == 0
    assert store.size(ABSENT) is None
    with pytest.raises(EvidenceError) as wrong:
        store.read(ABSENT)
    assert wrong.value.rule == "evidence.missing"


@pytest.mark.parametrize("altered", [b"evidence!", b"evidenc", b"", b"Evidence"])
def test_altered_file_is_never_given_out(store: Evidence, tmp_path: Path, altered: bytes) -> None:
    """Bytes that are no longer what their name says raise instead of being believed."""
    (sha256,) = store.put(b"evidence")
    (tmp_path / "evidence" / sha256[:2] / sha256).write_bytes(altered)
    with pytest.raises(EvidenceError) as wrong:
        store.read(sha256)
    assert wrong.value.rule == "evidence.altered"


HOSTILE = ("", "..", "../../log.key", "/etc/passwd", ABSENT.upper(), ABSENT[:-1], ABSENT + "0", f"{ABSENT}\n")


@pytest.mark.parametrize("altered", [b"", b"another", b"as it wax"], ids=["emptied", "other", "one letter"])
def test_a_file_that_was_altered_is_repaired_by_putting_it_again(
    store: Evidence, tmp_path: Path, altered: bytes
) -> None:
    """Whoever still has the file gives the store back what it lost."""
    (sha256,) = store.put(b"as it was")
    (path,) = (tmp_path / "evidence").glob("??/*")
    path.chmod(0o600)
    path.write_bytes(altered)
    assert store.put(b"as it was") == [sha256]
    assert store.read(sha256) == b"as it was"


@pytest.mark.parametrize("name", [*HOSTILE, f"..{ABSENT[2:]}", "é" * 64, "٠" * 64, "\x00" * 64])
def test_names_are_digests_and_nothing_else(store: Evidence, tmp_path: Path, name: str) -> None:
    """A name that could lead out of the store is refused before the disk is asked."""
    (tmp_path / "log.key").write_bytes(b"secret")
    store.put(b"")
    for ask in (store.read, store.size):
        with pytest.raises(EvidenceError) as wrong:
            ask(name)
        assert wrong.value.rule == "evidence.malformed_name"


def test_leftovers_of_an_interrupted_write_are_no_evidence(store: Evidence, tmp_path: Path) -> None:
    """Whatever else lies in the folder is not listed, and does not keep a file from being put."""
    (sha256,) = store.put(b"whole")
    folder = tmp_path / "evidence" / sha256[:2]
    (folder / "tmpabc123").write_bytes(b"who")
    (folder / f"{sha256}.part").write_bytes(b"who")
    assert store.names() == [sha256]
    assert store.put(b"whole") == [sha256]


def test_many_may_put_the_same_file_at_once(store: Evidence) -> None:
    """Eight threads that bring the same files leave each of them once and whole."""
    files = [bytes([n]) * 5000 for n in range(20)]
    with ThreadPoolExecutor(8) as pool:
        (digests,) = {tuple(kept) for kept in pool.map(lambda _: store.put(*files), range(8))}
    assert [store.read(sha256) for sha256 in digests] == files
    assert store.names() == sorted(digests)


def test_files_are_for_their_owner_alone(store: Evidence, tmp_path: Path) -> None:
    """Evidence is not public: other accounts of the machine cannot read the files."""
    (sha256,) = store.put(b"personal")
    assert (tmp_path / "evidence" / sha256[:2] / sha256).stat().st_mode & 0o077 == 0
