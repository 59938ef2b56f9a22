"""Delegation: somebody states on another's behalf, bounded by act, agency, round and time.

The deputy of a focal officer acts in their own name; whoever signs for a head or a focal officer names them
in the statement (`on_behalf_of`) and the statement that allowed it (`delegation`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time

from domain.deadlines import LAST_DAY, end_of
from domain.events import CATALOGUE, Event
from domain.frozen import replace
from domain.refusals import Refusal, refuse
from domain.registry import known_officer
from domain.rounds import round_of
from domain.standing import Delegation, Standing
from domain.stated.assessment import DelegationEnded, DelegationGranted
from domain.subject import by_agency


def allowed(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal where a statement on somebody's behalf is not covered by a delegation."""
    if e.on_behalf_of is None and e.delegation is None:
        return
    if not e.kind.delegable:
        yield refuse("delegation.not_delegable", type=e.kind.name)
    found = s.delegations.get(e.delegation or "")
    if found is None or found.ended is not None:
        yield refuse("delegation.unknown", delegation=e.delegation or "-")
    else:
        yield from _covers(s, found, e)


def _covers(s: Standing, found: Delegation, e: Event) -> Iterator[Refusal]:
    covered = (
        found.by == e.on_behalf_of
        and found.to == e.signed_by[0]
        and (found.round, found.agency) == (e.round, e.agency)
        and e.kind.name in found.acts
        and s.at_home(found.to, e.agency)
    )
    if not covered:
        yield refuse("delegation.does_not_cover", type=e.kind.name, delegation=e.delegation or "")
    if not found.since <= e.arrived_at < found.until:
        yield refuse("delegation.out_of_time", since=found.since.isoformat(), until=found.until.isoformat())


def delegation_granted_may(s: Standing, e: Event, b: DelegationGranted) -> Iterator[Refusal]:
    """The head or focal officer delegates acts that can be delegated, to an officer of the agency."""
    yield from by_agency(s, e)
    yield from known_officer(s, b.to)
    if not s.at_home(b.to, e.agency):
        yield refuse("agency.other_agency", actor=b.to, role="DELEGATE", agency=e.agency or "")
    if b.to == e.actor:
        yield refuse("delegation.to_oneself", actor=b.to)
    if b.until < b.since:
        yield refuse("dates.out_of_order", since=b.since.isoformat(), until=b.until.isoformat())
    if b.until > LAST_DAY:
        yield refuse("dates.out_of_order", since=b.until.isoformat(), until=LAST_DAY.isoformat())
    if not b.acts:
        yield refuse("delegation.no_acts")
    for act in b.acts:
        if act not in CATALOGUE or not CATALOGUE[act].delegable:
            yield refuse("delegation.not_delegable", type=act)


def delegation_granted(s: Standing, e: Event, b: DelegationGranted) -> None:
    """The other may act, from the first day to the end of the last."""
    zone = round_of(s, e).zone
    s.delegations[e.id] = Delegation(
        by=e.actor,
        to=b.to,
        round=e.round or "",
        agency=e.agency or "",
        acts=frozenset(b.acts),
        since=datetime.combine(b.since, time(), zone),
        until=end_of(b.until, zone),
    )


def delegation_ended_may(s: Standing, e: Event, b: DelegationEnded) -> Iterator[Refusal]:
    """Whoever granted it ends it."""
    found = s.delegations.get(b.delegation)
    if found is None or found.ended is not None:
        yield refuse("delegation.unknown", delegation=b.delegation)
    elif found.by != e.actor or (found.round, found.agency) != (e.round, e.agency):
        yield refuse("delegation.does_not_cover", type=e.kind.name, delegation=b.delegation)


def delegation_ended(s: Standing, e: Event, b: DelegationEnded) -> None:
    """From here on nobody acts under it."""
    if b.delegation in s.delegations:
        s.delegations[b.delegation] = replace(s.delegations[b.delegation], ended=e.position)
