"""The search index, which follows the log: in which entries a key or a word occurs, and who may know it.

Within a stretch of the log every key has one row, the same however entries fell into batches, so that a
rebuilt index can be compared with the one that grew. Words that are erased leave it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Protocol

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from domain.deadlines import Phase
from domain.events import Event
from domain.stated.council import OpinionOpened, OpinionsClosed
from domain.stated.erasure import OpeningsErased
from domain.stated.rounds import PhaseOpened, RoundOpened
from projections import search_places as sets
from projections.followed import Entry
from projections.search_places import STRETCH
from projections.search_tables import SEARCH_TABLES
from projections.search_told import Posting, names, postings, subjects, worded

Text = tuple[int, str]
"""The position of a statement, and the field of one of its texts."""
MANY = 500
"""For more keys than these a whole stretch is read."""


class Beside(Protocol):
    """What lies beside the log, as it is now."""

    def texts(self, connection: Connection, entries: Collection[Entry]) -> Mapping[str, Mapping[str, str]]:
        """Return the words of some statements that are still there: id -> field -> words."""

    def positions(self, connection: Connection, ids: Collection[str]) -> Mapping[str, int]:
        """Return where statements lie in the log."""


class SearchIndex:
    """The projection `search`: its tables, and how entries get into them."""

    name = "search"

    def __init__(self, beside: Beside, tables: tuple[Table, ...] = SEARCH_TABLES) -> None:
        self.tables = tables
        self._beside = beside
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
        return SearchIndex(self._beside, tables)

    def apply(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Take the next entries in, with the words beside them that are there yet."""
        committing = [one for one in entries if one.event is not None and one.event.texts]
        texts = self._beside.texts(connection, committing) if committing else {}
        for stretch, of_it in groupby(entries, key=lambda one: one.position // STRETCH):
            self._add(connection, stretch, list(of_it), texts)
        for one in entries:
            if one.event is not None:
                self._add_beside(connection, one.event, texts.get(one.id, {}))

    # --- postings ---------------------------------------------------------------------------------------

    def _add(
        self,
        connection: Connection,
        stretch: int,
        entries: Sequence[Entry],
        texts: Mapping[str, Mapping[str, str]],
    ) -> None:
        found: dict[Posting, list[int]] = defaultdict(list)
        for one in entries:
            place = one.position % STRETCH
            for posting in postings(one.type, one.actors, one.event):
                found[posting].append(place)
            for posting in _beside(one.event, texts.get(one.id, {})):
                found[posting].append(place)
        there = self._there(connection, stretch, found) if entries[0].position % STRETCH else {}
        new = {posting: sets.of(places) for posting, places in found.items()}
        self._insert(connection, stretch, {p: bits for p, bits in new.items() if p not in there})
        self._update(connection, stretch, {p: bits | new[p] for p, bits in there.items()})

    def _there(self, connection: Connection, stretch: int, wanted: Collection[Posting]) -> dict[Posting, int]:
        """Read the rows of a stretch that are to be added to."""
        keys = {posting.key for posting in wanted}
        query = select(*self._columns).where(self._postings.c.stretch == stretch)
        rows = connection.execute(query if len(keys) > MANY else query.where(self._postings.c.key.in_(keys)))
        return {p: sets.unpack(row.places) for row in rows if (p := _posting(row)) in wanted}

    def _insert(self, connection: Connection, stretch: int, rows: Mapping[Posting, int]) -> None:
        values = [{"stretch": stretch, **p._asdict(), "places": sets.pack(bits)} for p, bits in rows.items()]
        if values:
            connection.execute(insert(self._postings), values)

    def _update(self, connection: Connection, stretch: int, rows: Mapping[Posting, int]) -> None:
        values = [_named(stretch, posting) | {"new": sets.pack(bits)} for posting, bits in rows.items()]
        if values:
            moved = update(self._postings).where(*self._here).values(places=bindparam("new"))
            connection.execute(moved, values)

    # --- what stands beside them ------------------------------------------------------------------------

    def _add_beside(self, connection: Connection, event: Event, texts: Mapping[str, str]) -> None:
        """Note names, phases, what is sealed and what is erased."""
        body, at = event.body, {"position": event.position}
        if named := [one._asdict() | at for one in dict.fromkeys(subjects(body))]:
            connection.execute(insert(self._subjects), named)
        if called := [one._asdict() | at for one in dict.fromkeys(names(body, texts))]:
            connection.execute(insert(self._names), called)
        if isinstance(body, RoundOpened | PhaseOpened):
            phase = body.phase if isinstance(body, PhaseOpened) else Phase.PREPARATION
            row = {"round": event.round, "phase": phase.value, **at}
            connection.execute(insert(self._phases), row)
        elif isinstance(body, OpinionOpened):
            connection.execute(insert(self._sealed), _cell(event) | at)
        elif isinstance(body, OpinionsClosed):
            its = (self._sealed.c[name] == value for name, value in _cell(event).items())
            connection.execute(delete(self._sealed).where(*its))
        elif isinstance(body, OpeningsErased):
            self.erase(connection, body)

    def erase(self, connection: Connection, body: OpeningsErased) -> None:
        """Take out the words of the texts that a statement erases, and the names that they gave.

        The same words elsewhere stay. What was never indexed, or is gone already, is passed over.
        """
        places = self._beside.positions(connection, [texts.statement for texts in body.erased])
        for texts in body.erased:
            for field in texts.fields if texts.statement in places else ():
                self._take_out(connection, places[texts.statement], field)

    def _take_out(self, connection: Connection, position: int, field: str) -> None:
        its = self._names.c
        connection.execute(delete(self._names).where(its.position == position, its.field == field))
        stretch, place = divmod(position, STRETCH)
        here = (self._postings.c.stretch == stretch, self._postings.c.field == field)
        rows = connection.execute(select(*self._columns).where(*here)).all()
        there = {_posting(row): sets.unpack(row.places) for row in rows}
        left = {posting: bits & ~(1 << place) for posting, bits in there.items() if bits >> place & 1}
        self._update(connection, stretch, {posting: bits for posting, bits in left.items() if bits})
        if gone := [_named(stretch, posting) for posting, bits in left.items() if not bits]:
            connection.execute(delete(self._postings).where(*self._here), gone)


def _beside(event: Event | None, texts: Mapping[str, str]) -> Iterable[Posting]:
    classes = event.kind.texts if event is not None else {}
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
