"""Checkpoints of record: the first of a day, of a phase and of a result carry the log's second signature."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from api.record import keep_record_key, load_record_key
from api.settings import ANCHOR_VARIABLE, DATABASE_VARIABLE, Settings
from audit.ledger.cosignatures import cosigned_note, cosigned_notes
from audit.ledger.errors import LogStopped
from audit.proofs.cosignature import cosigner_vkey
from audit.proofs.head import open_head
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.note import vkey
from tests.worlds import OPEN, World, agency, begin, found, phase


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A data directory with a key of record and nothing else."""
    for variable in (DATABASE_VARIABLE, ANCHOR_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    settings = Settings(tmp_path / "data")
    settings.data.mkdir()
    keep_record_key(settings)
    return settings


def sizes_of_record(world: World) -> list[int]:
    """Return the sizes of the checkpoints that somebody cosigned, oldest first."""
    with world.runtime.log.database.read() as connection:
        return sorted(size for size, _ in cosigned_notes(connection))


def test_the_first_checkpoint_of_a_day_is_of_record(settings: Settings) -> None:
    """One a day, however many batches there are; it opens as a head of record."""
    world = begin(settings.data)
    for number in range(3):
        world.state("AgencyRegistered", "dk-1", body=agency(f"A{number}"))
    world.clock.set(world.clock() + timedelta(days=1))
    for number in range(3, 5):
        world.state("AgencyRegistered", "dk-1", body=agency(f"A{number}"))
    assert sizes_of_record(world) == [1, 5]
    key = load_record_key(settings)
    assert key is not None
    vkeys = [
        vkey(world.origin, world.keys[LOG_ACTOR].public_key),
        cosigner_vkey(world.origin, key.public_key),
    ]
    with world.runtime.log.database.read() as connection:
        note = cosigned_note(connection, 5)
    assert note is not None
    assert open_head(note, vkeys=vkeys, of_record=True).of_record
    world.close()


def test_a_phase_has_its_checkpoint_of_record(settings: Settings) -> None:
    """What was due in a phase is under a checkpoint of record as soon as the next phase begins."""
    world = found(settings.data)
    before = sizes_of_record(world)
    world.tell(phase(world, OPEN, "INSPECTION"))
    assert sizes_of_record(world) == [*before, world.size]
    world.close()


def test_without_a_key_none_is_of_record(settings: Settings) -> None:
    """A log without a key of record works as ever."""
    settings.record_key.unlink()
    world = begin(settings.data)
    assert sizes_of_record(world) == []
    world.close()


def test_a_key_of_record_is_its_owners_alone(settings: Settings) -> None:
    """A key that others can read, or that is none, stops the log before it signs anything."""
    settings.record_key.chmod(0o644)
    with pytest.raises(LogStopped, match="chmod 600"):
        load_record_key(settings)
    settings.record_key.chmod(0o600)
    settings.record_key.write_bytes(b"no key")
    with pytest.raises(LogStopped, match="ML-DSA-44"):
        load_record_key(settings)
