"""The closed lists of words that statements choose from."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Offices that are granted to persons. Team and focal roles come from their own events."""

    AGENCY_HEAD = "AGENCY_HEAD"
    SECRETARIAT = "SECRETARIAT"
    APPROVING_AUTHORITY = "APPROVING_AUTHORITY"
    COUNCIL_MEMBER = "COUNCIL_MEMBER"
    AUDITOR = "AUDITOR"


class TeamRole(StrEnum):
    """Places in a cross-inspection team."""

    LEADER = "LEADER"
    MEMBER = "MEMBER"


class Quality(StrEnum):
    """What an inspector finds wrong with evidence (R60); lateness is never typed."""

    SOUND = "SOUND"
    INCORRECT = "INCORRECT"
    INCOMPLETE = "INCOMPLETE"


class Outcome(StrEnum):
    """How a claim or a dispute ends."""

    ACCEPTED = "ACCEPTED"
    PARTLY = "PARTLY"
    REJECTED = "REJECTED"


class Concurrence(StrEnum):
    """What the agency says to one item of the minutes (R22)."""

    AGREED = "AGREED"
    DISAGREED = "DISAGREED"


class ReasonCategory(StrEnum):
    """Why points move or a dossier opens again; the words of the reason are committed beside it."""

    FACTUAL_ERROR = "FACTUAL_ERROR"
    EVIDENCE_OVERLOOKED = "EVIDENCE_OVERLOOKED"
    EVIDENCE_INSUFFICIENT = "EVIDENCE_INSUFFICIENT"
    RULE_MISAPPLIED = "RULE_MISAPPLIED"
    EQUAL_TREATMENT = "EQUAL_TREATMENT"
    COUNCIL_JUDGED = "COUNCIL_JUDGED"


class ErasureCategory(StrEnum):
    """Why words beside the log are erased; on whose authority is committed beside it."""

    SUBJECT_REQUEST = "SUBJECT_REQUEST"
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    RETENTION_ENDED = "RETENTION_ENDED"
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR"
    ORDERED = "ORDERED"
    LOST = "LOST"
    """They were lost already, with a copy that could not be refilled; it is said so that nobody wonders."""


class Choice(StrEnum):
    """What a member votes."""

    FOR = "FOR"
    AGAINST = "AGAINST"
    ABSTAIN = "ABSTAIN"


class Matter(StrEnum):
    """What a motion is about; each is decided by an event of its own."""

    ADJUSTMENT = "ADJUSTMENT"
    SPECIAL_CASE = "SPECIAL_CASE"
    BONUS = "BONUS"
    DEDUCTION = "DEDUCTION"
    WAIVER = "WAIVER"
    DISPUTE = "DISPUTE"


class Path(StrEnum):
    """The two ways to contest a result (domain.md 3d); which one fits is a question for a lawyer."""

    REVIEW_REQUEST = "REVIEW_REQUEST"
    STATUTORY_COMPLAINT = "STATUTORY_COMPLAINT"


class Step(StrEnum):
    """The steps of a dispute that have a clock."""

    FILE = "FILE"
    ACCEPT = "ACCEPT"
    HEAR = "HEAR"
    RESOLVE = "RESOLVE"


class Ground(StrEnum):
    """What a dispute rests on. A mere difference of opinion can be stated, and is refused."""

    FACTUAL_ERROR = "FACTUAL_ERROR"
    EVIDENCE_OVERLOOKED = "EVIDENCE_OVERLOOKED"
    RULE_MISAPPLIED = "RULE_MISAPPLIED"
    PROCEDURE = "PROCEDURE"
    CONFLICT_OF_INTEREST = "CONFLICT_OF_INTEREST"
    DIFFERENCE_OF_OPINION = "DIFFERENCE_OF_OPINION"
