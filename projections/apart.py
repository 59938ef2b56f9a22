"""Rounds folded each by itself, and laid aside: only those that are spoken of are kept in memory.

What stands of a round follows from its own events and from the registry. So the registry is followed once,
for all of them; a round that nobody has spoken of for long is let go, and folded again when somebody comes
back to it. However many rounds a log has, few of them lie in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from domain import admission
from domain.events import REGISTRY_STREAM, Event
from domain.standing import Standing
from projections.shares import in_order

CELLS = 50_000
"""So many cells are kept in memory at most, unless one round has more."""
OfRound = Callable[[str, int], Iterable[Event]]
"""Reads the events of a round, or of the registry by its name, that lie before a position."""
_REGISTRY = ("log", "agencies", "officers", "serving", "regulations", "criteria_sets", "erased")
"""The tables of a standing that only the registry's own events write into."""


class OneRound(Protocol):
    """One round in memory. It has a standing of its own over the registry that all share."""

    @property
    def standing(self) -> Standing:
        """What holds of the round."""

    @property
    def size(self) -> int:
        """How many cells it keeps in memory."""

    def take(self, event: Event) -> None:
        """Follow one event of the round, and note the rows that it makes."""

    def remember(self, event: Event) -> None:
        """Follow an event whose rows were written before."""

    def resume(self) -> None:
        """Take what holds for rows that lie in the table."""

    def flush(self) -> None:
        """Write down what holds."""


R = TypeVar("R", bound=OneRound)


class Apart(Generic[R]):
    """Follows events in the order of the log, each round by itself."""

    def __init__(self, make: Callable[[str], R], of_round: OfRound, cells: int = CELLS) -> None:
        self._make = make
        self._of_round = of_round
        self._limit = cells
        self._registry = Standing()
        self._rounds: dict[str, R] = {}
        """Those in memory; the one spoken of last stands last."""
        self._aside: set[str] = set()
        self._newest: str | None = None

    def __iter__(self) -> Iterator[R]:
        return iter(self._rounds.values())

    def take(self, event: Event) -> None:
        """Follow one event."""
        if event.round is None:
            admission.move(self._registry, event)
        else:
            self._of(event.round, event.position).take(event)

    def _of(self, code: str, position: int) -> R:
        if code == self._newest:
            return self._rounds[code]
        its = self._rounds.pop(code, None) or self._again(code, position)
        self._rounds[code] = its
        self._newest = code
        self._lay_aside()
        return its

    def _again(self, code: str, position: int) -> R:
        """Begin a round; one that was laid aside comes to where it was, by the registry as it was then."""
        its = self._make(code)
        if code in self._aside:
            self._aside.remove(code)
            then = Standing()
            _stand_on(its.standing, then)
            for event in in_order(self._of_round(REGISTRY_STREAM, position), self._of_round(code, position)):
                if event.round is None:
                    admission.move(then, event)
                else:
                    its.remember(event)
            its.resume()
        _stand_on(its.standing, self._registry)
        return its

    def _lay_aside(self) -> None:
        """Let go of the rounds that nobody has spoken of for longest, while there are too many cells."""
        cells = sum(its.size for its in self)
        while cells > self._limit and len(self._rounds) > 1:
            code = next(iter(self._rounds))
            its = self._rounds.pop(code)
            its.flush()
            cells -= its.size
            self._aside.add(code)


def _stand_on(standing: Standing, registry: Standing) -> None:
    """Let a round see a registry: the very tables, whatever will be written into them."""
    for name in _REGISTRY:
        setattr(standing, name, getattr(registry, name))
