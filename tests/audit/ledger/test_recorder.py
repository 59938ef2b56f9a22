"""The recorder keeps eventsourcing's contract on both databases, and the tree in step."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent, Tracking
from eventsourcing.tests import persistence as contract

from audit.ledger import tree
from audit.ledger.database import Database, open_database
from audit.ledger.errors import NoDatabase, WriterBusy
from audit.ledger.recorder import LedgerRecorder
from audit.proofs.merkle import leaf_hash, root, verify_consistency, verify_inclusion
from tests.conftest import ROOT


class StreamsOnly(LedgerRecorder):
    """As an aggregate recorder, which knows streams but no log, and so tells no notification ids."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        super().insert_events(stored_events, **kwargs)

    def select_events(self, originator_id: UUID | str, **kwargs: Any) -> Sequence[StoredEvent]:
        found = super().select_events(originator_id, **kwargs)
        return [StoredEvent(e.originator_id, e.originator_version, e.topic, e.state) for e in found]


CASES = {
    "aggregate": (contract.AggregateRecorderTestCase, "test_insert_and_select"),
    "aggregate performance": (contract.AggregateRecorderTestCase, "test_performance"),
    "application": (contract.ApplicationRecorderTestCase, "test_insert_select"),
    "application performance": (contract.ApplicationRecorderTestCase, "test_performance"),
    "application concurrency": (contract.ApplicationRecorderTestCase, "test_concurrent_no_conflicts"),
    "application throughput": (contract.ApplicationRecorderTestCase, "test_concurrent_throughput"),
    "application subscription": (contract.ApplicationRecorderTestCase, "optional_test_insert_subscribe"),
    "tracking": (contract.TrackingRecorderTestCase, "test_insert_tracking"),
    "tracking wait": (contract.TrackingRecorderTestCase, "test_wait"),
    "process": (contract.ProcessRecorderTestCase, "test_insert_select"),
    "process tracking": (contract.ProcessRecorderTestCase, "test_has_tracking_id"),
    "process order": (contract.ProcessRecorderTestCase, "test_raises_when_lower_inserted_later"),
    "process performance": (contract.ProcessRecorderTestCase, "test_performance"),
    "no interleaving": (contract.NonInterleavingNotificationIDsBaseCase, "test"),
}


@pytest.mark.parametrize("case", CASES)
def test_contract_of_eventsourcing(case: str, database: Database) -> None:
    """Every recorder test case that eventsourcing ships passes."""
    base, name = CASES[case]
    recorder = StreamsOnly if base is contract.AggregateRecorderTestCase else LedgerRecorder
    body = {
        "create_recorder": lambda _: recorder(database),
        "new_originator_id": lambda _: str(uuid4()),
    }
    ours = type("Ours", (base,), body)
    running = ours(name)
    running.setUp()
    getattr(running, name)()
    running.tearDown()


def _events(stream: str, first: int, count: int) -> list[StoredEvent]:
    return [
        StoredEvent(stream, first + n, "Topic.v1", f"{stream}/{first + n}".encode()) for n in range(count)
    ]


def test_tree_is_the_tree_of_the_entries(database: Database) -> None:
    """After appends of many sizes the head's root is the RFC 6962 root over all stored entries."""
    recorder = LedgerRecorder(database)
    leaves: list[bytes] = []
    for n, count in enumerate((1, 3, 255, 1, 256, 600, 2)):
        events = _events(f"s{n}", 1, count)
        with database.begin() as connection:
            appended = recorder.append(connection, events)
        leaves += [leaf_hash(event.state) for event in events]
        assert (appended.size, appended.root) == (len(leaves), root(leaves))
    with database.read() as connection:
        assert list(tree.leaf_hashes(connection)) == leaves
        assert tree.root_at(connection, 300) == root(leaves[:300])


def test_proofs_from_tiles_verify(database: Database) -> None:
    """Inclusion and consistency proofs read from tiles hold at any size."""
    recorder = LedgerRecorder(database)
    events = _events("s", 1, 700)
    with database.begin() as connection:
        recorder.append(connection, events)
    leaves = [leaf_hash(event.state) for event in events]
    with database.read() as connection:
        for size, index in ((1, 0), (2, 1), (257, 256), (513, 300), (700, 699), (700, 0)):
            path = tree.inclusion_proof(connection, index, size)
            verify_inclusion(
                index=index, size=size, leaf_hash=leaves[index], proof=path, root=root(leaves[:size])
            )
        for size1, size2 in ((1, 2), (255, 257), (256, 700), (699, 700), (3, 600)):
            verify_consistency(
                size1=size1,
                size2=size2,
                root1=root(leaves[:size1]),
                root2=root(leaves[:size2]),
                proof=tree.consistency_proof(connection, size1, size2),
            )


def test_refused_batch_leaves_no_trace(database: Database) -> None:
    """A batch with a version that is taken changes neither events, tree nor head."""
    recorder = LedgerRecorder(database)
    recorder.insert_events(_events("s", 1, 5))
    with database.read() as connection:
        before = tree.root_at(connection, 5)
    with pytest.raises(IntegrityError):
        recorder.insert_events([*_events("t", 1, 300), *_events("s", 5, 1)])
    with database.read() as connection:
        assert list(tree.leaf_hashes(connection)) == [leaf_hash(e.state) for e in _events("s", 1, 5)]
        assert tree.root_at(connection, 5) == before
    assert recorder.insert_events(_events("s", 6, 1)) == [6]


def test_positions_have_no_gaps_under_concurrent_writers(database: Database) -> None:
    """Eight writers with conflicts among them leave positions 0, 1, 2, ... and the right root."""
    recorder = LedgerRecorder(database)

    def write(writer: int) -> int:
        refused = 0
        for n in range(12):
            stream = "shared" if n % 3 == 0 else f"own{writer}/{n}"
            try:
                recorder.insert_events(_events(stream, n + 1, 3))
            except IntegrityError:
                refused += 1
        return refused

    with ThreadPoolExecutor(8) as pool:
        refused = sum(pool.map(write, range(8)))
    notifications = recorder.select_notifications(None, 10_000)
    assert [n.id for n in notifications] == list(range(1, len(notifications) + 1))
    assert refused > 0
    with database.read() as connection:
        found = tree.root_at(connection, len(notifications))
    assert found == root([leaf_hash(n.state) for n in notifications])


def test_tracking_position_is_taken_once(database: Database) -> None:
    """Of six threads that report the same position, each time exactly one is accepted."""
    recorder = LedgerRecorder(database)

    def report(position: int) -> bool:
        try:
            recorder.insert_tracking(Tracking("follower", position))
        except IntegrityError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        for position in range(1, 25):
            assert sum(pool.map(report, [position] * 6)) == 1
    assert recorder.max_tracking_id("follower") == 24


def test_second_writer_is_told_who_writes(tmp_path: Path) -> None:
    """A SQLite log has one writing process; another one learns its number."""
    first = open_database(f"sqlite:///{tmp_path}/log.db")
    with pytest.raises(WriterBusy, match=str(os.getpid())):
        open_database(f"sqlite:///{tmp_path}/log.db")
    first.close()
    open_database(f"sqlite:///{tmp_path}/log.db").close()


def test_missing_log_is_not_a_fresh_log(tmp_path: Path) -> None:
    """Reading a log that is not there is an error and makes no file."""
    with pytest.raises(NoDatabase):
        open_database(f"sqlite:///{tmp_path}/log.db", writer=False)
    assert list(tmp_path.iterdir()) == []


def test_killed_writer_leaves_a_whole_log(tmp_path: Path) -> None:
    """After SIGKILL in the middle of appends, root and entries still agree."""
    script = (
        "from audit.ledger.database import open_database\n"
        "from audit.ledger.recorder import LedgerRecorder\n"
        "from eventsourcing.persistence import StoredEvent\n"
        f"recorder = LedgerRecorder(open_database('sqlite:///{tmp_path}/log.db'))\n"
        "for n in range(1, 10**6):\n"
        "    recorder.insert_events([StoredEvent(f's{n}', v, 'T.v1', b'x' * 300) for v in range(1, 8)])\n"
        "    print(n, flush=True)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert writer.stdout is not None
    acknowledged = 0
    for line in writer.stdout:
        acknowledged = int(line)
        if acknowledged == 40:
            break
    writer.kill()
    writer.wait()
    database = open_database(f"sqlite:///{tmp_path}/log.db")
    recorder = LedgerRecorder(database)
    notifications = recorder.select_notifications(None, 100_000)
    assert len(notifications) >= acknowledged * 7
    with database.begin() as connection:
        size = recorder.lock_head(connection)
        assert size == len(notifications)
        assert tree.root_at(connection, size) == root([leaf_hash(n.state) for n in notifications])
    database.close()
