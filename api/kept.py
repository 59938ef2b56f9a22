"""What one process has read of a log and keeps: an entry never changes, nor what follows from the same ones.

Only what lies beside the log, and can be erased, is read anew for every answer: names, and certificates.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from audit.ledger.admitted import Admitted, remembered
from audit.ledger.codec import read_entry
from audit.ledger.fast import fastest_check
from audit.ledger.tables import stored_events
from audit.proofs.keyring import BOUND, GENESIS, KEY_EVENTS, Keyring
from audit.proofs.keys import PublicKey
from audit.proofs.statement import Statement
from domain import admission
from domain.standing import Standing
from domain.stated.registry import OfficerRegistered

AT_ONCE = 500
FOLDS = 24
"""So many folds are kept, those that were asked for last: a round at a few moments, for a few readers."""
_C, _check = stored_events.c, fastest_check()


@dataclass(frozen=True, slots=True)
class Folded:
    """What follows from some entries of the registry and a round: others build on forks of it alone."""

    standing: Standing
    keyring: Keyring
    officers: Mapping[str, str]
    """The statement that registered an officer, and who that is."""
    bound: Mapping[str, int]
    """The statement that bound a certificate, and its position."""


class Kept:
    """Streams up to a size, and folds; any thread may ask."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._streams: dict[tuple[str, frozenset[str]], tuple[int, list[Admitted]]] = {}
        self._statements: dict[int, Statement] = {}
        self._folds: OrderedDict[Hashable, Folded] = OrderedDict()

    def stream(
        self, connection: Connection, name: str, size: int, kinds: Collection[str] = ()
    ) -> Sequence[Admitted]:
        """Return the entries of a stream before a size, of some kinds (of all), in order.

        What came since the last time is read.
        """
        subject = (name, frozenset(kinds))
        with self._turn:
            come, told = self._streams.get(subject, (0, []))
            if come < size:
                which = (_C.originator_id == name) & (_C.position >= come) & (_C.position < size)
                told = [*told, *rows(connection, which & _C.topic.in_(sorted(kinds)) if kinds else which)]
                if told:  # of what is not there nothing is kept, whoever asks for it
                    self._streams[subject] = size, told
        return told[: bisect_left(told, size, key=lambda entry: entry.position)]

    def folded(self, subject: Hashable, entries: Callable[[], Iterable[Admitted]]) -> Folded:
        """Return what follows from entries of the registry and a round, in the order of the log.

        `subject` says which ones they are; they are asked for where their fold is not kept.
        """
        with self._turn:
            if (found := self._folds.get(subject)) is None:
                found = self._folds[subject] = self._fold(entries())
            self._folds.move_to_end(subject)
            while len(self._folds) > FOLDS:
                self._folds.popitem(last=False)
        return found

    def _fold(self, entries: Iterable[Admitted]) -> Folded:
        standing, keyring, officers, bound = Standing(), Keyring(), {}, {}
        for entry in entries:
            if entry.type in KEY_EVENTS or entry.type == GENESIS:
                statement = self._statement(entry)
                keyring.follow(statement, entry.position)
                if entry.type == BOUND:
                    bound[statement.id] = entry.position
            if (event := entry.event) is not None:
                admission.lead(standing, event)
                if isinstance(event.body, OfficerRegistered):
                    officers[event.id] = event.body.officer
        return Folded(standing, keyring, officers, bound)

    def _statement(self, entry: Admitted) -> Statement:
        """Read a statement by which keys are decided, in its strict form."""
        if entry.position not in self._statements:
            _, self._statements[entry.position], _ = read_entry(entry.state, entry.position)
        return self._statements[entry.position]


def entries_at(connection: Connection, positions: Iterable[int]) -> list[Admitted]:
    """Return single entries, in the order of the log."""
    wanted = sorted(positions)
    chunks = (wanted[start : start + AT_ONCE] for start in range(0, len(wanted), AT_ONCE))
    return [entry for its in chunks for entry in rows(connection, _C.position.in_(its))]


def rows(connection: Connection, which: ColumnElement[bool]) -> list[Admitted]:
    """Return some entries, in the order of the log; what was read of them lately is not read again."""
    found: Iterable[Any] = connection.execute(select(_C.position, _C.topic, _C.state).where(which))
    return sorted((remembered(*row) for row in found), key=lambda entry: entry.position)


@lru_cache(maxsize=16_384)
def checked(key: PublicKey, signature: bytes, data: bytes) -> None:
    """Raise BadSignature unless a signature is good; of the same bytes that was found good, it still is."""
    _check(key, signature, data)
