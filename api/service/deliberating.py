"""What members of a council are not told while they deliberate: what a decision would do to ranks."""

from __future__ import annotations

from api.service.caller import Caller, Capacity
from domain.agenda import agenda
from domain.standing import Standing


def effects_hidden(standing: Standing, caller: Caller, code: str) -> bool:
    """Whether somebody is of the council, and a round's council has something undecided before it."""
    return Capacity.COUNCIL in caller.capacities and undecided(standing, code)


def undecided(standing: Standing, code: str) -> bool:
    """Whether something is ready for a meeting of the council, or a vote is open.

    A vote is open while the meeting goes on and the motion is not decided.
    """
    if code not in standing.rounds:
        return False
    here = {key: cell for key, cell in list(standing.cells.items()) if key[0] == code}
    copied = Standing(rounds=dict(standing.rounds), cells={**here}, meetings=dict(standing.meetings))
    if agenda(copied, code):
        return True
    motions = [cell.motion for cell in here.values() if cell.motion is not None]
    return any(motion.decided is None and _goes_on(copied, code, motion.meeting) for motion in motions)


def _goes_on(standing: Standing, code: str, meeting: str) -> bool:
    found = standing.meetings.get((code, meeting))
    return found is not None and found.closed is None
