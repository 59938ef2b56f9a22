"""The inbox: what awaits whom in a round, and by when; all of it, or one person's or agency's part."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from domain.standing import Standing
from projections.pending import Desk, Marks, Office, Pending
from projections.pending_agencies import of_agencies
from projections.pending_council import of_disputes, of_the_council
from projections.pending_round import of_the_round


def inbox(standing: Standing, round_code: str, seen: Marks, now: datetime) -> tuple[Pending, ...]:
    """Return every act that is open in a round at a moment: what is due first comes first."""
    desk = Desk(standing, round_code, seen, now)
    found = (*of_agencies(desk), *of_the_round(desk), *of_the_council(desk), *of_disputes(desk))
    return tuple(sorted(found, key=_order))


def _order(one: Pending) -> tuple[bool, float, int, str, str, tuple[str, ...]]:
    due = 0.0 if one.due is None else one.due.timestamp()
    return one.due is None, due, one.since, one.act, one.party or one.agency or "", one.actors


def chosen(
    found: Iterable[Pending],
    actor: str | None = None,
    agency: str | None = None,
    office: Office | None = None,
) -> tuple[Pending, ...]:
    """Choose what one actor may state, what is stated for one agency, what belongs to one office."""
    return tuple(
        one
        for one in found
        if (actor is None or actor in one.actors)
        and agency in (None, one.party)
        and office in (None, one.office)
    )
