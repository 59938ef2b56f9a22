"""Refilling on a database of either kind: whole, in its place, with every row that it had."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from api.clock import ScriptedClock
from api.runtime import open_runtime
from api.settings import Settings
from audit.ledger.anchor import Anchor
from audit.ledger.errors import LogBehind, RefillRefused
from audit.ledger.refill import MAX_TRIES, refill
from audit.ledger.seams import nothing_inline
from audit.ledger.spares import Spares
from audit.ledger.tables import tiles
from audit.proofs.entry import encode_entry, parse_entry
from tests.audit.ledger.callers import in_short, registering
from tests.audit.ledger.rewinding import rewind
from tests.traces import check_whole, tables
from tests.worlds import NOW, World, reopen

SIZE = 7


@pytest.fixture
def spares(world: World) -> Spares:
    """What somebody kept of a log of seven entries in six batches, entry by entry."""
    for number in range(1, SIZE - 1):
        world.submit(registering(world, f"A{number}"))
    desk = world.desk()
    world.submit(registering(world, "A6", desk=desk), registering(world, "A7", desk=desk))
    kept = Spares()
    for one in check_whole(world):
        kept.add(one.position, one.state)
    return kept


def refill_world(world: World, settings: Settings, spares: Spares, **options: bool) -> tuple[int, int]:
    """Refill a log that is open; return from which size to which."""
    anchor = Anchor.open(settings.anchor)
    done = refill(world.runtime.log.recorder, anchor, spares, inline=nothing_inline, **options)
    return done.before, done.after


@pytest.mark.parametrize("size", [1, 2, 4, 6])
def test_a_log_is_row_by_row_what_it_was(world: World, settings: Settings, spares: Spares, size: int) -> None:
    """Entries, tree, head, checkpoints and ids are those of before, and the log goes on from there."""
    before = tables(world)
    rewind(world, size)
    world.close()
    with pytest.raises(LogBehind):
        open_runtime(settings, clock=ScriptedClock(NOW))
    assert refill_world(world, settings, spares) == (size, SIZE + 1)
    assert tables(world) == before
    world.close()
    reopened = reopen(settings.data)
    assert in_short(reopened.submit(registering(reopened, "NEXT"))) == [SIZE + 1]
    check_whole(reopened)
    reopened.close()


def later(state: bytes, seconds: int) -> bytes:
    """Return a well-formed entry that was never logged."""
    return encode_entry(replace(parse_entry(state), received_at=f"2017-12-31T00:00:{seconds:02}.000000Z"))


def test_of_several_entries_the_one_that_was_logged_is_taken(
    world: World, settings: Settings, spares: Spares
) -> None:
    """However many others say they lay at a position, the anchored root decides."""
    before = tables(world)
    for position, states in spares.entries.items():
        spares.entries[position] = [later(states[0], 1), later(states[0], 2), *states, later(states[0], 3)]
    rewind(world, 2)
    assert refill_world(world, settings, spares) == (2, SIZE + 1)
    assert tables(world) == before


def test_the_tries_end_somewhere(world: World, settings: Settings, spares: Spares) -> None:
    """Between two checkpoints no more choices are tried than make sense; then the log stays as it is."""
    for position in (SIZE - 1, SIZE):
        state = spares.entries[position][0]
        minutes = [f"2017-12-31T00:{n // 60:02}:{n % 60:02}.000000Z" for n in range(MAX_TRIES // 60)]
        others = [encode_entry(replace(parse_entry(state), received_at=moment)) for moment in minutes]
        spares.entries[position] = [*others, state]
    assert len(minutes) ** 2 > MAX_TRIES
    rewind(world, 2)
    before = tables(world)
    with pytest.raises(RefillRefused) as refused:
        refill_world(world, settings, spares)
    assert (refused.value.rule, refused.value.facts) == ("refill.other_root", {"size": SIZE + 1})
    assert tables(world) == before


def test_as_far_as_possible_ends_at_an_anchored_size(
    world: World, settings: Settings, spares: Spares
) -> None:
    """What lies behind a gap cannot be proved to follow; half a batch was never acknowledged."""
    del spares.entries[SIZE]
    rewind(world, 2)
    assert refill_world(world, settings, spares, as_far_as_possible=True) == (2, SIZE - 1)
    assert len(check_whole(world)) == SIZE - 1


def test_a_tree_that_is_not_the_logs_is_not_refilled(
    world: World, settings: Settings, spares: Spares
) -> None:
    """Where what is left was changed, nothing that follows makes the anchored root."""
    rewind(world, 2)
    with world.runtime.log.database.begin() as connection:
        connection.execute(update(tiles).values(hashes=bytes(64)))
    with pytest.raises(RefillRefused) as refused:
        refill_world(world, settings, spares)
    assert refused.value.rule == "refill.other_root"
