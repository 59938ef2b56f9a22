"""Evidence at rest says nothing without its key, and whatever is changed in it is noticed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.ledger.errors import EvidenceError
from audit.ledger.evidence import Evidence
from audit.ledger.incoming import Incoming
from audit.ledger.sealing import HEAD, PLAIN, SEALED, TAG, Vault, is_sealed, plain_size

VAULT = Vault([b"k" * 32])
CANARY = "hoàng yến trong tệp".encode()
AT = HEAD + SEALED
"""Where the second chunk begins."""
SIZES = [0, 1, PLAIN - 1, PLAIN, PLAIN + 1, 3 * PLAIN, 3 * PLAIN + 7]


def _sealed(content: bytes, vault: Vault = VAULT) -> tuple[str, bytes]:
    sha256 = hashlib.sha256(content).hexdigest()
    return sha256, b"".join(vault.seal(sha256, [content]))


def _opened(sha256: str, stored: bytes, vault: Vault = VAULT) -> bytes:
    return b"".join(vault.unseal(sha256, [stored]))


@pytest.mark.parametrize("size", SIZES)
def test_what_is_sealed_opens_to_the_same_bytes(size: int) -> None:
    """However long, and however it is cut on its way; its size is known without the key."""
    content = os.urandom(size)
    sha256, stored = _sealed(content)
    assert is_sealed(stored)
    assert plain_size(len(stored)) == size
    assert _opened(sha256, stored) == content
    cut = [stored[at : at + 1000] for at in range(0, len(stored), 1000)]
    assert b"".join(VAULT.unseal(sha256, cut)) == content


def test_the_same_file_is_never_sealed_alike() -> None:
    """Each time it has another key: from two stored files nobody sees that they are the same."""
    (_, one), (_, other) = _sealed(CANARY), _sealed(CANARY)
    assert one[HEAD:] != other[HEAD:]
    assert CANARY not in one


CHANGED: dict[str, Callable[[bytes], bytes]] = {
    "one bit of a chunk": lambda its: its[:-1] + bytes([its[-1] ^ 1]),
    "one bit of the head": lambda its: its[: HEAD - 1] + bytes([its[HEAD - 1] ^ 1]) + its[HEAD:],
    "the last chunk gone": lambda its: its[: HEAD + 2 * SEALED],
    "all chunks gone": lambda its: its[:HEAD],
    "cut in the head": lambda its: its[:40],
    "two chunks changed about": lambda its: (
        its[:HEAD] + its[AT:][:SEALED] + its[HEAD:AT] + its[AT + SEALED :]
    ),
    "a chunk twice": lambda its: its[: HEAD + SEALED] + its[HEAD:],
    "something after the end": lambda its: its + bytes(TAG),
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_what_was_changed_does_not_open(change: Callable[[bytes], bytes]) -> None:
    """A bit, an order, an end: each is noticed, before the digest of the whole is asked for."""
    sha256, stored = _sealed(os.urandom(2 * PLAIN + 5))
    with pytest.raises(EvidenceError) as wrong:
        _opened(sha256, change(stored))
    assert wrong.value.rule == "evidence.altered"


def test_one_file_is_not_put_in_the_place_of_another() -> None:
    """A head belongs to its digest."""
    _, stored = _sealed(CANARY)
    with pytest.raises(EvidenceError) as wrong:
        _opened("0" * 64, stored)
    assert wrong.value.rule == "evidence.altered"


def test_keys_are_changed_without_sealing_anew() -> None:
    """The first key seals, those after it still open; without them nothing does, and that is another rule."""
    sha256, stored = _sealed(CANARY)
    assert _opened(sha256, stored, Vault([b"n" * 32, b"k" * 32])) == CANARY
    with pytest.raises(EvidenceError) as wrong:
        _opened(sha256, stored, Vault([b"n" * 32]))
    assert wrong.value.rule == "evidence.sealed"


@pytest.mark.parametrize("keys", [[], [b""], [b"short"], [bytes(33)]])
def test_a_key_has_32_bytes(keys: list[bytes]) -> None:
    """None, an empty one, one of another length: none of them seals anything."""
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(keys)


# --- a store that gets its key --------------------------------------------------------------------------


def test_what_was_there_before_the_key_is_read_and_can_be_sealed(tmp_path: Path) -> None:
    """A store in the clear goes on as it is; sealing it leaves no byte of it in the clear."""
    (sha256,) = Evidence.at(tmp_path).put(CANARY)
    store = Evidence.at(tmp_path, lambda: VAULT)
    assert store.read(sha256) == CANARY
    assert (store.seal(), store.seal()) == (1, 0)
    assert store.read(sha256) == CANARY
    assert not any(CANARY in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_copy_is_as_sealed_as_what_it_was_copied_from(tmp_path: Path) -> None:
    """With the key at hand or without it; and without it nothing of it is read."""
    (sha256,) = Evidence.at(tmp_path / "one", lambda: VAULT).put(CANARY)
    for name, keys in (("two", lambda: VAULT), ("three", lambda: None)):
        Evidence.at(tmp_path / "one", keys).copy_to(copy := Evidence.at(tmp_path / name), sha256)
        assert copy.size(sha256) == len(CANARY)
        assert copy.is_closed(sha256)
        assert Evidence.at(tmp_path / name, lambda: VAULT).read(sha256) == CANARY


# --- on its way in --------------------------------------------------------------------------------------

SENDER = "a" * 64


@pytest.mark.parametrize("left", [0, 3, 20, 60])
def test_a_piece_that_a_power_cut_left_is_written_over(tmp_path: Path, left: int) -> None:
    """What came whole before it counts, and the file is right in the end."""
    store = Evidence.at(tmp_path / "store", lambda: VAULT)
    incoming, content = Incoming(tmp_path / "in", store, VAULT), os.urandom(50) + CANARY * 3
    sha256 = hashlib.sha256(content).hexdigest()
    incoming.write(SENDER, sha256, 0, content[:40])
    path = tmp_path / "in" / SENDER / sha256
    whole = path.stat().st_size
    incoming.write(SENDER, sha256, 40, content[40:])
    os.truncate(path, whole + left)
    assert incoming.offset(SENDER, sha256) == 40
    incoming.write(SENDER, sha256, 40, content[40:60])
    incoming.write(SENDER, sha256, 60, content[60:])
    assert CANARY not in path.read_bytes()
    incoming.keep(SENDER, sha256)
    assert store.read(sha256) == content
    assert not path.exists()


def test_pieces_follow_each_other(tmp_path: Path) -> None:
    """Another offset than the next is not written: no bytes are sealed twice under one key."""
    incoming = Incoming(tmp_path / "in", Evidence.at(tmp_path / "store"), VAULT)
    incoming.write(SENDER, "b" * 64, 0, b"first")
    for offset in (0, 4, 6):
        with pytest.raises(ValueError, match="byte 5 comes next"):
            incoming.write(SENDER, "b" * 64, offset, b"more")
