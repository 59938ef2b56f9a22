"""What stood about every subject of a round, as rows: cells, dossiers, disputes, meetings, letters and more.

A standing has one table for each kind of subject. Whatever an event writes there is a row here from its
position on; so what held at any size of the log is read, and nothing is folded for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, fields
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from domain.dossiers import NO_DOSSIER, Activity, Award, Cell, Dispute, Dossier
from domain.frozen import replace
from domain.standing import Asked, Letter, Meeting, Round, Standing
from projections.queries import holds
from projections.state_values import read, written
from projections.tables import states

Key = tuple[str, ...]
"""Round, kind and subject of a row."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A table of the standing: the shape of its values, and which of their fields are kept (all, if none)."""

    table: str
    shape: type[Any]
    kept: tuple[str, ...] | None = None

    def same(self, one: object, other: object) -> bool:
        """Whether nothing that is kept differs between two values."""
        if one is other:
            return True
        if self.kept is None or one is None or other is None:
            return False
        kept = _reads(self.kept)
        return bool(kept(one) == kept(other))


@cache
def _reads(names: tuple[str, ...]) -> Callable[[Any], Any]:
    return attrgetter(*names)


KINDS = {
    "cell": Kind("cells", Cell),
    "dossier": Kind(
        "dossiers",
        Dossier,
        tuple(f.name for f in fields(Dossier) if f.name not in ("declared", "serials")),
    ),
    "activity": Kind("activities", Activity, ("own_act",)),
    "dispute": Kind("disputes", Dispute),
    "meeting": Kind("meetings", Meeting),
    "letter": Kind("guidance", Letter),
    "question": Kind("questions", Asked),
    "feedback": Kind("feedback", Asked),
    "award": Kind("awards", Award),
    "round": Kind("rounds", Round, ("corrected", "proposed", "approved", "meeting", "meetings")),
}
"""What a cell declares is told by the cells, and how a round was opened and led on by its own stream."""
_NUMBERED = {"letter", "question", "feedback"}
"""The subjects that are called by a position."""


class Change(NamedTuple):
    """A row that an event makes; `first` where nothing stood about its subject before."""

    subject: Key
    position: int
    row: dict[str, Any]
    first: bool


class _Noting(dict[Any, Any]):
    """The changes of one table of a fork, which notes what is put."""

    def __init__(self, kind: str, noted: list[tuple[str, Any]]) -> None:
        super().__init__()
        self._kind = kind
        self._noted = noted

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self._noted.append((self._kind, key))


class Changes:
    """What each event of a batch puts into a fork of a standing."""

    def __init__(self, fork: Standing) -> None:
        self._noted: list[tuple[str, Any]] = []
        self._tables: dict[str, Any] = {}
        self._newest: dict[tuple[str, Any], Any] = {}
        self._told: list[tuple[int, str, Any, Any, bool]] = []
        for kind, its in KINDS.items():
            layer = getattr(fork, its.table)
            layer.maps[0] = _Noting(kind, self._noted)
            self._tables[kind] = layer

    def take(self, position: int) -> None:
        """Keep what the event at a position has put, where it differs in what is kept."""
        for kind, key in dict.fromkeys(self._noted):
            value = self._tables[kind][key]
            before = self._newest.get((kind, key)) or self._tables[kind].parent.get(key)
            if not KINDS[kind].same(before, value):
                self._newest[kind, key] = value
                self._told.append((position, kind, key, value, before is None))
        self._noted.clear()

    def rows(self) -> Iterator[Change]:
        """Write what was kept as rows, oldest first."""
        for position, kind, key, value, first in self._told:
            yield Change(subject_of(kind, key), position, state_row(kind, value), first)


class _Noted(dict[Any, Any]):
    """One table of a standing, which keeps what stood there before it was put over."""

    def __init__(self, kind: str, before: dict[tuple[str, Any], Any]) -> None:
        super().__init__()
        self._kind = kind
        self._before = before

    def __setitem__(self, key: Any, value: Any) -> None:
        if (self._kind, key) not in self._before:
            self._before[self._kind, key] = self.get(key)
        super().__setitem__(key, value)


class Noting:
    """What events put into an empty standing, one after another: without any forks."""

    def __init__(self, standing: Standing) -> None:
        self._before: dict[tuple[str, Any], Any] = {}
        self._tables = {kind: _Noted(kind, self._before) for kind in KINDS}
        for kind, its in KINDS.items():
            setattr(standing, its.table, self._tables[kind])

    def put(self) -> Iterator[tuple[str, Any, Any]]:
        """Yield what was put since the last time, where it differs in what is kept: kind, key and value."""
        for (kind, key), before in self._before.items():
            value = self._tables[kind][key]
            if not KINDS[kind].same(before, value):
                yield kind, key, value
        self.forget()

    def forget(self) -> None:
        """Begin anew from what stands."""
        self._before.clear()


def subject_of(kind: str, key: Any) -> Key:
    """Return how a row names what a standing has under a key."""
    code, *subject = (key,) if isinstance(key, str) else key
    return code, kind, "/".join(map(str, subject))


def state_row(kind: str, value: object) -> dict[str, Any]:
    """Write a value as its row of `states`, without subject and positions."""
    return {"state": written(value, KINDS[kind].kept)}


def state_of(its: tuple[str, object]) -> tuple[str]:
    """Write a kind and a value as the columns of a row of `states`."""
    kind, value = its
    return (written(value, KINDS[kind].kept),)


def state_rows(standing: Standing) -> dict[Key, dict[str, Any]]:
    """Write all that stands as rows, by subject; what nobody has put yet has none."""
    return {
        subject_of(kind, key): state_row(kind, value)
        for kind, its in KINDS.items()
        for key, value in getattr(standing, its.table).items()
    }


# --- reading --------------------------------------------------------------------------------------------


def lay(
    standing: Standing, connection: Connection, round_code: str, size: int, kinds: Collection[str] = KINDS
) -> None:
    """Put what stood of a round when the log had `size` entries over a standing that knows the round."""
    c = states.c
    wanted = (c.round == round_code) & c.kind.in_(sorted(kinds)) & holds(states, size)
    for row in connection.execute(select(c.kind, c.subject, c.state).where(wanted)):
        _put(standing, round_code, row.kind, row.subject, row.state)
    if {"cell", "dossier"} <= {*kinds}:
        _declared(standing, round_code)


def lay_named(
    standing: Standing,
    connection: Connection,
    round_code: str,
    size: int,
    subjects: Mapping[str, Collection[str]],
) -> None:
    """Put what stood of single subjects (kind -> names) over a standing, but for what dossiers declare."""
    c = states.c
    for kind, named in subjects.items():
        its = (c.round == round_code) & (c.kind == kind) & c.subject.in_(sorted(named))
        query = select(c.subject, c.state).where(its, holds(states, size))
        for row in connection.execute(query) if named else ():
            _put(standing, round_code, kind, row.subject, row.state)


def _put(standing: Standing, code: str, kind: str, subject: str, state: str) -> None:
    its = KINDS[kind]
    table: MutableMapping[Any, Any] = getattr(standing, its.table)
    if kind == "round":
        table[code] = replace(table[code], **_overlaid(state))
        return
    key = (code, int(subject)) if kind in _NUMBERED else (code, *subject.split("/"))
    table[key] = read(its.shape, state)


def _overlaid(state: str) -> dict[str, Any]:
    """Return the kept fields of a round, those that have their default among them."""
    told = read(_Led, state)
    return {name: getattr(told, name) for name in KINDS["round"].kept or ()}


@dataclass(frozen=True, slots=True)
class _Led:
    """Where a round stands by other streams than its own."""

    corrected: int = 0
    proposed: int = 0
    approved: int = 0
    meeting: str | None = None
    meetings: int = 0


def _declared(standing: Standing, code: str) -> None:
    """Tell the dossiers what is declared, by their cells."""
    declared: dict[str, set[str]] = {}
    for (its, agency, criterion), cell in standing.cells.items():
        if its == code and cell.declared is not None:
            declared.setdefault(agency, set()).add(criterion)
    for agency, codes in declared.items():
        dossier = standing.dossiers.get((code, agency), NO_DOSSIER)
        standing.dossiers[code, agency] = replace(dossier, declared=frozenset(codes))
