"""What an agency claims before the council: special cases, sector policies, initiatives (R26-R28, R55)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from domain.criteria import Section
from domain.dossiers import Claim
from domain.events import Event
from domain.fitting import points_fit
from domain.frozen import replace
from domain.points import write
from domain.refusals import Refusal, refuse
from domain.standing import Standing
from domain.stated.assessment import InitiativeClaimed, SectorPolicyClaimed, SpecialCaseClaimed
from domain.subject import by_head, cell_of, criterion_of, put_cell


def special_case_claimed_may(s: Standing, e: Event, b: SpecialCaseClaimed) -> Iterator[Refusal]:
    """The head claims a special case for a criterion of the 100, once."""
    yield from by_head(s, e)
    if criterion_of(s, e).section is not Section.MAIN:
        yield refuse("claim.wrong_section", criterion=e.criterion or "")
    if (claim := cell_of(s, e).special_claim) is not None:
        yield refuse("claim.already_made", claim=claim)


def special_case_claimed(s: Standing, e: Event, b: SpecialCaseClaimed) -> None:
    """The claim waits for the council."""
    put_cell(s, e, replace(cell_of(s, e), special_claim=e.position))


def sector_policy_claimed_may(s: Standing, e: Event, b: SectorPolicyClaimed) -> Iterator[Refusal]:
    """The head puts a policy before the council."""
    yield from by_head(s, e)


def sector_policy_claimed(s: Standing, e: Event, b: SectorPolicyClaimed) -> None:
    """The newest claim is the one looked at."""
    put_cell(s, e, replace(cell_of(s, e), policy_claim=e.position))


def initiative_claimed_may(s: Standing, e: Event, b: InitiativeClaimed) -> Iterator[Refusal]:
    """The head claims bonus points for a share in an initiative recognised at city level or above (R55).

    The shares that agencies claim in one recognition never exceed the whole (R27).
    """
    yield from by_head(s, e)
    criterion = criterion_of(s, e)
    if criterion.section is not Section.BONUS:
        yield refuse("claim.wrong_section", criterion=criterion.code)
    if b.level not in ("CITY", "NATIONAL"):
        yield refuse("claim.below_city_level", level=b.level)
    if cell_of(s, e).bonus is not None:
        yield refuse("claim.already_made", claim=cell_of(s, e).bonus_claim or 0)
    claimed = s.recognitions.get((e.round or "", _spelt(b.recognition)), Fraction(0))
    if not 0 < b.share <= 1 - claimed:
        yield refuse("claim.shares_above_whole", share=write(b.share), left=write(1 - claimed))
    yield from points_fit(criterion, b.points)
    if b.points > criterion.max_points * b.share:
        maximum = write(criterion.max_points * b.share)
        yield refuse("score.above_max", stated=write(b.points), maximum=maximum)


def _spelt(recognition: str) -> str:
    """Fold the spelling of a recognition: other spaces or capitals make no second initiative of it (R27)."""
    return " ".join(recognition.split()).casefold()


def initiative_claimed(s: Standing, e: Event, b: InitiativeClaimed) -> None:
    """The claim waits for the council."""
    key = (e.round or "", _spelt(b.recognition))
    s.recognitions[key] = s.recognitions.get(key, Fraction(0)) + b.share
    bonus = Claim(recognition=b.recognition, share=b.share)
    put_cell(s, e, replace(cell_of(s, e), bonus_claim=e.position, bonus=bonus))
