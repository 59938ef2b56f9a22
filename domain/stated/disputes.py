"""What is stated in a dispute: from filing to decision (R31, domain.md 3d and 5a)."""

from __future__ import annotations

from dataclasses import dataclass

from domain.shapes import Stated
from domain.stated.choices import Ground, Outcome, Path, Quality
from domain.visibility import parties


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeFiled:
    """The agency head contests a published cell of the agency, on a ground, and says what it should be.

    Either `claimed` points, or, against the decision about the claim `special_case`, that the criterion be
    out of the agency's denominator.
    """

    path: Path = parties()
    ground: Ground = parties()
    version: int = parties()
    claimed: Stated | None = parties(default=None)
    special_case: int | None = parties(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeAccepted:
    """The secretariat takes a dispute up that was filed in time (thụ lý)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeWithdrawn:
    """The agency head withdraws the dispute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedNotified:
    """Every agency whose rank could move is told, and may be heard."""

    agencies: tuple[str, ...] = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyHeard:
    """The head of an agency that was notified says its word."""

    heard: str = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewerAssigned:
    """A second reviewer, from neither the first team nor the agency."""

    officer: str = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverificationRecorded:
    """What the reviewer finds (phúc tra), and the points that follow from it."""

    quality: Quality = parties()
    points: Stated = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeDecided:
    """The council decides: accepted as claimed, partly with other points, or rejected.

    What was claimed is points, which come with it, or a special case: accepted has no points then.
    """

    motion: int = parties()
    outcome: Outcome = parties()
    points: Stated | None = parties(default=None)
