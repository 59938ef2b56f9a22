"""Disputes in the story: filed after publication, each as far as it goes; the council decides."""

from __future__ import annotations

from collections.abc import Iterator

from api.acts import Act, Asked
from api.example_plans import DisputePlan
from api.story_agenda import AgendaItem
from api.story_asked import claim_of, concerned
from api.story_cast import Cast
from domain.stated.choices import Matter


def disputes(cast: Cast) -> Iterator[Act]:
    """Tell every dispute but for the council's part."""
    for name, plan in _named(cast):
        yield from _filed(cast, name, plan)
        yield from _heard(cast, name, plan)
        yield from _reviewed(cast, name, plan)


def disputed(cast: Cast) -> tuple[AgendaItem, ...]:
    """Return what the council has to decide of them."""
    return tuple(
        AgendaItem(
            agency=plan.agency,
            criterion=plan.criterion,
            matter=Matter.DISPUTE,
            voted=plan.decided,
            decision={
                "outcome": plan.decided.outcome.value,
                **({"points": plan.decided.points} if plan.decided.points is not None else {}),
            },
            outcome=plan.decided.outcome,
            points=plan.decided.points,
            dispute=name,
        )
        for name, plan in _named(cast)
        if plan.decided is not None
    )


def _named(cast: Cast) -> list[tuple[str, DisputePlan]]:
    own = [plan for plan in cast.example.disputes if plan.round == cast.plan.code]
    return [(f"dispute-{number}", plan) for number, plan in enumerate(own, start=1)]


def _about(name: str, plan: DisputePlan) -> dict[str, str]:
    return {"agency": plan.agency, "criterion": plan.criterion, "matter": name}


def _filed(cast: Cast, name: str, plan: DisputePlan) -> Iterator[Act]:
    body: dict[str, object] = {"path": plan.path.value, "ground": plan.ground.value, "version": 1}
    body |= {"special_case": Asked(claim_of)} if plan.special_case else {"claimed": plan.claimed}
    head, about = cast.head(plan.agency), _about(name, plan)
    yield cast.act("DisputeFiled", plan.filed, head, body=body, texts={"grounds": plan.grounds}, **about)
    if plan.accepted is not None:
        yield cast.act("DisputeAccepted", plan.accepted, cast.secretariat(plan.agency), body={}, **about)
    if plan.withdrawn is not None:
        texts = {"reason": plan.withdrawn.reason}
        yield cast.act("DisputeWithdrawn", plan.withdrawn.at, head, body={}, texts=texts, **about)


def _heard(cast: Cast, name: str, plan: DisputePlan) -> Iterator[Act]:
    about = _about(name, plan)
    if plan.notified is not None:
        body = {"agencies": Asked(concerned)}
        yield cast.act("AffectedNotified", plan.notified, cast.secretariat(plan.agency), body=body, **about)
    for heard in plan.heard:
        speaker, texts = cast.head(heard.agency), {"word": heard.word}
        yield cast.act("PartyHeard", heard.at, speaker, body={"heard": heard.agency}, texts=texts, **about)


def _reviewed(cast: Cast, name: str, plan: DisputePlan) -> Iterator[Act]:
    if plan.reviewed is None:
        return
    found, about = plan.reviewed, _about(name, plan)
    body = {"officer": found.officer}
    yield cast.act("ReviewerAssigned", found.assigned, cast.secretariat(plan.agency), body=body, **about)
    body = {"quality": found.quality.value, "points": found.points}
    texts = {"finding": found.finding}
    yield cast.act(
        "ReverificationRecorded", found.recorded, (found.officer,), body=body, texts=texts, **about
    )
