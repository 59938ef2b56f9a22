"""What the council means to state before it meets: its method, recusals, opinions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from hashlib import sha256

from domain.stated import council as c
from domain.stated.choices import ReasonCategory
from tests.second_model.demands_council import sealed
from tests.second_model.drafts import Dice, Draft, Propose, Table
from tests.second_model.state import Facts, holds
from tests.second_model.world import MEMBERS

JUDGED = ReasonCategory.COUNCIL_JUDGED


def _establishes(t: Table, d: Dice) -> Draft:
    members = tuple(m for m in MEMBERS if holds(t.state, m, "COUNCIL_MEMBER"))
    d.wild = d.wild or t.found["council"] is not None or not members
    chair, quorum = (members or ("nobody",))[-1], len(members) // 2 + 1
    body = c.CouncilEstablished(members=members, chair=chair, quorum=quorum)
    return t.draft("authority", body)


def _agrees(t: Table, d: Dice) -> Draft:
    version = t.found["method"] + 1
    d.wild = d.wild or version > 1 or not t.found["council"]
    agency, code = t.any_cell(d)
    touches = (c.TouchedCell(agency=agency, criterion=code),) if version > 1 else ()
    body = c.ScoringMethodAgreed(version=version, touches=touches)
    return t.draft(("member-3", "member-4", "member-5"), body)


def _recuses(t: Table, d: Dice) -> Draft:
    agency = d.pick(t.agencies)
    able = t.able(agency)
    few = able[:-3] if not d.chance(10) else able
    who = d.among(few, list(MEMBERS))
    return t.draft(who, c.RecusalDeclared(member=who), agency)


# --- opinions -------------------------------------------------------------------------------------------


def _asked(t: Table) -> Iterator[tuple[str, str, Facts]]:
    """Yield the cells whose opinions are not closed."""
    for agency, code, cell in t.stated():
        if cell["opinions"] and not cell["opinions"]["closed"]:
            yield agency, code, cell["opinions"]


def _opening(t: Table, agency: str, opinions: Facts) -> bool:
    return bool(
        opinions["opened"] or t.now >= opinions["due"] or set(t.able(agency)) <= set(opinions["sealed"])
    )


def _done(t: Table, agency: str, opinions: Facts) -> bool:
    """Whether everybody who takes part has opened, or the day for it has passed."""
    shut = {actor for actor in opinions["sealed"] if actor not in opinions["opened"]} & set(t.able(agency))
    passed = opinions["until"] is not None and t.now.date() > opinions["until"]
    return _opening(t, agency, opinions) and (not shut or passed)


def _requests(t: Table, d: Dice) -> Draft:
    ready = t.cells(lambda cell: cell["opinions"] is None and (cell["special"] or cell["acts"]))
    if len(list(_asked(t))) > 2:
        ready = []
    agency, code = d.among(ready, [t.any_cell(d)])
    due = t.now.date() + timedelta(days=d.below(3))
    until = due + timedelta(days=1 + d.below(2)) if d.chance(80) else None
    return t.draft(t.secretariat(agency), c.OpinionRequested(due=due, open_until=until), agency, code)


def _seals(t: Table, d: Dice) -> Draft:
    ready = [
        (agency, code, member)
        for agency, code, opinions in _asked(t)
        if not _opening(t, agency, opinions)
        for member in t.able(agency)
        if member not in opinions["sealed"]
    ]
    agency, code, member = d.among(ready, [(*t.any_cell(d), d.pick(list(MEMBERS)))])
    secret = sha256(f"{t.state['size']}/{member}".encode()).hexdigest()
    points, category = d.points(t.criterion(code).max_points), d.pick(tuple(ReasonCategory))
    t.secrets[t.code, agency, code, member] = (secret, points, category)
    seal = sealed(secret, [t.code, agency, code], member, points, category.value)
    return t.draft(member, c.OpinionSealed(seal=seal), agency, code)


def _opens(t: Table, d: Dice) -> Draft:
    ready = [
        (agency, code, member)
        for agency, code, opinions in _asked(t)
        if _opening(t, agency, opinions)
        for member in t.able(agency)
        if member in opinions["sealed"] and member not in opinions["opened"]
    ]
    early = [(agency, code, member) for agency, code, its in _asked(t) for member in its["sealed"]]
    agency, code, member = d.among(ready, early or [(*t.any_cell(d), "member-3")])
    salt, points, category = t.secrets.get((t.code, agency, code, member), ("00" * 32, Fraction(1), JUDGED))
    body = c.OpinionOpened(salt=salt, points=points, category=category)
    return t.draft(member, body, agency, code)


def _closes(t: Table, d: Dice) -> Draft:
    ready = [(agency, code) for agency, code, its in _asked(t) if _done(t, agency, its)]
    early = [(agency, code) for agency, code, _ in _asked(t)]
    agency, code = d.among(ready, early or [t.any_cell(d)])
    return t.draft(t.secretariat(agency), c.OpinionsClosed(), agency, code)


COUNCIL: dict[str, Propose] = {
    "CouncilEstablished": _establishes,
    "ScoringMethodAgreed": _agrees,
    "RecusalDeclared": _recuses,
    "OpinionRequested": _requests,
    "OpinionSealed": _seals,
    "OpinionOpened": _opens,
    "OpinionsClosed": _closes,
}
