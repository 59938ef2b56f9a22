"""What registrars, secretariat and authority mean to state: about the registry, a round, its survey, its results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from domain.criteria import Block
from domain.deadlines import DeadlineRule, Phase
from domain.stated import registry as g
from domain.stated import rounds as r
from domain.stated import survey as v
from domain.stated.choices import Outcome, Path, Role, Step, TeamRole
from domain.visibility import Visibility
from tests.second_model.catalogue import PHASES
from tests.second_model.demands_round import unverified
from tests.second_model.drafts import Dice, Draft, Propose, Table
from tests.second_model.world import (
    AGENCIES,
    CRITERIA,
    EVERYBODY,
    GROUPS,
    HOMES,
    INSPECTED_BY,
    OFFICES,
    TEAMS,
    issues,
    regulation,
)

NEW_AGENCIES = tuple(f"X{n}" for n in range(1, 10))
NEW_OFFICERS = tuple(f"extra-{n}" for n in range(1, 10))
ROOT = "ab" * 32


# --- the registry ---------------------------------------------------------------------------------------


def _genesis(t: Table, d: Dice) -> Draft:
    body = g.LogOpened(
        log_key="bG9n",
        registrars=(g.RegistrarKey(actor="registrar-1", public_key="a2V5", custody="person"),),
        quorum=1,
        witness_policy=g.WitnessPolicy(witnesses=(), quorum=0),
        time_zone="Asia/Ho_Chi_Minh",
        utc_offset=d.pick(("+07:00", "-00:30", "+24:00", "7")),
        clock=d.pick(("real", "scripted", "none")),
    )
    return t.draft(("log", "registrar-1"), body)


def _living(t: Table, codes: Any) -> list[str]:
    known = t.state["agencies"]
    return [code for code in codes if code in known and known[code]["until"] is None]


def _registers_agency(t: Table, d: Dice) -> Draft:
    code = d.among([c for c in NEW_AGENCIES if c not in t.state["agencies"]], tuple(AGENCIES))
    since = date(d.pick((2018, 2017)), 1, 1) if "2016" in t.state["rounds"] else date(2017, 1, 1)
    body = g.AgencyRegistered(
        code=code, name_vi=code, name_en=code, block=d.pick(tuple(Block)), since=since
    )
    return t.draft("registrar-1", body)


def _renames(t: Table, d: Dice) -> Draft:
    code = d.among(_living(t, t.state["agencies"]), NEW_AGENCIES)
    body = g.AgencyRenamed(code=code, name_vi="Sở mới", name_en="New", since=date(2017, 3, 1))
    return t.draft("registrar-1", body)


def _leaving(t: Table, d: Dice) -> str:
    """An agency that ends: one that came lately, seldom one of the first."""
    pool = tuple(AGENCIES) if d.chance(4) else NEW_AGENCIES
    return d.among(_living(t, pool), tuple(AGENCIES)[:1] if d.chance(5) else NEW_AGENCIES)


def _merges(t: Table, d: Dice) -> Draft:
    until = date(2018, 6, 30) - timedelta(days=100 * d.below(8))
    body = g.AgencyMerged(code=_leaving(t, d), into=d.pick(_living(t, t.state["agencies"])), until=until)
    return t.draft("registrar-1", body)


def _closes_agency(t: Table, d: Dice) -> Draft:
    until = date(2018, 6, 30) - timedelta(days=100 * d.below(8))
    return t.draft("registrar-1", g.AgencyClosed(code=_leaving(t, d), until=until))


def _registers_officer(t: Table, d: Dice) -> Draft:
    officer = d.among([o for o in NEW_OFFICERS if o not in t.state["people"]], tuple(HOMES))
    home = d.pick((*t.state["agencies"], None))
    return t.draft("registrar-1", g.OfficerRegistered(officer=officer, home=home))


def _transfers(t: Table, d: Dice) -> Draft:
    """Somebody who is away comes back; else somebody who matters little moves, seldom anybody."""
    people = t.state["people"]
    away = [o for o, home in HOMES.items() if home is not None and people[o]["home"] != home]
    if away and d.chance(70):
        officer = d.pick(away)
        return t.draft("registrar-1", g.OfficerTransferred(officer=officer, home=str(HOMES[officer])))
    few = [o for o in people if o in NEW_OFFICERS] or ["spare-1", "spare-2"]
    officer = d.pick(list(people)) if d.chance(25) else d.pick(few)
    return t.draft("registrar-1", g.OfficerTransferred(officer=officer, home=d.pick(list(AGENCIES))))


def _grants(t: Table, d: Dice) -> Draft:
    """An office that is missing is granted again; else one that matters little."""
    people = t.state["people"]
    missing = [office for office in OFFICES if office[1:] not in people[office[0]]["offices"]]
    heads = [(o, Role.AGENCY_HEAD, a) for o in NEW_OFFICERS if o in people for a in NEW_AGENCIES[:2]]
    more = [(o, Role.AUDITOR, None) for o in people if (Role.AUDITOR, None) not in people[o]["offices"]]
    officer, role, agency = d.pick(missing) if missing and d.chance(80) else d.pick([*more, *heads])
    return t.draft("registrar-1", g.RoleGranted(officer=officer, role=role, agency=agency))


def _ends_office(t: Table, d: Dice) -> Draft:
    """An auditor's office ends, seldom anybody's."""
    held = sorted(
        (officer, str(role), agency or "")
        for officer, person in t.state["people"].items()
        for role, agency in person["offices"]
    )
    auditors = [office for office in held if office[1] == "AUDITOR"]
    officer, role, agency = d.pick(held) if d.chance(8) else d.among(auditors, [("spare-1", "AUDITOR", "")])
    return t.draft("registrar-1", g.RoleEnded(officer=officer, role=Role(role), agency=agency or None))


def _regulates(t: Table, d: Dice) -> Draft:
    return t.draft("authority", regulation(str(d.below(12))))


def _issues_set(t: Table, d: Dice) -> Draft:
    version = str(d.below(12))
    changed = replace(CRITERIA, version=version, bonus_ranks=d.chance(50))
    return t.draft("secretary", issues(changed))


# --- the round ------------------------------------------------------------------------------------------


def _opens_round(t: Table, d: Dice) -> Draft:
    year = int(t.code)
    day = date(year + 1, 1, 16)
    last = date(year, 12, 31)
    living = [a["block"] for a in t.state["agencies"].values() if a["since"] <= last and (a["until"] or last) >= last]
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
        publication=r.PublicationPolicy(public_places=3, public_scores=False, own_record=(Visibility.PARTIES,)),
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
    body = r.GuidanceIssued(number="3/SNV", issued_on=t.now.date(), addressees=addressees)
    return t.draft("secretary", body)


def _answers(t: Table, d: Dice) -> Draft:
    asked = t.found["questions"]
    question = d.among([n for n, answered in asked.items() if not answered], [0, *asked])
    return t.draft("secretary", r.QuestionAnswered(question=question))


def _answers_feedback(t: Table, d: Dice) -> Draft:
    given = t.found["feedback"]
    feedback = d.among([n for n, answered in given.items() if not answered], [0, *given])
    outcome = d.pick(tuple(Outcome))
    others = [version for _, version in t.state["sets"] if version != t.found["set"].version]
    changed = None if outcome is Outcome.REJECTED else d.pick(others)
    return t.draft("secretary", r.FeedbackAnswered(feedback=feedback, outcome=outcome, changed_in=changed))


def _seconds(t: Table, d: Dice) -> Draft:
    wanted = [o for team in TEAMS.values() for o in team if o not in t.found["lent"]]
    officer = d.among(wanted, EVERYBODY)
    lender = (t.state["people"].get(officer) or {"home": None})["home"] or "STP"
    days = {"since": t.now.date(), "until": t.now.date() + timedelta(days=d.below(20))}
    return t.draft("secretary", r.OfficerSeconded(officer=officer, lender=lender, decision="5/QĐ", **days))


def _forms(t: Table, d: Dice) -> Draft:
    ready = [team for team, its in TEAMS.items() if team not in t.found["teams"] and {*its} <= t.found["lent"]]
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
        if team in t.found["teams"] and agency in t.found["ranked"] and not t.found["dossiers"][agency]["team"]
    ]
    team, agency = d.among(free, [("T1", "LC"), ("T2", "X1"), ("T3", "CT"), ("T1", "SNV")])
    days = {"since": t.now.date(), "until": t.now.date() + timedelta(days=3)}
    return t.draft("secretary", r.TeamAssigned(team=team, inspects=agency, **days))


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


# --- the survey -----------------------------------------------------------------------------------------


def _opens_wave(t: Table, d: Dice) -> Draft:
    group = d.among([group for group in GROUPS if group not in t.found["waves"]], ("POOLED", *GROUPS))
    body = v.SurveyWaveOpened(group=group, issued=8 + d.below(30), tokens=ROOT, upward=d.chance(50))
    return t.draft("secretary", body)


def _open(t: Table) -> Any:
    return [group for group, wave in t.found["waves"].items() if wave["valid"] is None]


def _records(t: Table, d: Dice) -> Draft:
    waves = t.found["waves"]
    roomy = [group for group in _open(t) if waves[group]["issued"] - waves[group]["in"] > 5]
    group = d.among(roomy, (*waves, "LOWER_LEVEL_PC"))
    room = waves[group]["issued"] - waves[group]["in"] if group in roomy else 8
    body = v.BallotsRecorded(group=group, ballots=min(room, 6 + d.below(20)), root=ROOT)
    return t.draft("secretary", body)


def _closes_wave(t: Table, d: Dice) -> Draft:
    waves = t.found["waves"]
    group = d.among([g for g in _open(t) if waves[g]["in"]], (*waves, "LOWER_LEVEL_PC"))
    returned = waves[group]["in"] if group in waves else 0
    body = v.SurveyWaveClosed(group=group, returned=returned, valid=returned - d.below(3))
    return t.draft("secretary", body)


def _tallies(t: Table, d: Dice) -> Draft:
    """Answers within what is valid; pooled where a group is small, withheld where all are."""
    surveyed = [(a, c.code) for a in t.agencies for c in t.criteria(a) if hasattr(c.rule, "groups")]
    ready = [s for s in surveyed if not (t.cell(*s) or {"tally": None})["tally"] and not _open(t)]
    agency, code = d.among(ready, surveyed)
    valid = {
        g: t.found["waves"][g]["valid"] or 0 for g in t.criterion(code).rule.groups if g in t.found["waves"]
    }
    stated = {group: _answered(d, most) for group, most in valid.items()}
    stated = {group: answers for group, answers in stated.items() if answers}
    return t.draft(t.secretariat(agency), _tally(t.found["set"].min_ballots, stated), agency, code)


def _answered(d: Dice, most: int) -> dict[str, int]:
    total = min(most, d.pick((most, 9, 6, 3, 0)))
    first = d.below(total + 1)
    return {level: n for level, n in zip("AC", (first, total - first), strict=True) if n}


def _tally(least: int, stated: Mapping[str, Mapping[str, int]]) -> v.SurveyTallied:
    if all(sum(answers.values()) >= least for answers in stated.values()):
        return v.SurveyTallied(counts=stated)
    pool = {level: sum(answers.get(level, 0) for answers in stated.values()) for level in "AC"}
    if sum(pool.values()) >= least:
        return v.SurveyTallied(counts={"POOLED": pool})
    return v.SurveyTallied(counts={}, withheld=sum(pool.values()))


ROUND: dict[str, Propose] = {
    "LogOpened": _genesis,
    "AgencyRegistered": _registers_agency,
    "AgencyRenamed": _renames,
    "AgencyMerged": _merges,
    "AgencyClosed": _closes_agency,
    "OfficerRegistered": _registers_officer,
    "OfficerTransferred": _transfers,
    "RoleGranted": _grants,
    "RoleEnded": _ends_office,
    "RegulationIssued": _regulates,
    "CriteriaSetIssued": _issues_set,
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
    "SurveyWaveOpened": _opens_wave,
    "BallotsRecorded": _records,
    "SurveyWaveClosed": _closes_wave,
    "SurveyTallied": _tallies,
}
