"""A log read for the verifier: the same on either database, whole or from a size on."""

from __future__ import annotations

import pytest

from api.log_copy import Hashes, copy_of, prefix_of, words
from api.runtime import reading
from api.settings import Settings
from audit.ledger import tree
from audit.proofs.verifier import verify_log
from tests.worlds import found


def test_copy_of_a_log_is_verified_whole_and_from_a_checkpoint_on(settings: Settings) -> None:
    """On SQLite and on PostgreSQL, openings are looked up while the rows are read."""
    world = found(settings.data)
    world.close()
    with reading(settings) as log, log.database.read() as connection:
        whole = verify_log(copy_of(connection))
        assert whole.findings == ()
        assert whole.openings > 0
        size = copy_of(connection).checkpoints[1][0]
        prefix = prefix_of(connection, size, tree.root_at(connection, size))
        rest = verify_log(copy_of(connection, size), since=prefix)
        assert (rest.findings, rest.root, rest.keys) == ((), whole.root, whole.keys)
        assert 0 < rest.signatures < whole.signatures
        assert words(connection, []) == {}


def test_hashes_are_what_is_stored() -> None:
    """Packed or not, a hash that is too short or too long is given as it is; there is none beyond the end."""
    stored = [bytes([n]) * 32 for n in range(5)] + [b"short", b"x" * 40, bytes(32)]
    packed = Hashes(stored)
    assert list(packed) == stored
    assert packed[2:7] == stored[2:7]
    for index in (-1, 8):
        with pytest.raises(IndexError):
            packed[index]
