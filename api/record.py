"""Checkpoints of record: the log's ML-DSA-44 key signs those that must stand when Ed25519 no longer does.

They are the first of each day, and those over the opening of a phase (what was due before it is due no more)
and over the publication of a result. The key lies beside the log's own; without it none is of record.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from api.log_key import private_bytes
from api.settings import Settings
from audit.ledger.cosignatures import keep_cosignatures
from audit.ledger.database import Database
from audit.ledger.errors import LogStopped
from audit.ledger.files import create_whole
from audit.ledger.seams import Vouching, nobody_vouches
from audit.proofs.checkpoint import parse_checkpoint
from audit.proofs.cosignature import cosign, cosigner_vkey
from audit.proofs.errors import AuditError
from audit.proofs.mldsa import MlDsaSigningKey
from audit.proofs.note import unverified_text
from domain.events import Event
from domain.stated.rounds import PhaseOpened, ResultPublished

OF_RECORD = (PhaseOpened, ResultPublished)


def keep_record_key(settings: Settings, key: MlDsaSigningKey | None = None) -> MlDsaSigningKey:
    """Put a key of record beside the log's, a new one unless it is given; raises FileExistsError."""
    made = key or MlDsaSigningKey.generate()
    create_whole(settings.record_key, made.to_pem())
    return made


def load_record_key(settings: Settings) -> MlDsaSigningKey | None:
    """Read the key of record where there is one; raises LogStopped where it does not open."""
    if not settings.record_key.exists():
        return None
    try:
        return MlDsaSigningKey.from_pem(private_bytes(settings.record_key))
    except (ValueError, AuditError):
        raise LogStopped(f"{settings.record_key} does not open: no ML-DSA-44 key") from None


def vouching(database: Database, origin: str, key: MlDsaSigningKey | None) -> Vouching:
    """Return what signs checkpoints of record, and keeps the lines beside them.

    A line that a crash kept away is missing, and nothing else: the next day's first checkpoint covers it.
    """
    if key is None:
        return nobody_vouches
    vkey, days = cosigner_vkey(origin, key.public_key), set[date]()

    def vouch(note: bytes, events: Sequence[Event], at: datetime) -> None:
        if at.date() in days and not any(isinstance(event.body, OF_RECORD) for event in events):
            return
        days.clear()
        days.add(at.date())
        text = unverified_text(note)
        line = cosign(text, origin, key, int(at.timestamp()))
        with database.begin() as connection:
            keep_cosignatures(connection, note + line, [vkey], parse_checkpoint(text).size)

    return vouch
