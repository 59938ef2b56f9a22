"""What members of the council are waited for: opinions, motions, votes, decisions; and on disputes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from domain.agenda import agenda
from domain.council import able
from domain.deadlines import Phase
from domain.dossiers import Cell, Dispute, Motion, Opinions
from domain.stated import council as c
from domain.stated import disputes as d
from domain.stated.choices import Choice, Matter, Role, Step
from projections.pending import Desk, Office, Pending

DECIDED_BY: Mapping[Matter, type[Any]] = {
    Matter.ADJUSTMENT: c.CouncilAdjustmentMade,
    Matter.SPECIAL_CASE: c.SpecialCaseDecided,
    Matter.BONUS: c.BonusDecided,
    Matter.DEDUCTION: c.DeductionDecided,
    Matter.WAIVER: c.VerificationWaived,
    Matter.DISPUTE: d.DisputeDecided,
}


def of_the_council(desk: Desk) -> Iterator[Pending]:
    """What stands before the members, cell by cell."""
    for (code, agency, criterion), cell in sorted(desk.standing.cells.items()):
        if code == desk.round.code and (cell.opinions is not None or cell.motion is not None):
            yield from _Cell(desk, agency, criterion, cell).pending()
    for item in agenda(desk.standing, desk.round.code):
        cell = desk.standing.cell(desk.round.code, item.agency, item.criterion)
        if cell.motion is None and cell.opinions is not None and cell.opinions.closed is not None:
            members = sorted(able(desk.standing, desk.round.code, item.agency))
            yield _by_members(
                desk,
                c.MotionPut,
                members,
                since=cell.opinions.closed,
                agency=item.agency,
                criteria=(item.criterion,),
                **desk.by_phase(Phase.COUNCIL),
            )


def _by_members(desk: Desk, act: type[Any], members: Collection[str], **what: Any) -> Pending:
    return desk.pending(act, Office.COUNCIL_MEMBER, members, **what)


class _Cell:
    """One cell that the council was asked about, or moves."""

    def __init__(self, desk: Desk, agency: str, criterion: str, cell: Cell) -> None:
        self._desk = desk
        self._cell = cell
        self._able = able(desk.standing, desk.round.code, agency)
        self._about = {"agency": agency, "criteria": (criterion,)}

    def pending(self) -> Iterator[Pending]:
        opinions, motion = self._cell.opinions, self._cell.motion
        if opinions is not None and opinions.closed is None and self._desk.round.phase is Phase.COUNCIL:
            yield from self._opinions(opinions)
        if motion is not None and motion.decided is None:
            yield from self._vote(motion)

    def _opinions(self, opinions: Opinions) -> Iterator[Pending]:
        """Sealing until every able member has, or the day has passed; then opening."""
        everyone = self._able <= opinions.sealed.keys()
        if not (opinions.opened or everyone or self._desk.now >= opinions.due):
            for member in sorted(self._able - opinions.sealed.keys()):
                yield self._each(c.OpinionSealed, member, opinions.requested, due=opinions.due)
            return
        closing = self._desk.by_phase(Phase.COUNCIL)
        until = closing if opinions.open_until is None else {"due": opinions.open_until}
        waiting = (opinions.sealed.keys() - opinions.opened.keys()) & self._able
        for member in sorted(waiting):
            yield self._each(c.OpinionOpened, member, opinions.sealed[member][0], **until)
        if not waiting or ("due" in until and self._desk.now >= until["due"]):
            since = max((o.position for o in opinions.opened.values()), default=opinions.requested)
            yield self._desk.pending(
                c.OpinionsClosed,
                Office.SECRETARIAT,
                self._desk.holding(Role.SECRETARIAT),
                since=since,
                **self._about,
                **closing,
            )

    def _each(self, act: type[Any], member: str, since: int, **due: Any) -> Pending:
        return _by_members(self._desk, act, (member,), since=since, **self._about, **due)

    def _vote(self, motion: Motion) -> Iterator[Pending]:
        """Votes while the meeting goes on; the decision of what was carried, over a quorum of signatures."""
        desk, council = self._desk, self._desk.round.council
        meeting = desk.standing.meetings.get((desk.round.code, motion.meeting))
        if meeting is None or meeting.closed is not None or council is None:
            return
        due = self._due(motion)
        for member in sorted((self._able & meeting.present) - motion.votes.keys()):
            yield self._each(c.VoteCast, member, motion.position, matter=meeting.name, **due)
        votes = [choice for member, choice in motion.votes.items() if member in self._able]
        waiting = len((self._able & meeting.present) - motion.votes.keys())
        carried = votes.count(Choice.FOR) > votes.count(Choice.AGAINST) + waiting
        if carried and len(votes) >= council.quorum:
            decision = DECIDED_BY[motion.matter]
            members = sorted(self._able)
            its = {"matter": meeting.name, **self._about}
            yield _by_members(desk, decision, members, since=motion.position, **its, **due)

    def _due(self, motion: Motion) -> dict[str, Any]:
        if motion.matter is not Matter.DISPUTE:
            return self._desk.by_phase(Phase.COUNCIL)
        dispute = self._desk.standing.disputes.get((self._desk.round.code, self._cell.dispute or ""))
        return {} if dispute is None else resolving(self._desk, dispute)


# --- disputes -------------------------------------------------------------------------------------------


def resolving(desk: Desk, dispute: Dispute) -> dict[str, Any]:
    """Return until when a dispute is resolved."""
    return desk.by_timer(dispute.path, Step.RESOLVE, dispute.accepted_at)


def of_disputes(desk: Desk) -> Iterator[Pending]:
    """What the parties, the secretariat, the reviewer and the council owe to every open dispute."""
    for (code, _), dispute in sorted(desk.standing.disputes.items()):
        if code == desk.round.code and dispute.open:
            yield from _of_dispute(desk, dispute)


def _of_dispute(desk: Desk, dispute: Dispute) -> Iterator[Pending]:
    about = {"agency": dispute.agency, "criteria": (dispute.criterion,), "matter": dispute.name}
    offices = desk.holding(Role.SECRETARIAT)
    if dispute.accepted is None:
        due = desk.by_timer(dispute.path, Step.ACCEPT, dispute.filed_at)
        yield desk.pending(
            d.DisputeAccepted, Office.SECRETARIAT, offices, since=dispute.filed, **about, **due
        )
        return
    due = resolving(desk, dispute)
    if dispute.affected - {dispute.agency} != dispute.notified:
        yield desk.pending(
            d.AffectedNotified, Office.SECRETARIAT, offices, since=dispute.accepted, **about, **due
        )
    if dispute.reviewer is None:
        yield desk.pending(
            d.ReviewerAssigned, Office.SECRETARIAT, offices, since=dispute.accepted, **about, **due
        )
    elif dispute.reverified is None:
        since = desk.marks.reviewers.get(dispute.name, dispute.accepted)
        reviewer = (dispute.reviewer,)
        yield desk.pending(d.ReverificationRecorded, Office.REVIEWER, reviewer, since=since, **about, **due)
    yield from _hearing(desk, dispute, about)
    if _ready(desk, dispute) and dispute.reverified is not None:
        members = sorted(able(desk.standing, desk.round.code, dispute.agency))
        yield _by_members(desk, c.MotionPut, members, since=dispute.reverified.position, **about, **due)


def _hearing(desk: Desk, dispute: Dispute, about: dict[str, Any]) -> Iterator[Pending]:
    """Those who were notified may be heard; the others wait for them as long as the clock runs."""
    due = desk.by_timer(dispute.path, Step.HEAR, dispute.notified_at)
    since = desk.marks.notified.get(dispute.name, dispute.accepted)
    for party in sorted(dispute.notified - dispute.heard):
        heads = desk.heads(party)
        yield desk.pending(
            d.PartyHeard, Office.AGENCY_HEAD, heads, since=since, party=party, owed=False, **about, **due
        )


def _ready(desk: Desk, dispute: Dispute) -> bool:
    """Whether the council can move: heard or given the time for it, verified again, and nothing moved yet."""
    due = desk.by_timer(dispute.path, Step.HEAR, dispute.notified_at)
    heard = dispute.notified <= dispute.heard or ("due" in due and desk.now >= due["due"])
    cell = desk.standing.cell(desk.round.code, dispute.agency, dispute.criterion)
    meeting = desk.standing.meetings.get((desk.round.code, cell.motion.meeting if cell.motion else ""))
    moved = cell.motion is not None and cell.motion.position > dispute.filed
    going_on = moved and meeting is not None and meeting.closed is None
    told = dispute.affected - {dispute.agency} == dispute.notified
    return heard and told and dispute.reverified is not None and not going_on
