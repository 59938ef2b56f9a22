"""How fully each group answered the survey, beside the round before (R50): counted from control totals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from domain.events import Event
from domain.standing import Wave
from domain.stated.rounds import RoundOpened
from domain.stated.survey import SurveyWaveClosed, SurveyWaveOpened


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """One group: ballots issued, recorded, returned and valid, and what share came back.

    `coverage_before` is that share in the round before; nothing where this log has no closed wave of it.
    """

    group: str
    upward: bool
    issued: int
    ballots: int
    returned: int
    valid: int | None
    coverage: Fraction
    coverage_before: Fraction | None


def coverage(waves: Iterable[Wave], before: Mapping[str, Fraction]) -> tuple[Coverage, ...]:
    """Set the waves of a round beside what came back in the round before."""
    return tuple(
        Coverage(
            group=wave.group,
            upward=wave.upward,
            issued=wave.issued,
            ballots=wave.ballots,
            returned=wave.returned,
            valid=wave.valid,
            coverage=Fraction(wave.returned, wave.issued),
            coverage_before=before.get(wave.group),
        )
        for wave in waves
    )


def returned_before(year: int, rounds: Iterable[Iterable[Event]]) -> dict[str, Fraction]:
    """Return what share of each group's ballots came back in the newest round of an earlier year.

    `rounds` are the streams of rounds; a group whose wave was not closed there is left out.
    """
    newest, shares = 0, dict[str, Fraction]()
    for events in rounds:
        told = list(events)
        evaluated = next((e.body.evaluated_year for e in told if isinstance(e.body, RoundOpened)), year)
        if newest < evaluated < year:
            newest, shares = evaluated, _shares(told)
    return shares


def _shares(events: Iterable[Event]) -> dict[str, Fraction]:
    issued, shares = dict[str, int](), dict[str, Fraction]()
    for event in events:
        body = event.body
        if isinstance(body, SurveyWaveOpened):
            issued[body.group] = body.issued
        elif isinstance(body, SurveyWaveClosed):
            shares[body.group] = Fraction(body.returned, issued[body.group])
    return shares
