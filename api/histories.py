"""Every row of the read tables against the log: what `verify --projections` finds and names.

The log is folded into a file of its own, which is thrown away: nothing that is served is touched, and whoever
may read the log can do it, while others write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, Engine, Table, create_engine, event

from api.following import FOLLOWED, LogSource
from api.runtime import Log
from audit.proofs.verifier import Finding
from projections.building import Building, Progress
from projections.differences import Difference, row_differences
from projections.followed import Followed
from projections.follower import Stopped
from projections.making import has_columns
from projections.tables import INLINE, read_side

NAMED = 1000
"""So many differences are named; the others are counted."""


def check_histories(
    log: Log, served: Connection, progress: Progress | None = None, followed: Sequence[Followed] = FOLLOWED
) -> list[Finding]:
    """Compare every row that is served with the log at the size of a snapshot: all columns, all history.

    1. Scores and ranks are those of the fold of all entries (`projection.cell_scores_differ`,
       `projection.ranks_differ`).
    2. Followed projections are what their entries make, up to where they have come
       (`projection.followed_differs`).
    3. Both can be folded at all (`projection.stopped`).
    """
    source = LogSource(log)
    tables = (*INLINE, *(table for one in followed for table in one.tables))
    with scratch(tables) as engine:
        building = Building(source, engine.begin, followed)
        ends = {one.name: source.reached(served, one.name) for one in followed}
        try:
            building.advance(source.size(served), ends, progress)
        except Stopped as wrong:
            facts = {"projection": wrong.name, "type": wrong.type, "reason": wrong.reason}
            return [Finding("projection", wrong.position, "projection.stopped", facts)]
        building.finish()
        with engine.connect() as folded:
            return _findings(found for table in tables for found in _compare(served, table, folded))


@contextmanager
def scratch(tables: Sequence[Table]) -> Iterator[Engine]:
    """Give an empty SQLite database with these tables, that lasts as long as it is used."""
    with TemporaryDirectory(prefix="minhchung-") as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'folded.db'}")
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))
        try:
            with engine.begin() as connection:
                for table in tables:
                    table.create(connection)
            yield engine
        finally:
            engine.dispose()


def _compare(served: Connection, table: Table, folded: Connection) -> Iterator[Difference]:
    if has_columns(served, table):
        yield from row_differences(served, table, folded, table)
    else:
        yield Difference(table.name, "*", "row", "of other columns", "there")


def _findings(differences: Iterator[Difference]) -> list[Finding]:
    found = [_finding(one) for one in islice(differences, NAMED)]
    if more := sum(1 for _ in differences):
        found.append(Finding("projection", None, "projection.more_differ", {"count": more}))
    return found


def _finding(found: Difference) -> Finding:
    facts = {
        "subject": found.subject,
        "column": found.column,
        "shown": found.shown,
        "folded": found.folded,
    }
    if found.table in read_side.tables:
        return Finding("projection", found.position, f"projection.{found.table}_differ", facts)
    return Finding.of(
        "projection",
        found.position,
        "projection.followed_differs",
        table=found.table,
        subject=found.subject,
        column=found.column,
        shown=found.shown,
        folded=found.folded,
    )
