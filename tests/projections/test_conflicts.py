"""The conflict report: the own agency of the secretariat, and votes where a member's own could move."""

from __future__ import annotations

from domain.deadlines import Phase
from domain.stated.choices import Outcome, Role
from projections.conflicts import Conflict, Line, conflicts
from tests.domain.contesting import DISPUTE, ends, verified_again
from tests.domain.sitting import adjusts, moved, puts, votes
from tests.domain.specification import ROUND, Story, states
from tests.domain.stating import declares, notes, remembers
from tests.domain.test_votes import FOR
from tests.domain.world import given, grants


def report(story: Story, conflict: Conflict) -> list[Line]:
    """The lines of one kind."""
    return [line for line in conflicts(story.events, ROUND) if line.conflict is conflict]


def test_act_of_a_colleague_on_the_secretariats_own_agency_is_listed() -> None:
    """Who signs for the secretariat may be of elsewhere: it is about its own agency, and co-signed."""
    story = given(Phase.PREPARATION, grants("focal-HC", Role.SECRETARIAT))
    story.given(states(("focal-HC", "inspector-CT"), remembers("SNV", "80").body, "SNV"))
    line = report(story, Conflict.SECRETARIAT_OWN_AGENCY)[-1]
    assert (line.actor, line.agency, line.others) == ("focal-HC", "SNV", ("inspector-CT",))
    assert line.position == story.last_position


def test_member_who_votes_where_their_own_rank_could_move_is_listed() -> None:
    """STC could pass SNV, and a member of SNV votes on it: not refused, and to be seen."""
    story = verified_again()
    puts(story, ends(Outcome.REJECTED), DISPUTE)
    votes(story, DISPUTE, {"member-3": FOR})
    assert report(story, Conflict.MEMBER_OF_PARTY) == []
    votes(story, DISPUTE, {"member-1": FOR})
    (line,) = report(story, Conflict.MEMBER_OF_PARTY)
    assert (line.actor, line.agency, line.criterion) == ("member-1", "STC", "A1.2")
    assert (line.others, line.position) == (("SNV",), story.last_position)


def test_other_votes_are_no_conflict() -> None:
    """A vote on anything but a dispute says nothing about the ranks of others."""
    story = given(Phase.COUNCIL, declares("STC/A1.2", "1.5"), notes("STC/A1.2", "1"))
    story.given(moved(story, adjusts("1", "2"), "STC/A1.2"))
    assert report(story, Conflict.MEMBER_OF_PARTY) == []
