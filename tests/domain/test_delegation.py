"""Delegation: somebody states on another's behalf, within act, agency, round and time, and no further."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from domain.deadlines import LAST_DAY, Phase
from domain.events import CATALOGUE, Body
from domain.stated.assessment import (
    DelegationEnded,
    DelegationGranted,
    EvidenceReused,
    QuestionAsked,
    SelfAssessmentSubmitted,
    SpecialCaseClaimed,
)
from domain.stated.choices import Role
from domain.stated.registry import RoleEnded
from tests.domain.specification import ZONE, Act, Story, admitted, refused, states
from tests.domain.stating import declares
from tests.domain.world import given, grants

DECLARING = Phase.SELF_ASSESSMENT
ACTS = ("SelfAssessmentSubmitted.v1", "SpecialCaseClaimed.v1", "SelfScoreDeclared.v1")
DAYS = {"since": date(2017, 1, 16), "until": date(2017, 1, 31)}


def delegates(
    to: str = "inspector-STC", acts: tuple[str, ...] = ACTS, who: str = "head-STC", **days: Any
) -> Act:
    """The head (or another one) lets somebody state these."""
    return states(who, DelegationGranted(to=to, acts=acts, **(DAYS | days)), "STC")


def delegated(*acts: Act, **days: Any) -> tuple[Story, str]:
    """The head of STC has delegated to one of its officers; the id of that statement."""
    story = given(Phase.PREPARATION, delegates(**days))
    granted = story.events[-1].id
    return story.reach(DECLARING).given(*acts), granted


def on_behalf(
    granted: str | None,
    body: Body | None = None,
    about: str = "STC",
    *,
    who: str = "inspector-STC",
    of: str | None = "head-STC",
    **unusual: Any,
) -> Act:
    """Somebody states something on the head's behalf."""
    stated = SelfAssessmentSubmitted(declared=0) if body is None else body
    return states(who, stated, about, on_behalf_of=of, delegation=granted, **unusual)


# --- acting ---------------------------------------------------------------------------------------------


def test_deputy_states_what_the_head_would() -> None:
    """Within its bounds the other's signature counts as the head's; the act is the head's."""
    story, granted = delegated()
    story.when(on_behalf(granted)).then(admitted)
    assert story.events[-1].actor == "head-STC"
    assert story.dossier("STC").submitted == story.events[-1].position
    story.when(on_behalf(granted, SpecialCaseClaimed(), "STC/A1.1")).then(admitted)
    bare = states("inspector-STC", SelfAssessmentSubmitted(declared=0), "STC")
    story.when(bare).then(refused("role.missing"))


@pytest.mark.parametrize(
    "changes",
    [
        {"of": "head-SNV"},
        {"of": None},
        {"who": "deputy-STC"},
        {"who": "head-STC"},
        {"about": "SNV"},
        {"body": EvidenceReused(source=0), "about": "STC/A1.1"},
    ],
)
def test_delegation_covers_its_people_agency_and_acts(changes: dict[str, Any]) -> None:
    """For another person, by another one, for another agency or another act it counts nothing."""
    story, granted = delegated()
    story.when(on_behalf(granted, **changes)).then(refused("delegation.does_not_cover", delegation=granted))


def test_delegation_covers_its_round() -> None:
    """In another round it counts nothing either."""
    story, granted = delegated()
    story.standing.rounds["2017"] = story.round
    story.when(on_behalf(granted, round="2017", expects=0)).then(refused("delegation.does_not_cover"))


@pytest.mark.parametrize("granted", ["ffffffff", "", None])
def test_unknown_delegation_counts_nothing(granted: str | None) -> None:
    """Naming a person without a delegation, or one that nobody granted, is refused."""
    story, _ = delegated()
    story.when(on_behalf(granted)).then(refused("delegation.unknown", delegation=granted or "-"))


FIRST_MOMENT = datetime(2017, 1, 22, tzinfo=ZONE)
TOO_LATE = datetime(2017, 1, 25, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("arrived", "in_time"),
    [
        (FIRST_MOMENT - timedelta(microseconds=1), False),
        (FIRST_MOMENT, True),
        (TOO_LATE - timedelta(microseconds=1), True),
        (TOO_LATE, False),
    ],
)
def test_delegation_counts_from_its_first_day_to_the_end_of_its_last(
    arrived: datetime, in_time: bool
) -> None:
    """Its days are those of the log's zone, and the arrival decides."""
    story, granted = delegated(since=date(2017, 1, 22), until=date(2017, 1, 24))
    expected = (
        admitted
        if in_time
        else refused("delegation.out_of_time", since=FIRST_MOMENT.isoformat(), until=TOO_LATE.isoformat())
    )
    story.when(on_behalf(granted, arrived_at=arrived)).then(expected)


NOT_DELEGABLE = [kind.name for kind in CATALOGUE.values() if not kind.delegable]


def test_some_acts_are_nobody_elses() -> None:
    """Filing, withdrawing and voting, signing together, asking and delegating itself: each in person."""
    own = {
        "DisputeFiled.v1",
        "DisputeWithdrawn.v1",
        "VoteCast.v1",
        "MinutesSigned.v1",
        "DelegationGranted.v1",
    }
    assert own <= set(NOT_DELEGABLE)
    story, granted = delegated()
    story.when(on_behalf(granted, QuestionAsked())).then(
        refused("delegation.not_delegable", type="QuestionAsked.v1")
    )


def test_holder_of_the_office_must_hold_it_still() -> None:
    """What a head delegated falls with the head's office."""
    story, granted = delegated(
        states("registrar-1", RoleEnded(officer="head-STC", role=Role.AGENCY_HEAD, agency="STC"))
    )
    story.when(on_behalf(granted)).then(refused("role.missing", actor="head-STC"))


def test_focal_officer_delegates_what_is_the_focal_officers() -> None:
    """A focal officer lets another one declare; nobody becomes head by it."""
    story = given(Phase.PREPARATION, delegates("inspector-STC", who="focal-STC"))
    granted = story.events[-1].id
    story.reach(DECLARING)
    declared = declares("STC/A1.2", "1").body
    story.when(on_behalf(granted, declared, "STC/A1.2", of="focal-STC")).then(admitted)
    story.when(on_behalf(granted, of="focal-STC")).then(refused("role.missing", actor="focal-STC"))


# --- granting and ending --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (delegates("unknown"), "officer.unknown"),
        (delegates("focal-SNV"), "agency.other_agency"),
        (delegates("nobody"), "agency.other_agency"),
        (delegates("head-STC"), "delegation.to_oneself"),
        (delegates(until=date(2017, 1, 15)), "dates.out_of_order"),
        (delegates(until=LAST_DAY + timedelta(days=1)), "dates.out_of_order"),
        (delegates(until=date.max), "dates.out_of_order"),
        (delegates(acts=()), "delegation.no_acts"),
        (delegates(acts=("Nonsense.v1",)), "delegation.not_delegable"),
        (delegates(acts=(*ACTS, "DisputeFiled.v1")), "delegation.not_delegable"),
        (delegates(acts=("DelegationGranted.v1",)), "delegation.not_delegable"),
        (delegates(who="inspector-STC"), "role.not_focal_officer"),
        (delegates(who="head-SNV"), "agency.other_agency"),
    ],
)
def test_delegation_is_to_an_officer_of_the_house_for_what_can_be_delegated(act: Act, rule: str) -> None:
    """To a stranger or oneself, for no days, for nothing, or for what is done in person: refused."""
    given(Phase.PREPARATION).when(act).then(refused(rule))


def test_one_day_is_enough() -> None:
    """First and last day may be the same, and the last one as far away as the calendar goes."""
    for last in (DAYS["since"], LAST_DAY):
        given(Phase.PREPARATION).when(delegates(until=last)).then(admitted)


def ends(delegation: str, who: str = "head-STC", about: str = "STC") -> Act:
    """A delegation ends before its time."""
    return states(who, DelegationEnded(delegation=delegation), about)


def test_delegation_ends_when_its_giver_says_so() -> None:
    """From then on nobody acts under it; what was stated before stays."""
    story, granted = delegated(grants("focal-STC", Role.AGENCY_HEAD, "STC"))
    story.given(on_behalf(granted))
    story.when(ends(granted, "focal-STC")).then(refused("delegation.does_not_cover"))
    story.when(ends(granted, about="SNV")).then(refused("delegation.does_not_cover"))
    story.when(ends("ffffffff")).then(refused("delegation.unknown", delegation="ffffffff"))
    story.when(ends(granted)).then(admitted)
    story.when(on_behalf(granted)).then(refused("delegation.unknown", delegation=granted))
    story.when(ends(granted)).then(refused("delegation.unknown"))
    assert story.dossier("STC").submitted is not None
