"""Before anybody gives an opinion the council agrees how it scores, and those in conflict stand aside."""

from __future__ import annotations

import pytest

from domain.council import able
from domain.deadlines import Phase
from domain.stated.choices import Role
from domain.stated.council import RecusalDeclared
from domain.stated.registry import OfficerTransferred, RoleEnded
from tests.domain.opining import agrees, asks
from tests.domain.sitting import adjusts, meets, moved
from tests.domain.specification import ROUND, Act, admitted, refused, states
from tests.domain.stating import declares
from tests.domain.world import MEMBERS, QUORUM, given

# --- the method -----------------------------------------------------------------------------------------


def test_method_comes_before_the_first_opinion() -> None:
    """Nobody is asked while there is no agreed method (R51)."""
    story = given(Phase.COUNCIL)
    story.when(asks()).then(refused("opinion.no_method", round=ROUND))
    story.given(agrees()).when(asks()).then(admitted)
    assert story.round.method == 1


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (agrees(who=QUORUM[:2]), "council.too_few_signatures"),
        (agrees(who=(QUORUM[0], QUORUM[1], QUORUM[0])), "signature.twice"),
        (agrees(who=("authority", *QUORUM)), "council.not_a_member"),
        (agrees(2), "method.wrong_version"),
        (agrees(0), "method.wrong_version"),
        (agrees(1, "STC/A1.2"), "method.touches_mismatch"),
    ],
)
def test_first_method_is_agreed_by_a_quorum_and_touches_nothing(act: Act, rule: str) -> None:
    """It is version 1, signed by enough members of the council, before there are cells to touch."""
    given(Phase.PREPARATION).when(act).then(refused(rule))


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (agrees(2, "STC/A1.2", "HC/A3.3"), None),
        (agrees(2), "method.touches_mismatch"),
        (agrees(1), "method.wrong_version"),
        (agrees(3, "STC/A1.2"), "method.wrong_version"),
        (agrees(2, "STC/A3.3"), "criterion.not_applicable"),
        (agrees(2, "STC/Z9"), "criterion.not_applicable"),
        (agrees(2, "STC/A1.2", "XX/A1.2"), "criterion.not_applicable"),
    ],
)
def test_later_method_lists_the_cells_it_touches(act: Act, rule: str | None) -> None:
    """A change is the next version, with its impact: cells that there are (R51)."""
    story = given(Phase.COUNCIL, agrees())
    story.when(act).then(refused(rule) if rule else admitted)
    assert story.round.method == (1 if rule else 2)


def test_members_of_ranked_agencies_agree_too() -> None:
    """The method is about the round: nobody's home is concerned."""
    given(Phase.PREPARATION).when(agrees(who=tuple(MEMBERS))).then(admitted)


def test_who_left_the_office_sits_no_longer() -> None:
    """A member whose office has ended signs nothing, is not present, and is not waited for."""
    left = states("registrar-1", RoleEnded(officer="member-3", role=Role.COUNCIL_MEMBER))
    story = given(Phase.COUNCIL, declares("STC/A1.2", "1"))
    decision = moved(story, adjusts("1", "2"), "STC/A1.2")
    story.given(left)
    gone = refused("council.not_a_member", actor="member-3")
    story.when(agrees()).then(gone)
    story.when(decision).then(gone)
    assert able(story.standing, ROUND, "STC") == {"member-1", "member-4", "member-5"}
    other = given(Phase.COUNCIL, left)
    act = meets(other)
    other.when(act).then(refused("role.missing", actor="member-3", role="SECRETARIAT"))  # it was the chair
    other.when(states("secretariat", act.body, act.about)).then(gone)


# --- recusal --------------------------------------------------------------------------------------------


def recuses(member: str, agency: str = "STC", who: str | None = None) -> Act:
    """A member declares a conflict of interest."""
    return states(who or member, RecusalDeclared(member=member), agency)


def test_home_agency_recuses_by_itself() -> None:
    """Who belongs to the agency concerned takes no part, declared or not; elsewhere they do."""
    story = given(Phase.COUNCIL)
    assert able(story.standing, ROUND, "STC") == set(MEMBERS) - {"member-2"}
    assert able(story.standing, ROUND, "SNV") == set(MEMBERS) - {"member-1"}
    assert able(story.standing, ROUND, "HC") == set(MEMBERS)
    story.given(states("registrar-1", OfficerTransferred(officer="member-1", home="STC")))
    assert able(story.standing, ROUND, "STC") == set(QUORUM)
    story.when(recuses("member-2")).then(refused("council.home_agency", actor="member-2"))


def test_declared_recusal_is_for_one_agency() -> None:
    """A member with a conflict takes no part in that agency's matters, and goes on in the others."""
    story = given(Phase.COUNCIL).when(recuses("member-4")).then(admitted)
    assert able(story.standing, ROUND, "STC") == {"member-1", "member-3", "member-5"}
    assert able(story.standing, ROUND, "HC") == set(MEMBERS)
    story.when(recuses("member-4")).then(refused("council.recused", actor="member-4", agency="STC"))
    story.when(recuses("member-4", "HC")).then(admitted)


def test_recused_member_signs_no_decision() -> None:
    """Neither does their signature count, nor may it stand there."""
    story = given(Phase.COUNCIL, declares("STC/A1.2", "1"))
    decision = moved(story, adjusts("1", "2"), "STC/A1.2", ("member-1", *QUORUM))
    story.given(recuses("member-1"))
    story.when(decision).then(refused("council.recused", actor="member-1"))
    story.when(states(QUORUM, decision.body, "STC/A1.2")).then(admitted)


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (recuses("member-4", who="member-3"), "recusal.of_another"),
        (recuses("member-4", who="secretariat"), "council.not_a_member"),
        (states("member-4", RecusalDeclared(member="member-4"), "STC", texts=frozenset()), "text.missing"),
    ],
)
def test_recusal_is_declared_by_oneself_with_a_reason(act: Act, rule: str) -> None:
    """Nobody is recused by somebody else, and a reason is committed."""
    given(Phase.COUNCIL).when(act).then(refused(rule))
