"""The named moments of a round: sizes of the log at which a stage was done, or a version was published."""

from __future__ import annotations

from collections.abc import Iterable

from domain.deadlines import Phase
from domain.events import Event
from domain.stated.rounds import PhaseOpened, ResultPublished

ENDED_BY = {
    Phase.INSPECTION: "self-assessed",
    Phase.EXPLANATION: "inspected",
    Phase.COUNCIL: "explained",
    Phase.APPROVAL: "decided",
}
"""Which moment the opening of a phase is: all that was stated before it, and not the opening itself."""
LED_BY = (PhaseOpened, ResultPublished)
"""The events that moments are of."""


def moments(events: Iterable[Event], round_code: str) -> dict[str, int]:
    """Return the named moments of a round that have come, as sizes, in their order."""
    found: dict[str, int] = {}
    for event in events:
        if event.round != round_code:
            continue
        if isinstance(event.body, PhaseOpened) and event.body.phase in ENDED_BY:
            found[ENDED_BY[event.body.phase]] = event.position
        elif isinstance(event.body, ResultPublished):
            found[f"published-v{event.body.version}"] = event.position + 1
    return found
