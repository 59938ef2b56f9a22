"""Findings in words: what each kind is, how far chance goes, what it does not show, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from api.terms import LANGUAGES, read_table
from api.wording import NOT_GIVEN, Language, fill, tell
from projections.findings import Kind

PARTS = ("title", "method", "limits")


@cache
def words() -> Mapping[str, Mapping[str, Any]]:
    """Return the words of all kinds, and of all ways in which each is found."""
    return read_table("findings.yaml")  # type: ignore[no-any-return]


def of_kind(kind: Kind) -> dict[str, str]:
    """Return the title of a kind, how it is found and what it does not show, in both languages."""
    its = words()["kinds"][kind.value]
    return {f"{part}_{lang}": its[part][n] for part in PARTS for n, lang in enumerate(LANGUAGES)}


def explain(kind: Kind, how: str, facts: Mapping[str, str]) -> dict[str, str]:
    """Say what was found, with its figures, in both languages."""
    texts = words()["told"][kind.value][how]
    return {
        f"explanation_{lang}": fill(text, _told(facts, lang))
        for lang, text in zip(Language, texts, strict=True)
    }


def _told(facts: Mapping[str, str], language: Language) -> dict[str, str]:
    return {name: tell(name, fact, language) for name, fact in facts.items() if fact not in NOT_GIVEN}
