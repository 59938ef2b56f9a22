"""Evidence: asked for, submitted in versions, used for several criteria, and handed back to be mended."""

from __future__ import annotations

from datetime import date

import pytest

from domain.deadlines import Phase
from domain.dossiers import Item
from domain.stated.assessment import EvidenceRequested, EvidenceReused, EvidenceSubmitted
from domain.stated.registry import OfficerTransferred
from tests.domain.specification import ROUND, Act, admitted, refused, states
from tests.domain.stating import submits
from tests.domain.world import given

DECLARING = Phase.SELF_ASSESSMENT


def reuses(source: int, about: str = "STC/A1.3", who: str = "focal-STC") -> Act:
    """An item of evidence serves one more cell."""
    return states(who, EvidenceReused(source=source), about)


# --- versions -------------------------------------------------------------------------------------------


def test_evidence_is_at_least_one_file() -> None:
    """Evidence without a file is refused; with files it is kept in order."""
    story = given(DECLARING)
    bare = states("focal-STC", EvidenceSubmitted(serial="1", version=1), "STC/A1.2", attachments=0)
    story.when(bare).then(refused("evidence.no_file"))
    for serial in ("1", "2"):
        story.when(submits("STC/A1.2", serial)).then(admitted)
    assert story.cell("STC/A1.2").evidence == tuple(e.position for e in story.events[-2:])


@pytest.mark.parametrize(
    ("serial", "version", "expected"), [("1", 1, 3), ("1", 2, 3), ("1", 4, 3), ("2", 0, 1), ("2", 2, 1)]
)
def test_document_goes_from_version_to_version(serial: str, version: int, expected: int) -> None:
    """After two versions comes the third, whichever cells they were for; a new document begins with one."""
    story = given(DECLARING, submits("STC/A1.2"), submits("STC/A1.3", version=2))
    story.when(submits("STC/A1.2", serial, version)).then(
        refused("evidence.wrong_version", serial=serial, stated=version, expected=expected)
    )
    story.when(submits("STC/A1.2", serial, expected)).then(admitted)


def test_documents_of_agencies_are_numbered_apart() -> None:
    """The same serial in another dossier is another document."""
    story = given(DECLARING, submits("STC/A1.2")).when(submits("HC/A1.2")).then(admitted)
    found = [
        story.standing.items[ROUND, position] for position in (len(story.events) - 2, story.last_position)
    ]
    assert found == [Item("STC", "1", 1), Item("HC", "1", 1)]


# --- reuse ----------------------------------------------------------------------------------------------


def test_item_serves_several_criteria() -> None:
    """What was submitted for one cell is evidence of another one too, under its position (R40, R41)."""
    story = given(DECLARING, submits("STC/A1.2"))
    item = story.last(EvidenceSubmitted)
    story.when(reuses(item)).then(admitted)
    assert story.cell("STC/A1.2").evidence == story.cell("STC/A1.3").evidence == (item,)
    story.when(reuses(item)).then(refused("evidence.already_there", source=item))
    story.when(reuses(item, "STC/A1.2")).then(refused("evidence.already_there", source=item))
    story.when(reuses(item, "STC/B1")).then(admitted)


@pytest.mark.parametrize(
    ("offset", "about", "who", "rule"),
    [
        (1, "STC/A1.3", "focal-STC", "evidence.unknown_item"),
        (-1, "STC/A1.3", "focal-STC", "evidence.unknown_item"),
        (0, "HC/A1.3", "focal-HC", "evidence.unknown_item"),
        (0, "STC/A1.3", "head-STC", "role.not_focal_officer"),
        (0, "STC/A1.3", "focal-HC", "agency.other_agency"),
    ],
)
def test_only_the_own_evidence_is_used_again(offset: int, about: str, who: str, rule: str) -> None:
    """Nothing that is no item, of another agency, or by somebody who does not keep the dossier."""
    story = given(DECLARING, submits("STC/A1.2"))
    story.when(reuses(story.last(EvidenceSubmitted) + offset, about, who)).then(refused(rule))


# --- requests -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "about", "rule"),
    [
        ("inspector-HC", "STC/A1.2", None),
        ("inspector-LC", "STC/A1.2", None),
        ("secretariat", "STC/A1.2", None),
        ("secretariat", "STP/A1.2", None),
        ("inspector-SNV", "STC/A1.2", "role.missing"),
        ("head-STC", "STC/A1.2", "role.missing"),
        ("nobody", "STP/A1.2", "role.missing"),
    ],
)
def test_team_or_secretariat_asks_for_evidence(who: str, about: str, rule: str | None) -> None:
    """The team of the agency may ask, or the secretariat, and nobody else (R07)."""
    story = given(Phase.INSPECTION)
    asked = states(who, EvidenceRequested(due=date(2017, 2, 20)), about)
    story.when(asked).then(refused(rule) if rule else admitted)
    assert story.cell(about).requested == (() if rule else (story.last_position,))


def test_member_who_moved_to_the_agency_asks_for_nothing() -> None:
    """R18 holds for requests too."""
    moved = states("registrar-1", OfficerTransferred(officer="inspector-LC", home="STC"))
    story = given(Phase.INSPECTION, moved)
    asked = EvidenceRequested(due=date(2017, 2, 20))
    story.when(states("inspector-LC", asked, "STC/A1.2")).then(refused("inspection.home_agency"))
