"""The council in the story: established, its method agreed, conflicts declared, its meetings item by item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from api.acts import Act, Ref
from api.example_council import MeetingPlan
from api.story_agenda import DECIDED_BY, AgendaItem, agenda, members_able
from api.story_cast import Cast, moment
from api.story_opinions import spread
from api.story_values import chance
from domain.stated.choices import Choice

ITEM = timedelta(minutes=10)
"""How long a meeting takes over a matter."""


def council(cast: Cast, disputed: Sequence[AgendaItem]) -> Iterator[Act]:
    """Tell the council's work but for its opinions; `disputed` are the matters of its last meeting."""
    plan, members = cast.example.council, cast.example.of_duty("COUNCIL_MEMBER")
    body: dict[str, Any] = {"members": list(members), "chair": plan.chair, "quorum": plan.quorum}
    yield cast.act("CouncilEstablished", plan.established, cast.authority, body=body)
    yield from _method(cast)
    for recusal in plan.recusals:
        body = {"member": recusal.member}
        texts = {"reason": recusal.reason}
        yield cast.act(
            "RecusalDeclared", recusal.at, (recusal.member,), agency=recusal.agency, body=body, texts=texts
        )
    items = [item for item in (*agenda(cast), *disputed) if item.moved]
    for number, meeting in enumerate(plan.meetings, start=1):
        before_it = [item for item in items if item.voted.meeting == number]
        before_it.sort(key=lambda item: spread(cast, item), reverse=True)
        yield from _meeting(cast, f"meeting-{number}", meeting, before_it)


def _method(cast: Cast) -> Iterator[Act]:
    """Everybody signs but the last member: a quorum is enough."""
    for version, method in enumerate(cast.example.council.method, start=1):
        touches = [{"agency": t.agency, "criterion": t.criterion} for t in method.touches]
        yield cast.act(
            "ScoringMethodAgreed",
            method.at,
            cast.example.of_duty("COUNCIL_MEMBER")[:-1],
            body={"version": version, **({"touches": touches} if touches else {})},
            texts={"method": method.text},
            files=(cast.document(method.document),),
        )


# --- meetings -------------------------------------------------------------------------------------------


def _meeting(cast: Cast, name: str, plan: MeetingPlan, items: list[AgendaItem]) -> Iterator[Act]:
    opened, chair = moment(plan.opened), (cast.example.council.chair,)
    present = [m for m in cast.example.of_duty("COUNCIL_MEMBER") if m not in plan.absent]
    yield cast.act("MeetingOpened", opened, chair, matter=name, body={"present": present})
    for number, item in enumerate(items, start=1):
        able = [m for m in members_able(cast, item.agency) if m in present]
        yield from _item(cast, name, item, able, opened + number * ITEM)
    closed, body = opened + (len(items) + 1) * ITEM, {"motions": len(items)}
    yield cast.act("MeetingClosed", closed, chair, matter=name, body=body, texts={"minutes": plan.minutes})


def _item(cast: Cast, meeting: str, item: AgendaItem, able: list[str], at: datetime) -> Iterator[Act]:
    """It is moved, spoken to, voted on and, if carried, decided over the signatures of a quorum."""
    turn = chance(cast.example.profiles[item.agency].seed, item.criterion, "turn", below=len(able))
    order = able[turn:] + able[:turn]
    votes = _votes(item, order)
    motion = Ref(f"motion/{cast.plan.code}/{item.agency}/{item.criterion}/{meeting}")
    cell = {"agency": item.agency, "criterion": item.criterion}
    texts = {"reason": item.voted.reason}
    mover = (order[-1],)
    body: dict[str, Any] = {"meeting": meeting, **item.motion}
    yield cast.act("MotionPut", at, mover, body=body, texts=texts, label=motion.label, **cell)
    if item.voted.remark is not None:
        said, texts = at + timedelta(minutes=2), {"remark": item.voted.remark}
        yield cast.act("RemarkMade", said, (order[-2],), body={"motion": motion}, texts=texts, **cell)
    for number, member in enumerate(able):
        cast_at = at + timedelta(minutes=4, seconds=10 * number)
        body = {"motion": motion, "choice": votes[member].value}
        yield cast.act("VoteCast", cast_at, (member,), body=body, **cell)
    if _carried(votes):
        yield from _decided(cast, item, votes, motion, at + timedelta(minutes=7))


def _votes(item: AgendaItem, order: list[str]) -> dict[str, Choice]:
    against, abstaining = item.voted.votes_against, item.voted.abstentions
    choices = [Choice.AGAINST] * against + [Choice.ABSTAIN] * abstaining
    choices += [Choice.FOR] * (len(order) - len(choices))
    return dict(zip(order, choices, strict=True))


def _carried(votes: dict[str, Choice]) -> bool:
    return sum(v is Choice.FOR for v in votes.values()) > sum(v is Choice.AGAINST for v in votes.values())


def _decided(
    cast: Cast, item: AgendaItem, votes: dict[str, Choice], motion: Ref, at: datetime
) -> Iterator[Act]:
    """Those who were for it sign, and others with them where a quorum needs it: it binds all (R53)."""
    willing = sorted(votes, key=lambda member: votes[member] is not Choice.FOR)
    in_favour = sum(vote is Choice.FOR for vote in votes.values())
    cell = {"agency": item.agency, "criterion": item.criterion}
    yield cast.act(
        DECIDED_BY[item.matter],
        at,
        tuple(willing[: max(in_favour, cast.example.council.quorum)]),
        matter=item.dispute,
        body={"motion": motion, **item.decision},
        texts={"reason": item.voted.reason},
        **cell,
    )
    if item.voted.dissent is not None:
        dissenter = next(member for member, vote in votes.items() if vote is Choice.AGAINST)
        texts, later = {"opinion": item.voted.dissent}, at + timedelta(minutes=1)
        yield cast.act("DissentRecorded", later, (dissenter,), body={"motion": motion}, texts=texts, **cell)
