"""Whoever names something that is not there is told what comes nearest, and what there is."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from projections.search_words import fold

SHOWN = 40
"""Of a longer list only the beginning is shown."""


def nearest(wanted: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most like the one that was wanted; nothing where none is known."""
    folded = {fold(name): name for name in known}
    like = get_close_matches(fold(wanted), folded, n=1, cutoff=0.0)
    return folded[like[0]] if like else None


def choices(wanted: str, known: Iterable[str]) -> str:
    """Say what comes nearest to what was wanted, and what there is."""
    names = list(known)
    found = nearest(wanted, names)
    if found is None:
        return "there are none"
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"the nearest is {found}; there are: {', '.join(names[:SHOWN])}{more}"
