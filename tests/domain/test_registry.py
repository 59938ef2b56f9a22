"""The registry: what registrars enter, once and in order, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.council import able
from domain.criteria import Block
from domain.deadlines import Phase
from domain.events import Body
from domain.stated.assessment import FocalOfficerAssigned, SelfAssessmentSubmitted
from domain.stated.choices import Role
from domain.stated.registry import (
    AgencyClosed,
    AgencyMerged,
    AgencyRegistered,
    AgencyRenamed,
    CriteriaSetIssued,
    OfficerRegistered,
    OfficerTransferred,
    RoleEnded,
    RoleGranted,
)
from tests.domain.criteria_sets import EVERY_RULE
from tests.domain.specification import ROUND, Act, Story, admitted, refused, states
from tests.domain.stating import declares, notes
from tests.domain.world import genesis, given, grants, issues, names_focal, registered, regulates


def agency(code: str) -> AgencyRegistered:
    """A new department."""
    return AgencyRegistered(
        code=code, name_vi=code, name_en=code, block=Block.DEPARTMENT, since=date(2017, 1, 1)
    )


def enters(body: Body) -> Act:
    """A registrar enters something."""
    return states("registrar-1", body)


def renames(code: str) -> Act:
    """An agency gets another name."""
    return enters(AgencyRenamed(code=code, name_vi="Sở Mới", name_en="New", since=date(2016, 5, 18)))


def merges(code: str, into: str, until: date = date(2016, 5, 17)) -> Act:
    """An agency goes into another one."""
    return enters(AgencyMerged(code=code, into=into, until=until))


def test_genesis_opens_an_empty_log() -> None:
    """The first statement opens the log, whoever its registrars are."""
    story = Story().when(genesis()).then(admitted)
    assert story.standing.log["genesis"].time_zone == "Asia/Ho_Chi_Minh"


@pytest.mark.parametrize(
    ("change", "field"),
    [({"clock": "wrong"}, "clock"), ({"utc_offset": "7"}, "utc_offset"), ({"utc_offset": ""}, "utc_offset")],
)
def test_genesis_names_clock_and_offset(change: dict[str, str], field: str) -> None:
    """A clock is real or scripted, and an offset is hours and minutes."""
    Story().when(genesis(**change)).then(refused("genesis.malformed", field=field))


def test_log_is_opened_once() -> None:
    """A second genesis is refused, and so is one at any other position."""
    registered().when(genesis()).then(refused("genesis.misplaced"))
    late = states("log", genesis().body, position=1)
    Story().when(late).then(refused("genesis.misplaced", position=1))
    again = states("log", genesis().body, position=0)
    registered().when(again).then(refused("genesis.misplaced", position=0))


def test_nothing_is_registered_before_genesis() -> None:
    """Without a log there are no registrars."""
    Story().when(enters(agency("SCT"))).then(refused("role.registrar_needed", actor="registrar-1"))


def test_registrar_enters_an_agency() -> None:
    """A new agency lives from its first day; its code has up to sixteen letters and digits."""
    registered().when(enters(agency("X" * 15 + "1"))).then(admitted)
    story = registered().when(enters(agency("SCT"))).then(admitted)
    found = story.standing.agencies["SCT"]
    assert [found.alive_on(date(year, 1, 1)) for year in (2016, 2017, 2099)] == [False, True, True]


@pytest.mark.parametrize("code", ["", "SỞ", "A B", "A/B", "X" * 17])
def test_agency_code_is_short_and_plain(code: str) -> None:
    """A code of other letters, with a separator, or of more than sixteen letters is refused."""
    registered().when(enters(agency(code))).then(refused("agency.malformed_code", agency=code))


def test_closed_agency_lives_until_its_last_day() -> None:
    """The last day is still a day of the agency's life."""
    story = registered().when(enters(AgencyClosed(code="STC", until=date(2016, 5, 17)))).then(admitted)
    found = story.standing.agencies["STC"]
    assert [found.alive_on(date(2016, 5, day)) for day in (17, 18)] == [True, False]


def test_agency_may_live_for_a_day() -> None:
    """The first day can be the last."""
    registered().when(enters(AgencyClosed(code="STC", until=date(2010, 1, 1)))).then(admitted)


CLOSED = enters(AgencyClosed(code="STC", until=date(2016, 5, 17)))


@pytest.mark.parametrize(
    ("before", "act", "rule"),
    [
        ([], enters(agency("STC")), "agency.already_registered"),
        ([], enters(AgencyClosed(code="SCT", until=date(2017, 1, 1))), "agency.unknown"),
        ([], enters(AgencyClosed(code="STC", until=date(2009, 12, 31))), "agency.not_alive"),
        ([CLOSED], CLOSED, "agency.not_alive"),
        ([], renames("SCT"), "agency.unknown"),
        ([CLOSED], renames("STC"), "agency.not_alive"),
        ([], merges("SCT", "STC"), "agency.unknown"),
        ([], merges("STC", "SCT"), "agency.unknown"),
        ([CLOSED], merges("STC", "SNV"), "agency.not_alive"),
        ([CLOSED], merges("SNV", "STC"), "agency.not_alive"),
        ([], merges("STC", "STC"), "agency.merged_into_itself"),
        ([], merges("STC", "SNV", date(2009, 12, 31)), "agency.not_alive"),
        ([], enters(OfficerRegistered(officer="head-STC")), "officer.already_registered"),
        ([], enters(OfficerRegistered(officer="new", home="SCT")), "agency.unknown"),
        ([], enters(OfficerTransferred(officer="unknown", home="STC")), "officer.unknown"),
        ([], enters(OfficerTransferred(officer="nobody", home="SCT")), "agency.unknown"),
        ([], grants("unknown", Role.AUDITOR), "officer.unknown"),
        ([], grants("nobody", Role.AGENCY_HEAD), "role.agency_mismatch"),
        ([], grants("nobody", Role.AUDITOR, "STC"), "role.agency_mismatch"),
        ([], grants("nobody", Role.AGENCY_HEAD, "SCT"), "agency.unknown"),
        ([], grants("head-STC", Role.AGENCY_HEAD, "STC"), "role.already_held"),
        ([], enters(RoleEnded(officer="nobody", role=Role.AUDITOR)), "role.not_held"),
        ([], enters(RoleEnded(officer="unknown", role=Role.AUDITOR)), "role.not_held"),
        ([], enters(RoleEnded(officer="head-STC", role=Role.AGENCY_HEAD, agency="SNV")), "role.not_held"),
    ],
)
def test_registrar_enters_only_what_fits(before: list[Act], act: Act, rule: str) -> None:
    """What is entered twice, unknown, or not of that kind is refused."""
    registered().given(*before).when(act).then(refused(rule))


@pytest.mark.parametrize(
    "body",
    [
        agency("SCT"),
        renames("STC").body,
        merges("STC", "SNV").body,
        AgencyClosed(code="STC", until=date(2017, 1, 1)),
        OfficerRegistered(officer="new"),
        OfficerTransferred(officer="nobody", home="STC"),
        RoleGranted(officer="nobody", role=Role.AUDITOR),
        RoleEnded(officer="secretariat", role=Role.SECRETARIAT),
    ],
)
@pytest.mark.parametrize("who", ["secretariat", "authority", "head-STC", "unknown"])
def test_only_registrars_enter(who: str, body: Body) -> None:
    """No office but that of a registrar writes the registry, not even the authority's."""
    registered().when(states(who, body)).then(refused("role.registrar_needed", actor=who))


def test_office_is_held_until_it_ends() -> None:
    """A head acts for the agency until the office ends, and then no longer."""
    end = enters(RoleEnded(officer="head-STC", role=Role.AGENCY_HEAD, agency="STC"))
    given(Phase.PREPARATION).when(names_focal("STC")).then(admitted)
    given(Phase.PREPARATION, end).when(names_focal("STC")).then(refused("role.missing"))


def test_several_offices_are_held_side_by_side() -> None:
    """Granting and ending one office leaves the others."""
    story = registered().given(grants("head-STC", Role.COUNCIL_MEMBER))
    assert story.standing.holds("head-STC", Role.AGENCY_HEAD, "STC")
    story.given(enters(RoleEnded(officer="head-STC", role=Role.AGENCY_HEAD, agency="STC")))
    assert story.standing.holds("head-STC", Role.COUNCIL_MEMBER)
    assert not story.standing.holds("head-STC", Role.AGENCY_HEAD, "STC")


def test_transferred_officer_has_a_new_home() -> None:
    """A focal officer who moves away no longer speaks for the old agency; the deputy still does."""
    moved = enters(OfficerTransferred(officer="focal-STC", home="STP"))
    story = given(Phase.SELF_ASSESSMENT, moved)
    assert story.standing.home_of("focal-STC") == "STP"
    story.when(declares("STC/A1.2", "1")).then(refused("agency.other_agency", actor="focal-STC"))
    story.when(states("deputy-STC", declares("STC/A1.2", "1").body, "STC/A1.2")).then(admitted)


def test_secretariat_issues_criteria_sets_by_version() -> None:
    """A version is issued once, by the secretariat, and without a flaw."""
    story, again = registered(), issues(EVERY_RULE)
    story.when(states("authority", again.body)).then(refused("role.missing"))
    story.when(again).then(refused("criteria.already_issued", code="SET", version="1"))
    flawed = issues(replace(EVERY_RULE, version="2", classes=()))
    story.when(flawed).then(refused("criteria.classes_out_of_order"))
    story.when(issues(replace(EVERY_RULE, version="2"))).then(admitted)
    assert story.standing.criteria_sets.keys() == {("SET", "1"), ("SET", "2")}


# --- the regulation -------------------------------------------------------------------------------------


def test_regulation_is_issued_by_version_with_its_document() -> None:
    """The authority issues a version once, and not without the document itself (R01)."""
    story = registered()
    story.when(regulates("1")).then(refused("regulation.already_issued", code="QĐ", version="1"))
    second = regulates("2")
    story.when(states("secretariat", second.body)).then(refused("role.missing", role="APPROVING_AUTHORITY"))
    story.when(states("authority", second.body, attachments=0)).then(refused("evidence.no_file"))
    story.when(second).then(admitted)
    assert story.standing.regulations["QĐ", "2"] == story.events[-1].position


@pytest.mark.parametrize(("code", "version"), [("QĐ", "2"), ("OTHER", "1")])
def test_criteria_set_stands_on_an_issued_regulation(code: str, version: str) -> None:
    """A set that cites what nobody issued is refused."""
    second = replace(EVERY_RULE, version="2")
    body = CriteriaSetIssued(regulation=code, regulation_version=version, criteria_set=second)
    registered().when(states("secretariat", body)).then(
        refused("regulation.unknown", code=code, version=version)
    )


# --- names, mergers and houses --------------------------------------------------------------------------


def test_agency_goes_on_under_its_new_name() -> None:
    """Code, block and lifespan stay; the old name stands in the log (R03)."""
    story = registered()
    old = story.standing.agencies["STC"]
    story.when(renames("STC")).then(admitted)
    assert story.standing.agencies["STC"] == replace(old, name_vi="Sở Mới", name_en="New")


def test_merged_agency_lives_until_its_last_day() -> None:
    """It ends like a closed one, and somebody does its work from then on."""
    story = registered().when(merges("STC", "STP")).then(admitted)
    found = story.standing.agencies["STC"]
    assert [found.alive_on(date(2016, 5, day)) for day in (17, 18)] == [True, False]
    assert [story.standing.house(code) for code in ("STC", "STP", "SNV", "XX", None)] == [
        "STP",
        "STP",
        "SNV",
        "XX",
        None,
    ]


def test_house_is_where_the_last_merger_led() -> None:
    """An agency that took one over can go into a third: that is the house of all of them."""
    story = registered().given(merges("STC", "STP"), merges("STP", "SNV"))
    assert {story.standing.house(code) for code in ("STC", "STP", "SNV")} == {"SNV"}
    assert story.standing.at_home("focal-STC", "SNV")
    assert story.standing.at_home("focal-SNV", "STC")
    assert not story.standing.at_home("nobody", "SNV")
    assert not story.standing.at_home("focal-HC", "SNV")


AFTER = date(2017, 1, 17)
"""A last day after the evaluated year: the agency is ranked, and gone."""


def test_who_took_an_agency_over_answers_for_it() -> None:
    """Head and officers of the other house act on the dossier that was left behind, as its own still do."""
    story = given(Phase.SELF_ASSESSMENT, merges("STC", "STP", AFTER))
    submitted = SelfAssessmentSubmitted(declared=0)
    for head in ("head-STP", "head-STC"):
        story.branch().when(states(head, submitted, "STC")).then(admitted)
    story.when(states("head-SNV", submitted, "STC")).then(refused("agency.other_agency"))
    story.given(states("head-STP", FocalOfficerAssigned(officer="focal-STP"), "STC"))
    story.when(states("focal-STP", declares("STC/A1.2", "1").body, "STC/A1.2")).then(admitted)


def test_nobody_inspects_or_judges_the_house_they_come_from() -> None:
    """After a merger the people of both agencies are of both (R18): inspectors and members."""
    story = given(Phase.SELF_ASSESSMENT, declares("STC/A1.2", "1"), merges("LC", "STC", AFTER))
    story.reach(Phase.INSPECTION)
    assert story.standing.house("LC") == "STC"
    note = notes("STC/A1.2", "1")
    story.when(states("inspector-LC", note.body, "STC/A1.2")).then(
        refused("inspection.home_agency", actor="inspector-LC")
    )
    story.when(note).then(admitted)
    assert "member-2" not in able(story.standing, ROUND, "LC")
    assert "member-2" in able(story.standing, ROUND, "HC")
