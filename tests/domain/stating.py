"""What the parties of a dossier, and the secretariat about the survey, state: in one line of a test each."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from typing import Any

from domain.events import Body
from domain.stated.assessment import (
    EvidenceSubmitted,
    InitiativeClaimed,
    InspectionNoteRecorded,
    PreviousResultRecorded,
    QuantitiesDeclared,
    SelfScoreDeclared,
)
from domain.stated.choices import Quality
from domain.stated.survey import BallotsRecorded, SurveyTallied, SurveyWaveClosed, SurveyWaveOpened
from tests.domain.specification import Act, states
from tests.domain.world import INSPECTED_BY, TEAMS, serves


def inspector_of(agency: str) -> str:
    """Return the leader of the team that inspects an agency."""
    return f"inspector-{TEAMS[INSPECTED_BY[agency]][0]}"


def remembers(agency: str, total: str, year: int = 2015) -> Act:
    """Last round's result is recorded."""
    body = PreviousResultRecorded(evaluated_year=year, total=Fraction(total), source="cchc.danang.gov.vn")
    return states(serves(agency), body, agency)


def submits(about: str, serial: str = "1", version: int = 1) -> Act:
    """The focal officer submits a version of a document."""
    return states(
        f"focal-{about.partition('/')[0]}", EvidenceSubmitted(serial=serial, version=version), about
    )


def declares(about: str, points: str | None = None, /, **quantities: str | int) -> Act:
    """The focal officer declares points, or quantities."""
    body: Body
    if points is not None:
        body = SelfScoreDeclared(points=Fraction(points))
    else:
        body = QuantitiesDeclared(quantities=amounts(**quantities))
    return states(f"focal-{about.partition('/')[0]}", body, about)


def notes(
    about: str, points: str | None = None, /, quality: Quality = Quality.SOUND, **quantities: str | int
) -> Act:
    """The leader of the agency's team notes points, or quantities."""
    body = InspectionNoteRecorded(
        quality=quality,
        points=None if points is None else Fraction(points),
        quantities=amounts(**quantities) if points is None else None,
    )
    return states(inspector_of(about.partition("/")[0]), body, about)


def amounts(**quantities: str | int) -> dict[str, Fraction]:
    """Read quantities as exact numbers."""
    return {name: Fraction(amount) for name, amount in quantities.items()}


def claims_bonus(about: str, points: str, share: str = "1", **changes: Any) -> Act:
    """The head claims bonus points for a share in an initiative; each cell has one of its own."""
    plain: dict[str, Any] = {"level": "CITY", "recognition": about} | changes
    body = InitiativeClaimed(points=Fraction(points), share=Fraction(share), **plain)
    return states(f"head-{about.partition('/')[0]}", body, about)


# --- the survey -----------------------------------------------------------------------------------------

ROOT = "0f" * 32
"""A root over tokens, or over ballots, of a wave that somebody else opens."""


def root_of(what: str) -> str:
    """Return a root of its own for the tokens, or the ballots, of a group."""
    return sha256(what.encode()).hexdigest()


def holds_wave(group: str, valid: int) -> tuple[Act, ...]:
    """A respondent group is asked, answers in one batch, and is done."""
    return (
        states(
            "secretariat",
            SurveyWaveOpened(group=group, issued=valid, tokens=root_of(f"tokens {group}"), upward=False),
        ),
        states("secretariat", BallotsRecorded(group=group, ballots=valid, root=root_of(f"ballots {group}"))),
        states("secretariat", SurveyWaveClosed(group=group, returned=valid, valid=valid)),
    )


def tallies(about: str, withheld: int = 0, /, **groups: dict[str, int]) -> Act:
    """The ballots of a cell are counted, by group and answer, or withheld where there are too few."""
    return states(serves(about), SurveyTallied(counts=groups, withheld=withheld), about)
