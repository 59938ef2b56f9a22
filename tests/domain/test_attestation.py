"""What is published has a state, item by item; the log attests it once, and auditors confirm it."""

from __future__ import annotations

from typing import Any

import pytest

from domain.admission import follow
from domain.attestation import LOG_ACTOR
from domain.deadlines import Phase
from domain.points import published as published_score
from domain.published import FOLD
from domain.stated.choices import Role
from domain.stated.rounds import ResultPublished
from tests.domain.attesting import STATE_ROOT, attests, confirms
from tests.domain.contesting import files, published
from tests.domain.specification import Story, admitted, fold, refused
from tests.domain.stating import declares, notes, remembers
from tests.domain.world import AGENCIES, given, grants


def out() -> Story:
    """Give a round that is published, with a cell that was declared and verified, and an auditor."""
    story = given(Phase.PREPARATION, remembers("STC", "60")).reach(Phase.SELF_ASSESSMENT)
    story.given(declares("STC/A1.1", "1")).reach(Phase.INSPECTION).given(notes("STC/A1.1", "0.5"))
    return story.reach(Phase.PUBLISHED).given(grants("nobody", Role.AUDITOR))


# --- the state ------------------------------------------------------------------------------------------


def test_state_has_every_cell_total_and_rank_in_order() -> None:
    """Each agency has its cells, missing ones too, one total and one rank; keys ascend, none twice."""
    story = out()
    keys = [item.key for item in story.round.versions[0].state]
    cells = {f"2016/{agency}/{code}" for agency in AGENCIES for code in story.card(agency).scores}
    results = {f"2016/{agency}/{of}" for agency in AGENCIES for of in ("rank", "total")}
    assert keys == sorted(cells | results)


def test_cell_names_what_made_it_and_all_that_was_stated_about_it() -> None:
    """The note made the points; the declaration before it moved nothing in the end, and is named too."""
    story = out()
    declared, noted = (e.position for e in story.events if e.criterion == "A1.1")
    cell = item(story, "2016/STC/A1.1")
    assert dict(cell.value) == {
        "counts": "true",
        "flags": "",
        "maximum": "1",
        "points": "0.5",
        "stage": "VERIFIED",
    }
    assert (cell.made_by, cell.events) == ((noted,), (declared, noted))


def test_total_names_what_is_behind_it_and_what_was_stated_about_the_agency() -> None:
    """All positions behind the agency's cells; and the statements about it as a whole, of which two here."""
    story = out()
    total, card = item(story, "2016/STC/total"), story.card("STC")
    assert total.made_by == tuple(sorted({p for score in card.scores.values() for p in score.positions}))
    assert total.events == tuple(
        e.position for e in story.events if e.agency == "STC" and e.criterion is None
    )
    assert len(total.events) == 2
    assert dict(total.value)["class"] == card.rating


def test_rank_is_made_by_its_publication() -> None:
    """A rank follows from the totals of its block, each an item of its own."""
    story = out()
    rank = item(story, "2016/STC/rank")
    assert (rank.made_by, rank.events) == ((story.last(ResultPublished),), ())
    score = published_score(story.card("STC").ranking_score)
    assert dict(rank.value) == {"block": "DEPARTMENT", "rank": "1", "score": score, "shared": "false"}


def test_later_statements_do_not_move_a_published_state() -> None:
    """What was published stays as it was; a dispute over a cell belongs to the next version."""
    story = published()
    before = story.round.versions[0].state
    story.given(files("2"))
    assert story.round.versions[0].state == before


def item(story: Story, key: str) -> Any:
    """Return an item of the first version's state."""
    return next(one for one in story.round.versions[0].state if one.key == key)


# --- attesting ------------------------------------------------------------------------------------------


def test_log_attests_a_published_version_once() -> None:
    """It is admitted over the log's own signature, and not a second time."""
    story = out()
    story.when(attests(story)).then(admitted)
    story.when(attests(story)).then(refused("attestation.already_made", version=1))
    assert story.standing.attested["2016", 1].stated.state_root == STATE_ROOT


@pytest.mark.parametrize(
    ("changes", "rule", "facts"),
    [
        ({"who": "secretariat"}, "role.log_needed", {"actor": "secretariat"}),
        ({"version": 2}, "attestation.unknown_version", {"version": 2}),
        ({"size": 3}, "attestation.other_size", {"stated": 3}),
        ({"count": 3}, "attestation.other_count", {"stated": 3}),
        ({"fold": "another"}, "attestation.other_rules", {"field": "fold", "expected": FOLD}),
        ({"rules": "SET 2"}, "attestation.other_rules", {"field": "rules", "expected": "SET 1"}),
    ],
)
def test_attestation_says_what_was_published(changes: Any, rule: str, facts: Any) -> None:
    """Only the log attests: that version, at the size it left, so many items, by that fold and rules."""
    story = out()
    story.when(attests(story, **changes)).then(refused(rule, **facts))


def test_nothing_is_attested_before_publication() -> None:
    """There is no state of a version that is not out."""
    story = given(Phase.APPROVAL)
    story.when(attests(story)).then(refused("phase.not_open", now="APPROVAL"))


# --- confirming -----------------------------------------------------------------------------------------


def test_each_auditor_confirms_an_attestation_once() -> None:
    """Whoever holds the office says once that they came to the same."""
    story = out()
    story.given(attests(story)).when(confirms(story)).then(admitted)
    story.when(confirms(story)).then(refused("attestation.already_confirmed", actor="nobody"))
    story.given(grants("member-3", Role.AUDITOR)).when(confirms(story, who="member-3")).then(admitted)
    assert story.standing.attested["2016", 1].confirmed == {"nobody", "member-3"}


@pytest.mark.parametrize("who", ["secretariat", LOG_ACTOR])
def test_only_auditors_confirm(who: str) -> None:
    """Neither the secretariat nor the log confirms what the log attested."""
    story = out()
    story.given(attests(story)).when(confirms(story, who=who)).then(refused("role.missing", role="AUDITOR"))


def test_nothing_is_confirmed_that_was_not_attested() -> None:
    """There has to be an attestation of the version."""
    story = out()
    story.when(confirms(story)).then(refused("attestation.not_made", version=1))


@pytest.mark.parametrize("field", ["fold", "rules", "size", "root", "state_root", "count"])
def test_confirmation_repeats_the_attestation(field: str) -> None:
    """An auditor who came to something else does not confirm: each field is the attested one."""
    story = out()
    story.given(attests(story))
    other: Any = 7 if field in ("size", "count") else "cc" * 32
    story.when(confirms(story, **{field: other})).then(
        refused("attestation.differs", field=field, stated=str(other))
    )


def test_fold_goes_on_without_what_was_confirmed() -> None:
    """A what-if that leaves the attestation out follows its confirmation, which then moves nothing."""
    story = out()
    story.given(attests(story), confirms(story))
    standing = fold([e for e in story.events if e.kind.name != "ProjectionAttested.v1"])
    assert standing.attested == {}
    follow(standing, story.events[-1])
    assert standing.attested == {}
