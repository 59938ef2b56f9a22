"""From stored bytes to what they say, and back: the mapper that eventsourcing's stores and repositories use.

Names and versions of events are given by hand (`domain.events.CATALOGUE`), decoding goes through the
constructors, unknown types and fields raise. The bytes are never serialised again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eventsourcing.persistence import Mapper, Notification, StoredEvent

from audit.proofs.entry import Entry, parse_entry, read_time
from audit.proofs.keyring import KEY_EVENTS
from audit.proofs.statement import Statement, parse_statement
from domain.events import Event, Signing, kind_of, read_body
from domain.refusals import Malformed


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry of the log as it lies there: its place, its bytes, and what they say.

    `event` is the statement as the domain sees it; key events are not its business and have none.
    """

    originator_id: str
    originator_version: int
    position: int
    state: bytes
    entry: Entry
    statement: Statement
    event: Event | None


def to_event(statement: Statement, entry: Entry, position: int) -> Event | None:
    """Return a statement as the domain sees it; raises UnknownEvent and Malformed."""
    if statement.type in KEY_EVENTS:
        return None
    kind = kind_of(statement.type)
    if _SIGNERS.get(kind.signing, bool(statement.signers)) != bool(statement.signers):
        raise Malformed("statement.malformed", field="signers")  # acts of one person carry their counter
    return Event(
        position=position,
        id=statement.id,
        kind=kind,
        body=read_body(kind, statement.body),
        signed_by=statement.actors_of([key for key, _ in entry.envelope.signatures]),
        arrived_at=read_time(entry.arrived_at),
        round=statement.round,
        agency=statement.agency,
        criterion=statement.criterion,
        matter=statement.matter,
        on_behalf_of=statement.on_behalf_of,
        delegation=statement.delegation,
        expects=statement.expects,
        attachments=len(statement.attachments),
        texts=frozenset(statement.commitments),
    )


_SIGNERS = {Signing.ALONE: False, Signing.TOGETHER: True}


def read_entry(state: bytes, position: int) -> tuple[Entry, Statement, Event | None]:
    """Read stored bytes; raises AuditError, UnknownEvent and Malformed."""
    entry = parse_entry(state)
    statement = parse_statement(entry.envelope.payload)
    return entry, statement, to_event(statement, entry, position)


class LedgerMapper(Mapper[str]):
    """Stored events to `Recorded` and back. It needs notifications, which know their position."""

    def __init__(self) -> None:
        """Take no transcoder: the state is the signed bytes."""

    def to_stored_event(self, domain_event: object) -> StoredEvent:
        """Return the row of what is recorded."""
        if not isinstance(domain_event, Recorded):
            raise TypeError(f"{type(domain_event).__name__} is not recorded")
        return StoredEvent(
            domain_event.originator_id,
            domain_event.originator_version,
            domain_event.statement.type,
            domain_event.state,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Recorded:
        """Read a row of the log."""
        if not isinstance(stored_event, Notification):
            raise TypeError("a stored event without its position cannot be read")
        position = stored_event.id - 1
        entry, statement, event = read_entry(stored_event.state, position)
        return Recorded(
            str(stored_event.originator_id),
            stored_event.originator_version,
            position,
            stored_event.state,
            entry,
            statement,
            event,
        )


class RememberingMapper(LedgerMapper):
    """Reads no bytes twice: what it read at a position stands as long as the same bytes lie there."""

    def __init__(self, room: int = 4096) -> None:
        """Remember so many entries."""
        super().__init__()
        self._room = room
        self._read: dict[int, Recorded] = {}

    def to_domain_event(self, stored_event: StoredEvent) -> Recorded:
        """Read a row of the log, or return what the same row said before."""
        position = stored_event.id - 1 if isinstance(stored_event, Notification) else -1
        known = self._read.get(position)
        if known is not None and _row(known) == _stored(stored_event):
            return known
        recorded = super().to_domain_event(stored_event)
        if len(self._read) >= self._room:
            self._read.clear()
        self._read[position] = recorded
        return recorded


def _row(recorded: Recorded) -> tuple[str, int, bytes]:
    return recorded.originator_id, recorded.originator_version, recorded.state


def _stored(row: StoredEvent) -> tuple[str, int, bytes]:
    return str(row.originator_id), row.originator_version, row.state


def story(_before: None, recorded: Iterable[Recorded]) -> tuple[Recorded, ...] | None:
    """Collect a stream in its order: the projector that a Repository reads a trace with."""
    return tuple(recorded) or None
