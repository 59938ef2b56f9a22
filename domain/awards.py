"""Certificates of merit: for a published place that the rule rewards, flagged when it moves (R36, R37)."""

from __future__ import annotations

from collections.abc import Iterator

from domain import ranking, scoring
from domain.criteria import CriteriaSet
from domain.dossiers import Award
from domain.events import Event
from domain.ranking import Place
from domain.refusals import Refusal, refuse
from domain.registry import by_role
from domain.rounds import round_of
from domain.standing import Round, Standing
from domain.stated.assessment import AwardGranted
from domain.stated.choices import Role


def place_of(s: Standing, found: Round, agency: str) -> Place:
    """Return an agency's place in its block, as things stand."""
    block = [code for code, its in found.agencies.items() if its is found.agencies[agency]]
    places = ranking.rank(found.criteria, [scoring.card(s, found.code, code) for code in block])
    return next(place for place in places if place.card.agency == agency)


def eligible(found: Round, place: Place) -> bool:
    """Whether the round's rule rewards a place: high enough, and of a class that is."""
    return _rewarded(found, place.rank, place.card.rating)


def _rewarded(found: Round, rank: int, rating: str) -> bool:
    rule = found.awards
    return rank <= rule.up_to_rank and _at_least(found.criteria, rating, rule.from_class)


def _at_least(criteria: CriteriaSet, rating: str, least: str) -> bool:
    codes = [found.code for found in criteria.classes]
    return codes.index(rating) <= codes.index(least)


def award_granted_may(s: Standing, e: Event, b: AwardGranted) -> Iterator[Refusal]:
    """The approving authority rewards a place of the newest published version, once an agency."""
    yield from by_role(s, e, Role.APPROVING_AUTHORITY)
    found = round_of(s, e)
    if not found.published or b.version != found.published:
        yield refuse("award.not_newest_version", stated=b.version, newest=found.published)
        return
    result = found.versions[-1].results[e.agency or ""]
    if b.rank != result.rank:
        yield refuse("award.wrong_rank", stated=b.rank, rank=result.rank)
    if not _rewarded(found, result.rank, result.rating):
        yield refuse("award.not_eligible", rank=result.rank, rating=result.rating)
    if (found.code, e.agency or "") in s.awards:
        yield refuse("award.already_granted", agency=e.agency or "")


def award_granted(s: Standing, e: Event, b: AwardGranted) -> None:
    """The award stands, whatever comes; a correction can only flag it."""
    s.awards[e.round or "", e.agency or ""] = Award(e.position, b.version, b.rank)


def flagged(s: Standing, round_code: str) -> tuple[str, ...]:
    """Return the agencies whose award no longer fits their place."""
    found = s.rounds[round_code]
    rewarded = [agency for code, agency in s.awards if code == round_code]
    return tuple(a for a in sorted(rewarded) if not eligible(found, place_of(s, found, a)))
