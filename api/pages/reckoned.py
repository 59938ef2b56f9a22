"""What takes long to find out and never changes: why ranks moved between two moments, how firmly they stand.

All of it follows from a round as it stood, so it is kept under the last entries that moved something there;
nobody's name is in it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from fractions import Fraction
from statistics import median
from threading import Lock
from typing import Any

from sqlalchemy import Connection, func, select

from api.answers import Answer
from api.history import History
from api.publication import unnamed
from api.runtime import Log
from domain.criteria import Block, Section
from domain.points import add
from domain.standing import Round
from projections import queries
from projections.queries import RankRow
from projections.tables import ranks

ROOM = 256
"""So many answers are kept."""
LEAST = 5
"""Of fewer agencies a median would tell too much about each."""


class Reckoned:
    """Asks a log once, and remembers; any thread may ask."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._turn = Lock()
        self._known: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def since(self, connection: Connection, code: str, since: int, until: int) -> Answer:
        """Return which ranks moved between two sizes, and the fewest events that explain each."""
        first, last = (settled(connection, code, size) for size in (since, until))

        def ask() -> Answer:
            told: Answer = unnamed(History(self._log, connection, code, last).since(first))
            return {"totals": told["totals"], "ranks": told["ranks"]}

        return self._once(("since", code, first, last), ask)  # type: ignore[no-any-return]

    def places(self, connection: Connection, code: str, size: int) -> Mapping[str, RankRow]:
        """Return the places of a round at a size, by agency."""

        def ask() -> Mapping[str, RankRow]:
            return {row.agency: row for row in queries.ranking(connection, code, size)}

        return self._once(("places", code, size), ask)  # type: ignore[no-any-return]

    def firmness(self, connection: Connection, code: str, size: int) -> Mapping[str, Answer]:
        """Return between which ranks each agency stands, whichever single decision were missing."""
        last = settled(connection, code, size)

        def ask() -> Mapping[str, Answer]:
            agencies = History(self._log, connection, code, last).robustness()["agencies"]
            return {one["agency"]: one for one in agencies}

        return self._once(("firmness", code, last), ask)  # type: ignore[no-any-return]

    def medians(
        self, connection: Connection, found: Round, block: Block, size: int
    ) -> Mapping[str, Fraction]:
        """Return the median of each area over a block, by area; nothing where too few agencies are in it."""
        members = [agency for agency, its in found.agencies.items() if its is block]
        last = settled(connection, found.code, size)
        if len(members) < LEAST:
            return {}

        def ask() -> Mapping[str, Fraction]:
            main = {c.code: c.area for c in found.criteria.of_section(Section.MAIN, block)}
            sums = {area.code: dict.fromkeys(members, Fraction()) for area in found.criteria.areas}
            for row in queries.all_scores(connection, found.code, last):
                if row.counts and row.agency in members and (area := main.get(row.criterion)):
                    sums[area][row.agency] = add((sums[area][row.agency], row.points))
            return {area: median(sorted(its.values())) for area, its in sums.items()}

        return self._once(("medians", found.code, block, last), ask)  # type: ignore[no-any-return]

    def _once(self, subject: tuple[Any, ...], ask: Callable[[], Any]) -> Any:
        with self._turn:
            if subject in self._known:
                self._known.move_to_end(subject)
                return self._known[subject]
        told = ask()
        with self._turn:
            self._known[subject] = told
            if len(self._known) > ROOM:
                self._known.popitem(last=False)
        return told


def settled(connection: Connection, code: str, size: int) -> int:
    """Return the smallest size at which the results of a round were those of a size."""
    its = (ranks.c.round == code) & (ranks.c.valid_from < size)
    newest = connection.execute(select(func.max(ranks.c.valid_from)).where(its)).scalar()
    return size if newest is None else int(newest) + 1
