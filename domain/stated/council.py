"""What the council states: method, opinions, meetings, motions, votes, decisions (R24-R31, R51-R55)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.shapes import Exact, Stated
from domain.stated.choices import Choice, Matter, Outcome, ReasonCategory
from domain.visibility import council, parties, public, sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class CouncilEstablished:
    """The appraisal council: its members, who chairs it, and how many must sign a decision."""

    members: tuple[str, ...] = parties()
    chair: str = parties()
    quorum: int = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedCell:
    """A cell that a later version of the method touches."""

    agency: str
    criterion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringMethodAgreed:
    """How the council scores, agreed before the first opinion; a later one lists what it touches (R51)."""

    version: int = council()
    touches: tuple[TouchedCell, ...] = council(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class RecusalDeclared:
    """A member takes no part in an agency's matters (từ chối do xung đột lợi ích)."""

    member: str = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionRequested:
    """The secretariat asks every member for an opinion on a cell, until the end of a day (R24).

    What was sealed may be opened until the end of a later one, `open_until`; without it, until all are open
    or the council phase is due.
    """

    due: date = council()
    open_until: date | None = council(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionSealed:
    """A member's opinion as a salted commitment, bound to member, matter and round."""

    seal: str = council()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionOpened:
    """The opening of a sealed opinion: shown to nobody until opening closes."""

    salt: str = sealed()
    points: Stated = sealed()
    category: ReasonCategory = sealed()


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionsClosed:
    """Opening is over: what was not opened counts as given but void."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingOpened:
    """A meeting begins, with those present (R25, R52)."""

    present: tuple[str, ...] = council()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingClosed:
    """A meeting ends: so many motions were put."""

    motions: int = council()


@dataclass(frozen=True, slots=True, kw_only=True)
class MotionPut:
    """A member moves that the council decide a cell so, and why."""

    meeting: str = council()
    matter: Matter = council()
    category: ReasonCategory = council()
    outcome: Outcome | None = council(default=None)
    points: Stated | None = council(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemarkMade:
    """A member's word in the discussion of a motion, with its author's name (R30)."""

    motion: int = council()


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteCast:
    """One member's vote on a motion."""

    motion: int = council()
    choice: Choice = council()


@dataclass(frozen=True, slots=True, kw_only=True)
class DissentRecorded:
    """The opinion of a member who voted against, kept beside the decision that binds all (R53)."""

    motion: int = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialCaseDecided:
    """Accepted: out of this agency's denominator. Partly: these points. Rejected: nothing changes (R26)."""

    motion: int = parties()
    claim: int = parties()
    outcome: Outcome = parties()
    points: Stated | None = parties(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class BonusDecided:
    """Bonus points for a claimed initiative (R55)."""

    motion: int = parties()
    claim: int = parties()
    points: Stated = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductionDecided:
    """Points off, decided by the council on what lies before it."""

    motion: int = parties()
    points: Stated = parties()
    category: ReasonCategory = parties()
    references: tuple[int, ...] = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class CouncilAdjustmentMade:
    """The council moves the points of a cell: old, new, why, and on what (R31). The vote is the motion's."""

    motion: int = parties()
    old_points: Exact = parties()
    new_points: Stated = parties()
    category: ReasonCategory = parties()
    references: tuple[int, ...] = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationWaived:
    """The council lets a declared cell stand that no team verified."""

    motion: int = parties()
    category: ReasonCategory = parties()
