"""A round as it stood at any size of the log: its registry and own stream, and the rows of its subjects."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import Connection

from api.register import Register, entry_at, read_register
from api.runtime import Log
from audit.proofs.entry import read_time
from projections.states import KINDS, lay


def held(
    log: Log, connection: Connection, size: int, round_code: str, kinds: Collection[str] = tuple(KINDS)
) -> Register:
    """Return what stood when the log had `size` entries; raises UnknownSubject where the round did not.

    Cells, dossiers, disputes and the like (`projections.states.KINDS`) are read, not folded.
    """
    register = read_register(log, connection, size, round_code)
    register.round(round_code)
    lay(register.standing, connection, round_code, size, kinds)
    return replace(register, moment=read_time(entry_at(log, size - 1).entry.received_at))
