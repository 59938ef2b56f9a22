"""Disputes over a published cell: filed in time and on a ground, heard, verified again, decided.

Whether it is late is computed from the arrival of its first byte, before anything is decided. Whose rank
could move is computed by replay when it is filed; all of those are notified and may be heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from typing import Any

from domain import meetings, ranking, scoring
from domain.criteria import Section
from domain.decisions import by_council, fits_maximum
from domain.dossiers import Act, Cell, Dispute
from domain.events import Event
from domain.frozen import replace
from domain.meetings import settle_motion
from domain.points import write
from domain.refusals import Refusal, refuse
from domain.registry import by_secretariat, known_officer
from domain.rounds import round_of
from domain.standing import Round, Standing
from domain.stated.choices import Ground, Matter, Outcome, Step
from domain.stated.council import MotionPut
from domain.stated.disputes import (
    AffectedNotified,
    DisputeAccepted,
    DisputeDecided,
    DisputeFiled,
    DisputeWithdrawn,
    PartyHeard,
    ReverificationRecorded,
    ReviewerAssigned,
)
from domain.subject import by_head, cell_of, criterion_of, heads, in_team, put_cell


def dispute_of(s: Standing, e: Event) -> Dispute:
    """Return the dispute an event is about; raises KeyError where there is none."""
    return s.disputes[e.round or "", e.matter or ""]


def _change(s: Standing, e: Event, **changes: Any) -> None:
    """Carry a dispute on, if there is one: a what-if may have left out its filing."""
    key = (e.round or "", e.matter or "")
    if key in s.disputes:
        s.disputes[key] = replace(s.disputes[key], **changes)


# --- filing ---------------------------------------------------------------------------------------------


def dispute_filed_may(s: Standing, e: Event, b: DisputeFiled) -> Iterator[Refusal]:
    """The head contests, against the newest version, a cell of the agency that no other dispute is about."""
    yield from by_head(s, e)
    found, cell = round_of(s, e), cell_of(s, e)
    if (found.code, e.matter or "") in s.disputes or not (e.matter or "").startswith("dispute-"):
        yield refuse("dispute.name_taken", dispute=e.matter or "-")
    if b.version != found.published:
        yield refuse("dispute.not_newest_version", stated=b.version, newest=found.published)
    if b.ground is Ground.DIFFERENCE_OF_OPINION:
        yield refuse("dispute.difference_of_opinion")
    if cell.excluded is not None:
        yield refuse("criterion.not_adjusted", criterion=e.criterion or "")
    if (b.claimed is None) == (b.special_case is None):
        yield refuse("dispute.malformed_claim")
    earlier = s.disputes.get((found.code, cell.dispute or ""))
    if earlier is not None and earlier.withdrawn is None and not earlier.late:
        yield refuse("dispute.already_filed", dispute=earlier.name)
    yield from fits_maximum(s, e, b.claimed)
    now = scoring.card(s, found.code, e.agency or "").scores[e.criterion or ""].points
    if b.claimed == now:
        yield refuse("dispute.claims_nothing", points=write(now))
    claim = b.special_case
    if claim is not None and (claim != cell.special_claim or claim not in cell.claims_decided):
        yield refuse("dispute.no_such_decision", claim=claim)


def dispute_filed(s: Standing, e: Event, b: DisputeFiled) -> None:
    """The dispute stands, late or not, with those whose rank could move."""
    found, cell = round_of(s, e), cell_of(s, e)
    since = _contested(found, cell)
    due = None if since is None else found.due_after(b.path, Step.FILE, since)
    dispute = Dispute(
        name=e.matter or "",
        agency=e.agency or "",
        criterion=e.criterion or "",
        path=b.path,
        ground=b.ground,
        version=b.version,
        claimed=b.claimed,
        special_case=b.special_case,
        by=e.actor,
        filed=e.position,
        filed_at=e.arrived_at,
        since=since,
        late=due is not None and e.arrived_at >= due,
        affected=materiality(s, e, b),
    )
    s.disputes[found.code, dispute.name] = dispute
    put_cell(s, e, replace(cell, dispute=dispute.name))


def _contested(found: Round, cell: Cell) -> datetime | None:
    """When the first version was published that shows the cell's newest decision: that starts the clock."""
    newest = cell.decided.position if cell.decided else 0
    shown = [version.at for version in found.versions]
    return next((v.at for v in found.versions if v.position > newest), shown[-1] if shown else None)


def materiality(s: Standing, e: Event, b: DisputeFiled) -> frozenset[str]:
    """Replay the block with the claim upheld: the agencies whose rank or class would then be another."""
    found, agency = round_of(s, e), e.agency or ""
    block = [code for code, its in found.agencies.items() if its is found.agencies[agency]]
    cards = [scoring.card(s, found.code, code) for code in block]
    trial = s.fork()
    put_cell(trial, e, _given(e, cell_of(s, e), b.claimed))
    upheld = [scoring.card(trial, found.code, agency) if c.agency == agency else c for c in cards]
    before = {p.card.agency: (p.rank, p.card.rating) for p in ranking.rank(found.criteria, cards)}
    after = {p.card.agency: (p.rank, p.card.rating) for p in ranking.rank(found.criteria, upheld)}
    return frozenset(code for code in block if before[code] != after[code])


def _given(e: Event, cell: Cell, points: Fraction | None) -> Cell:
    """Return the cell as it is with these points, or out of the denominator where there are none."""
    if points is None:
        return replace(cell, excluded=e.position)
    return replace(cell, decided=Act(e.position, e.arrived_at, points=points))


# --- its course -----------------------------------------------------------------------------------------


def _going_on(s: Standing, e: Event, *, accepted: bool = True) -> Iterator[Refusal]:
    """Yield a refusal unless the dispute is in time, about this cell, not ended, and (mostly) taken up."""
    yield from _stands(s, e, e.matter, accepted=accepted)


def _stands(s: Standing, e: Event, name: str | None, *, accepted: bool = True) -> Iterator[Refusal]:
    found = s.disputes.get((e.round or "", name or ""))
    if found is None or (found.agency, found.criterion) != (e.agency, e.criterion):
        yield refuse("dispute.unknown", dispute=name or "-")
    elif found.late:
        yield refuse("dispute.out_of_time", dispute=found.name)
    elif not found.open:
        yield refuse("dispute.ended", dispute=found.name)
    elif accepted and found.accepted is None:
        yield refuse("dispute.not_accepted", dispute=found.name)


def dispute_withdrawn_may(s: Standing, e: Event, b: DisputeWithdrawn) -> Iterator[Refusal]:
    """The head withdraws while it is going on."""
    yield from _going_on(s, e, accepted=False)
    yield from by_head(s, e)


def dispute_withdrawn(s: Standing, e: Event, b: DisputeWithdrawn) -> None:
    """Nothing more comes of it."""
    _change(s, e, withdrawn=e.position, ended_at=e.arrived_at)


def dispute_accepted_may(s: Standing, e: Event, b: DisputeAccepted) -> Iterator[Refusal]:
    """The secretariat takes it up, once."""
    yield from _going_on(s, e, accepted=False)
    yield from by_secretariat(s, e)
    if (accepted := dispute_of(s, e).accepted) is not None:
        yield refuse("dispute.already_accepted", position=accepted)


def dispute_accepted(s: Standing, e: Event, b: DisputeAccepted) -> None:
    """It runs its course."""
    _change(s, e, accepted=e.position, accepted_at=e.arrived_at)


def affected_notified_may(s: Standing, e: Event, b: AffectedNotified) -> Iterator[Refusal]:
    """The secretariat notifies exactly those, beside the agency itself, whose rank could move."""
    yield from _going_on(s, e)
    yield from by_secretariat(s, e)
    expected = dispute_of(s, e).affected - {e.agency or ""}
    if set(b.agencies) != expected or len(b.agencies) != len(expected):
        yield refuse("dispute.wrong_parties", expected=", ".join(sorted(expected)) or "-")


def affected_notified(s: Standing, e: Event, b: AffectedNotified) -> None:
    """They may be heard, for as long as the clock says that runs from here."""
    found = s.disputes.get((e.round or "", e.matter or ""))
    since = (found and found.notified_at) or e.arrived_at
    _change(s, e, notified=frozenset(b.agencies), notified_at=since)


def party_heard_may(s: Standing, e: Event, b: PartyHeard) -> Iterator[Refusal]:
    """The head of an agency that was notified speaks for it, once."""
    yield from _going_on(s, e)
    if not heads(s, e.actor, b.heard):
        yield refuse("agency.other_agency", actor=e.actor, role="AGENCY_HEAD", agency=b.heard)
    if b.heard not in dispute_of(s, e).notified - dispute_of(s, e).heard:
        yield refuse("dispute.not_a_party", agency=b.heard)


def party_heard(s: Standing, e: Event, b: PartyHeard) -> None:
    """The agency was heard."""
    found = s.disputes.get((e.round or "", e.matter or ""))
    if found is not None:
        heard = found.heard | {b.heard}
        _change(s, e, heard=heard, heard_at=e.arrived_at if heard >= found.notified else None)


def reviewer_assigned_may(s: Standing, e: Event, b: ReviewerAssigned) -> Iterator[Refusal]:
    """The secretariat names a reviewer of neither team, council nor a party.

    It does so once: another one takes over only where the first, before finding anything, came to a party.
    """
    yield from _going_on(s, e)
    yield from by_secretariat(s, e)
    yield from known_officer(s, b.officer)
    found = dispute_of(s, e)
    if found.reviewer is not None and (found.reverified or not any(_of_no_party(s, e, found.reviewer))):
        yield refuse("reviewer.already_assigned", officer=found.reviewer)
    if in_team(s, e, b.officer):
        yield refuse("reviewer.from_first_team", officer=b.officer)
    council = round_of(s, e).council
    if council is not None and b.officer in council.members:
        yield refuse("reviewer.of_the_council", officer=b.officer)
    yield from _of_no_party(s, e, b.officer)


def _of_no_party(s: Standing, e: Event, officer: str) -> Iterator[Refusal]:
    """Yield a refusal where the reviewer is, or was in this round, of an agency whose rank could move."""
    opened = round_of(s, e).position
    for agency in sorted(dispute_of(s, e).affected | {e.agency or ""}):
        if s.belonged(officer, agency, opened):
            yield refuse("reviewer.of_a_party", officer=officer, agency=agency)


def reviewer_assigned(s: Standing, e: Event, b: ReviewerAssigned) -> None:
    """The reviewer looks at the cell anew."""
    _change(s, e, reviewer=b.officer)


def reverification_recorded_may(s: Standing, e: Event, b: ReverificationRecorded) -> Iterator[Refusal]:
    """The reviewer records one finding."""
    yield from _going_on(s, e)
    if e.signed_by[0] != dispute_of(s, e).reviewer:
        yield refuse("reviewer.not_assigned", actor=e.signed_by[0])
    if dispute_of(s, e).reverified is not None:
        yield refuse("reviewer.already_recorded", dispute=e.matter or "")
    yield from _of_no_party(s, e, e.signed_by[0])
    yield from fits_maximum(s, e, b.points)


def reverification_recorded(s: Standing, e: Event, b: ReverificationRecorded) -> None:
    """The council has a second finding beside the first."""
    act = Act(e.position, e.arrived_at, points=b.points, quality=b.quality)
    _change(s, e, reverified=act)


# --- its end --------------------------------------------------------------------------------------------


def motion_put_may(s: Standing, e: Event, b: MotionPut) -> Iterator[Refusal]:
    """As any motion; on a dispute only after re-verification, and after the parties could be heard.

    Otherwise the council would have voted before it had heard anybody.
    """
    yield from meetings.motion_put_may(s, e, b)
    if b.matter is Matter.DISPUTE:
        yield from _ripe(s, e, cell_of(s, e).dispute)


def _ripe(s: Standing, e: Event, name: str | None) -> Iterator[Refusal]:
    yield from _stands(s, e, name)
    found = s.disputes[e.round or "", name or ""]
    if found.reverified is None:
        yield refuse("dispute.not_reverified", dispute=found.name)
    if found.affected - {found.agency} != found.notified:
        yield refuse("dispute.parties_not_notified", dispute=found.name)
    yield from _could_be_heard(s, e, found)


def dispute_decided_may(s: Standing, e: Event, b: DisputeDecided) -> Iterator[Refusal]:
    """The council decides on a motion that was put about this very dispute.

    Accepted gives what was claimed, partly gives other points that come with the decision, rejected none;
    what changes nothing is a rejection. A special case that is accepted comes without points.
    """
    yield from _going_on(s, e)
    yield from by_council(s, e, b.motion, Matter.DISPUTE)
    found = dispute_of(s, e)
    motion = cell_of(s, e).motion
    if motion is not None and motion.dispute != found.name:
        yield refuse("dispute.moved_about_another", dispute=motion.dispute or "-")
    if motion is not None and (motion.outcome, motion.points) != (b.outcome, b.points):
        yield refuse("decision.not_as_moved", motion=motion.position)
    pointless = {Outcome.REJECTED} if found.special_case is None else {Outcome.REJECTED, Outcome.ACCEPTED}
    if (b.outcome in pointless) != (b.points is None):
        yield refuse("claim.points_mismatch", outcome=b.outcome)
    yield from _moves(s, e, b, found)
    yield from fits_maximum(s, e, b.points)
    if criterion_of(s, e).section is Section.BONUS and b.points is not None:
        yield from _within_share(s, e, b)


def _could_be_heard(s: Standing, e: Event, found: Dispute) -> Iterator[Refusal]:
    """Yield a refusal while somebody who was notified has not spoken and the clock for it still runs."""
    waiting = found.notified - found.heard
    if not waiting or found.notified_at is None:
        return
    until = round_of(s, e).due_after(found.path, Step.HEAR, found.notified_at)
    if until is not None and e.arrived_at < until:
        yield refuse("dispute.hearing_not_over", agencies=", ".join(sorted(waiting)), until=until.isoformat())


def _moves(s: Standing, e: Event, b: DisputeDecided, found: Dispute) -> Iterator[Refusal]:
    """Points that are given are others than those that stand: all that was claimed, or another part of it."""
    if found.claimed is not None and b.outcome is Outcome.ACCEPTED and b.points != found.claimed:
        yield refuse("dispute.not_the_claim", claimed=write(found.claimed))
    if found.claimed is not None and b.outcome is Outcome.PARTLY and b.points == found.claimed:
        yield refuse("dispute.whole_claim", claimed=write(found.claimed))
    now = scoring.card(s, e.round or "", e.agency or "").scores[e.criterion or ""].points
    if b.points == now:
        yield refuse("dispute.changes_nothing", points=write(now))


def _within_share(s: Standing, e: Event, b: DisputeDecided) -> Iterator[Refusal]:
    bonus = cell_of(s, e).bonus
    maximum = criterion_of(s, e).max_points * (bonus.share if bonus else 0)
    if b.points is not None and b.points > maximum:
        yield refuse("score.above_max", stated=write(b.points), maximum=write(maximum))


def dispute_decided(s: Standing, e: Event, b: DisputeDecided) -> None:
    """The dispute is over; what moves a cell calls for a corrected version."""
    settle_motion(s, e)
    _change(s, e, decided=e.position, outcome=b.outcome, ended_at=e.arrived_at)
    if b.outcome is not Outcome.REJECTED:
        put_cell(s, e, _given(e, cell_of(s, e), b.points))
        found = round_of(s, e)  # what was proposed or approved before is no longer what would be published
        anew = replace(found, proposed=found.published, approved=found.published)
        s.rounds[found.code] = replace(anew, corrected=found.corrected + 1)
