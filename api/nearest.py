"""Whoever names something that is not there is told what comes nearest, and what there is."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from api.errors import UnknownSubject
from domain.refusals import refuse
from projections.search_words import fold

NOTHING = "-"
"""The fact that there is none: what would tell it is left out."""
SHOWN = 40
"""Of a longer list only the beginning is shown."""


def nearest(wanted: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like the one that was wanted; nothing where none is known."""
    folded = {fold(name): name for name in known}
    like = get_close_matches(fold(wanted), folded, n=1, cutoff=0.0)
    return folded[like[0]] if like else None


def nearest_of(wanted: str, known: Iterable[str]) -> str:
    """Return the known name that is most like the one that was wanted, as a fact of a refusal."""
    return nearest(wanted, known) or NOTHING


def listed(known: Iterable[str]) -> str:
    """Return all that there is, or its beginning, as a fact of a refusal."""
    names = list(known)
    more = f", … (+{len(names) - SHOWN})" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more or NOTHING


def not_ranked(agency: str, round_code: str, ranked: Iterable[str]) -> UnknownSubject:
    """Say that an agency is not ranked in a round, and which ones are."""
    there = list(ranked)
    near, all_of_them = nearest_of(agency, there), listed(there)
    return UnknownSubject(
        refuse("asked.not_ranked", agency=agency, round=round_code, nearest=near, there=all_of_them)
    )


def not_applicable(criterion: str, agency: str, applying: Iterable[str]) -> UnknownSubject:
    """Say that a criterion does not apply to an agency (or a round), and which ones do."""
    there = list(applying)
    near, all_of_them = nearest_of(criterion, there), listed(there)
    return UnknownSubject(
        refuse("asked.not_applicable", criterion=criterion, agency=agency, nearest=near, there=all_of_them)
    )


def no_dispute(dispute: str, round_code: str, filed: Iterable[str]) -> UnknownSubject:
    """Say that there is no such dispute, and which ones there are."""
    there = list(filed)
    near, all_of_them = nearest_of(dispute, there), listed(there)
    return UnknownSubject(
        refuse("asked.no_dispute", dispute=dispute, round=round_code, nearest=near, there=all_of_them)
    )


def unreadable(path: Path, wrong: Exception) -> UnknownSubject:
    """Say that a file cannot be read, and which other one beside it has the name that comes nearest."""
    reason = wrong.strerror if isinstance(wrong, OSError) else " ".join(str(wrong).split())[:200]
    try:
        there = [str(one) for one in path.parent.iterdir() if one.is_file() and one != path]
    except OSError:
        there = []
    said, near = reason or type(wrong).__name__, nearest_of(str(path), there)
    return UnknownSubject(refuse("asked.unreadable", file=str(path), reason=said, nearest=near))
