"""A standing with one round, a secretariat and survey waves in it, for what only looks at those."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from domain.criteria import CriteriaSet
from domain.events import CATALOGUE, Event
from domain.standing import Officer, Round, Standing, Wave
from domain.stated.choices import Role
from domain.stated.rounds import AwardRule, PublicationPolicy

ZONE = timezone(timedelta(hours=7))
NOON = datetime(2017, 3, 1, 12, tzinfo=ZONE)


def surveyed(criteria: CriteriaSet, valid: Mapping[str, int | None]) -> Standing:
    """Return the standing of round 2016 with a wave for each group; nothing is valid while it is open."""
    standing = Standing()
    standing.officers["clerk"] = Officer("clerk", None, frozenset({(Role.SECRETARIAT, None)}))
    standing.rounds["2016"] = Round(
        code="2016",
        evaluated_year=2016,
        regulation=("R", "1"),
        criteria=criteria,
        agencies={},
        rules=(),
        holidays=frozenset(),
        zone=ZONE,
        timers={},
        publication=PublicationPolicy(public_places=3, public_scores=False, own_record=()),
        awards=AwardRule(up_to_rank=3, from_class="GOOD"),
        deadlines={},
        due={},
        opened={},
        position=0,
    )
    for group, n in valid.items():
        standing.waves["2016", group] = Wave(group, 1000, upward=False, tokens=group, valid=n)
    return standing


def stated(position: int, body: Any, agency: str | None = None, criterion: str | None = None) -> Event:
    """Return a body as the clerk's statement at a position."""
    return Event(
        position=position,
        id=str(position),
        kind=CATALOGUE[f"{type(body).__name__}.v1"],
        body=body,
        signed_by=("clerk",),
        arrived_at=NOON,
        round="2016",
        agency=agency,
        criterion=criterion,
    )
