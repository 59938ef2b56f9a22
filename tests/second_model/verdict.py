"""The second model's two answers: which rules a statement breaks, and what holds after an admitted one."""

from __future__ import annotations

from domain.events import Event
from tests.second_model.consequences_agency import AGENCY as AFTER_AGENCY
from tests.second_model.consequences_council import COUNCIL as AFTER_COUNCIL
from tests.second_model.consequences_round import ROUND as AFTER_ROUND
from tests.second_model.consequences_round import words
from tests.second_model.demands_agency import AGENCY
from tests.second_model.demands_attestation import AFTER_ATTESTATION, ATTESTATION
from tests.second_model.demands_council import COUNCIL
from tests.second_model.demands_disputes import DISPUTES
from tests.second_model.demands_registry import REGISTRY
from tests.second_model.demands_round import ROUND
from tests.second_model.demands_survey import SURVEY
from tests.second_model.demands_who import Entry, broken, delegated
from tests.second_model.state import Case, Facts, Follow, late

DEMANDS: dict[str, list[Entry]] = {
    **REGISTRY,
    **ROUND,
    **ATTESTATION,
    **SURVEY,
    **AGENCY,
    **COUNCIL,
    **DISPUTES,
}

CONSEQUENCES: dict[str, Follow] = {**AFTER_ROUND, **AFTER_ATTESTATION, **AFTER_AGENCY, **AFTER_COUNCIL}
"""What is not here stands in the log and moves nothing."""


def violated(state: Facts, event: Event) -> set[str]:
    """Return the names of the rules that a statement breaks; it is admitted when there are none.

    Where it is about nothing that there is (a round, an agency, a criterion), the other rules have no say.
    """
    case = Case(state, event)
    found, nowhere = _form(case), _nowhere(case)
    if nowhere or "scope.mismatch" in found:
        return found | nowhere
    return found | _time(case) | delegated(case) | broken(case, DEMANDS[case.kind]) | _order(case)


def follow(state: Facts, event: Event) -> None:
    """Remember what follows from an admitted statement."""
    case = Case(state, event)
    if case.kind in CONSEQUENCES:
        CONSEQUENCES[case.kind](case)
    if event.texts:
        state["words"][event.id] = words(case)
    if event.agency:
        case.dossier["statements"] += 1
    state["streams"][case.stream] = state["streams"].get(case.stream, 0) + 1
    state["size"] += 1


def _form(c: Case) -> set[str]:
    e, line = c.event, c.line
    header = {name for name in ("round", "agency", "criterion", "matter") if getattr(e, name) is not None}
    checks = {
        "scope.for_everyone": "a" in line.marks and e.agency is not None,
        "scope.mismatch": header != line.header,
        "signature.twice": len(set(e.signed_by)) < len(e.signed_by),
        "signature.one_expected": not {"j", "c"} & set(line.marks) and len(e.signed_by) > 1,
        "text.missing": line.needed - e.texts,
        "text.unknown": e.texts - line.texts,
        "evidence.not_expected": e.attachments and "f" not in line.marks,
    }
    return {name for name, wrong in checks.items() if wrong}


def _nowhere(c: Case) -> set[str]:
    """It is about a round that is open, an agency ranked in it, a criterion that applies to that agency."""
    e = c.event
    if e.round is None or c.kind == "RoundOpened":
        return set()
    if c.round is None:
        return {"round.unknown"}
    if e.agency is None:
        return set()
    if e.agency not in c.round["ranked"]:
        return {"agency.not_in_round"}
    if e.criterion is None:
        return set()
    block = c.round["ranked"][e.agency]
    named = [its for its in c.round["set"].criteria if its.code == e.criterion]
    if not named:
        return {"criterion.unknown"}
    return set() if block in named[0].applies_to else {"criterion.not_applicable"}


def _time(c: Case) -> set[str]:
    """It belongs to the phase, a hard deadline was not missed, and a dossier that it goes into is open."""
    line, found = c.line, set()
    if line.phases and c.round["phase"] not in line.phases:
        found.add("phase.not_open")
    if line.due and late(c.round, line.due, c.at) and c.round["days"][line.due][1]:
        found.add("deadline.missed")
    return found | ({"dossier.frozen"} if "k" in line.marks and c.dossier["frozen"] else set())


def _order(c: Case) -> set[str]:
    """Who signed saw the newest version of the stream, where the type asks for that."""
    stated, now = c.event.expects, c.state["streams"].get(c.stream, 0)
    if "e" not in c.line.marks:
        return set() if stated is None else {"expects.forbidden"}
    if stated is None:
        return {"expects.missing"}
    return set() if stated == now else {"expects.stale"}
