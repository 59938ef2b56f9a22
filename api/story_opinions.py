"""Opinions in the story: asked for before a meeting, sealed by each member, then opened and closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from api.acts import Act
from api.example_council import Call
from api.signing import scripted_entropy
from api.story_agenda import AgendaItem, agenda, members_able, middle
from api.story_cast import Cast, moment
from api.story_values import STEP, Calendar, chance
from domain.council import seal
from domain.points import write
from domain.stated.choices import ReasonCategory

WIDEST = 5
"""Opinions lie up to so many steps from the middle."""


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What a member thinks of a matter; `opened` tells whether anybody will ever see it."""

    member: str
    points: Fraction
    category: ReasonCategory
    reason: str
    opened: bool


def opinions(cast: Cast) -> Iterator[Act]:
    """Tell the opinions asked for before every meeting."""
    items = [item for item in agenda(cast) if item.opinions]
    for call in cast.example.council.opinions.calls:
        for number, item in enumerate(i for i in items if i.voted.meeting == call.meeting):
            yield from _asked(cast, call, item, number)


def opinions_on(cast: Cast, item: AgendaItem) -> tuple[Opinion, ...]:
    """Return the opinions that are given on a matter."""
    return tuple(_opinions(cast, item)) if item.opinions else ()


def spread(cast: Cast, item: AgendaItem) -> Fraction:
    """Return how far opened opinions lie apart, as a share of the maximum; less than none without any."""
    points = [opinion.points for opinion in opinions_on(cast, item) if opinion.opened]
    if not points:
        return Fraction(-1)
    maximum = cast.example.criteria_of(cast.plan).by_code[item.criterion].max_points
    return (max(points) - min(points)) / maximum


def _opinions(cast: Cast, item: AgendaItem) -> Iterator[Opinion]:
    plan, phrases = cast.example.council.opinions, cast.example.phrases.opinions
    for member in members_able(cast, item.agency):
        seed = (cast.example.profiles[item.agency].seed, item.criterion, member)
        if chance(*seed, "given", below=plan.not_given) == 0:
            continue
        category = _category(item, seed)
        words = phrases[category.value]
        yield Opinion(
            member=member,
            points=_points(cast, item, seed),
            category=category,
            reason=words[chance(*seed, "words", below=len(words))],
            opened=chance(*seed, "opened", below=plan.not_opened) != 0,
        )


def _points(cast: Cast, item: AgendaItem, seed: tuple[str, ...]) -> Fraction:
    maximum = cast.example.criteria_of(cast.plan).by_code[item.criterion].max_points
    width = chance(seed[0], item.criterion, "width", below=WIDEST + 1)
    steps = round(middle(cast, item) / STEP) + chance(*seed, "points", below=2 * width + 1) - width
    return min(max(steps * STEP, Fraction(0)), maximum)


def _category(item: AgendaItem, seed: tuple[str, ...]) -> ReasonCategory:
    """Two in three see it as the motion will; the others find a reason of their own."""
    others = tuple(ReasonCategory)
    alone = chance(*seed, "alone", below=3) == 0
    return others[chance(*seed, "category", below=len(others))] if alone else item.voted.category


# --- the acts -------------------------------------------------------------------------------------------


def _asked(cast: Cast, call: Call, item: AgendaItem, number: int) -> Iterator[Act]:
    requested, due, closed = moment(call.requested), date.fromisoformat(call.due), moment(call.closed)
    cell = {"agency": item.agency, "criterion": item.criterion}
    secretary = cast.secretariat(item.agency)
    later = timedelta(minutes=2 * number)
    until = closed.date() - timedelta(days=1)
    body = {"due": call.due, "open_until": until.isoformat()}
    yield cast.act("OpinionRequested", requested + later, secretary, body=body, **cell)
    sealing = Calendar(requested.date() + timedelta(days=1), due, cast.plan.days_off)
    opening = Calendar(due + timedelta(days=1), until, cast.plan.days_off)
    for opinion in opinions_on(cast, item):
        yield from _given(cast, item, opinion, sealing, opening)
    yield cast.act("OpinionsClosed", closed + later, secretary, body={}, **cell)


def _given(
    cast: Cast, item: AgendaItem, opinion: Opinion, sealing: Calendar, opening: Calendar
) -> Iterator[Act]:
    subject = (cast.plan.code, item.agency, item.criterion)
    salt = scripted_entropy(f"opinion {' '.join(subject)} {opinion.member}").hex()
    sealed = seal(
        salt=salt, log=subject, member=opinion.member, points=opinion.points, category=opinion.category
    )
    seed = cast.example.profiles[item.agency].seed
    share = Fraction(chance(seed, item.criterion, opinion.member, "when", below=1000), 1000)
    cell = {"agency": item.agency, "criterion": item.criterion}
    signer = (opinion.member,)
    yield cast.act("OpinionSealed", sealing.at(share), signer, body={"seal": sealed}, **cell)
    if opinion.opened:
        body = {"salt": salt, "points": write(opinion.points), "category": opinion.category.value}
        texts = {"reason": opinion.reason}
        yield cast.act("OpinionOpened", opening.at(share), signer, body=body, texts=texts, **cell)
