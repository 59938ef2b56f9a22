"""A log as an old backup of it would be, on a database of either kind: its tail was never written."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update

from audit.ledger.tables import checkpoints, head, openings, statement_ids, stored_events, tiles
from audit.proofs import merkle
from projections.tables import INLINE, OPEN
from tests.worlds import World


def rewind(world: World, size: int) -> None:
    """Take everything after a size out of the tables of the log; only whole batches, and one tile, go."""
    with world.runtime.log.database.begin() as connection:
        kept = select(statement_ids.c.id).where(statement_ids.c.position < size)
        connection.execute(delete(openings).where(openings.c.statement_id.not_in(kept)))
        for table in (stored_events, statement_ids):
            connection.execute(delete(table).where(table.c.position >= size))
        connection.execute(delete(checkpoints).where(checkpoints.c.size > size))
        hashes = connection.execute(select(tiles.c.hashes).where(tiles.c.level == 0)).scalar_one()
        leaves = [hashes[n : n + 32] for n in range(0, 32 * size, 32)]
        connection.execute(update(tiles).values(hashes=b"".join(leaves)))
        if not size:
            connection.execute(delete(tiles))
        for rows in INLINE:  # written with the entries: what their backup does not hold, it does not show
            connection.execute(delete(rows).where(rows.c.valid_from >= size))
            ended = update(rows).where(rows.c.valid_until >= size)
            connection.execute(ended.values(valid_until=OPEN))
        connection.execute(update(head).values(size=size, root=merkle.root(leaves)))
        assert connection.execute(select(func.max(checkpoints.c.size))).scalar() == (size or None)
