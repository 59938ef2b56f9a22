"""What does not agree between the sources of one dossier is found, never stated by anyone (R59)."""

from __future__ import annotations

from domain.consistency import Inconsistency, Mismatch, inconsistencies
from domain.criteria import CountRule
from domain.deadlines import Phase
from domain.stated.assessment import EvidenceReturned
from domain.stated.choices import Quality
from tests.domain.criteria_sets import criteria_set, criterion
from tests.domain.rules import COUNT
from tests.domain.specification import ROUND, Story, states
from tests.domain.stating import declares, inspector_of, submits
from tests.domain.world import given

DECLARING = Phase.SELF_ASSESSMENT
COUNTED = criteria_set(
    *(criterion(f"A1.{n}", "4", COUNT) for n in (1, 2, 3)),
    criterion("A1.4", "4", CountRule(of="m", each=COUNT.each)),
)
"""Three criteria that ask for the same quantity, and one that asks for another."""


def found(story: Story, agency: str = "STC") -> list[tuple[str, Mismatch]]:
    """What does not agree, by criterion."""
    return [(i.criterion, i.mismatch) for i in inconsistencies(story.standing, ROUND, agency)]


def test_same_quantity_has_one_value() -> None:
    """Declared with 3 for one criterion and with 5 for another, it is named with both acts."""
    story = given(DECLARING, submits("STC/A1.1"), submits("STC/A1.2", "2"), criteria=COUNTED)
    story.given(declares("STC/A1.1", n=3), declares("STC/A1.2", n=3))
    assert found(story) == []
    story.given(declares("STC/A1.2", n=5))
    last = story.last_position
    assert inconsistencies(story.standing, ROUND, "STC") == (
        Inconsistency("STC", "A1.2", Mismatch.QUANTITY_DIFFERS, (last - 2, last), "n"),
    )
    assert found(story, "HC") == []


def test_quantities_of_other_names_are_not_compared() -> None:
    """Another quantity is another matter, whatever its value."""
    evidence = [submits(f"STC/A1.{n}", str(n)) for n in (1, 4)]
    story = given(
        DECLARING, *evidence, declares("STC/A1.1", n=3), declares("STC/A1.4", m=5), criteria=COUNTED
    )
    assert found(story) == []


def test_declaration_needs_evidence() -> None:
    """What was declared without any evidence shows until there is some."""
    story = given(DECLARING, declares("STC/A1.2", "1"))
    assert inconsistencies(story.standing, ROUND, "STC") == (
        Inconsistency("STC", "A1.2", Mismatch.DECLARED_WITHOUT_EVIDENCE, (story.last_position,)),
    )
    assert found(story.given(submits("STC/A1.2"))) == []


def test_returned_evidence_has_to_be_mended() -> None:
    """Handed back, it shows until something newer was submitted."""
    story = given(DECLARING, declares("STC/A1.2", "1"), submits("STC/A1.2")).reach(Phase.INSPECTION)
    back = states(inspector_of("STC"), EvidenceReturned(quality=Quality.INCOMPLETE), "STC/A1.2")
    story.given(back)
    assert inconsistencies(story.standing, ROUND, "STC") == (
        Inconsistency("STC", "A1.2", Mismatch.RETURNED_AND_NOT_MENDED, (story.last_position,)),
    )
    assert found(story.given(submits("STC/A1.2", version=2))) == []
    assert found(story.given(back)) == [("A1.2", Mismatch.RETURNED_AND_NOT_MENDED)]


def test_findings_stand_by_criterion() -> None:
    """Quantities first, then cell by cell in their order."""
    acts = (declares("STC/A1.2", n=5), declares("STC/A1.1", n=3))
    story = given(DECLARING, *acts, criteria=COUNTED)
    assert found(story) == [
        ("A1.2", Mismatch.QUANTITY_DIFFERS),
        ("A1.1", Mismatch.DECLARED_WITHOUT_EVIDENCE),
        ("A1.2", Mismatch.DECLARED_WITHOUT_EVIDENCE),
    ]
