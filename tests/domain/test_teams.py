"""Who inspects and who decides: lent officials in teams from elsewhere, and a council with a majority."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from domain.deadlines import Phase
from domain.standing import Council
from domain.stated.choices import TeamRole
from domain.stated.registry import OfficerTransferred
from domain.stated.rounds import TeamFormed, TeamMember
from domain.teams import outside_its_days
from tests.domain.specification import ZONE, Act, Story, admitted, refused, states
from tests.domain.stating import declares, notes
from tests.domain.world import (
    MEMBERS,
    assigns,
    establishes,
    forms,
    given,
    names_focal,
    opening,
    registered,
    seconds,
    serves,
)

PREPARED = Phase.PREPARATION


def opened() -> Story:
    """A round that is only just open: nobody lent, no team, no council."""
    return registered().given(opening())


# --- secondment and teams -------------------------------------------------------------------------------


def test_official_is_lent_by_the_home_agency() -> None:
    """An official is seconded from home, for days in order (R13-R15)."""
    story = opened()
    story.when(seconds("inspector-STC", "SNV")).then(refused("secondment.not_from_home", lender="SNV"))
    story.when(seconds("unknown", "SNV")).then(refused("officer.unknown"))
    story.when(seconds("inspector-STC", "STC", until=date(2017, 2, 13))).then(refused("dates.out_of_order"))
    story.when(seconds("inspector-STC", "STC", until=date(2017, 2, 14))).then(admitted)
    other = seconds("inspector-HC", "HC")
    story.when(states("authority", other.body)).then(refused("role.missing", role="SECRETARIAT"))


LENT = tuple(seconds(f"inspector-{home}", home) for home in ("SNV", "STC", "HC"))


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (forms("T1", "inspector-HC"), "team.already_formed"),
        (forms("T9", "inspector-CT"), "team.member_not_seconded"),
        (forms("T9", "inspector-HC", "inspector-STC"), "team.member_elsewhere"),
        (forms("T9", "inspector-HC", "inspector-HC"), "team.member_twice"),
        (states("secretariat", TeamFormed(team="T9", members=())), "team.one_leader_needed"),
        (
            states(
                "secretariat",
                TeamFormed(team="T9", members=(TeamMember(officer="inspector-HC", role=TeamRole.MEMBER),)),
            ),
            "team.one_leader_needed",
        ),
        (states("authority", forms("T9", "inspector-HC").body), "role.missing"),
    ],
)
def test_team_is_seconded_officials_under_one_leader(act: Act, rule: str) -> None:
    """A team is formed once, of lent officials, each in one team only, one of them its leader (R16)."""
    opened().given(*LENT, forms("T1", "inspector-SNV", "inspector-STC")).when(act).then(refused(rule))


def test_team_without_members_but_the_leader_is_a_team() -> None:
    """Some teams have one member only; that is the leader."""
    story = opened().given(*LENT).when(forms("T9", "inspector-HC")).then(admitted)
    assert story.standing.teams["2016", "T9"].members == {"inspector-HC": TeamRole.LEADER}


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (assigns("T9", "STP"), "team.unknown"),
        (assigns("T1", "XX"), "agency.not_in_round"),
        (assigns("T3", "HC"), "team.agency_taken"),
        (assigns("T3", "HQ"), "inspection.home_agency"),
        (assigns("T3", "CT"), "team.agency_taken"),
        (assigns("T1", "STP", 17, 14), "dates.out_of_order"),
        (states("authority", assigns("T1", "STP").body), "role.missing"),
    ],
)
def test_team_inspects_agencies_that_are_home_to_no_member(act: Act, rule: str) -> None:
    """An agency has one team, none of whose members comes from it (R18)."""
    given(PREPARED).when(act).then(refused(rule))


def test_team_inspects_several_agencies() -> None:
    """An assignment is added to those that the team has."""
    story = given(PREPARED).when(assigns("T1", "STP", 14, 14)).then(admitted)
    assert story.standing.teams["2016", "T1"].inspects == {"HC", "LC", "STP"}
    assert story.dossier("STP").team == "T1"


def test_transferred_member_no_longer_inspects_the_new_home() -> None:
    """R18 holds after a transfer too: for what is assigned next, and for what was assigned before."""
    moved = states("registrar-1", OfficerTransferred(officer="inspector-SNV", home="HC"))
    story = given(
        PREPARED, moved, states("registrar-1", OfficerTransferred(officer="inspector-CT", home="STP"))
    )
    story.when(assigns("T3", "STP")).then(refused("inspection.home_agency", actor="inspector-CT"))
    story.given(declares("HC/A1.2", "1")).reach(Phase.INSPECTION)
    story.when(notes("HC/A1.2", "1")).then(refused("inspection.home_agency", actor="inspector-SNV"))
    story.when(states("inspector-STC", notes("HC/A1.2", "1").body, "HC/A1.2")).then(admitted)


def moves(officer: str, home: str) -> Act:
    """A registrar records that somebody changes to another agency."""
    return states("registrar-1", OfficerTransferred(officer=officer, home=home))


@pytest.mark.parametrize("within", [True, False])
def test_team_is_not_sent_where_a_member_has_come_from(within: bool) -> None:
    """Moved first and sent back then is no way round R18, where the move lies within the round."""
    moved = moves("inspector-SNV", "CT")
    story = registered().given(*[moved] * (not within), opening(), *[moved] * within)
    story.given(seconds("inspector-SNV", "CT"), forms("T1", "inspector-SNV"))
    refusal = refused("inspection.home_agency", actor="inspector-SNV", agency="SNV")
    story.when(states(serves("SNV"), assigns("T1", "SNV").body)).then(refusal if within else admitted)


def test_member_who_left_an_agency_does_not_inspect_it() -> None:
    """Whoever was of the agency in this round has no part in its inspection, though assigned before."""
    story = given(Phase.SELF_ASSESSMENT, assigns("T1", "STP"), names_focal("STP"), declares("STP/A1.2", "1"))
    story.given(moves("inspector-SNV", "STP"), moves("inspector-SNV", "HQ")).reach(Phase.INSPECTION)
    note = notes("HC/A1.2", "1").body
    story.when(states("inspector-SNV", note, "STP/A1.2")).then(refused("inspection.home_agency"))
    story.when(states("inspector-STC", note, "STP/A1.2")).then(admitted)


@pytest.mark.parametrize(
    ("arrived", "outside"),
    [
        (datetime(2017, 2, 13, 23, 59, tzinfo=ZONE), True),
        (datetime(2017, 2, 14, tzinfo=ZONE), False),
        (datetime(2017, 2, 17, 23, 59, tzinfo=ZONE), False),
        (datetime(2017, 2, 17, 17, tzinfo=UTC), True),  # it is the 18th in Da Nang
    ],
)
def test_note_that_comes_on_no_day_of_the_team_is_flagged(arrived: datetime, outside: bool) -> None:
    """It is admitted and counts; its day is compared with the first and the last of the team."""
    story = given(Phase.SELF_ASSESSMENT, declares("HC/A1.2", "1")).reach(Phase.INSPECTION)
    act = replace(notes("HC/A1.2", "1"), unusual={"arrived_at": arrived})
    story.when(act).then(admitted)
    assert outside_its_days(story.standing, story.events[-1]) is outside


def test_only_notes_of_a_team_with_days_are_flagged() -> None:
    """What others state has no days, and a what-if may have left out that a team was sent."""
    story = given(Phase.SELF_ASSESSMENT, declares("HC/A1.2", "1"))
    assert not outside_its_days(story.standing, story.events[-1])
    note = notes("HC/A1.2", "1")
    story.given(note)
    nobody_sent = replace(story.events[-1], agency="STP")
    assert not outside_its_days(story.standing, nobody_sent)


# --- the council ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (establishes(2, "member-1", "member-2", "member-1", chair="member-1"), "council.member_twice"),
        (establishes(2, *list(MEMBERS)[:4]), "council.quorum_not_majority"),
        (establishes(5, *list(MEMBERS)[:4]), "council.quorum_not_majority"),
        (establishes(0), "council.quorum_not_majority"),
        (establishes(2, "member-1", "member-2", "nobody", chair="nobody"), "role.missing"),
        (establishes(2, "member-1", "member-2", chair="member-3"), "council.not_a_member"),
        (establishes(2, "member-1", "member-2", chair=""), "council.not_a_member"),
        (states("secretariat", establishes(3, *MEMBERS).body), "role.missing"),
    ],
)
def test_council_is_members_and_a_majority(act: Act, rule: str) -> None:
    """Members hold the office, nobody sits twice, one is the chair, and more than half make a quorum."""
    opened().when(act).then(refused(rule))


def test_council_is_established_once() -> None:
    """The authority establishes it; a second council is refused."""
    opened().when(establishes(4, *list(MEMBERS)[:4])).then(admitted)  # unanimity is a majority too
    story = opened().when(establishes(3, *list(MEMBERS)[:4])).then(admitted)
    assert story.round.council == Council(frozenset(list(MEMBERS)[:4]), "member-3", 3)
    story.when(establishes(3, *MEMBERS)).then(refused("council.already_established"))
