"""What registrars state when words are erased: which texts of which statements, for what reason."""

from __future__ import annotations

from typing import Any

from domain.stated.choices import ErasureCategory
from domain.stated.erasure import ErasedTexts, OpeningsErased
from domain.stated.registry import OfficerRegistered
from tests.domain.specification import Act, Story, states

QUORUM = ("registrar-1", "registrar-2")


def erases(
    category: ErasureCategory, *texts: tuple[str, ...], by: tuple[str, ...] = QUORUM, **unusual: Any
) -> Act:
    """Registrars erase texts: each the id of a statement, then the names of its fields."""
    erased = tuple(ErasedTexts(statement=id_, fields=tuple(fields)) for id_, *fields in texts)
    return states(by, OpeningsErased(category=category, erased=erased), **unusual)


def name_of(story: Story, officer: str) -> str:
    """Return the id of the statement that entered a person."""
    bodies = ((event.id, event.body) for event in story.events)
    entered = ((key, body.officer) for key, body in bodies if isinstance(body, OfficerRegistered))
    return next(key for key, named in entered if named == officer)
