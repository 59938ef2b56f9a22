"""When an event was stated, as an interval: after what its signer had seen, before what others saw of it.

Not before: the newest entry that the signer had seen must have been received. That time is the log's own
word, and so is the bound. Not after: the first moment at which a witness or a time authority had a checkpoint
that covers the event; that is their word. A stamp over an older checkpoint says nothing about what came
later, however late it was made: it bounds nothing from below (docs/formats/time.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from audit.proofs.finding import Finding
from audit.proofs.statement import Seen
from audit.proofs.timestamp import Source, Stamp

SKEW = timedelta(minutes=5)
"""How far the clocks of different operators may be apart before that is worth a word."""


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of an interval: the moment, whose word it is, over which size of the log."""

    at: datetime
    source: Source
    by: str
    size: int


@dataclass(frozen=True, slots=True)
class Interval:
    """When an event was stated, as far as anybody can say."""

    not_before: Bound | None
    not_after: Bound | None

    @property
    def contradicts(self) -> bool:
        """Whether it would have been stated before it could be, by more than clocks are apart."""
        first, last = self.not_before, self.not_after
        return first is not None and last is not None and first.at > last.at + SKEW


def interval(
    position: int,
    seen: Seen | None,
    received: Callable[[int], datetime],
    stamps: Iterable[Stamp],
    *,
    log: str,
) -> Interval:
    """Return the interval of the event at a position; `received` tells when an entry was received."""
    covering = [stamp for stamp in stamps if stamp.size > position]
    first = min(covering, key=lambda stamp: (stamp.at, stamp.size), default=None)
    not_after = None if first is None else Bound(first.at, first.source, first.by, first.size)
    if seen is None or not 0 < seen.size <= position:
        return Interval(None, not_after)
    return Interval(Bound(received(seen.size - 1), Source.RECEIVED, log, seen.size), not_after)


def check_received(stamps: Iterable[Stamp], received: Mapping[int, datetime]) -> Iterator[Finding]:
    """Yield where the log says that it received an entry after somebody else had seen it.

    `received` has, for each size that is stamped, when the last entry below it was received: as times never
    run back, no earlier entry was received later. Then either the log's clock or the other's was wrong.
    """
    for stamp in sorted(stamps, key=lambda stamp: (stamp.size, stamp.at, stamp.by)):
        at = received.get(stamp.size)
        if at is not None and at > stamp.at + SKEW:
            yield Finding(
                "time",
                stamp.size - 1,
                "time.received_after_seen",
                {
                    "size": stamp.size,
                    "received_at": at.isoformat(),
                    "seen_at": stamp.at.isoformat(),
                    "by": stamp.by,
                },
            )
