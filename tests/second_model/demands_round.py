"""What the second model demands of statements about a round as a whole."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.second_model.catalogue import PHASES
from tests.second_model.demands_registry import known_regulation, registered
from tests.second_model.demands_who import (
    AUTHORITY,
    SECRETARIAT,
    Entry,
    agency,
    belonged,
    chair,
    council,
    head,
    quorum,
    secretariat_about,
    sitting,
)
from tests.second_model.state import LAST_DAY, Case, Facts, calendar, holds, home, midnight_after


def ranked(c: Case) -> dict[str, str]:
    """Return the agencies that lived on the last day of the evaluated year, with their blocks."""
    day = date(c.body.evaluated_year, 12, 31)
    return {
        code: its["block"]
        for code, its in c.state["agencies"].items()
        if its["since"] <= day and (its["until"] is None or its["until"] >= day)
    }


def _years(c: Case) -> bool:
    year = c.body.evaluated_year
    return bool(1990 <= year <= 9000 and year < c.body.execution_year)


def _blocks(c: Case) -> bool:
    """Each declared size is the registry's, and none is left out (R17)."""
    if not _years(c):
        return True
    found = list(ranked(c).values())
    return all(c.body.blocks.get(block, 0) == found.count(block) for block in {*found, *c.body.blocks})


def _awards(c: Case) -> bool:
    named = c.state["sets"].get((c.body.criteria_set, c.body.criteria_version))
    classes = [its.code for its in named.classes] if named else [c.body.awards.from_class]
    return c.body.awards.from_class in classes and c.body.awards.up_to_rank > 0


def _timers(c: Case) -> set[str]:
    stated = [(timer.path, timer.step) for timer in c.body.timers]
    sound = all(0 < timer.days < 367 and timer.basis for timer in c.body.timers)
    found = set() if sound and len(set(stated)) == len(stated) else {"timer.malformed"}
    filing = {path for path, step in stated if step == "FILE"}
    return found if filing == {"REVIEW_REQUEST", "STATUTORY_COMPLAINT"} else found | {"timer.missing"}


def _extends(c: Case) -> set[str]:
    if c.body.phase not in c.round["days"]:
        return {"deadline.unknown"}
    found = {"deadline.not_later"} if c.body.due <= c.round["days"][c.body.phase][0] else set()
    last = "EXPLANATION" if c.body.phase == "INSPECTION" else c.body.phase
    found |= {"deadline.phase_over"} if PHASES.index(c.round["phase"]) > PHASES.index(last) else set()
    past = c.body.due <= LAST_DAY and c.at >= midnight_after(c.body.due, c.round["zone"])
    found |= {"deadline.already_past"} if past else set()
    return found | (set() if extended(c) else {"deadline.malformed"})


class Fixed:
    """A rule of a deadline that was moved to a day."""

    after = working_days = None

    def __init__(self, rule: Any, on: date) -> None:
        self.phase, self.hard, self.on = rule.phase, rule.hard, on


def extended(c: Case) -> Any:
    """Return the rules with one phase moved, and the days that follow; nothing where they make no sense."""
    rules = [Fixed(r, c.body.due) if r.phase == c.body.phase else r for r in c.round["rules"]]
    days = calendar(rules, c.round["holidays"])
    return (rules, days) if days else None


def unverified(found: Facts) -> bool:
    """Whether a declared cell stands only on its declaration."""
    for dossier in found["dossiers"].values():
        for code in dossier["declared"]:
            cell = dossier["cells"][code]
            if not {"VERIFIED", "DECIDED"} & set(cell["acts"]) and not cell["waived"] and cell["out"] is None:
                return True
    return False


def _answers(table: str, name: str) -> Entry:
    def check(c: Case) -> set[str]:
        asked = c.round[table]
        about = getattr(c.body, name)
        if about not in asked:
            return {f"{name}.unknown"}
        return {f"{name}.already_answered"} if asked[about]["answered"] else set()

    return check


def _asked_by(table: str, name: str) -> Entry:
    """The secretariat answers; what its own agency asked, with a co-signer."""
    return secretariat_about(lambda c: c.round[table].get(getattr(c.body, name), {}).get("by"))


def _changed_in(c: Case) -> set[str]:
    if (c.body.outcome == "REJECTED") is not (c.body.changed_in is None):
        return {"feedback.version_mismatch"}
    now, named = c.round["set"], c.body.changed_in
    fits = named is None or (named != now.version and (now.code, named) in c.state["sets"])
    return set() if fits else {"criteria.unknown"}


def _letter(c: Case) -> set[str]:
    letter = c.round["letters"].get(c.body.guidance)
    if letter is None:
        return {"guidance.unknown"}
    return set() if c.agency in letter else {"guidance.not_waiting"}


def _newest(c: Case) -> int:
    return int(c.round["published"][-1]["number"]) if c.round["published"] else 0


NO_MEETING: Entry = (
    "meeting.another_open",
    lambda c: not any(meeting["open"] for meeting in c.round["meetings"].values()),
)

ROUND: dict[str, list[Entry]] = {
    "RoundOpened": [
        AUTHORITY,
        ("round.already_open", lambda c: c.round is None),
        ("round.malformed_code", lambda c: c.event.round != "registry"),
        ("round.years_out_of_order", _years),
        ("regulation.unknown", known_regulation),
        ("criteria.unknown", lambda c: (c.body.criteria_set, c.body.criteria_version) in c.state["sets"]),
        ("round.malformed_awards", _awards),
        ("round.malformed_policy", lambda c: c.body.publication.public_places >= 0),
        ("round.blocks_differ", _blocks),
        ("deadline.malformed", lambda c: calendar(c.body.deadlines, c.body.holidays) is not None),
        _timers,
    ],
    "PhaseOpened": [
        SECRETARIAT,
        (
            "phase.not_next",
            lambda c: c.body.phase != "PUBLISHED" and c.body.phase == _after(c.round["phase"]),
        ),
        NO_MEETING,
    ],
    "DeadlineExtended": [AUTHORITY, _extends],
    "GuidanceIssued": [
        SECRETARIAT,
        ("evidence.no_file", lambda c: c.event.attachments > 0),
        ("guidance.malformed_addressees", lambda c: c.body.addressees and _different(c.body.addressees)),
        ("guidance.one_agency_only", lambda c: len(c.body.addressees) != 1 or len(c.round["ranked"]) == 1),
        ("agency.not_in_round", lambda c: set(c.body.addressees) <= set(c.round["ranked"])),
        ("dates.out_of_order", lambda c: c.body.due is None or c.body.issued_on <= c.body.due <= LAST_DAY),
    ],
    "GuidanceReceived": [agency, _letter],
    "QuestionAsked": [agency],
    "QuestionAnswered": [_asked_by("questions", "question"), _answers("questions", "question")],
    "CriteriaFeedbackSubmitted": [
        head,
        ("criterion.unknown", lambda c: c.body.criterion in {its.code for its in c.round["set"].criteria}),
    ],
    "FeedbackAnswered": [_asked_by("feedback", "feedback"), _answers("feedback", "feedback"), _changed_in],
    "OfficerSeconded": [
        SECRETARIAT,
        ("officer.unknown", registered),
        ("secondment.not_from_home", lambda c: home(c.state, c.body.officer) == c.body.lender),
        ("dates.out_of_order", lambda c: c.body.since <= c.body.until),
    ],
    "TeamFormed": [
        SECRETARIAT,
        ("team.already_formed", lambda c: c.body.team not in c.round["teams"]),
        ("team.one_leader_needed", lambda c: sum(m.role == "LEADER" for m in c.body.members) == 1),
        ("team.member_twice", lambda c: _different([m.officer for m in c.body.members])),
        ("team.member_not_seconded", lambda c: {m.officer for m in c.body.members} <= c.round["lent"]),
        ("team.member_elsewhere", lambda c: not {m.officer for m in c.body.members} & _seated(c)),
    ],
    "TeamAssigned": [
        secretariat_about(lambda c: str(c.body.inspects)),
        ("team.unknown", lambda c: c.body.team in c.round["teams"]),
        ("agency.not_in_round", lambda c: c.body.inspects in c.round["ranked"]),
        (
            "team.agency_taken",
            lambda c: (
                c.body.inspects not in c.round["ranked"]
                or c.round["dossiers"][c.body.inspects]["team"] is None
            ),
        ),
        (
            "inspection.home_agency",
            lambda c: (
                not any(
                    belonged(c, m, c.body.inspects)
                    for m in c.round["teams"].get(c.body.team, {"members": {}})["members"]
                )
            ),
        ),
        ("dates.out_of_order", lambda c: c.body.since <= c.body.until),
    ],
    "CouncilEstablished": [
        AUTHORITY,
        ("council.already_established", lambda c: c.council is None),
        ("council.member_twice", lambda c: _different(c.body.members)),
        (
            "council.quorum_not_majority",
            lambda c: 2 * c.body.quorum > len(c.body.members) and c.body.quorum <= len(c.body.members),
        ),
        ("council.not_a_member", lambda c: c.body.chair in c.body.members),
        ("role.missing", lambda c: all(holds(c.state, m, "COUNCIL_MEMBER") for m in c.body.members)),
    ],
    "ScoringMethodAgreed": [
        council,
        quorum,
        ("method.wrong_version", lambda c: c.body.version == c.round["method"] + 1),
        ("method.touches_mismatch", lambda c: (c.body.version > 1) is bool(c.body.touches)),
        ("criterion.not_applicable", lambda c: all(_touched(c, cell) for cell in c.body.touches)),
    ],
    "ApprovalProposed": [
        SECRETARIAT,
        (
            "result.wrong_version",
            lambda c: c.body.version == _newest(c) + 1 and c.round["proposed"] < c.body.version,
        ),
        ("result.nothing_corrected", lambda c: not c.round["published"] or c.round["moved"]),
        ("result.cell_not_verified", lambda c: not unverified(c.round)),
    ],
    "ResultApproved": [
        ("result.approved_by_secretariat", lambda c: not holds(c.state, c.signer, "SECRETARIAT")),
        AUTHORITY,
        ("result.approved_by_proposer", lambda c: c.signer != c.round["proposer"]),
        ("result.not_proposed", lambda c: c.round["proposed"] == c.body.version),
        ("result.already_approved", lambda c: c.round["approved"] < c.body.version),
    ],
    "ResultPublished": [
        SECRETARIAT,
        (
            "result.not_approved",
            lambda c: c.round["approved"] == c.body.version and _newest(c) < c.body.version,
        ),
    ],
    "ReviewConferenceHeld": [SECRETARIAT],
    "MeetingOpened": [
        chair,
        ("meeting.not_next", lambda c: c.event.matter == f"meeting-{len(c.round['meetings']) + 1}"),
        NO_MEETING,
        ("council.not_a_member", lambda c: set(c.body.present) <= sitting(c)),
        ("council.member_twice", lambda c: _different(c.body.present)),
        ("meeting.no_quorum", lambda c: not c.council or len(c.body.present) >= c.council["quorum"]),
    ],
    "MeetingClosed": [
        chair,
        ("meeting.not_open", lambda c: c.round["meetings"].get(c.event.matter, {"open": False})["open"]),
        (
            "meeting.wrong_count",
            lambda c: (
                c.round["meetings"].get(c.event.matter, {"motions": c.body.motions})["motions"]
                == c.body.motions
            ),
        ),
    ],
}


def _after(phase: str) -> str | None:
    return PHASES[PHASES.index(phase) + 1] if phase != "PUBLISHED" else None


def _different(names: Any) -> bool:
    return len(set(names)) == len(names)


def _seated(c: Case) -> set[str]:
    return {officer for team in c.round["teams"].values() for officer in team["members"]}


def _touched(c: Case, cell: Any) -> bool:
    block = c.round["ranked"].get(cell.agency)
    return any(its.code == cell.criterion and block in its.applies_to for its in c.round["set"].criteria)
