"""What the published article asks for, told on the demo: from the regulation to the frozen dossier.

Other stories tell of survey and council, and of the result and what came after it; docs/requirements.md
says which of them shows which requirement.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from api.answers import trace
from domain.criteria import Block, Section
from domain.deadlines import Phase, is_working_day
from domain.scoring import Stage, card, stages
from domain.stated.assessment import (
    CriteriaFeedbackSubmitted,
    DossierCompiled,
    DossierUnfrozen,
    EvidenceRequested,
    EvidenceReused,
    EvidenceSubmitted,
    ExplanationRequested,
    ExplanationSubmitted,
    FocalOfficerAssigned,
    GuidanceReceived,
    InspectionNoteAmended,
    InspectionNoteRecorded,
    MinutesSigned,
    PreviousResultRecorded,
    QuestionAsked,
    SelfAssessmentSubmitted,
)
from domain.stated.choices import Concurrence, Outcome, Role, TeamRole
from domain.stated.disputes import DisputeFiled
from domain.stated.registry import AgencyClosed, AgencyRenamed, CriteriaSetIssued, RegulationIssued
from domain.stated.rounds import (
    DeadlineExtended,
    FeedbackAnswered,
    GuidanceIssued,
    OfficerSeconded,
    QuestionAnswered,
    ReviewConferenceHeld,
    RoundOpened,
    TeamAssigned,
    TeamFormed,
)
from domain.teams import outside_its_days
from projections.conflicts import Conflict
from projections.progress import Alert, progress
from tests.stories.told import YEAR, Told

FIRST_DAY, LAST_DAY = date(2017, 2, 14), date(2017, 3, 7)
"""The inspections, as published."""


# --- before scoring -------------------------------------------------------------------------------------


def test_round_and_criteria_point_at_the_regulation_in_force(told: Told) -> None:
    """The regulation comes with its document, and the round and each criteria set cite a version of it."""
    (issued,) = told.of(RegulationIssued, code=None)
    assert told.statements[issued.position].attachments
    cited = (issued.body.code, issued.body.version)
    assert told.round.regulation == cited
    sets = told.bodies(CriteriaSetIssued, code=None)
    assert [(b.regulation, b.regulation_version) for b in sets] == [cited, cited]


def test_round_tells_the_evaluated_year_from_the_year_it_is_held_in(told: Told) -> None:
    """The year 2016 is evaluated in 2017, and nothing about the round is stated before it opened."""
    (opened,) = told.of(RoundOpened)
    assert (opened.body.evaluated_year, opened.body.execution_year) == (2016, 2017)
    assert opened.arrived_at.year == 2017
    assert min(e.position for e in told.events if e.round == YEAR) == opened.position


def test_agencies_live_from_day_to_day(told: Told) -> None:
    """A department split within the year is not ranked, its heirs are, and one agency has a new name."""
    (closed,), (renamed,) = told.bodies(AgencyClosed, code=None), told.bodies(AgencyRenamed, code=None)
    assert (closed.code, closed.until) == ("SVHTTDL", date(2016, 5, 16))
    assert closed.code not in told.round.agencies
    for heir in ("SVHTT", "SDL"):
        assert told.now.agencies[heir].since == closed.until + timedelta(days=1)
        assert heir in told.round.agencies
    assert told.now.agencies[renamed.code].name_vi == renamed.name_vi


def test_three_blocks_have_the_published_sizes(told: Told) -> None:
    """21 departments, 7 districts and 6 central agencies are ranked: 34 in all."""
    sizes = Counter(told.round.agencies.values())
    assert sizes == {Block.DEPARTMENT: 21, Block.DISTRICT: 7, Block.CENTRAL: 6}
    assert told.bodies(RoundOpened)[0].blocks == {block.value: n for block, n in sizes.items()}


def test_every_agency_confirmed_every_letter(told: Told) -> None:
    """Two letters went to all 34, and each agency can prove which it had, and since when."""
    letters = told.of(GuidanceIssued)
    assert len(letters) == 2
    for letter in letters:
        assert told.statements[letter.position].attachments
        receipts = [e for e in told.of(GuidanceReceived) if e.body.guidance == letter.position]
        assert {e.agency for e in receipts} == set(letter.body.addressees) == set(told.round.agencies)
        assert all(e.position > letter.position for e in receipts)
    eve = told.standing_at(letters[1].position)
    assert [position for code, position in eve.guidance if code == YEAR] == [letters[0].position]
    first = told.now.guidance[YEAR, letters[0].position]
    assert not first.waiting
    assert first.late == {"SYT"}, "one was late by the letter's own day"


def test_an_answer_to_one_is_given_to_all(told: Told) -> None:
    """Every question of an agency has its answer, and no answer names an agency."""
    asked, answered = told.of(QuestionAsked), told.of(QuestionAnswered)
    assert sorted(e.body.question for e in answered) == [e.position for e in asked]
    assert all(e.agency is not None for e in asked)
    assert all(e.agency is None and "answer" in e.texts for e in answered)


def test_feedback_is_traced_to_the_version_it_changed(told: Told) -> None:
    """Of three opinions two changed the next criteria set, one was rejected, each for a reason."""
    submitted = {e.position: e for e in told.of(CriteriaFeedbackSubmitted)}
    answered = {e.body.feedback: e for e in told.of(FeedbackAnswered)}
    assert answered.keys() == submitted.keys()
    assert all("reason" in e.texts for e in answered.values())
    outcomes = Counter(e.body.outcome for e in answered.values())
    assert outcomes == {Outcome.ACCEPTED: 1, Outcome.PARTLY: 1, Outcome.REJECTED: 1}
    versions = {e.body.changed_in for e in answered.values() if e.body.outcome is not Outcome.REJECTED}
    assert versions == {told.now.rounds["2017"].criteria.version} == {"2.0.0"}
    assert told.round.criteria.version == "1.0.0"


def test_criteria_fit_the_blocks_and_are_frozen(told: Told) -> None:
    """Some criteria apply to one block only, others to all, and the round keeps the set it named."""
    criteria = told.round.criteria
    assert {len(c.applies_to) for c in criteria.criteria} == {1, 2, 3}
    sums = {b: sum(c.max_points for c in criteria.of_section(Section.MAIN, b)) for b in Block}
    assert max(sums.values()) <= 100
    assert len(set(sums.values())) > 1  # so the denominator goes by block
    (opened,) = told.of(RoundOpened)
    assert criteria is told.now.criteria_sets[criteria.code, criteria.version]
    assert all(e.position < opened.position for e in told.of(CriteriaSetIssued, code=None)[:1])


def test_a_dossier_opens_with_its_focal_officer(told: Told) -> None:
    """At first all 34 lack a focal officer and are named; nothing comes in before one is assigned."""
    (opened,) = told.of(RoundOpened)
    first = told.review(opened.position + 1).progress()["agencies"]
    assert [row["alerts"] for row in first] == [[Alert.NO_FOCAL_OFFICER]] * 34
    assigned = {e.agency: e.position for e in told.of(FocalOfficerAssigned)}
    assert assigned.keys() == told.round.agencies.keys()
    assert all(e.position > assigned[e.agency] for e in told.of(EvidenceSubmitted))


# --- evidence and progress ------------------------------------------------------------------------------


def test_one_item_of_evidence_serves_several_criteria(told: Told) -> None:
    """Evidence is uploaded once and reused more often than it is submitted; no file was uploaded twice."""
    submitted, reused = told.of(EvidenceSubmitted), told.of(EvidenceReused)
    assert told.review().progress()["evidence_reused"] == len(reused) > len(submitted)
    files = [a.sha256 for e in submitted for a in told.statements[e.position].attachments]
    assert len(files) == len(set(files))
    sources = {e.position for e in submitted}
    assert {e.body.source for e in reused} <= sources


def test_evidence_comes_in_versions(told: Told) -> None:
    """A document that was mended is the next version of the same serial, and the first one stays."""
    versions = [(e.agency, e.body.serial, e.body.version) for e in told.of(EvidenceSubmitted)]
    assert len(versions) == len(set(versions))
    assert {version for *_, version in versions} >= {1, 2}
    assert all((a, serial, v - 1) in versions for a, serial, v in versions if v > 1)


def test_teams_ask_for_evidence_until_a_day(told: Told) -> None:
    """What was asked for has a day, and in the end no declared cell is without evidence."""
    assert all(b.due.year == 2017 for b in told.bodies(EvidenceRequested))
    rows = told.review().progress()["agencies"]
    mismatches = {found["mismatch"] for row in rows for found in row["inconsistencies"]}
    assert "DECLARED_WITHOUT_EVIDENCE" not in mismatches


def test_progress_is_seen_while_it_is_made(told: Told) -> None:
    """Half way most cells are still missing; at the end none is, and 34 of 34 are in."""
    half, end = (told.review(size).progress() for size in (told.size_at("2017-02-01"), None))
    missing = sum(len(row["missing"]) for row in half["agencies"])
    due = sum(row["due"] for row in half["agencies"])
    assert due / 2 < missing < due
    assert not any(row["missing"] for row in end["agencies"])
    assert (half["submitted"], end["submitted"], end["ranked"]) == (0, 34, 34)


def test_what_does_not_agree_is_found_and_not_typed(told: Told) -> None:
    """Evidence handed back and never mended is listed with the act that did so; nobody stated the finding."""
    rows = told.review().progress()["agencies"]
    found = [(row["agency"], each) for row in rows for each in row["inconsistencies"]]
    assert found
    kinds = {e.position: e.kind.name for e in told.events}
    for _, each in found:
        assert each["mismatch"] == "RETURNED_AND_NOT_MENDED"
        assert [kinds[position] for position in each["positions"]] == ["EvidenceReturned.v1"]


def test_lateness_is_computed_from_the_arrival(told: Told) -> None:
    """Scores that came after the extended deadline are flagged late, and no statement has a word for it."""
    due = told.round.due[Phase.SELF_ASSESSMENT]
    assert told.local(due) == "2017-02-11 00:00"
    for agency in told.round.agencies:
        for code, score in card(told.now, YEAR, agency).scores.items():
            declared = told.now.cell(YEAR, agency, code).declared
            if score.stage is Stage.VERIFIED and declared is not None:
                assert ("LATE" in score.flags) == (declared.arrived_at >= due), (agency, code)
    assert sum(bool(row["late"]) for row in told.review().progress()["agencies"]) == 4
    assert not any("late" in told.statements[e.position].body for e in told.events)


def test_an_extension_reaches_everyone_alike(told: Told) -> None:
    """The one extension names its reason and no agency, and every agency's deadline moved with it."""
    (extended,) = told.of(DeadlineExtended)
    assert extended.agency is None
    assert "reason" in extended.texts
    before, after = (told.standing_at(extended.position + n).rounds[YEAR] for n in (0, 1))
    assert before.deadlines[extended.body.phase].due < after.deadlines[extended.body.phase].due
    assert after.agencies == before.agencies


def test_a_silent_agency_is_named(told: Told) -> None:
    """Whoever owes its self-assessment and states nothing for more than a week is named, and nobody else."""
    size, now = told.size_at("2017-01-20"), datetime(2017, 1, 26, 12, tzinfo=told.round.zone)
    standing = told.standing_at(size)
    last: dict[str, datetime] = {}
    for event in told.events:
        if event.position >= size:
            break
        if event.round == YEAR and event.agency and standing.at_home(event.actor, event.agency):
            last[event.agency] = event.arrived_at
    named = {row.agency for row in progress(standing, YEAR, now) if Alert.SILENT in row.alerts}
    assert named == {agency for agency, at in last.items() if now - at > timedelta(days=7)}
    assert 0 < len(named) < 34


def test_a_delay_is_shown_where_it_holds_up_a_phase(told: Told) -> None:
    """The agency with an unverified cell is shown to hold the inspection up, until it is waived."""
    late, end = (told.review(size).progress()["agencies"] for size in (told.size_at("2017-03-16"), None))
    assert [row["agency"] for row in late if row["delays"] == [Phase.INSPECTION]] == ["SNgV"]
    assert not any(row["delays"] for row in end)


def test_the_head_signs_for_the_agency(told: Told) -> None:
    """Self-assessments, explanations and disputes are acts of the agency's head, own or delegated."""
    for event in told.of(SelfAssessmentSubmitted, ExplanationSubmitted, DisputeFiled):
        assert told.now.holds(event.actor, Role.AGENCY_HEAD, event.agency), event.position


def test_the_last_round_is_at_hand_with_its_source(told: Told) -> None:
    """Last year's totals name the system they come from; the next round's are what this log published."""
    recorded = told.of(PreviousResultRecorded)
    assert {e.body.evaluated_year for e in recorded} == {2015}
    assert all("www.cchc.danang.gov.vn" in e.body.source for e in recorded)
    published = told.round.versions[-1].results
    for event in told.of(PreviousResultRecorded, code="2017"):
        assert abs(event.body.total - published[event.agency or ""].total) <= event.body.total / 10_000


# --- inspection -----------------------------------------------------------------------------------------


def test_38_officers_of_34_agencies_are_seconded(told: Told) -> None:
    """Each is lent by their home agency, by a decision, for a time; every ranked agency lends one or two."""
    seconded = told.bodies(OfficerSeconded)
    assert len({b.officer for b in seconded}) == len(seconded) == 38
    assert {b.lender for b in seconded} == set(told.round.agencies)
    assert all(b.decision and b.since <= b.until for b in seconded)


def test_twenty_teams_inspect_all_agencies(told: Told) -> None:
    """20 teams with one leader each seat the 38, and every agency is inspected by one of them."""
    formed, assigned = told.bodies(TeamFormed), told.bodies(TeamAssigned)
    assert len(formed) == 20
    assert sum(len(b.members) for b in formed) == 38
    assert all([m.role for m in b.members].count(TeamRole.LEADER) == 1 for b in formed)
    assert sorted(b.inspects for b in assigned) == sorted(told.round.agencies)


def test_nobody_inspects_their_own_agency(told: Told) -> None:
    """No member is at home where the team inspects, nobody inspects back, and a transfer is reported."""
    for event in told.of(TeamAssigned):
        then = told.standing_at(event.position)
        members = then.teams[YEAR, event.body.team].members
        assert not any(then.at_home(member, event.body.inspects) for member in members)
    lines = told.review().conflicts()["conflicts"]
    kinds = Counter(line["conflict"] for line in lines)
    assert kinds[Conflict.MUTUAL_INSPECTION] == 0
    assert kinds[Conflict.TEAM_MEMBER_TRANSFERRED] == 1


def test_inspections_fall_into_the_published_days(told: Told) -> None:
    """From 14/02 to 07/03/2017: 22 days, 16 of them working days; every first note was recorded in them."""
    days = [FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1)]
    assert (len(days), sum(is_working_day(day, told.round.holidays) for day in days)) == (22, 16)
    assert all(FIRST_DAY <= b.since <= b.until <= LAST_DAY for b in told.bodies(TeamAssigned))
    notes = {e.arrived_at.astimezone(told.round.zone).date() for e in told.of(InspectionNoteRecorded)}
    assert notes <= set(days)


def test_what_comes_outside_the_days_of_a_team_is_flagged(told: Told) -> None:
    """No first note is; every amendment that came after the team had left is flagged, and has its reason."""
    notes = told.of(InspectionNoteRecorded, InspectionNoteAmended)
    outside = [e for e in notes if outside_its_days(told.now, e)]
    assert all(isinstance(e.body, InspectionNoteAmended) and "reason" in e.texts for e in outside)
    assert outside
    event = outside[-1]
    answer = trace(
        told.log, told.connection, YEAR, event.agency or "", event.criterion or "", event.position + 1
    )
    shown = {e["position"]: e["outside_days"] for e in answer["events"]}
    assert shown[event.position]
    assert not shown[event.body.amends]


def test_a_verified_score_stands_beside_the_declared_one(told: Told) -> None:
    """Where the team found less than was declared, both can still be read, each at its own position."""
    lower = 0
    for agency in told.round.agencies:
        for code in told.now.dossier(YEAR, agency).declared:
            reached = stages(told.now, YEAR, agency, code)
            if Stage.VERIFIED in reached:
                declared, verified = reached[Stage.DECLARED], reached[Stage.VERIFIED]
                assert declared.positions != verified.positions
                lower += verified.points < declared.points
    assert lower > 100


def test_notes_are_signed_findings_and_amended_by_new_ones(told: Told) -> None:
    """A note has its finding and its author in the team; an amendment names the old note and its reason."""
    for event in told.of(InspectionNoteRecorded, InspectionNoteAmended):
        team = told.now.teams[YEAR, told.now.dossier(YEAR, event.agency or "").team or ""]
        assert event.actor in team.members
        assert "finding" in event.texts
    notes = {e.position for e in told.of(InspectionNoteRecorded, InspectionNoteAmended)}
    amendments = told.of(InspectionNoteAmended)
    assert all("reason" in e.texts and e.body.amends in notes for e in amendments)
    assert len(amendments) > 100


def test_shortcomings_are_named_from_the_list_of_the_set(told: Told) -> None:
    """Inspectors name shortcomings that the set lists, most often that sources do not agree."""
    known = {s.code for s in told.round.criteria.shortcomings}
    named = Counter(
        code for e in told.of(InspectionNoteRecorded, InspectionNoteAmended) for code in e.body.shortcomings
    )
    assert named.keys() <= known
    assert {code for code, _ in named.most_common(3)} >= {"UNSYNCHRONISED", "INCORRECT"}


def test_agencies_reply_to_what_was_found(told: Told) -> None:
    """Every explanation that a team asked for was given, about a note of that very cell."""
    asked = {(e.agency, e.criterion, e.body.about) for e in told.of(ExplanationRequested)}
    given = {(e.agency, e.criterion, e.body.about) for e in told.of(ExplanationSubmitted)}
    assert asked <= given
    for agency, criterion, about in given:
        assert about in told.now.cell(YEAR, agency or "", criterion or "").notes


def test_minutes_bear_both_signatures_item_by_item(told: Told) -> None:
    """Team leader and agency head signed each; where they disagree, the reservation is on record."""
    minutes = told.of(MinutesSigned)
    assert {e.agency for e in minutes} == set(told.round.agencies)
    for event in minutes:
        team = told.now.teams[YEAR, event.body.team]
        (head,) = (actor for actor in event.signed_by if actor not in team.members)
        assert told.now.holds(head, Role.AGENCY_HEAD, event.agency)
        disagreed = any(item.concurrence is Concurrence.DISAGREED for item in event.body.items)
        assert disagreed == ("reservation" in event.texts)
    assert any("reservation" in e.texts for e in minutes)


def test_dossiers_are_frozen_with_all_that_is_in_them(told: Told) -> None:
    """Each counts the statements about its agency; one was opened again for a reason and frozen anew."""
    compiled = told.of(DossierCompiled)
    assert {e.agency for e in compiled} == set(told.round.agencies)
    for event in compiled:
        about = [e for e in told.events if (e.round, e.agency) == (YEAR, event.agency)]
        assert event.body.statements == sum(e.position < event.position for e in about)
    (unfrozen,) = told.of(DossierUnfrozen)
    assert "reason" in unfrozen.texts
    assert [e.agency for e in compiled].count(unfrozen.agency) == 2


def test_the_round_ends_with_its_conference(told: Told) -> None:
    """The conference that reviewed the round stands in the log, on the day of publication."""
    (held,) = told.of(ReviewConferenceHeld)
    assert held.body.on == date(2017, 8, 1)
