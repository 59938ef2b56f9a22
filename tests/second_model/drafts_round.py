"""What secretariat and authority mean to state about a round and its results."""

from __future__ import annotations

from datetime import date, timedelta

from domain.criteria import Block
from domain.deadlines import DeadlineRule, Phase
from domain.stated import rounds as r
from domain.stated.choices import Outcome, Path, Step, TeamRole
from domain.visibility import Visibility
from tests.second_model.catalogue import PHASES
from tests.second_model.demands_round import unverified
from tests.second_model.drafts import Dice, Draft, Propose, Table
from tests.second_model.world import (
    EVERYBODY,
    INSPECTED_BY,
    TEAMS,
)


def _opens_round(t: Table, d: Dice) -> Draft:
    year = int(t.code)
    day = date(year + 1, 1, 16)
    last = date(year, 12, 31)
    living = [
        a["block"]
        for a in t.state["agencies"].values()
        if a["since"] <= last and (a["until"] or last) >= last
    ]
    timers = [
        r.Timer(path=path, step=Step.FILE, days=days, working=working, basis="Điều 9")
        for path, days, working in ((Path.REVIEW_REQUEST, 5, True), (Path.STATUTORY_COMPLAINT, 12, False))
    ]
    deadlines = (
        DeadlineRule(phase=Phase.SELF_ASSESSMENT, hard=False, on=day + timedelta(days=11)),
        DeadlineRule(phase=Phase.INSPECTION, hard=True, on=day + timedelta(days=18)),
        DeadlineRule(phase=Phase.EXPLANATION, hard=d.chance(30), after=Phase.INSPECTION, working_days=3),
        DeadlineRule(phase=Phase.COUNCIL, hard=True, after=Phase.EXPLANATION, working_days=20),
    )
    versions = [version for _, version in t.state["sets"]]
    body = r.RoundOpened(
        evaluated_year=year,
        execution_year=year + 1,
        regulation="QD",
        regulation_version="1",
        criteria_set="SET",
        criteria_version=d.pick(("1", "1", "2", d.pick(versions))),
        blocks={block.value: living.count(block) for block in Block},
        deadlines=deadlines,
        holidays=(day + timedelta(days=22), day + timedelta(days=40)),
        timers=(*timers, r.Timer(path=Path.REVIEW_REQUEST, step=Step.HEAR, days=3, working=True, basis="x")),
        publication=r.PublicationPolicy(
            public_places=3, public_scores=False, own_record=(Visibility.PARTIES,)
        ),
        awards=r.AwardRule(up_to_rank=2, from_class="GOOD"),
    )
    return t.draft("authority", body)


def _opens_phase(t: Table, d: Dice) -> Draft:
    place = min(PHASES.index(t.found["phase"]) + 1, 6)
    if t.found["phase"] == "COUNCIL" and unverified(t.found):
        place, d.wild = 6, True
    return t.draft("secretary", r.PhaseOpened(phase=Phase(PHASES[place])))


def _extends(t: Table, d: Dice) -> Draft:
    phase = d.pick(list(t.found["days"]))
    due = t.found["days"][phase][0] + timedelta(days=1 + d.below(8))
    if d.chance(60):
        due = max(due, t.now.date() + timedelta(days=d.below(6)))
    return t.draft("authority", r.DeadlineExtended(phase=phase, due=due))


def _guides(t: Table, d: Dice) -> Draft:
    addressees = tuple(t.agencies[: 1 + d.below(len(t.agencies))])
    today = t.now.date()
    body = r.GuidanceIssued(
        number="3/SNV", issued_on=today, addressees=addressees, due=d.pick((None, today + timedelta(days=2)))
    )
    return t.draft("secretary", body)


def _answers(t: Table, d: Dice) -> Draft:
    asked = t.found["questions"]
    question = d.among([n for n, its in asked.items() if not its["answered"]], [0, *asked])
    who = t.secretariat(asked.get(question, {}).get("by"))
    return t.draft(who, r.QuestionAnswered(question=question))


def _answers_feedback(t: Table, d: Dice) -> Draft:
    given = t.found["feedback"]
    feedback = d.among([n for n, its in given.items() if not its["answered"]], [0, *given])
    who = t.secretariat(given.get(feedback, {}).get("by"))
    outcome = d.pick(tuple(Outcome))
    others = [version for _, version in t.state["sets"] if version != t.found["set"].version]
    changed = None if outcome is Outcome.REJECTED else d.pick(others)
    return t.draft(who, r.FeedbackAnswered(feedback=feedback, outcome=outcome, changed_in=changed))


def _seconds(t: Table, d: Dice) -> Draft:
    wanted = [o for team in TEAMS.values() for o in team if o not in t.found["lent"]]
    officer = d.among(wanted, EVERYBODY)
    lender = (t.state["people"].get(officer) or {"home": None})["home"] or "STP"
    days = {"since": t.now.date(), "until": t.now.date() + timedelta(days=d.below(20))}
    return t.draft("secretary", r.OfficerSeconded(officer=officer, lender=lender, decision="5/QĐ", **days))


def _forms(t: Table, d: Dice) -> Draft:
    ready = [
        team for team, its in TEAMS.items() if team not in t.found["teams"] and {*its} <= t.found["lent"]
    ]
    team = d.among(ready, [*TEAMS, "T3"])
    officers = TEAMS.get(team) or tuple(sorted(t.found["lent"]))[:2]
    seats = tuple(
        r.TeamMember(officer=officer, role=TeamRole.MEMBER if n else TeamRole.LEADER)
        for n, officer in enumerate(officers)
    )
    return t.draft("secretary", r.TeamFormed(team=team, members=seats))


def _assigns(t: Table, d: Dice) -> Draft:
    free = [
        (team, agency)
        for agency, team in INSPECTED_BY.items()
        if team in t.found["teams"]
        and agency in t.found["ranked"]
        and not t.found["dossiers"][agency]["team"]
    ]
    team, agency = d.among(free, [("T1", "LC"), ("T2", "X1"), ("T3", "CT"), ("T1", "SNV")])
    days = {"since": t.now.date(), "until": t.now.date() + timedelta(days=3)}
    return t.draft(t.secretariat(agency), r.TeamAssigned(team=team, inspects=agency, **days))


def _next(t: Table) -> int:
    return t.newest + 1


def _proposes(t: Table, d: Dice) -> Draft:
    d.wild = d.wild or not (t.newest == 0 or t.found["moved"]) or t.found["proposed"] > t.newest
    return t.draft("secretary", r.ApprovalProposed(version=_next(t)))


def _approves(t: Table, d: Dice) -> Draft:
    d.wild = d.wild or t.found["proposed"] <= t.found["approved"]
    return t.draft("authority", r.ResultApproved(version=_next(t)))


def _publishes(t: Table, d: Dice) -> Draft:
    d.wild = d.wild or t.found["approved"] <= t.newest
    return t.draft("secretary", r.ResultPublished(version=_next(t)))


def _confers(t: Table, d: Dice) -> Draft:
    return t.draft("secretary", r.ReviewConferenceHeld(on=t.now.date()))


ROUND: dict[str, Propose] = {
    "RoundOpened": _opens_round,
    "PhaseOpened": _opens_phase,
    "DeadlineExtended": _extends,
    "GuidanceIssued": _guides,
    "QuestionAnswered": _answers,
    "FeedbackAnswered": _answers_feedback,
    "OfficerSeconded": _seconds,
    "TeamFormed": _forms,
    "TeamAssigned": _assigns,
    "ApprovalProposed": _proposes,
    "ResultApproved": _approves,
    "ResultPublished": _publishes,
    "ReviewConferenceHeld": _confers,
}
