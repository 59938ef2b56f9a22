"""The search index, which follows the log: in which entries a key or a word occurs, and who may know it.

Within a stretch of the log every key has one row, the same however entries fell into batches, so that a
rebuilt index can be compared with the one that grew. Words that are erased leave it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from domain.deadlines import Phase
from domain.events import Event
from domain.stated.council import OpinionOpened, OpinionsClosed
from domain.stated.erasure import OpeningsErased
from domain.stated.rounds import PhaseOpened, RoundOpened
from projections import search_places as sets
from projections.bulk import insert_rows
from projections.followed import Entry
from projections.search_places import STRETCH
from projections.search_tables import SEARCH_TABLES
from projections.search_told import NAMING, Posting, names, postings, subjects, worded

Text = tuple[int, str]
"""The position of a statement, and the field of one of its texts."""
MANY = 500
"""For more keys than these a whole stretch is read."""


class SearchIndex:
    """The projection `search`: its tables, and how entries get into them."""

    name = "search"

    def __init__(self, tables: tuple[Table, ...] = SEARCH_TABLES) -> None:
        self.tables = tables
        self._postings, self._names, self._subjects, self._sealed, self._phases = tables
        c = self._postings.c
        self._columns = (c.key, c.seen_by, c.field, c.places)
        self._here = (
            c.stretch == bindparam("its_stretch"),
            c.key == bindparam("its_key"),
            c.seen_by == bindparam("its_class"),
            c.field == bindparam("its_field"),
        )

    def over(self, tables: tuple[Table, ...]) -> SearchIndex:
        """Return the same index, kept in other tables."""
        return SearchIndex(tables)

    def apply(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Take the next entries in, with the words beside them that are there yet."""
        for stretch, of_it in groupby(entries, key=lambda one: one.position // STRETCH):
            self._add(connection, stretch, list(of_it))
        for one in entries:
            if one.event is not None:
                self._add_beside(connection, one, one.event)

    # --- postings ---------------------------------------------------------------------------------------

    def _add(self, connection: Connection, stretch: int, entries: Sequence[Entry]) -> None:
        found: dict[Posting, list[int]] = defaultdict(list)
        for one in entries:
            place = one.position % STRETCH
            its = postings(one.type, one.actors, one.event)
            if one.event is not None and one.event.texts:
                its += _beside(one.event, one.texts)
            for posting in set(its):
                found[posting].append(place)
        there = self._there(connection, stretch, found) if entries[0].position % STRETCH else {}
        new = [(stretch, *p, sets.pack_places(its)) for p, its in found.items() if p not in there]
        insert_rows(connection, self._postings, new)
        self._update(connection, stretch, {p: bits | sets.of(found[p]) for p, bits in there.items()})

    def _there(self, connection: Connection, stretch: int, wanted: Collection[Posting]) -> dict[Posting, int]:
        """Read the rows of a stretch that are to be added to."""
        keys = {posting.key for posting in wanted}
        query = select(*self._columns).where(self._postings.c.stretch == stretch)
        rows = connection.execute(query if len(keys) > MANY else query.where(self._postings.c.key.in_(keys)))
        return {p: sets.unpack(row.places) for row in rows if (p := _posting(row)) in wanted}

    def _update(self, connection: Connection, stretch: int, rows: Mapping[Posting, int]) -> None:
        values = [_named(stretch, posting) | {"new": sets.pack(bits)} for posting, bits in rows.items()]
        if values:
            moved = update(self._postings).where(*self._here).values(places=bindparam("new"))
            connection.execute(moved, values)

    # --- what stands beside them ------------------------------------------------------------------------

    def _add_beside(self, connection: Connection, one: Entry, event: Event) -> None:
        """Note names, phases, what is sealed and what is erased."""
        body, at = event.body, {"position": event.position}
        if isinstance(body, NAMING):
            position = event.position
            its = dict.fromkeys(subjects(body))
            insert_rows(
                connection, self._subjects, [(kind, code, position, *called) for kind, code, *called in its]
            )
            words = dict.fromkeys(names(body, one.texts))
            insert_rows(connection, self._names, [(*one[:3], position, *one[3:]) for one in words])
        if isinstance(body, RoundOpened | PhaseOpened):
            phase = body.phase if isinstance(body, PhaseOpened) else Phase.PREPARATION
            row = {"round": event.round, "phase": phase.value, **at}
            connection.execute(insert(self._phases), row)
        elif isinstance(body, OpinionOpened):
            connection.execute(insert(self._sealed), _cell(event) | at)
        elif isinstance(body, OpinionsClosed):
            here = (self._sealed.c[name] == value for name, value in _cell(event).items())
            connection.execute(delete(self._sealed).where(*here))
        elif isinstance(body, OpeningsErased):
            self.erase(connection, one.erases)

    def erase(self, connection: Connection, texts: Iterable[Text]) -> None:
        """Take out the words of texts that are erased, and the names that they gave.

        The same words elsewhere stay. What was never indexed, or is gone already, is passed over.
        """
        together: dict[tuple[int, str], list[int]] = defaultdict(list)
        for position, field in texts:
            together[position // STRETCH, field].append(position)
        for (stretch, field), positions in together.items():
            its = self._names.c
            connection.execute(delete(self._names).where(its.position.in_(positions), its.field == field))
            self._take_out(connection, stretch, field, sets.of(at % STRETCH for at in positions))

    def _take_out(self, connection: Connection, stretch: int, field: str, places: int) -> None:
        here = (self._postings.c.stretch == stretch, self._postings.c.field == field)
        rows = connection.execute(select(*self._columns).where(*here)).all()
        there = {_posting(row): sets.unpack(row.places) for row in rows}
        left = {posting: bits & ~places for posting, bits in there.items() if bits & places}
        self._update(connection, stretch, {posting: bits for posting, bits in left.items() if bits})
        if gone := [_named(stretch, posting) for posting, bits in left.items() if not bits]:
            connection.execute(delete(self._postings).where(*self._here), gone)


def _beside(event: Event, texts: Mapping[str, str]) -> Iterable[Posting]:
    classes = event.kind.texts
    return (
        p for name, text in texts.items() if name in classes for p in worded(text, classes[name].value, name)
    )


def _posting(row: Any) -> Posting:
    return Posting(row.key, row.seen_by, row.field)


def _named(stretch: int, posting: Posting) -> dict[str, object]:
    key, its, field = posting
    return {"its_stretch": stretch, "its_key": key, "its_class": its, "its_field": field}


def _cell(event: Event) -> dict[str, str | None]:
    return {"round": event.round, "agency": event.agency, "criterion": event.criterion}
