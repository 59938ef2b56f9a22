"""The commands about time tokens, against a local OpenSSL authority, and what others make of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import update

from api.runtime import open_runtime, reading
from api.settings import DATABASE_VARIABLE, Settings
from api.timestamping import add_token, checkpoint_text, stamp_now
from api.verdict import verdict_on_log
from api.verification import examine
from audit.ledger.cosignatures import keep_cosignatures
from audit.ledger.database import Database
from audit.ledger.errors import StampingRefused
from audit.ledger.publisher import latest_checkpoint
from audit.ledger.tables import timestamps
from audit.proofs.cosignature import cosign, cosigner_vkey
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN, demo_signing_key
from audit.proofs.note import unverified_text, vkey
from audit.proofs.policy import NO_WITNESSES, Policy, Witness
from audit.proofs.timestamp import TimeAuthority
from audit.proofs.trust import Trust, TrustedLog
from audit.proofs.trust_file import format_trust
from tests.authority import Authority, found_authority
from tests.cli_page import run
from tests.worlds import KEYS, OPEN, reopen

pytest.importorskip("rfc3161_client", reason="the extra `timestamps` is not installed")

LOG = TrustedLog(DEMO_ORIGIN, "Sở Nội vụ", (vkey(DEMO_ORIGIN, KEYS[LOG_ACTOR].public_key),))
WITNESS_KEY = demo_signing_key(200)
WITNESS = Witness("thanh-tra", cosigner_vkey("w.example", WITNESS_KEY.public_key), "Thanh tra")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A time authority."""
    return found_authority(tmp_path_factory.mktemp("authority") / "tsa")


@pytest.fixture
def data(small_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small log, closed."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    shutil.copytree(small_log, tmp_path / "data")
    return tmp_path / "data"


def trust(path: Path, *authorities: TimeAuthority, policy: Policy = NO_WITNESSES) -> Path:
    """Write a trust file beside the log, but not in it."""
    path.write_bytes(format_trust(Trust((LOG,), policy, authorities)))
    return path


@contextmanager
def serving(authority: Authority, answer: bytes | None = None) -> Iterator[str]:
    """Answer requests over HTTP, on this machine; yield the address."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/timestamp-query"
            told = authority.answer(asked) if answer is None else answer
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/tsr"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def told(data: Path, *words: str) -> Any:
    """What a command answers in JSON."""
    ended = run(data, *words, "--json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_checkpoint_is_stamped_verified_and_traced(data: Path, tmp_path: Path, authority: Authority) -> None:
    """A token is fetched and kept; the verdict counts it, and a trace tells what it bounds."""
    with serving(authority) as url:
        path = trust(tmp_path / "trust.json", replace(authority.known, url=url))
        stamped = told(data, "timestamp", "request", "--trust", str(path))
    with reading(Settings(data)) as log:
        size = log.size
    assert (stamped["size"], stamped["authority"], stamped["accuracy_seconds"]) == (size, "tsa", "2.5001")
    (listed,) = told(data, "timestamp", "list", "--trust", str(path))["tokens"]
    assert (listed["size"], listed["not_after"] > stamped["time"]) == (size, True)
    checked = told(data, "verify", "--trust", str(path))["checked"]
    assert (checked["time_tokens"], checked["time_tokens_unchecked"]) == (1, 0)
    cell = ("trace", "STC", "A1.1", "--round", OPEN)
    events = told(data, *cell, "--trust", str(path))["events"]
    last = {"at": listed["not_after"], "source": "timestamp", "by": "tsa", "size": size}
    assert [event["time"]["not_after"] for event in events] == [last] * len(events) != []
    first = [event["time"]["not_before"] for event in events]
    assert all(bound["source"] == "received" and bound["by"] == DEMO_ORIGIN for bound in first)
    assert all(bound["at"] <= event["received_at"] for bound, event in zip(first, events, strict=True))
    printed = " ".join(run(data, *cell, "--trust", str(path), "--lang", "en").stdout.split())
    assert "stated between " in printed
    assert f"(tsa stamped size {size})" in printed


def test_without_trust_nobodys_word_counts(data: Path, tmp_path: Path, authority: Authority) -> None:
    """The token is said to be there and not checked; a trace knows one bound only."""
    _stamp(data, authority)
    checked = told(data, "verify")["checked"]
    assert (checked["time_tokens"], checked["time_tokens_unchecked"]) == (1, 1)
    (listed,) = told(data, "timestamp", "list")["tokens"]
    assert listed["not_after"] is None
    event = told(data, "trace", "STC", "A1.1", "--round", OPEN)["events"][0]
    assert (event["time"]["not_after"], event["time"]["contradicts"]) == (None, False)
    printed = run(data, "trace", "STC", "A1.1", "--round", OPEN, "--lang", "en").stdout
    assert "nobody else has seen it yet" in " ".join(printed.split())


def _stamp(data: Path, authority: Authority) -> int:
    """Stamp the newest checkpoint without a network; return its size."""
    world = reopen(data)
    database = world.runtime.log.database
    with database.read() as connection:
        size, text = checkpoint_text(connection)
    add_token(database, authority.known, size, authority.stamp(text))
    world.close()
    return size


def test_token_is_fetched_elsewhere(data: Path, tmp_path: Path, authority: Authority) -> None:
    """A request is written to a file, answered on another machine, and the answer added."""
    path = trust(tmp_path / "trust.json", authority.known)
    assert run(data, "timestamp", "query", str(tmp_path / "asked.tsq")).returncode == 0
    answer = authority.answer((tmp_path / "asked.tsq").read_bytes())
    (tmp_path / "answer.tsr").write_bytes(answer)
    words = ("timestamp", "add", str(tmp_path / "answer.tsr"), "--trust", str(path))
    assert told(data, *words)["authority"] == "tsa"
    refused = run(data, *words, "--size", "1", "--lang", "en")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "is over something else than this checkpoint" in refused.stderr
    unknown = run(data, *words, "--authority", "x")
    assert unknown.returncode == 2
    assert "tsa" in unknown.stderr.partition("nearest is")[2]
    assert run(data, "timestamp", "add", "nowhere.tsr", "--trust", str(path)).returncode == 2
    assert "size " in run(data, "timestamp", "list", "--lang", "en").stdout


# --- what goes wrong ------------------------------------------------------------------------------------


@pytest.fixture
def database(data: Path) -> Iterator[Database]:
    """The database of the small log, open."""
    world = reopen(data)
    yield world.runtime.log.database
    world.close()


def refused(database: Database, authority: TimeAuthority) -> str:
    """The rule by which nothing is kept."""
    with pytest.raises(StampingRefused) as caught:
        stamp_now(database, authority, timeout=5)
    with database.read() as connection:
        assert connection.execute(timestamps.select()).all() == []
    return caught.value.rule


def test_what_does_not_answer_well_stamps_nothing(database: Database, authority: Authority) -> None:
    """No address, nobody there, noise, the token of another request: each is said, and nothing is kept."""
    assert refused(database, authority.known) == "stamp.no_address"
    assert refused(database, replace(authority.known, url="file:///etc/passwd")) == "stamp.no_address"
    assert refused(database, replace(authority.known, url="http://127.0.0.1:1/")) == "stamp.unreachable"
    with serving(authority, b"noise") as url:
        assert refused(database, replace(authority.known, url=url)) == "time.malformed"
    with database.read() as connection:
        other = authority.stamp(checkpoint_text(connection)[1])
    with serving(authority, other) as url:
        assert refused(database, replace(authority.known, url=url)) == "time.other_request"


def test_only_checkpoints_are_stamped(data: Path, authority: Authority, tmp_path: Path) -> None:
    """A size of no checkpoint has nothing to stamp, and neither has an empty log."""
    with reading(Settings(data)) as log, log.database.read() as connection:
        with pytest.raises(StampingRefused) as caught:
            checkpoint_text(connection, 999_999)
        assert caught.value.facts == {"size": 999_999}
    empty = open_runtime(Settings(tmp_path / "empty"), origin="empty.example", log_key=KEYS[LOG_ACTOR])
    with empty.log.database.read() as connection, pytest.raises(StampingRefused):
        checkpoint_text(connection)
    empty.log.database.close()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (update(timestamps).values(size=timestamps.c.size + 1), "time.no_checkpoint"),
        (update(timestamps).values(token=b"noise"), "time.other_bytes"),
        (update(timestamps).values(sha256=b""), "time.other_bytes"),
    ],
)
def test_verdict_finds_a_token_that_was_changed(
    data: Path, authority: Authority, change: Any, rule: str
) -> None:
    """Moved or altered: named with its size, with trust or without."""
    _stamp(data, authority)
    world = reopen(data)
    with world.runtime.log.database.begin() as connection:
        connection.execute(change)
    world.close()
    for trusted in (None, Trust((LOG,), NO_WITNESSES, (authority.known,))):
        (finding,) = examine(data, trust=trusted).findings
        assert (finding.layer, finding.rule) == ("time", rule)


def test_token_of_another_root_is_found(data: Path, authority: Authority, tmp_path: Path) -> None:
    """Somebody else's token under the authority's name is a finding for whoever trusts the authority."""
    _stamp(data, authority)
    other = replace(found_authority(tmp_path / "other").known, name="tsa")
    (finding,) = examine(data, trust=Trust((LOG,), NO_WITNESSES, (other,))).findings
    assert finding.rule == "time.not_trusted"


# --- witnesses ------------------------------------------------------------------------------------------


def _cosign(data: Path, at: datetime) -> int:
    """Have a witness cosign the newest checkpoint at a moment; return its size."""
    world = reopen(data)
    database = world.runtime.log.database
    with database.read() as connection:
        newest = latest_checkpoint(connection)
    assert newest is not None
    size, _, note = newest
    line = cosign(unverified_text(note), "w.example", WITNESS_KEY, int(at.timestamp()))
    with database.begin() as connection:
        keep_cosignatures(connection, note + line, [WITNESS.vkey], size)
    world.close()
    return size


BY_WITNESS = Trust((LOG,), Policy((WITNESS,), (), WITNESS.name))


def test_cosignature_bounds_as_well(data: Path, tmp_path: Path) -> None:
    """What a trusted witness says is the upper bound of all that its checkpoint covers."""
    at = datetime(2017, 3, 1, tzinfo=UTC)
    size = _cosign(data, at)
    (tmp_path / "trust.json").write_bytes(format_trust(BY_WITNESS))
    words = ("trace", "STC", "A1.1", "--round", OPEN, "--trust", str(tmp_path / "trust.json"))
    last = {"at": "2017-03-01T00:00:00.000000Z", "source": "cosignature", "by": "thanh-tra", "size": size}
    bounds = [event["time"]["not_after"] for event in told(data, *words)["events"]]
    assert bounds == [last] * len(bounds) != []
    assert examine(data, trust=BY_WITNESS).ok


def test_log_whose_clock_runs_ahead_is_found(data: Path) -> None:
    """A witness saw the newest entry a day before the log says that it received it."""
    with reading(Settings(data)) as log:
        *_, newest = log.entries()
    received = datetime.fromisoformat(newest.entry.received_at)
    size = _cosign(data, received - timedelta(days=1))
    (finding,) = examine(data, trust=BY_WITNESS).findings
    assert (finding.layer, finding.position, finding.rule) == ("time", size - 1, "time.received_after_seen")
    assert finding.facts["by"] == "thanh-tra"
    assert examine(data).ok


def test_verdict_says_how_many_tokens_there_are(data: Path, authority: Authority) -> None:
    """In its answer, whether they could be checked or not."""
    _stamp(data, authority)
    assert verdict_on_log(examine(data))["checked"]["time_tokens_unchecked"] == 1
