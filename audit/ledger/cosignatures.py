"""Cosignatures: what witnesses, and the log's own key of record, signed under checkpoints that were out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, func, insert, select

from audit.ledger.tables import checkpoints, cosignatures
from audit.proofs.errors import AuditError
from audit.proofs.note import append_lines, open_note


def keep_cosignatures(connection: Connection, note: bytes, vkeys: Sequence[str], size: int) -> int:
    """Keep the lines of a note that verify under these keys, the first of each key; return how many are new.

    Raises what `open_note` raises where none of them verifies.
    """
    its = cosignatures.c
    known = set(connection.execute(select(its.vkey).where(its.size == size)).scalars())
    signed = [one for one in open_note(note, vkeys).signatures if one.vkey not in known]
    rows = [{"size": size, "vkey": one.vkey, "line": one.line} for one in signed]
    if rows:
        connection.execute(insert(cosignatures), rows)
    return len(rows)


def cosigned_note(connection: Connection, size: int) -> bytes | None:
    """Return the checkpoint of a size with every line that was kept under it; nothing where there is none."""
    note = connection.execute(select(checkpoints.c.note).where(checkpoints.c.size == size)).scalar()
    return None if note is None else append_lines(note, _lines(connection, size))


def cosigned_notes(connection: Connection) -> Iterator[tuple[int, bytes]]:
    """Read every checkpoint that somebody cosigned, newest first: (size, note with all lines).

    Where that is no note, it is empty: which part is none, is found where each is checked.
    """
    sizes = connection.execute(select(cosignatures.c.size).distinct().order_by(cosignatures.c.size.desc()))
    for size in sizes.scalars().all():
        try:
            yield size, cosigned_note(connection, size) or b""
        except AuditError:
            yield size, b""


def newest_cosigned(connection: Connection, vkey: str) -> int:
    """Return the size of the newest checkpoint that a key cosigned, 0 where there is none."""
    its = cosignatures.c
    return connection.execute(select(func.max(its.size)).where(its.vkey == vkey)).scalar() or 0


def _lines(connection: Connection, size: int) -> bytes:
    its = cosignatures.c
    lines = select(its.line).where(its.size == size).order_by(its.vkey)
    return b"".join(connection.execute(lines).scalars())
