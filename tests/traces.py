"""What a log leaves behind, to be compared and checked: tables, register, memory, and whether it is whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import Any

from sqlalchemy import inspect, select

from audit.ledger import tree
from audit.ledger.codec import Recorded
from audit.ledger.tables import checkpoints, head, refusals, statement_ids
from audit.proofs.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.merkle import leaf_hash, root
from audit.proofs.note import open_note, vkey
from tests.worlds import World


def tables(world: World) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of every table, but for the register of refusals."""
    with world.runtime.log.database.read() as connection:
        return {
            name: sorted(
                (tuple(row) for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"')), key=repr
            )
            for name in inspect(connection).get_table_names()
            if name != refusals.name
        }


def register(world: World) -> list[tuple[str, str, str, bytes]]:
    """Return the register of refusals: time, rule, digest and signed line of each, oldest first."""
    c = refusals.c
    query = select(c.refused_at, c.rule, c.payload_sha256, c.line).order_by(c.number)
    with world.runtime.log.database.read() as connection:
        return [(row.refused_at, row.rule, row.payload_sha256, row.line) for row in connection.execute(query)]


def memory(world: World) -> dict[str, Any]:
    """Return all that the intake and the scoreboard hold in memory."""
    intake, board = world.intake, world.runtime.board
    return {
        "head": (intake.size, intake.checkpoint),
        "standing": {f.name: dict(getattr(intake.standing, f.name)) for f in fields(intake.standing)},
        "keys": dict(intake.keyring.records),
        "counters": {key: intake.keyring.next_counter(key) for key in intake.keyring.records},
        "board": {f.name: dict(getattr(board.standing, f.name)) for f in fields(board.standing)},
        "results": (dict(board.cards), dict(board.places)),
    }


def check_whole(world: World) -> list[Recorded]:
    """Check that entries, tree, head, checkpoints and ids agree; return what is recorded."""
    recorded = list(world.runtime.log.entries())
    assert [r.position for r in recorded] == list(range(len(recorded)))
    versions: Counter[str] = Counter()
    for r in recorded:
        versions[r.originator_id] += 1
        assert (r.originator_id, r.originator_version) == (r.statement.stream, versions[r.statement.stream])
    received = [r.entry.received_at for r in recorded]
    assert received == sorted(received)
    assert all(r.entry.arrived_at <= r.entry.received_at for r in recorded)
    leaves = [leaf_hash(r.state) for r in recorded]
    log_key = vkey(world.origin, world.keys[LOG_ACTOR].public_key)
    with world.runtime.log.database.read() as connection:
        assert list(tree.leaf_hashes(connection)) == leaves
        assert tuple(connection.execute(select(head.c.size, head.c.root)).one()) == (
            len(leaves),
            root(leaves),
        )
        for row in connection.execute(select(checkpoints).order_by(checkpoints.c.size)):
            signed = Checkpoint(world.origin, row.size, root(leaves[: row.size]))
            assert parse_checkpoint(open_note(row.note, [log_key]).text) == signed
            assert row.root == signed.root
        ids = {row.id: row.position for row in connection.execute(select(statement_ids))}
    assert row.size == len(leaves)
    assert ids == {r.statement.id: r.position for r in recorded}
    return recorded
