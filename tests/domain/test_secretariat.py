"""The secretariat's own agency (R05): its acts there are refused without a co-signer from another agency."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.admission import admit
from domain.deadlines import Phase
from domain.events import CATALOGUE, Event, Signing
from domain.registry import concerned
from domain.standing import Standing
from domain.stated.choices import Role
from domain.stated.registry import AgencyMerged, OfficerTransferred, RoleEnded
from tests.domain.specification import admitted, refused, states
from tests.domain.stating import remembers
from tests.domain.whole_round import before, first_of_each_kind
from tests.domain.world import given, grants

STATED = first_of_each_kind()
EITHER = [kind.name for kind in CATALOGUE.values() if kind.signing is Signing.EITHER]
"""What the secretariat states about one agency's dossier, or to all about one agency."""


def of_its_own(name: str) -> tuple[Standing, Event]:
    """What held before a statement of the secretariat, had it come from the agency that this is about."""
    event = STATED[name]
    standing = before(event.position).fork()
    home = replace(standing.officers["secretariat"], home=concerned(standing, event))
    standing.officers["secretariat"] = home
    return standing, replace(event, signed_by=("secretariat",))


def test_secretariat_states_this_about_dossiers() -> None:
    """Sending a team, answering, freezing, asking, tallying, a dispute's course: none may be forgotten."""
    assert {
        "TeamAssigned.v1",
        "QuestionAnswered.v1",
        "FeedbackAnswered.v1",
        "PreviousResultRecorded.v1",
        "DossierCompiled.v1",
        "DossierUnfrozen.v1",
        "EvidenceRequested.v1",
        "SurveyTallied.v1",
        "OpinionRequested.v1",
        "OpinionsClosed.v1",
        "DisputeAccepted.v1",
        "AffectedNotified.v1",
        "ReviewerAssigned.v1",
    } == set(EITHER)


@pytest.mark.parametrize("name", EITHER)
def test_own_agency_needs_a_co_signer(name: str) -> None:
    """Alone it is refused; with somebody of another agency it is admitted, in either order."""
    standing, event = of_its_own(name)
    assert admit(standing, event) == refused(
        "secretariat.own_agency", actor="secretariat", agency=concerned(standing, event) or ""
    )
    for signed_by in (("secretariat", "inspector-CT"), ("inspector-CT", "secretariat")):
        assert admit(standing, replace(event, signed_by=signed_by)) is None


@pytest.mark.parametrize("name", EITHER)
def test_co_signer_is_of_another_agency(name: str) -> None:
    """Somebody of the same agency, of none, or a stranger is no co-signer."""
    standing, event = of_its_own(name)
    for co_signer in (f"deputy-{concerned(standing, event)}", "authority", "unknown"):
        refusal = admit(standing, replace(event, signed_by=("secretariat", co_signer)))
        assert refusal is not None
        assert refusal.rule == "secretariat.own_agency"


@pytest.mark.parametrize("name", EITHER)
def test_other_agencies_need_none(name: str) -> None:
    """About anybody else's dossier the secretariat signs alone."""
    event = replace(STATED[name], signed_by=("secretariat",))
    assert admit(before(event.position).fork(), event) is None


def test_co_signer_alone_is_not_the_secretariat() -> None:
    """Somebody who serves it has to be among those who sign."""
    act = remembers("SNV", "80")
    given(Phase.PREPARATION).when(states("inspector-HC", act.body, "SNV")).then(
        refused("role.missing", actor="inspector-HC", role="SECRETARIAT")
    )


@pytest.mark.parametrize("officer", ["focal-HC", "nobody"])
def test_colleague_from_elsewhere_does_not_act_alone_either(officer: str) -> None:
    """It is the secretariat's own agency whoever of it signs, and a colleague there is no co-signer (R05)."""
    story = given(Phase.PREPARATION, grants(officer, Role.SECRETARIAT))
    act = remembers("SNV", "80")
    for who in ((officer,), ("secretariat", officer), (officer, "deputy-SNV")):
        story.when(states(who, act.body, "SNV")).then(refused("secretariat.own_agency", agency="SNV"))
    story.when(states((officer, "inspector-CT"), act.body, "SNV")).then(admitted)


def test_agency_is_its_own_while_anybody_of_it_serves() -> None:
    """When the last one of an agency has left the secretariat, its dossier is one like all others."""
    act = remembers("SNV", "80")
    story = given(Phase.PREPARATION, grants("nobody", Role.SECRETARIAT))
    story.given(states("registrar-1", RoleEnded(officer="secretariat", role=Role.SECRETARIAT)))
    story.when(states("nobody", act.body, "SNV")).then(admitted)


def test_head_of_several_agencies_holds_the_office_until_the_last_is_ended() -> None:
    """An office that is held for two agencies is still held when one of them is ended."""
    story = given(Phase.PREPARATION, grants("head-STC", Role.AGENCY_HEAD, "STP"))
    for agency, left in (("STP", True), ("STC", False)):
        ended = RoleEnded(officer="head-STC", role=Role.AGENCY_HEAD, agency=agency)
        story.given(states("registrar-1", ended))
        assert ("head-STC" in story.standing.serving[Role.AGENCY_HEAD]) is left


@pytest.mark.parametrize(
    "moves",
    [
        OfficerTransferred(officer="secretariat", home="STC"),
        AgencyMerged(code="STC", into="SNV", until=date(2017, 1, 17)),
        AgencyMerged(code="SNV", into="STC", until=date(2017, 1, 17)),
    ],
)
def test_home_is_where_they_are_today(moves: OfficerTransferred | AgencyMerged) -> None:
    """After a transfer or a merger the new house is the own agency."""
    act = remembers("STC", "80")
    given(Phase.PREPARATION).when(act).then(admitted)
    story = given(Phase.PREPARATION, states("registrar-1", moves))
    story.when(act).then(refused("secretariat.own_agency", agency="STC"))
    story.when(states(("secretariat", "inspector-HC"), act.body, "STC")).then(admitted)
