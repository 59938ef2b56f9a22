"""What a cell waits for: who has not answered yet, to what, and until when they have time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.deadlines import Phase
from domain.dossiers import Cell, Dispute
from domain.standing import Round, Standing
from domain.stated.choices import Step


class Owed(StrEnum):
    """What is still to come."""

    EVIDENCE = "EVIDENCE"
    EXPLANATION = "EXPLANATION"
    VERIFICATION = "VERIFICATION"
    OPINION = "OPINION"
    VOTE = "VOTE"
    ACCEPTANCE = "ACCEPTANCE"
    HEARING = "HEARING"
    DECISION = "DECISION"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody's answer that has not come: an agency, a team, a member by pseudonym, or an office."""

    owed: Owed
    by: str
    since: int
    """The position that asked for it."""
    due: datetime | None


SECRETARIAT = "SECRETARIAT"
COUNCIL = "COUNCIL"


def waiting(standing: Standing, round_code: str, agency: str, criterion: str) -> tuple[Waiting, ...]:
    """Return whose answers a cell waits for, in the order of what asked for them."""
    found, cell = standing.rounds[round_code], standing.cell(round_code, agency, criterion)
    owed = [
        *_of_the_agency(found, cell, agency),
        *_of_the_team(standing, found, cell, agency),
        *_of_the_council(standing, found, cell, agency),
        *_of_a_dispute(standing, found, cell),
    ]
    return tuple(sorted(owed, key=lambda one: (one.since, one.owed, one.by)))


def _of_the_agency(found: Round, cell: Cell, agency: str) -> Iterator[Waiting]:
    """Evidence and explanations can come until explaining is over."""
    if found.phase.place > Phase.EXPLANATION.place:
        return
    due = found.due.get(Phase.EXPLANATION)
    asked = max((*cell.requested, *cell.returned), default=-1)
    if cell.supplied < asked:
        yield Waiting(Owed.EVIDENCE, agency, asked, due)
    if cell.questions and max(cell.explained, default=-1) < cell.questions[-1]:
        yield Waiting(Owed.EXPLANATION, agency, cell.questions[-1], due)


def _of_the_team(standing: Standing, found: Round, cell: Cell, agency: str) -> Iterator[Waiting]:
    """What was declared is verified by the agency's team, or waived by the council."""
    if cell.declared and not (cell.verified or cell.waived is not None or cell.excluded is not None):
        team = standing.dossier(found.code, agency).team or SECRETARIAT
        yield Waiting(Owed.VERIFICATION, team, cell.declared.position, found.due.get(Phase.INSPECTION))


def _of_the_council(standing: Standing, found: Round, cell: Cell, agency: str) -> Iterator[Waiting]:
    """Opinions while they are asked for, votes while the motion's meeting goes on."""
    recused = standing.dossier(found.code, agency).recused
    members = found.council.members if found.council else frozenset()
    able = [m for m in sorted(members) if m not in recused and not standing.at_home(m, agency)]
    opinions, motion = cell.opinions, cell.motion
    if opinions is not None and opinions.closed is None:
        for member in able:
            if member not in opinions.sealed:
                yield Waiting(Owed.OPINION, member, opinions.requested, opinions.due)
    if motion is None or motion.decided is not None:
        return
    meeting = standing.meetings.get((found.code, motion.meeting))
    if meeting is not None and meeting.closed is None:
        for member in able:
            if member in meeting.present and member not in motion.votes:
                yield Waiting(Owed.VOTE, member, motion.position, None)


def _of_a_dispute(standing: Standing, found: Round, cell: Cell) -> Iterator[Waiting]:
    """An open dispute is taken up, its parties are heard, and the council decides it."""
    dispute = standing.disputes.get((found.code, cell.dispute or ""))
    if dispute is None or not dispute.open:
        return
    if dispute.accepted is None:
        due = found.due_after(dispute.path, Step.ACCEPT, dispute.filed_at)
        yield Waiting(Owed.ACCEPTANCE, SECRETARIAT, dispute.filed, due)
        return
    yield from _heard(found, dispute)
    start = dispute.accepted_at or dispute.filed_at
    due = found.due_after(dispute.path, Step.RESOLVE, start)
    yield Waiting(Owed.DECISION, COUNCIL, dispute.accepted, due)


def _heard(found: Round, dispute: Dispute) -> Iterator[Waiting]:
    due = None
    if dispute.notified_at is not None:
        due = found.due_after(dispute.path, Step.HEAR, dispute.notified_at)
    for agency in sorted(dispute.notified - dispute.heard):
        yield Waiting(Owed.HEARING, agency, dispute.accepted or dispute.filed, due)
