"""What intake leaves to others: what is written beside a batch, anchored, vouched for, answered, followed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection

from audit.ledger.submission import Submission
from domain.events import Event

Inline = Callable[[Connection, Sequence[Event]], Callable[[], None]]
"""Writes what must be read at once, in the batch's transaction; returns what to do once it has committed."""


Followed = Callable[[Sequence[Event]], None]
"""Hears of what is in the log and was not committed here: at the start all of it, then what others commit."""


Anchoring = Callable[[bytes], None]
"""Puts a committed checkpoint where the database cannot lose it; when it returns, it is there."""

Vouching = Callable[[bytes, Sequence[Event], datetime], None]
"""Is shown an anchored checkpoint, the events that it is the first to cover, and when they were received."""


Answering = Callable[[Sequence[Event]], Sequence[Submission]]
"""What the log itself has to state after what was committed: it goes in before anybody else's next word."""


def nothing_inline(_connection: Connection, _events: Sequence[Event]) -> Callable[[], None]:
    """Write nothing beside the log."""
    return lambda: None


def nobody_follows(_events: Sequence[Event]) -> None:
    """Tell nobody."""


def nothing_owed(_events: Sequence[Event]) -> Sequence[Submission]:
    """State nothing."""
    return ()


def not_anchored(_note: bytes) -> None:
    """Rely on the database alone."""


def nobody_vouches(_note: bytes, _events: Sequence[Event], _at: datetime) -> None:
    """Leave a checkpoint with the log's signature alone."""
