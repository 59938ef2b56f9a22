"""The registry: what registrars enter, once and in order, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.criteria import Block
from domain.deadlines import Phase
from domain.events import (
    AgencyClosed,
    AgencyRegistered,
    Body,
    CriteriaSetIssued,
    OfficerRegistered,
    OfficerTransferred,
    Role,
    RoleEnded,
    RoleGranted,
)
from tests.domain.criteria_sets import EVERY_RULE
from tests.domain.specification import Act, Story, admitted, refused, states
from tests.domain.world import declares, genesis, given, grants, names_focal, registered


def agency(code: str) -> AgencyRegistered:
    """A new department."""
    return AgencyRegistered(
        code=code, name_vi=code, name_en=code, block=Block.DEPARTMENT, since=date(2017, 1, 1)
    )


def enters(body: Body) -> Act:
    """A registrar enters something."""
    return states("registrar-1", body)


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
    story = registered()
    story.when(states("authority", CriteriaSetIssued(criteria_set=EVERY_RULE))).then(refused("role.missing"))
    again = CriteriaSetIssued(criteria_set=EVERY_RULE)
    story.when(states("secretariat", again)).then(refused("criteria.already_issued", code="SET", version="1"))
    flawed = CriteriaSetIssued(criteria_set=replace(EVERY_RULE, version="2", classes=()))
    story.when(states("secretariat", flawed)).then(refused("criteria.classes_out_of_order"))
    second = CriteriaSetIssued(criteria_set=replace(EVERY_RULE, version="2"))
    story.when(states("secretariat", second)).then(admitted)
    assert story.standing.criteria_sets.keys() == {("SET", "1"), ("SET", "2")}
