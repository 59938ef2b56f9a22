"""Searching the index: every condition is a set of places in a stretch of the log; where they meet is found.

Who asks sees no more by it: a key counts where its class is one of the reader's, and beyond what is public
only in the reader's own records. A cursor is a position of the log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from sqlalchemy import ColumnElement, Connection, select

from domain.visibility import Visibility
from projections import queries
from projections import search_places as sets
from projections.search_places import ALL, STRETCH
from projections.search_tables import (
    search_names,
    search_phases,
    search_postings,
    search_sealed,
    search_subjects,
)
from projections.search_told import NOBODY

LAST = "\U0010ffff"
"""Comes after every letter: the words with one beginning lie before it."""
_AT_ONCE = (1, 4, 16, 64)
"""How many stretches are read at first, and then, while there is not enough."""
_P = search_postings.c


@dataclass(frozen=True, slots=True)
class Reader:
    """Who searches: the classes they may see, and of whose record beyond what is public (of all: nothing).

    What is public of a round is so once it is published: `published` names those rounds (all: nothing).
    """

    classes: frozenset[Visibility]
    own: frozenset[str] | None = None
    published: frozenset[str] | None = None


EVERYTHING = Reader(frozenset(Visibility))
"""Whoever keeps the log, and auditors: everything but what is sealed yet."""


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A condition: any of these keys, or of those with one of these beginnings."""

    keys: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is searched for: all of the conditions, from one position up to and without another.

    With `phase`, while a round was in it; with `moved_rank`, what was followed by another rank of somebody.
    """

    conditions: tuple[AnyOf, ...]
    first: int
    until: int
    phase: str | None = None
    moved_rank: bool = False
    newest_first: bool = False


_Sets = Mapping[Visibility, int]


def search(connection: Connection, asked: Asked, reader: Reader = EVERYTHING) -> Iterator[int]:
    """Yield the positions that are found, in order; as many are read as are taken."""
    searching = _Searching(connection, asked, reader)
    for stretches in _chunks(asked):
        found = searching.read(stretches)
        for stretch in stretches:
            there = [stretch * STRETCH + place for place in sets.places(found[stretch])]
            yield from reversed(there) if asked.newest_first else there


def _chunks(asked: Asked) -> Iterator[Sequence[int]]:
    stretches = range(asked.first // STRETCH, -(-max(asked.until, 0) // STRETCH))
    left: Sequence[int] = stretches[::-1] if asked.newest_first else stretches
    turn = 0
    while left:
        many = _AT_ONCE[min(turn, len(_AT_ONCE) - 1)]
        yield left[:many]
        left, turn = left[many:], turn + 1


class _Searching:
    """One search: what does not change from stretch to stretch is read once."""

    def __init__(self, connection: Connection, asked: Asked, reader: Reader) -> None:
        self._connection = connection
        self._asked = asked
        self._classes = reader.classes
        self._own = None if reader.own is None else AnyOf(frozenset(f"agency:{code}" for code in reader.own))
        self._open = self._unrestricted(reader)
        self._sealed = list(connection.execute(select(search_sealed.c.position)).scalars())
        self._rounds, self._phases = _rounds(connection, asked)

    def _unrestricted(self, reader: Reader) -> AnyOf | None:
        """What is no secret for this reader: published rounds, the registry, their own records."""
        if reader.published is None:
            return None
        keys = {f"round:{code}" for code in (NOBODY, *reader.published)}
        keys |= {f"agency:{code}" for code in reader.own or ()}
        keys |= {f"agency:{NOBODY}"} if Visibility.PARTIES in reader.classes else set()
        return AnyOf(frozenset(keys))

    def read(self, stretches: Sequence[int]) -> Mapping[int, int]:
        """Return what is found in some stretches."""
        conditions = [self._read(condition, stretches) for condition in self._asked.conditions]
        own = None if self._own is None else self._read(self._own, stretches)
        shown = None if self._open is None else self._read(self._open, stretches)
        phases = self._phase_sets(stretches)
        found: dict[int, int] = {}
        for stretch in stretches:
            start = stretch * STRETCH
            bits = sets.span(self._asked.first - start, self._asked.until - start)
            bits &= phases[stretch] if self._asked.phase is not None else ALL
            bits &= ALL if shown is None else _union(shown[stretch])
            its = ALL if own is None else _union(own[stretch])
            for condition in conditions:
                bits &= self._seen(condition[stretch], its, start)
            found[stretch] = self._moved(bits & its, start) if self._asked.moved_rank else bits
        return found

    def _moved(self, bits: int, start: int) -> int:
        """Return after which of these places a rank was another; that is for the parties to know."""
        if not bits or Visibility.PARTIES not in self._classes:
            return 0
        first, last = start + (bits & -bits).bit_length() - 1, start + bits.bit_length() - 1
        moved = queries.moved_ranks(self._connection, self._rounds, first, last)
        return bits & sets.of(position - start for position in moved)

    def _seen(self, found: _Sets, own: int, start: int) -> int:
        """Return where a condition is met, as far as the reader may know."""
        bits = found.get(Visibility.PUBLIC, 0)
        for its, places in found.items():
            if its is Visibility.SEALED:
                places &= ~sets.of(at - start for at in self._sealed if 0 <= at - start < STRETCH)
            bits |= places & own
        return bits

    def _read(self, condition: AnyOf, stretches: Sequence[int]) -> Mapping[int, _Sets]:
        found: dict[int, dict[Visibility, int]] = defaultdict(dict)
        for where in _where(condition):
            query = select(_P.stretch, _P.seen_by, _P.places).where(_P.stretch.in_(stretches), where)
            for stretch, seen_by, places in self._connection.execute(query):
                its = Visibility(seen_by)
                if its in self._classes:
                    found[stretch][its] = found[stretch].get(its, 0) | sets.unpack(places)
        return found

    def _phase_sets(self, stretches: Sequence[int]) -> Mapping[int, int]:
        """Return where some round was in the phase: its entries, from its beginning to its end."""
        found: dict[int, int] = defaultdict(int)
        for code, first, until in self._phases:
            there = [s for s in stretches if first < (s + 1) * STRETCH and s * STRETCH < until]
            its = self._read(AnyOf(frozenset((f"round:{code}",))), there) if there else {}
            for stretch in its:
                start = stretch * STRETCH
                found[stretch] |= _union(its[stretch]) & sets.span(first - start, until - start)
        return found


def _union(found: _Sets) -> int:
    bits = 0
    for places in found.values():
        bits |= places
    return bits


def _where(condition: AnyOf) -> Iterator[ColumnElement[bool]]:
    if condition.keys:
        yield _P.key.in_(sorted(condition.keys))
    for beginning in condition.beginnings:
        yield (_P.key >= beginning) & (_P.key < beginning + LAST)


def _rounds(connection: Connection, asked: Asked) -> tuple[set[str], list[tuple[str, int, int]]]:
    """Return the rounds, and from which position until which each was in the phase that is asked for."""
    its = search_phases.c
    query = select(its.round, its.position, its.phase).order_by(its.round, its.position)
    entered = connection.execute(query).all()
    found = []
    for row, after in zip_longest(entered, entered[1:]):
        if row.phase == asked.phase:
            until = after.position if after is not None and after.round == row.round else asked.until
            found.append((row.round, row.position, until))
    return {row.round for row in entered}, found


# --- names ----------------------------------------------------------------------------------------------


def named(
    connection: Connection, word: str, reader: Reader, *, beginning: bool = False
) -> set[tuple[str, str]]:
    """Return what is called by a word, as (kind, code), as far as the reader may know the name."""
    its = search_names.c
    where = (its.word >= word) & (its.word < word + LAST) if beginning else its.word == word
    query = select(its.kind, its.code).where(where, its.seen_by.in_([c.value for c in reader.classes]))
    return {(row.kind, row.code) for row in connection.execute(query.distinct())}


def known(connection: Connection, kind: str) -> list[str]:
    """Return the codes of a kind that entries may be about, in order."""
    its = search_subjects.c
    query = select(its.code).where(its.kind == kind).distinct().order_by(its.code)
    return list(connection.execute(query).scalars())


def rounds(connection: Connection) -> list[str]:
    """Return the rounds that were opened, in order."""
    return list(
        connection.execute(select(search_phases.c.round).distinct().order_by(search_phases.c.round)).scalars()
    )


def agency_names(connection: Connection) -> dict[str, tuple[str, str]]:
    """Return what agencies are called now, in Vietnamese and English."""
    its = search_subjects.c
    query = select(its.code, its.name_vi, its.name_en).where(its.kind == "agency").order_by(its.position)
    return {row.code: (row.name_vi, row.name_en) for row in connection.execute(query)}


def name_givers(connection: Connection, actors: Collection[str]) -> dict[str, int]:
    """Return the entries that say who some people are."""
    its = search_subjects.c
    query = select(its.code, its.position).where(its.kind == "actor", its.code.in_(actors))
    return {row.code: row.position for row in connection.execute(query.order_by(its.position))}


def sealed(connection: Connection, positions: Collection[int]) -> set[int]:
    """Return which of these are opened opinions that nobody may see yet."""
    its = search_sealed.c.position
    return set(connection.execute(select(its).where(its.in_(positions))).scalars())
