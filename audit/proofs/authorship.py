"""Whose word a statement is when its key was in other hands for a while: contested, until its owner speaks.

A revocation says from which position on a key cannot be relied upon. What it had signed from there on
stays in the log and counts as before; it is contested until its owner, with another key, reaffirms or
repudiates it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Authorship(StrEnum):
    """What can be said of a statement's author, in ascending order of doubt."""

    PLAIN = "plain"
    REAFFIRMED = "reaffirmed"
    CONTESTED = "contested"
    REPUDIATED = "repudiated"


_DOUBT = tuple(Authorship)
SETTLED = (Authorship.REAFFIRMED, Authorship.REPUDIATED)


def worst(found: Iterable[Authorship]) -> Authorship:
    """Return the one that leaves most doubt: a statement of several is as good as its worst signature."""
    return max(found, key=_DOUBT.index, default=Authorship.PLAIN)


@dataclass(frozen=True, slots=True)
class Word:
    """What an owner said at position `at` with key `by`: of these positions, or of all from first to last."""

    meaning: Authorship
    at: int
    by: str
    first: int
    last: int
    positions: frozenset[int] | None = None

    def covers(self, position: int) -> bool:
        """Whether it was said of this position."""
        return self.first <= position <= self.last and (self.positions is None or position in self.positions)


def newest_word(words: Sequence[Word], position: int) -> Word | None:
    """Return the last that was said of a position."""
    return next((word for word in reversed(words) if word.covers(position)), None)


def after(word: Word | None, of: Callable[[str, int], Authorship]) -> Authorship:
    """Return what is left of a statement's doubt; a word that is in doubt itself settles nothing."""
    if word is None or of(word.by, word.at) not in (Authorship.PLAIN, Authorship.REAFFIRMED):
        return Authorship.CONTESTED
    return word.meaning


class Borne:
    """Which positions bear a key, ascending however they come; eight bytes each, for a log has many."""

    def __init__(self, beneath: Borne | None = None) -> None:
        self._beneath = beneath
        self._own: dict[str, array[int]] = {}

    def add(self, key: str, position: int) -> None:
        """Note that a statement bears a key."""
        own = self._own.get(key)
        if own is None:
            own = self._own[key] = array("q")
        if own and position < own[-1]:  # the rows of a copy may stand in any order
            insort(own, position)
        else:
            own.append(position)

    def between(self, key: str, first: int, end: int) -> list[int]:
        """Return the positions from `first` up to, not including, `end` that bear a key."""
        below = self._beneath.between(key, first, end) if self._beneath is not None else []
        own = self._own.get(key, ())
        return sorted([*below, *own[bisect_left(own, first) : bisect_left(own, end)]])

    def settle(self) -> None:
        """Hand what was added to what lies beneath."""
        if self._beneath is None:
            raise ValueError("there is nothing beneath")
        for key, positions in self._own.items():
            for position in positions:
                self._beneath.add(key, position)
        self._own.clear()
