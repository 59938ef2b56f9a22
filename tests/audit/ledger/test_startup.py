"""The start of a log: it runs where everything agrees, and where not it says so and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from api.clock import ScriptedClock
from api.runtime import Runtime, open_runtime, reading
from api.settings import Settings
from audit.ledger.anchor import Anchor
from audit.ledger.errors import LogBehind, LogStopped, StartRefused
from audit.ledger.submission import Accepted
from audit.ledger.tables import checkpoints, head, tiles
from audit.proofs import merkle
from audit.proofs.checkpoint import Checkpoint, sign_checkpoint
from audit.proofs.contradiction import verify_contradiction
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN, Signer, SigningKey
from audit.proofs.merkle import leaf_hash
from audit.proofs.note import vkey
from tests.audit.ledger.callers import joined, nothing, registering
from tests.audit.ledger.rewinding import rewind
from tests.traces import check_whole, tables
from tests.worlds import FOUNDED, KEYS, NOW, World, reopen

STRANGER = SigningKey.from_seed(b"nobody in the registry has it...")
LOG_KEY = KEYS[LOG_ACTOR]
SIZE = 6


@dataclass(slots=True)
class Log:
    """A log of six entries in as many batches, open for tampering; `close` it before it starts again."""

    settings: Settings
    world: World
    leaves: list[bytes]

    @property
    def parted(self) -> list[bytes]:
        """The leaves of a log by the same key that went another way after position 2."""
        return [*self.leaves[:3], *(leaf_hash(b"%d" % n) for n in range(9))]

    def anchor(
        self,
        *sizes: int,
        leaves: Sequence[bytes] | None = None,
        signer: Signer = LOG_KEY,
        origin: str = DEMO_ORIGIN,
    ) -> None:
        """Put an anchor in place that holds these heads."""
        its = self.leaves if leaves is None else leaves
        self.settings.anchor.unlink(missing_ok=True)
        anchor = Anchor.create(self.settings.anchor)
        for size in sizes:
            note = sign_checkpoint(Checkpoint(origin, size, merkle.root(its[:size])), signer)
            anchor.advance(note, lambda one, two: merkle.consistency_proof(its[:two], one, two))

    def change(self, *statements: Any) -> None:
        """Run statements on the tables."""
        with self.world.runtime.log.database.begin() as connection:
            for statement in statements:
                connection.execute(statement)

    def start(self, now: datetime = NOW, **options: Any) -> Runtime:
        """Close the log and start it again."""
        self.world.close()
        return open_runtime(self.settings, clock=ScriptedClock(now), **options)


@pytest.fixture
def log(world: World, settings: Settings) -> Iterator[Log]:
    """A log of six entries, anchored."""
    for number in range(1, SIZE):
        world.submit(registering(world, f"A{number}"))
    yield Log(settings, world, [leaf_hash(r.state) for r in check_whole(world)])
    world.close()


def anchored(path: Path) -> list[int]:
    """Return the sizes that an anchor holds."""
    return [held.checkpoint.size for held in Anchor.open(path).records()]


def torn(log: Log) -> None:
    """Leave of the last record what a power cut left."""
    data = log.settings.anchor.read_bytes()
    log.settings.anchor.write_bytes(data[:-10])


# --- it runs --------------------------------------------------------------------------------------------

RUNS: dict[str, tuple[Callable[[Log], None], list[int]]] = {
    "database = anchor": (lambda _log: None, [1, 2, 3, 4, 5, 6]),
    "ahead by one batch": (lambda log: log.anchor(1, 2, 3, 4, 5), [1, 2, 3, 4, 5, 6]),
    "ahead by all it has": (lambda log: log.anchor(), [6]),
    "ahead, and the last record torn": (torn, [1, 2, 3, 4, 5, 6]),
    "ahead of an anchor that skipped some": (lambda log: log.anchor(2, 4), [2, 4, 6]),
}


@pytest.mark.parametrize("case", RUNS)
def test_a_log_that_holds_what_is_anchored_runs(log: Log, case: str) -> None:
    """What a crash kept from the anchor is put there before anything else, and the log goes on."""
    arrange, expected = RUNS[case]
    arrange(log)
    runtime = log.start()
    assert anchored(log.settings.anchor) == expected
    world = World(runtime, ScriptedClock(NOW))
    world.submit(registering(world, "NEXT"))
    assert anchored(log.settings.anchor) == [*expected, SIZE + 1]
    assert len(check_whole(world)) == SIZE + 1
    world.close()


def test_a_lost_anchor_is_begun_anew_only_when_told(log: Log) -> None:
    """Nobody but a person can say that nothing was lost with it."""
    log.settings.anchor.unlink()
    with pytest.raises(StartRefused) as refused:
        log.start()
    assert refused.value.rule == "anchor.missing"
    assert not log.settings.anchor.exists()
    log.start(adopt_anchor=True).log.database.close()
    assert anchored(log.settings.anchor) == [SIZE]


# --- it does not ----------------------------------------------------------------------------------------


def old_backup(log: Log, size: int) -> None:
    """Take the log back to a size; nobody took the anchor back."""
    rewind(log.world, size)


def skipped(log: Log) -> None:
    """Take the log back to a size that no process anchored, because another was ahead."""
    old_backup(log, 3)
    log.anchor(1, 6)


def without_last_checkpoint(log: Log) -> None:
    """Lose the note over the last batch."""
    log.change(delete(checkpoints).where(checkpoints.c.size == SIZE))


REFUSED: dict[str, tuple[Callable[[Log], None], str, dict[str, object]]] = {
    "an old backup": (
        lambda log: old_backup(log, 4),
        "log.behind",
        {"size": 4, "anchored": 6, "missing": 2},
    ),
    "a backup of nothing": (
        lambda log: old_backup(log, 0),
        "log.behind",
        {"size": 0, "anchored": 6, "missing": 6},
    ),
    "behind an anchor that skipped its size": (
        skipped,
        "log.behind",
        {"size": 3, "anchored": 6, "missing": 3},
    ),
    "the same size, another root": (
        lambda log: log.anchor(1, 6, leaves=log.parted),
        "anchor.contradicted",
        {"anchored": 6, "size": 6},
    ),
    "ahead, of another root": (
        lambda log: log.anchor(1, 5, leaves=log.parted),
        "anchor.contradicted",
        {"anchored": 5, "size": 6},
    ),
    "behind, with another root at its size": (
        lambda log: log.anchor(1, 6, 9, leaves=log.parted),
        "anchor.contradicted",
        {"anchored": 6, "size": 6},
    ),
    "the anchor of another log": (
        lambda log: log.anchor(6, origin="minhchung.example/another"),
        "anchor.other_log",
        {"stated": "minhchung.example/another"},
    ),
    "an anchor that the log did not sign": (
        lambda log: log.anchor(6, signer=STRANGER),
        "anchor.not_signed",
        {"size": 6},
    ),
    "a head that says another root": (
        lambda log: log.change(update(head).values(root=merkle.root(log.leaves[:5]))),
        "head.other_root",
        {},
    ),
    "a head that says fewer": (lambda log: log.change(update(head).values(size=5)), "head.other_root", {}),
    "a tree without its leaves": (lambda log: log.change(delete(tiles)), "tile.missing", {}),
    "no checkpoint over the last batch": (
        without_last_checkpoint,
        "checkpoint.does_not_cover",
        {"last": 5, "entries": 6},
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_log_that_does_not_agree_is_not_written(log: Log, case: str) -> None:
    """It says which two do not agree, and leaves tables and anchor as they are for whoever looks."""
    arrange, rule, facts = REFUSED[case]
    arrange(log)
    before = snapshot(log)
    for _ in range(2):  # starting again helps nothing
        with pytest.raises(StartRefused) as refused:
            log.start()
        assert refused.value.rule == rule
        assert refused.value.facts.items() >= facts.items()
        assert isinstance(refused.value, LogBehind) == (rule == "log.behind")
    assert snapshot(log) == before


def snapshot(log: Log) -> tuple[object, bytes]:
    """Return all rows of all tables, and the anchor."""
    with reading(log.settings) as opened:
        runtime = replace(log.world.runtime, log=opened)
        return tables(replace(log.world, runtime=runtime)), log.settings.anchor.read_bytes()


@pytest.mark.parametrize("sizes", [(1, 6), (1, 5)], ids=["of the same size", "of an older size"])
def test_a_contradiction_leaves_its_evidence_beside_the_anchor(log: Log, sizes: tuple[int, ...]) -> None:
    """Two heads that the log signed and that cannot both be: the file convicts by the log's key alone."""
    log.anchor(*sizes, leaves=log.parted)
    with pytest.raises(StartRefused) as refused:
        log.start()
    (evidence,) = log.settings.data.glob("contradiction-*.txt")
    assert refused.value.facts["evidence"] == str(evidence)
    verify_contradiction(evidence.read_bytes(), vkeys=[vkey(DEMO_ORIGIN, LOG_KEY.public_key)])


def test_a_clock_before_the_last_entry_is_refused(log: Log) -> None:
    """Times of admission would stand still, and nobody would know when."""
    with pytest.raises(StartRefused) as refused:
        log.start(now=FOUNDED - timedelta(seconds=1))
    assert refused.value.rule == "clock.behind"
    log.start(now=FOUNDED).log.database.close()


def test_a_key_that_is_not_the_logs_signs_nothing(log: Log) -> None:
    """Checkpoints by another key would be nobody's."""
    with pytest.raises(StartRefused) as refused:
        log.start(log_key=STRANGER)
    assert refused.value.rule == "log_key.not_at_hand"
    assert refused.value.facts == {"key": LOG_KEY.public_key.id}


def test_after_an_error_of_the_anchor_nothing_is_acknowledged(log: Log) -> None:
    """What was committed stays, nobody is told so, and the next start anchors it: a retry finds it there."""
    log.settings.anchor.rename(log.settings.anchor.with_name("unmounted"))
    statement = registering(log.world, "A")
    for _ in range(2):
        with pytest.raises(LogStopped, match="restart"):
            log.world.submit(statement)
    log.settings.anchor.with_name("unmounted").rename(log.settings.anchor)
    log.world.close()
    reopened = reopen(log.settings.data)
    assert anchored(log.settings.anchor)[-1] == SIZE + 1
    (again,) = reopened.submit(statement)
    assert isinstance(again, Accepted)
    assert (again.position, again.repeated) == (SIZE, True)
    reopened.close()


def test_a_retry_is_not_acknowledged_before_it_is_anchored(log: Log) -> None:
    """What another committed, and died before it could anchor it, is anchored for whoever asks again."""
    statement = registering(log.world, "A")
    joined(log.world, lambda _connection, _events: nothing).submit(statement)
    assert anchored(log.settings.anchor)[-1] == SIZE
    (again,) = log.world.submit(statement)
    assert isinstance(again, Accepted)
    assert again.repeated
    assert anchored(log.settings.anchor)[-1] == SIZE + 1
