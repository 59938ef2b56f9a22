"""Which entries somebody may read whole, as a condition of the query and by what their bodies say."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from fastapi import Request
from sqlalchemy import ColumnElement, Connection, false, or_

from api.dossier_contents import Damaged, Stored, may_see, may_see_damaged, read_stored, still_sealed
from api.runtime import Runtime
from api.service.caller import Reach
from api.service.errors import NotThere
from api.service.guard import Guard
from audit.ledger.tables import stored_events
from domain.visibility import Visibility

END = 2**63
"""Beyond any position."""
_ITS = stored_events.c


class Readable:
    """The entries of one log, as far as whoever asks may read them."""

    def __init__(self, runtime: Runtime, guard: Guard) -> None:
        self._runtime = runtime
        self._guard = guard

    def limits(self, request: Request) -> ColumnElement[bool]:
        """Return in which streams something may be read at all."""
        if self._guard.reach(request, "").agencies is None:
            return _ITS.position >= 0
        conditions: list[ColumnElement[bool]] = []
        for code in list(self._runtime.intake.standing.rounds):
            agencies = self._guard.reach(request, code).agencies or frozenset()
            conditions += [*_records(code, agencies), *self._disputes(code, agencies)]
        return or_(false(), *conditions)

    def seen(
        self, request: Request, connection: Connection, which: ColumnElement[bool]
    ) -> Iterator[Stored | Damaged]:
        """Yield the entries that may be read among some of them: header and body, or nothing of it.

        What is damaged is handed out as it lies there, to whoever may see all that its kind can say.
        """
        everything = self.everything(request)
        damaged: list[Damaged] = []
        told = list(read_stored(connection, which & self.limits(request), damaged))
        yield from (one for one in damaged if self._sees_damaged(request, connection, one))
        hidden = _sealed(connection, told)
        for stored in told:
            its = self._classes(request, stored)
            whole = Visibility.PARTIES in its and may_see(stored.statement, its)
            if stored.position not in hidden and (everything or whole):
                yield stored

    def everything(self, request: Request) -> bool:
        """Whether it is all but what is sealed."""
        return self._guard.reach(request, "").classes(None) == frozenset(Visibility)

    def one(self, request: Request, connection: Connection, position: int) -> Stored | Damaged:
        """Return an entry; raises NotThere for one that may not be read as for one that is not there."""
        there = 0 <= position < END
        found = list(self.seen(request, connection, _ITS.position == position)) if there else []
        if not found:
            raise NotThere("entry")
        return found[0]

    def _sees_damaged(self, request: Request, connection: Connection, one: Damaged) -> bool:
        code, agency = (*one.stream.split("/"), None)[:2]
        its = self._guard.reach(request, str(code)).classes(agency)
        return Visibility.PARTIES in its and may_see_damaged(connection, one, its)

    def _disputes(self, code: str, agencies: Collection[str]) -> Iterator[ColumnElement[bool]]:
        for (its, name), dispute in list(self._runtime.intake.standing.disputes.items()):
            if its == code and dispute.agency in agencies:
                yield _ITS.originator_id == f"{code}/{name}"

    def _classes(self, request: Request, stored: Stored) -> frozenset[Visibility]:
        reach: Reach = self._guard.reach(request, stored.statement.round or "")
        return reach.classes(stored.statement.agency)


def _records(code: str, agencies: Collection[str]) -> Iterator[ColumnElement[bool]]:
    """Yield where the records of some agencies lie: the dossier's stream, and those of its cells."""
    for agency in agencies:
        yield _ITS.originator_id == f"{code}/{agency}"
        yield _ITS.originator_id.startswith(f"{code}/{agency}/", autoescape=True)


def _sealed(connection: Connection, told: Collection[Stored]) -> set[int]:
    """Return which of these are opinions that nobody may see yet, by all that was said of their cells."""
    opened = [s for s in told if s.statement.type == "OpinionOpened.v1"]
    cells = {(s.statement.round, s.statement.agency, s.statement.criterion) for s in opened}
    hidden: set[int] = set()
    for cell in cells:
        stream = "/".join(str(part) for part in cell)
        hidden |= still_sealed(read_stored(connection, _ITS.originator_id == stream))
    return hidden
