"""Who may: what the second model demands of those who sign, and of a statement on somebody's behalf."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.second_model.state import Case, belongs, holds, home, house, is_head

Entry = tuple[str, Callable[[Case], Any]] | Callable[[Case], set[str]]
"""A rule by its name with what must hold, or a question that answers with the names of all broken rules."""


def broken(case: Case, entries: Iterable[Entry]) -> set[str]:
    """Return the names of the rules that a statement breaks."""
    found: set[str] = set()
    for entry in entries:
        if isinstance(entry, tuple):
            found |= set() if entry[1](case) else {entry[0]}
        else:
            found |= entry(case)
    return found


def registrar(c: Case) -> set[str]:
    """Everybody who signs is a registrar."""
    return set() if set(c.signers) <= c.state["registrars"] else {"role.registrar_needed"}


def office(role: str) -> Entry:
    """Whoever signs first holds an office."""
    return "role.missing", lambda c: holds(c.state, c.signer, role)


SECRETARIAT, AUTHORITY = office("SECRETARIAT"), office("APPROVING_AUTHORITY")


def secretariat(c: Case) -> set[str]:
    """Somebody of the secretariat, with one from elsewhere where it is the agency of any of them (R05)."""
    return _co_signed(c, c.agency)


def secretariat_about(whose: Callable[[Case], str | None]) -> Callable[[Case], set[str]]:
    """Likewise, of a statement to all that is about one agency nevertheless."""
    return lambda c: _co_signed(c, whose(c))


def _co_signed(c: Case, agency: str | None) -> set[str]:
    serving = {actor for actor in c.state["people"] if holds(c.state, actor, "SECRETARIAT")}
    strangers = [
        actor
        for actor in c.signers
        if home(c.state, actor) is not None and not belongs(c.state, actor, agency) and actor not in serving
    ]
    if not serving & set(c.signers):
        return {"role.missing"}
    own = [actor for actor in serving if belongs(c.state, actor, agency)]
    return {"secretariat.own_agency"} if own and not strangers else set()


def _outside(c: Case, otherwise: str) -> set[str]:
    """Somebody of another agency is told so, anybody else what office is missing."""
    other = home(c.state, c.actor) is not None and not belongs(c.state, c.actor, c.agency)
    return {"agency.other_agency" if other else otherwise}


def head(c: Case) -> set[str]:
    """It is the act of the agency's head (R39)."""
    return set() if is_head(c.state, c.actor, c.agency) else _outside(c, "role.missing")


def focal(c: Case) -> set[str]:
    """It is the act of the focal officer or deputy, who is of the house; there is one (R63)."""
    if c.dossier["focal"] is None:
        return {"dossier.no_focal_officer"}
    named = {c.dossier["focal"], c.dossier["deputy"]}
    fits = c.actor in named and belongs(c.state, c.actor, c.agency)
    return set() if fits else _outside(c, "role.not_focal_officer")


def agency(c: Case) -> set[str]:
    """It is the act of head or focal officer."""
    return focal(c) if head(c) else set()


def in_team(c: Case, actor: str) -> bool:
    """Whether somebody sits in the team that inspects the agency."""
    return actor in c.round["teams"].get(c.dossier["team"], {"members": {}})["members"]


def inspector(c: Case) -> set[str]:
    """A member of the team, who is not of the inspected house (R18)."""
    found = {"inspection.home_agency"} if belonged(c, c.signer, c.agency) else set()
    return found if in_team(c, c.signer) else found | {"inspection.not_in_team"}


def sitting(c: Case) -> set[str]:
    """Return the members of the council that still hold the office."""
    members = c.council["members"] if c.council else set()
    return {actor for actor in members if holds(c.state, actor, "COUNCIL_MEMBER")}


def belonged(c: Case, actor: str, agency: str | None) -> bool:
    """Whether somebody is of an agency's house, or left it since the round was opened."""
    person = c.state["people"].get(actor) or {"left": []}
    gone = [old for old, position in person["left"] if position > c.round["position"]]
    return belongs(c.state, actor, agency) or house(c.state, agency) in {house(c.state, o) for o in gone}


def council(c: Case) -> set[str]:
    """There is a council, and everybody who signs sits in it."""
    found = set() if set(c.signers) <= sitting(c) else {"council.not_a_member"}
    return found if c.council else found | {"council.not_established"}


def member(c: Case) -> set[str]:
    """Everybody who signs sits in the council and takes part in this agency's matters."""
    found = council(c)
    if any(belongs(c.state, actor, c.agency) for actor in c.signers):
        found.add("council.home_agency")
    return found | ({"council.recused"} if c.dossier["recused"] & set(c.signers) else set())


def quorum(c: Case) -> set[str]:
    """So many different members signed as the quorum asks for."""
    enough = c.council is None or len(set(c.signers)) >= c.council["quorum"]
    return set() if enough else {"council.too_few_signatures"}


def chair(c: Case) -> set[str]:
    """The chair of the council, or the secretariat."""
    if c.council is None:
        return {"council.not_established"}
    return set() if c.signer == c.council["chair"] and c.signer in sitting(c) else secretariat(c)


def able(c: Case) -> set[str]:
    """Return the members who take part in the agency's matters."""
    taking_part = sitting(c) - c.dossier["recused"]
    return {actor for actor in taking_part if not belongs(c.state, actor, c.agency)}


def delegated(c: Case) -> set[str]:
    """What is stated for somebody was delegated: act, agency, round and time, to one still of the house."""
    e = c.event
    if e.on_behalf_of is None and e.delegation is None:
        return set()
    found = set() if "d" in c.line.marks else {"delegation.not_delegable"}
    grant = c.state["delegations"].get(e.delegation)
    if grant is None or grant["over"]:
        return found | {"delegation.unknown"}
    same = (grant["by"], grant["to"], grant["round"], grant["agency"])
    same_house = belongs(c.state, c.signer, c.agency)
    if same != (e.on_behalf_of, c.signer, e.round, e.agency) or not same_house:
        found.add("delegation.does_not_cover")
    if e.kind.name not in grant["acts"]:
        found.add("delegation.does_not_cover")
    return found if grant["since"] <= c.at < grant["until"] else found | {"delegation.out_of_time"}
