"""Erasure: registrars take words away that nobody needs any more, each once, and nothing else changes."""

from __future__ import annotations

import pytest

from domain import scoring
from domain.deadlines import Phase
from domain.ranking import rank
from domain.stated.assessment import ExplanationSubmitted, SelfAssessmentSubmitted
from domain.stated.choices import ErasureCategory, Role
from domain.stated.erasure import OpeningsErased
from domain.stated.registry import OfficerRegistered
from tests.domain.contesting import contested, files, published, withdraws
from tests.domain.erasing import erases, name_of
from tests.domain.specification import ROUND, Act, Story, admitted, fold, refused, states
from tests.domain.stating import submits
from tests.domain.whole_round import whole_round
from tests.domain.world import given, grants, registered

ASKED = ErasureCategory.SUBJECT_REQUEST
OLD = ErasureCategory.RETENTION_ENDED


def name(story: Story, officer: str, *, by: tuple[str, ...] = ("registrar-1", "registrar-2")) -> Act:
    """Erase somebody's name at their request."""
    return erases(ASKED, (name_of(story, officer), "name"), by=by)


def test_quorum_of_registrars_erases_a_name() -> None:
    """A name that is erased is known to be gone, and since where."""
    story = registered()
    story.when(name(story, "nobody")).then(admitted)
    assert story.standing.erased == {(name_of(story, "nobody"), "name"): story.last_position}


def test_one_registrar_is_too_few() -> None:
    """What cannot be undone takes as many registrars as a key does."""
    story = registered()
    one = name(story, "nobody", by=("registrar-1",))
    story.when(one).then(refused("erasure.registrars_needed", signed=1, quorum=2))


def test_nobody_else_erases() -> None:
    """Not even the secretariat beside a registrar."""
    story = registered()
    other = name(story, "nobody", by=("registrar-1", "secretariat"))
    story.when(other).then(refused("role.registrar_needed"))


@pytest.mark.parametrize("texts", [(), (("00000004",),)])
def test_erasure_names_something(texts: tuple[tuple[str, ...], ...]) -> None:
    """An erasure of nothing is none, and neither is a statement without a field."""
    story = registered()
    named = [(name_of(story, "nobody"), *rest) for _, *rest in texts]
    story.when(erases(ASKED, *named)).then(refused("erasure.nothing_named"))


def test_statement_must_be_there_with_texts() -> None:
    """A statement that the log does not have, or that committed to nothing, has nothing to erase."""
    story = registered()
    genesis = story.events[0].id
    for unknown in ("f" * 50, genesis):
        story.when(erases(ASKED, (unknown, "name"))).then(
            refused("erasure.unknown_statement", statement=unknown[:40])
        )


def test_field_must_be_one_that_was_committed() -> None:
    """A field that the statement has no commitment under is refused by its name."""
    story = registered()
    statement = name_of(story, "nobody")
    position = int(statement, 16)
    story.when(erases(ASKED, (statement, "name", "n" * 60))).then(
        refused("erasure.unknown_field", field="n" * 40, position=position)
    )


def test_text_is_erased_once() -> None:
    """What is gone is not erased again, in the same statement or in a later one."""
    story = registered()
    statement = name_of(story, "nobody")
    position = int(statement, 16)
    twice = refused("erasure.named_twice", field="name", position=position)
    story.when(erases(ASKED, (statement, "name", "name"))).then(twice)
    story.when(erases(ASKED, (statement, "name"), (statement, "name"))).then(twice)
    story.given(name(story, "nobody")).when(name(story, "nobody")).then(
        refused("erasure.already_erased", field="name", position=position, since=story.last_position)
    )


def test_authority_of_an_erasure_stays() -> None:
    """On whose authority something was erased is never erased."""
    story = registered()
    story.given(name(story, "nobody"))
    again = erases(ASKED, (story.events[-1].id, "authority"))
    story.when(again).then(refused("erasure.of_an_erasure", position=story.last_position))


def test_authority_is_stated() -> None:
    """An erasure without its authority is refused."""
    story = registered()
    bare = erases(ASKED, (name_of(story, "nobody"), "name"), texts=frozenset())
    story.when(bare).then(refused("text.missing", field="authority"))


def test_name_stays_as_long_as_an_office() -> None:
    """Who decides is known by name; when the last office has ended, the name may go."""
    story = registered()
    story.given(grants("nobody", Role.AUDITOR))
    story.when(name(story, "nobody")).then(refused("erasure.still_in_office", officer="nobody"))


def test_nobody_erases_their_own_name() -> None:
    """A registrar who is an officer too leaves it to the others."""
    story = registered()
    entered = OfficerRegistered(officer="registrar-2", home=None)
    story.given(states("registrar-1", entered))
    story.when(name(story, "registrar-2")).then(refused("erasure.of_oneself", actor="registrar-2"))


def test_what_a_dispute_rests_on_stays() -> None:
    """Words about the contested cell stay until the dispute has ended; words about others may go."""
    story = contested()
    filed = next(e.id for e in story.events if e.matter == "dispute-1")
    noted = next(e.id for e in story.events if e.kind.name.startswith("InspectionNote") and e.agency == "STC")
    other = next(e.id for e in story.events if e.kind.name.startswith("InspectionNote") and e.agency == "SNV")
    for statement, field in ((filed, "grounds"), (noted, "finding")):
        story.when(erases(ASKED, (statement, field))).then(
            refused("erasure.under_dispute", dispute="dispute-1", position=int(statement, 16))
        )
    story.when(erases(ASKED, (other, "finding"))).then(admitted)


def test_dispute_that_has_ended_keeps_nothing() -> None:
    """A withdrawn dispute no longer needs its words."""
    story = contested_and_withdrawn()
    noted = next(e.id for e in story.events if e.kind.name.startswith("InspectionNote") and e.agency == "STC")
    story.when(erases(ASKED, (noted, "finding"))).then(admitted)


def contested_and_withdrawn() -> Story:
    """The agency thought better of it."""
    return published().given(files(), withdraws())


def test_dispute_keeps_the_dossier_too() -> None:
    """What was said about the agency's whole dossier stays as long as any of its cells is contested."""
    story = whole_round()
    minutes = next(e for e in story.events if "reservation" in e.texts)
    story.when(erases(ASKED, (minutes.id, "reservation"))).then(admitted)
    story.given(files("1", "STC/A1.1/dispute-9", version=2))
    other = next(e for e in story.events if e.agency == "STC" and e.criterion is None and "reason" in e.texts)
    story.when(erases(ASKED, (other.id, "reason"))).then(
        refused("erasure.under_dispute", dispute="dispute-9")
    )


def test_retention_of_a_running_round_has_not_ended() -> None:
    """Words of a round go for having been kept long enough once it is published; for other reasons before."""
    story = given(Phase.SELF_ASSESSMENT, submits("STC/A1.1"))
    statement = story.events[-1].id
    story.when(erases(OLD, (statement, "title"))).then(
        refused("erasure.round_running", round=ROUND, position=int(statement, 16))
    )
    story.when(erases(ErasureCategory.ENTERED_IN_ERROR, (statement, "title"))).then(admitted)


def test_retention_ends_after_publication() -> None:
    """A published round's words may go with time, and so may a name of no round."""
    story = whole_round()
    explained = next(e.id for e in story.events if isinstance(e.body, ExplanationSubmitted))
    story.given(states("registrar-1", OfficerRegistered(officer="gone", home=None)))
    story.when(erases(OLD, (explained, "explanation"), (name_of(story, "gone"), "name"))).then(admitted)


def test_erasure_changes_no_score_and_no_rank() -> None:
    """With everything erased that may be, each card and each place is what it was."""
    story = whole_round()
    its = {agency: scoring.card(story.standing, ROUND, agency) for agency in story.round.agencies}
    places = rank(story.round.criteria, list(its.values()))
    texts = [
        (key, *sorted(held.fields))
        for key, held in story.standing.texts.items()
        if held.officer is None and not held.erasure
    ]
    story.when(erases(OLD, *texts)).then(admitted)
    after = {agency: scoring.card(story.standing, ROUND, agency) for agency in story.round.agencies}
    assert after == its
    assert rank(story.round.criteria, list(after.values())) == places
    assert len(story.standing.erased) > 30


def test_log_can_be_folded_without_an_erasure() -> None:
    """A what-if leaves it out, or what it erased, and stumbles over neither."""
    story = whole_round()
    gone = next(event for event in story.events if isinstance(event.body, OpeningsErased))
    entered = gone.body.erased[0].statement
    assert not fold([event for event in story.events if event is not gone]).erased
    alone = fold([story.events[0], gone])
    assert alone.erased == {(entered, "name"): gone.position}


def test_statement_without_texts_is_not_remembered() -> None:
    """What commits to nothing takes no place."""
    story = whole_round()
    declared = next(event for event in story.events if isinstance(event.body, SelfAssessmentSubmitted))
    assert declared.id not in story.standing.texts
