"""Meetings of the council: who is present, what is moved, said and voted, and who dissents (R25, R30, R53).

A motion is decided by the votes recorded here; the decision that follows binds all, and the dissent is kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from domain.council import able, by_member, council_of, sits
from domain.dossiers import Motion
from domain.events import Event
from domain.frozen import replace
from domain.refusals import Refusal, refuse
from domain.registry import by_secretariat
from domain.rounds import round_of
from domain.standing import Meeting, Standing
from domain.stated.choices import Choice, Matter
from domain.stated.council import (
    DissentRecorded,
    MeetingClosed,
    MeetingOpened,
    MotionPut,
    RemarkMade,
    VoteCast,
)
from domain.subject import cell_of, put_cell


def by_chair(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal unless the chair of the council or the secretariat signed."""
    yield from council_of(s, e)
    council, actor = round_of(s, e).council, e.signed_by[0]
    if council is None or actor != council.chair or not sits(s, round_of(s, e), actor):
        yield from by_secretariat(s, e)


def meeting_opened_may(s: Standing, e: Event, b: MeetingOpened) -> Iterator[Refusal]:
    """The next meeting opens with a quorum of members, when no other one is going on."""
    yield from by_chair(s, e)
    found = round_of(s, e)
    quorum = found.council.quorum if found.council else 0
    if e.matter != f"meeting-{found.meetings + 1}":
        yield refuse("meeting.not_next", stated=e.matter or "-", expected=f"meeting-{found.meetings + 1}")
    if found.meeting is not None:
        yield refuse("meeting.another_open", meeting=found.meeting)
    for actor in b.present:
        if not sits(s, found, actor):
            yield refuse("council.not_a_member", actor=actor)
    if len(set(b.present)) != len(b.present):
        yield refuse("council.member_twice")
    if len(b.present) < quorum:
        yield refuse("meeting.no_quorum", present=len(b.present), quorum=quorum)


def meeting_opened(s: Standing, e: Event, b: MeetingOpened) -> None:
    """Motions may be put."""
    found, name = round_of(s, e), e.matter or ""
    s.meetings[found.code, name] = Meeting(name, e.position, frozenset(b.present))
    s.rounds[found.code] = replace(found, meeting=name, meetings=found.meetings + 1)


def meeting_closed_may(s: Standing, e: Event, b: MeetingClosed) -> Iterator[Refusal]:
    """The meeting that is going on ends, with as many motions as were put."""
    yield from by_chair(s, e)
    found = round_of(s, e)
    if found.meeting != e.matter:
        yield refuse("meeting.not_open", meeting=e.matter or "-")
        return
    motions = s.meetings[found.code, e.matter or ""].motions
    if b.motions != motions:
        yield refuse("meeting.wrong_count", stated=b.motions, expected=motions)


def meeting_closed(s: Standing, e: Event, b: MeetingClosed) -> None:
    """Nothing can be moved until the next one."""
    found, key = round_of(s, e), (e.round or "", e.matter or "")
    if key in s.meetings:
        s.meetings[key] = replace(s.meetings[key], closed=e.position)
        s.rounds[found.code] = replace(found, meeting=None)


# --- motions --------------------------------------------------------------------------------------------

_WITH_POINTS = {Matter.ADJUSTMENT, Matter.BONUS, Matter.DEDUCTION}
_WITH_OUTCOME = {Matter.SPECIAL_CASE, Matter.DISPUTE}


def motion_put_may(s: Standing, e: Event, b: MotionPut) -> Iterator[Refusal]:
    """A member who is present moves; opinions that were asked for are closed, no other motion is open."""
    yield from by_member(s, e)
    yield from _present(s, e, b.meeting)
    cell = cell_of(s, e)
    if cell.motion is not None and cell.motion.decided is None and cell.motion.meeting == b.meeting:
        yield refuse("motion.another_open", motion=cell.motion.position)
    if cell.opinions is not None and cell.opinions.closed is None:
        yield refuse("motion.opinions_open", criterion=e.criterion or "")
    if (b.matter in _WITH_OUTCOME) != (b.outcome is not None):
        yield refuse("motion.malformed", matter=b.matter, field="outcome")
    if b.matter in _WITH_POINTS and b.points is None:
        yield refuse("motion.malformed", matter=b.matter, field="points")


def motion_put(s: Standing, e: Event, b: MotionPut) -> None:
    """Members may speak and vote."""
    motion = Motion(
        position=e.position,
        meeting=b.meeting,
        matter=b.matter,
        category=b.category,
        by=e.signed_by[0],
        outcome=b.outcome,
        points=b.points,
        dispute=cell_of(s, e).dispute if b.matter is Matter.DISPUTE else None,
    )
    put_cell(s, e, replace(cell_of(s, e), motion=motion))
    key = (e.round or "", b.meeting)
    if key in s.meetings:
        s.meetings[key] = replace(s.meetings[key], motions=s.meetings[key].motions + 1)


def _present(s: Standing, e: Event, meeting: str) -> Iterator[Refusal]:
    """Yield a refusal unless the meeting is going on and the signer is in it."""
    found = s.meetings.get((e.round or "", meeting))
    if found is None or found.closed is not None:
        yield refuse("meeting.not_open", meeting=meeting)
    elif e.signed_by[0] not in found.present:
        yield refuse("meeting.not_present", actor=e.signed_by[0], meeting=meeting)


def _on_motion(s: Standing, e: Event, motion: int) -> Iterator[Refusal]:
    """Yield a refusal unless this is the cell's open motion and the signer is present where it was put."""
    yield from by_member(s, e)
    found = cell_of(s, e).motion
    if found is None or found.position != motion:
        yield refuse("motion.unknown", motion=motion)
        return
    if found.decided is not None:
        yield refuse("motion.decided", motion=motion, decision=found.decided)
    yield from _present(s, e, found.meeting)


def remark_made_may(s: Standing, e: Event, b: RemarkMade) -> Iterator[Refusal]:
    """A member who is present speaks to an open motion (R30)."""
    yield from _on_motion(s, e, b.motion)


def vote_cast_may(s: Standing, e: Event, b: VoteCast) -> Iterator[Refusal]:
    """A member who is present and not recused votes once."""
    yield from _on_motion(s, e, b.motion)
    motion = cell_of(s, e).motion
    if motion is not None and e.signed_by[0] in motion.votes:
        yield refuse("vote.already_cast", actor=e.signed_by[0], motion=b.motion)


def vote_cast(s: Standing, e: Event, b: VoteCast) -> None:
    """The vote is recorded with its member's name."""
    cell = cell_of(s, e)
    if cell.motion is not None:
        motion = replace(cell.motion, votes={**cell.motion.votes, e.signed_by[0]: b.choice})
        put_cell(s, e, replace(cell, motion=motion))


def carried(s: Standing, e: Event, motion: int, matter: Matter) -> Iterator[Refusal]:
    """Yield a refusal unless a motion of this kind is open and won its vote.

    A quorum voted, those who abstained among them, and more were for it than against, whatever those who
    are present have yet to say. A vote counts of whoever takes part in the agency's matters to the end.
    """
    found, council = cell_of(s, e).motion, round_of(s, e).council
    if found is None or council is None or found.position != motion or found.matter is not matter:
        yield refuse("motion.unknown", motion=motion)
        return
    if found.decided is not None:
        yield refuse("motion.decided", motion=motion, decision=found.decided)
    members = able(s, e.round or "", e.agency or "")
    votes = [choice for member, choice in found.votes.items() if member in members]
    if len(votes) < council.quorum:
        yield refuse("motion.too_few_votes", votes=len(votes), quorum=council.quorum)
    for_it, against = votes.count(Choice.FOR), votes.count(Choice.AGAINST)
    if for_it <= against:
        yield refuse("motion.not_carried", votes_for=for_it, votes_against=against)
    waiting = len((_voting(s, e, found.meeting) & members) - found.votes.keys())
    if for_it <= against + waiting:
        yield refuse("motion.votes_outstanding", votes_for=for_it, votes_against=against, waiting=waiting)


def _voting(s: Standing, e: Event, meeting: str) -> frozenset[str]:
    """Those who can still vote: present at a meeting that goes on."""
    found = s.meetings.get((e.round or "", meeting))
    return frozenset() if found is None or found.closed is not None else found.present


def settle_motion(s: Standing, e: Event) -> None:
    """The cell's motion was decided by this event."""
    cell = cell_of(s, e)
    if cell.motion is not None:
        put_cell(s, e, replace(cell, motion=replace(cell.motion, decided=e.position)))


def dissent_recorded_may(s: Standing, e: Event, b: DissentRecorded) -> Iterator[Refusal]:
    """A member who voted against has their opinion kept beside the decision, once (ý kiến bảo lưu)."""
    yield from by_member(s, e)
    motion, actor = cell_of(s, e).motion, e.signed_by[0]
    if motion is None or motion.position != b.motion or motion.decided is None:
        yield refuse("motion.unknown", motion=b.motion)
    elif motion.votes.get(actor) is not Choice.AGAINST or actor in motion.dissents:
        yield refuse("dissent.not_against", actor=actor, motion=b.motion)


def dissent_recorded(s: Standing, e: Event, b: DissentRecorded) -> None:
    """The dissent is kept; the decision binds all the same."""
    cell = cell_of(s, e)
    if cell.motion is not None:
        dissents = cell.motion.dissents | {e.signed_by[0]}
        put_cell(s, e, replace(cell, motion=replace(cell.motion, dissents=dissents)))
