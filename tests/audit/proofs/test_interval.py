"""Between which moments an event was stated: after what its signer had seen, before others saw it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from audit.proofs.interval import SKEW, Bound, Interval, check_received, interval
from audit.proofs.statement import Seen
from audit.proofs.timestamp import Source, Stamp

START = datetime(2017, 2, 1, 8, tzinfo=UTC)
LOG = "minhchung.example/log"


def at(minutes: float) -> datetime:
    """So many minutes after the start; entry n was received at minute n."""
    return START + timedelta(minutes=minutes)


def cosigned(size: int, minutes: float, by: str = "w") -> Stamp:
    """A witness saw a checkpoint."""
    return Stamp(size, at(minutes), Source.COSIGNATURE, by, "Thanh tra")


def stamped(size: int, minutes: float) -> Stamp:
    """A time authority stamped one."""
    return Stamp(size, at(minutes), Source.TIMESTAMP, "tsa", "Trung tâm")


def of(position: int, seen: int | None, *stamps: Stamp) -> Interval:
    """The interval of an event whose signer had seen a size."""
    checkpoint = None if seen is None else Seen(seen, "00" * 32)
    return interval(position, checkpoint, at, stamps, log=LOG)


BEFORE = Bound(at(4), Source.RECEIVED, LOG, 5)
"""After entry 4, the newest below size 5."""


def test_event_lies_after_what_its_signer_had_seen() -> None:
    """The newest entry below the seen checkpoint had been received; the log says when."""
    assert of(7, 5) == Interval(BEFORE, None)


def test_event_lies_before_what_covers_it() -> None:
    """The first stamp over a checkpoint that covers it counts, whoever gave it."""
    stamps = cosigned(9, 30), stamped(8, 20), cosigned(20, 25)
    assert of(7, 5, *stamps) == Interval(BEFORE, Bound(at(20), Source.TIMESTAMP, "tsa", 8))
    assert of(8, 5, *stamps).not_after == Bound(at(25), Source.COSIGNATURE, "w", 20)


def test_checkpoint_covers_what_is_below_its_size() -> None:
    """The event at position n is the last that size n + 1 covers."""
    assert of(7, 5, cosigned(7, 10)).not_after is None
    assert of(7, 5, cosigned(8, 10)).not_after == Bound(at(10), Source.COSIGNATURE, "w", 8)


def test_of_two_at_once_the_smaller_size_is_named() -> None:
    """Who stamped two checkpoints at once says it of the first that covers the event."""
    assert of(3, None, cosigned(9, 10), cosigned(5, 10)).not_after == Bound(
        at(10), Source.COSIGNATURE, "w", 5
    )


def test_late_stamp_over_an_older_checkpoint_bounds_nothing_from_below() -> None:
    """A witness may see an old checkpoint years later: what came after it was not stated later for that."""
    assert of(7, 5, cosigned(5, 1_000_000), stamped(4, 1_000_000)) == Interval(BEFORE, None)


@pytest.mark.parametrize("seen", [None, 0, 8, 100])
def test_what_was_not_there_yet_bounds_nothing(seen: int | None) -> None:
    """Genesis has seen nothing; what claims to have seen itself is a finding of its own."""
    assert of(7, seen).not_before is None


@pytest.mark.parametrize(("minutes", "contradicts"), [(4, False), (-1, False), (-1.1, True)])
def test_bounds_may_cross_by_what_clocks_differ(minutes: float, contradicts: bool) -> None:
    """Five minutes are forgiven, no more."""
    assert timedelta(minutes=5) == SKEW
    assert of(7, 5, cosigned(9, minutes)).contradicts is contradicts


@pytest.mark.parametrize(("seen", "stamps"), [(None, (cosigned(9, -99),)), (5, ()), (None, ())])
def test_one_bound_alone_contradicts_nothing(seen: int | None, stamps: tuple[Stamp, ...]) -> None:
    """It takes two."""
    assert not of(7, seen, *stamps).contradicts


# --- what the log says of itself ------------------------------------------------------------------------


def test_what_was_seen_before_it_was_received_is_found() -> None:
    """Where the log's time of receipt is later than others' sight of it, both are told."""
    stamps = cosigned(9, 2, "later"), stamped(5, 4), cosigned(9, 2, "early")
    received = {9: at(8), 5: at(4)}
    findings = list(check_received(stamps, received))
    assert [(f.layer, f.position, f.rule, f.facts["by"]) for f in findings] == [
        ("time", 8, "time.received_after_seen", "early"),
        ("time", 8, "time.received_after_seen", "later"),
    ]
    assert findings[0].facts["received_at"] == at(8).isoformat()
    assert findings[0].facts["seen_at"] == at(2).isoformat()


def test_what_is_in_order_is_no_finding() -> None:
    """Seen after it was received, or by no more before than clocks differ, or unknown when."""
    assert not list(check_received([cosigned(9, 3), cosigned(9, 99), stamped(7, -99)], {9: at(8)}))
