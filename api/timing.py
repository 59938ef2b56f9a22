"""When things were stated: the stamps on a log's checkpoints, and the interval that they leave each event."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from api.register import entry_at
from api.runtime import Log
from audit.ledger.cosignatures import cosigned_notes
from audit.ledger.stamping import kept_tokens
from audit.ledger.tables import checkpoints, cosignatures, timestamps
from audit.proofs.entry import Entry, read_time, write_time
from audit.proofs.errors import AuditError
from audit.proofs.head import Cosigned
from audit.proofs.interval import Bound, check_received, interval
from audit.proofs.note import open_note, unverified_text
from audit.proofs.timestamp import Stamp, Stamped, Token, check_tokens, cosigned_stamps
from audit.proofs.tokens import token_verifier
from audit.proofs.trust import Trust

Answer = dict[str, Any]


def read_stamps(connection: Connection, trust: Trust | None) -> Stamped:
    """Read what witnesses and time authorities that are trusted say of a log's checkpoints.

    Without trust nobody's word counts, and every token is left unchecked.
    """
    notes = select(checkpoints.c.size, checkpoints.c.note).join(
        timestamps, timestamps.c.size == checkpoints.c.size
    )
    texts = {row.size: unverified_text(row.note) for row in connection.execute(notes)}
    return stamps_of(list(kept_tokens(connection)), texts, cosigned_notes(connection), trust)


def stamps_of(
    tokens: Sequence[Token],
    texts: Mapping[int, bytes],
    cosigned: Iterable[tuple[int, bytes]],
    trust: Trust | None,
) -> Stamped:
    """Read what tokens and cosigned checkpoints say; `texts` are those of the checkpoints, by size."""
    stamped = check_tokens(tokens, texts, trust.authorities if trust else (), token_verifier())
    if trust is None or not trust.policy.witnesses:
        return stamped
    seen = (stamp for size, note in cosigned for stamp in cosigned_stamps(size, _cosigned(trust, note)))
    return replace(stamped, stamps=(*stamped.stamps, *seen))


def _cosigned(trust: Trust, note: bytes) -> list[Cosigned]:
    """Return the trusted witnesses that cosigned a note; what is wrong with a line, `judge` says."""
    try:
        times = {signed.vkey: signed.time for signed in open_note(note, trust.policy.vkeys).signatures}
    except AuditError:
        return []
    witnesses = ((witness, times.get(witness.vkey)) for witness in trust.policy.witnesses)
    return [Cosigned(witness, time) for witness, time in witnesses if time is not None]


# --- verify ---------------------------------------------------------------------------------------------


class Receptions:
    """When the last entry below each stamped checkpoint was received, noted in the pass that verifies."""

    def __init__(self, sizes: Collection[int]) -> None:
        self._sizes = sizes
        self._received: dict[int, datetime] = {}

    def observe(self, position: int, entry: Entry) -> None:
        """Take in the next good entry."""
        if position + 1 in self._sizes:
            self._received[position + 1] = read_time(entry.received_at)

    def judge(self, stamped: Stamped) -> Stamped:
        """Add what does not go together: entries received after somebody else had seen them."""
        return replace(stamped, findings=(*stamped.findings, *check_received(stamped.stamps, self._received)))


def stamped_sizes(connection: Connection) -> frozenset[int]:
    """Return the sizes of the checkpoints that somebody else has seen."""
    queries = (select(table.c.size).distinct() for table in (timestamps, cosignatures))
    return frozenset(size for query in queries for size in connection.execute(query).scalars())


# --- trace ----------------------------------------------------------------------------------------------


def add_times(log: Log, answer: Answer, stamps: Iterable[Stamp]) -> Answer:
    """Add to each event of a trace the interval in which it was stated."""
    given = tuple(stamps)
    return answer | {"events": [event | {"time": _time(log, event, given)} for event in answer["events"]]}


def _time(log: Log, event: Answer, stamps: tuple[Stamp, ...]) -> Answer:
    statement = entry_at(log, event["position"]).statement
    found = interval(
        event["position"],
        statement.seen,
        lambda position: read_time(entry_at(log, position).entry.received_at),
        stamps,
        log=statement.log,
    )
    return {
        "not_before": _bound(found.not_before),
        "not_after": _bound(found.not_after),
        "contradicts": found.contradicts,
    }


def _bound(bound: Bound | None) -> Answer | None:
    if bound is None:
        return None
    return {"at": write_time(bound.at), "source": bound.source.value, "by": bound.by, "size": bound.size}
