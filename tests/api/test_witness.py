"""A running witness: it never forgets what it answered, whatever kills it, and never cosigns a rollback."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random

import pytest

from api.cosigning import ask_witness, cosign_everywhere
from api.witness import Witness, load_witness
from api.witness_store import BEGUN, WitnessStopped
from audit.proofs.contradiction import verify_contradiction
from audit.proofs.cosignature import cosigner_vkey
from audit.proofs.errors import WitnessRefusal
from audit.proofs.keys import DEMO_ORIGIN, SigningKey
from audit.proofs.note import open_note
from audit.proofs.policy import Group, Policy
from audit.proofs.policy import Witness as Known
from audit.proofs.trust import Trust, TrustedLog, check_head
from audit.proofs.witness import MAX_REQUEST, AddCheckpoint, format_request
from tests.api.witnesses import begun, install, known, serving
from tests.audit.proofs.witnessed import (
    LOG_VKEY,
    OPERATOR,
    TIME,
    facts_of,
    forked,
    head_of,
    log,
    note_at,
    proof,
    rule_of,
)
from tests.conftest import ROOT

SIZE = len(log().rows)
NOTE = note_at(log(), SIZE)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asked on loopback is not asked through anybody else."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def body(old: int, new: int) -> bytes:
    """Return a request to cosign the small log at a size, proved from an older one."""
    hashes = proof(log(), old, new) if 0 < old < new else ()
    return format_request(AddCheckpoint(old, hashes, note_at(log(), new)))


def prove(old: int) -> tuple[bytes, ...]:
    """Prove the whole log from an older size."""
    return proof(log(), old, SIZE)


def remembered(witness: Witness) -> int:
    """Return the size that a witness remembers."""
    with witness.store.memory(DEMO_ORIGIN) as memory:
        return memory.checkpoint.size if memory.checkpoint else 0


# --- cosigning ------------------------------------------------------------------------------------------


def test_it_cosigns_with_each_of_its_keys(tmp_path: Path) -> None:
    """An Ed25519 and an ML-DSA-44 line come back, and both open the note with the witness's time."""
    witness = begun(install(tmp_path, ml_dsa=True))
    lines = witness.add_checkpoint(body(0, SIZE))
    opened = open_note(NOTE + lines, [LOG_VKEY, *witness.vkeys])
    assert [signed.time for signed in opened.signatures] == [None, TIME, TIME]


def test_it_goes_on_from_what_it_remembers(tmp_path: Path) -> None:
    """Started anew, a witness knows where it was; the same head may be cosigned again."""
    config = install(tmp_path)
    begun(config).add_checkpoint(body(0, 9))
    again = load_witness(config)
    again.check()
    assert rule_of(lambda: again.add_checkpoint(body(0, SIZE))) == "witness.other_size"
    again.add_checkpoint(body(9, SIZE))
    again.add_checkpoint(body(SIZE, SIZE))
    assert remembered(again) == SIZE


def test_it_remembers_only_what_was_signed(tmp_path: Path) -> None:
    """Lines that strangers put under a checkpoint are not kept; the log's and its own are."""
    witness = begun(install(tmp_path))
    stranger = "\u2014 stranger.example AAAAAAAAAAAA\n".encode() * 50
    lines = witness.add_checkpoint(body(0, SIZE) + stranger)
    with witness.store.memory(DEMO_ORIGIN) as memory:
        assert memory.note == NOTE + lines


def test_a_refusal_leaves_everything_as_it_is(tmp_path: Path) -> None:
    """Nothing on the disk changes when a request is refused."""
    witness = begun(install(tmp_path))
    witness.add_checkpoint(body(0, 9))
    before = {path.name: path.read_bytes() for path in witness.store.directory.iterdir()}
    for request in (body(4, SIZE), body(0, SIZE), body(9, 4), body(9, 9) + b"x", b""):
        with pytest.raises(WitnessRefusal):
            witness.add_checkpoint(request)
    assert {path.name: path.read_bytes() for path in witness.store.directory.iterdir()} == before


def test_a_fork_leaves_evidence_behind(tmp_path: Path) -> None:
    """A witness that is shown a fork refuses it and keeps what convicts the log, once."""
    witness = begun(install(tmp_path))
    witness.add_checkpoint(body(0, SIZE))
    grown = note_at(forked(), SIZE + 1)
    for asked in (
        AddCheckpoint(SIZE, (), note_at(forked(), SIZE)),
        AddCheckpoint(0, (), note_at(forked(), SIZE)),
        AddCheckpoint(SIZE, proof(forked(), SIZE, SIZE + 1), grown),
        AddCheckpoint(SIZE, proof(forked(), SIZE, SIZE + 1), grown),
    ):
        with pytest.raises(WitnessRefusal):
            witness.add_checkpoint(format_request(asked))
    kept = sorted(witness.store.directory.glob("contradiction-*.txt"))
    assert len(kept) == 2
    for path in kept:
        verify_contradiction(path.read_bytes(), vkeys=[LOG_VKEY])
    assert remembered(witness) == SIZE


# --- what stops it --------------------------------------------------------------------------------------


def test_a_lost_memory_is_not_a_new_log(tmp_path: Path) -> None:
    """A witness whose memory is gone does not start: it would cosign any rollback."""
    config = install(tmp_path)
    witness = begun(config)
    witness.add_checkpoint(body(0, SIZE))
    (kept,) = witness.store.directory.glob("head-*.note")
    kept.unlink()
    with pytest.raises(WitnessStopped, match="lost memory"):
        load_witness(config).check()
    with pytest.raises(WitnessStopped, match="lost memory"):
        witness.add_checkpoint(body(0, 9))


def test_beginning_again_forgets_nothing(tmp_path: Path) -> None:
    """To begin with a log that is remembered changes nothing."""
    config = install(tmp_path)
    begun(config).add_checkpoint(body(0, SIZE))
    assert remembered(begun(config)) == SIZE


@pytest.mark.parametrize(
    "damage",
    [
        lambda kept: b"",
        lambda kept: kept[:-10],
        lambda kept: kept.replace(b"\n13\n", b"\n12\n"),
        lambda kept: NOTE,
        lambda kept: BEGUN + kept,
        lambda kept: b"\xff",
    ],
    ids=["empty", "cut", "rolled back", "not cosigned", "begun before", "garbage"],
)
def test_a_damaged_memory_stops_it(tmp_path: Path, damage: object) -> None:
    """What it remembers bears its own cosignature: anything else is not believed."""
    config = install(tmp_path)
    witness = begun(config)
    witness.add_checkpoint(body(0, SIZE))
    (kept,) = witness.store.directory.glob("head-*.note")
    kept.write_bytes(damage(kept.read_bytes()))  # type: ignore[operator]
    with pytest.raises(WitnessStopped):
        load_witness(config).check()


def test_after_an_error_of_the_disk_it_answers_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An fsync that failed may have lost anything: no cosignature is given, then or later."""
    witness = begun(install(tmp_path))
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", _fail)
        with pytest.raises(WitnessStopped, match="disk"):
            witness.add_checkpoint(body(0, SIZE))
    with pytest.raises(WitnessStopped, match="disk"):
        witness.add_checkpoint(body(0, SIZE))


def _fail(_handle: int) -> None:
    raise OSError(5, "Input/output error")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_not_used(tmp_path: Path, mode: int) -> None:
    """The mode of a key file is checked before the key is."""
    config = install(tmp_path)
    (tmp_path / "ed25519.key").chmod(mode)
    with pytest.raises(WitnessStopped, match="chmod 600"):
        load_witness(config)


@pytest.mark.parametrize(
    "pem", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_file_without_a_key_is_said_to_be_one(tmp_path: Path, pem: bytes) -> None:
    """What is no key ends in a sentence that names the file."""
    config = install(tmp_path)
    (tmp_path / "ed25519.key").write_bytes(pem)
    with pytest.raises(WitnessStopped, match=r"ed25519\.key"):
        load_witness(config)


OTHER_VKEY = "witness.example/x+00000000+AAAA"
CONFIGS: dict[str, tuple[dict[str, object], str]] = {
    "another format": ({"format": "minhchung.witness/v2"}, "trust.malformed"),
    "a name with a space": ({"name": "w 1"}, "trust.malformed"),
    "no keys": ({"keys": []}, "trust.malformed"),
    "a field more": ({"port": 1}, "trust.malformed"),
    "no operator": ({"operator": ""}, "trust.malformed"),
    "a log twice": ({"logs": [{"origin": DEMO_ORIGIN, "vkeys": [LOG_VKEY]}] * 2}, "trust.malformed"),
    "a log under another name": ({"logs": [{"origin": "x", "vkeys": [LOG_VKEY]}]}, "trust.not_a_log_key"),
    "a log with a bad key": (
        {"logs": [{"origin": DEMO_ORIGIN, "vkeys": [OTHER_VKEY]}]},
        "vkey.unknown_algorithm",
    ),
}


@pytest.mark.parametrize("case", CONFIGS)
def test_refuses_configuration(tmp_path: Path, case: str) -> None:
    """A configuration that could be read otherwise than it looks is refused by its rule."""
    changed, rule = CONFIGS[case]
    config = install(tmp_path)
    config.write_text(json.dumps({**json.loads(config.read_text("utf-8")), **changed}), "utf-8")
    assert rule_of(lambda: load_witness(config)) == rule


# --- killed, and many at once ---------------------------------------------------------------------------


def test_killed_between_any_two_steps_it_remembers_what_it_answered(tmp_path: Path) -> None:
    """At every call to the disk: the old head or the new one is remembered, whole, and no answer is lost."""
    config = install(tmp_path)
    begun(config).add_checkpoint(body(0, 4))
    command = [sys.executable, "-m", "tests.api.killed", str(config), DEMO_ORIGIN]
    run = subprocess.run(command, input=body(4, SIZE), cwd=ROOT, capture_output=True, check=True, timeout=120)
    *killed, lived = map(json.loads, run.stdout.splitlines())
    assert lived == {"killed": False, "answered": True, "size": SIZE}
    assert len(killed) > 5
    assert {found["answered"] for found in killed} == {False}
    sizes = [found["size"] for found in killed]
    assert sizes == sorted(sizes)  # from one step on the new head is there, and stays
    assert set(sizes) == {4, SIZE}


def test_requests_at_once_never_roll_back(tmp_path: Path) -> None:
    """Many threads, two witness objects on one directory: sizes only grow, in the order of the answers."""
    config = install(tmp_path)
    witnesses = (begun(config), load_witness(config, clock=lambda: TIME))
    answered: list[int] = []

    def climb(number: int) -> None:
        witness, chance = witnesses[number % 2], Random(number)  # noqa: S311 - to vary, not to hide
        for _ in range(60):
            old = remembered(witness)
            new = min(SIZE, old + chance.randint(0, 2)) or 1
            for request in (body(old, new), body(1, 1), body(0, 1)):
                rule = rule_of(partial(witness.add_checkpoint, request))
                assert rule in ("accepted", "witness.other_size")
                assert remembered(witness) >= old
                if rule == "accepted" and request == body(old, new):
                    answered.append(new)
                    assert remembered(witness) >= new

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(climb, range(8)))
    assert max(answered) == remembered(witnesses[0]) == SIZE


def test_of_two_heads_that_exclude_each_other_one_is_cosigned(tmp_path: Path) -> None:
    """The log and its fork race for a fresh witness, again and again: it never signs both."""
    for attempt in range(10):
        witness = begun(install(tmp_path / str(attempt)))
        asked = [note_at(journal, SIZE) for journal in (log(), forked())] * 2
        first = (format_request(AddCheckpoint(0, (), note)) for note in asked)
        with ThreadPoolExecutor(4) as pool:
            rules = list(pool.map(rule_of, (partial(witness.add_checkpoint, request) for request in first)))
        assert sorted(rules) == ["accepted", *["witness.other_size"] * 3]


# --- over HTTP ------------------------------------------------------------------------------------------


def test_two_operators_cosign_a_log_and_convict_its_forked_copy(tmp_path: Path) -> None:
    """Two witnesses cosign and a verifier's trust is met; the fork gets no quorum, and is convicted."""
    first = begun(install(tmp_path / "1", "w1", "Thanh tra tỉnh"))
    second = begun(install(tmp_path / "2", "w2", "Kiểm toán Nhà nước"))
    with serving(first) as one, serving(second) as two:
        places = (known(first, "Thanh tra tỉnh", one), known(second, "Kiểm toán Nhà nước", two))
        policy = Policy(places, (Group("both", 2, ("w1", "w2")),), "both")
        trust = Trust((TrustedLog(DEMO_ORIGIN, OPERATOR, (LOG_VKEY,)),), policy)
        note, answers = cosign_everywhere(note_at(log(), 9), places, lambda old: proof(log(), old, 9))
        assert [answer.rule for answer in answers] == [None, None]
        note, answers = cosign_everywhere(NOTE, places, prove)
        head = check_head(trust, note)
        assert len(head.independent_of(OPERATOR)) == 2
        fork = note_at(forked(), SIZE + 1)
        note, answers = cosign_everywhere(fork, places, lambda old: proof(forked(), old, SIZE + 1))
    assert [(answer.rule, answer.facts["status"]) for answer in answers] == [("witness.refused", 422)] * 2
    assert note == fork
    assert rule_of(lambda: check_head(trust, note)) == "head.no_quorum"
    for witness in (first, second):
        (kept,) = witness.store.directory.glob("contradiction-*.txt")
        verify_contradiction(kept.read_bytes(), vkeys=[LOG_VKEY])


def post(url: str, data: bytes, path: str = "/add-checkpoint") -> tuple[int, str, bytes]:
    """Send a request as it is; return status, type and body of the answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url + path, data)) as response:  # noqa: S310
            return response.status, response.headers["Content-Type"], response.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers["Content-Type"], refused.read()


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    """A witness that remembers the log at size 9."""
    found = begun(install(tmp_path))
    found.add_checkpoint(body(0, 9))
    return found


@pytest.fixture
def url(witness: Witness) -> Iterator[str]:
    """Its address."""
    with serving(witness) as address:
        yield address


def test_http_answers_as_the_specification_says(witness: Witness, url: str) -> None:
    """200 with lines; 400, 403, 404, 409 with the size and its media type, 422."""
    stranger = body(9, SIZE).replace(DEMO_ORIGIN.encode(), b"other.example/log")
    forged = body(9, SIZE).replace(b"\n13\n", b"\n14\n")
    unproved = format_request(AddCheckpoint(9, (), NOTE))
    assert [post(url, data)[0] for data in (b"", stranger, forged, unproved)] == [400, 404, 403, 422]
    assert post(url, body(4, SIZE)) == (409, "text/x.tlog.size", b"9\n")
    status, kind, lines = post(url, body(9, SIZE))
    assert (status, kind) == (200, "text/plain; charset=utf-8")
    assert open_note(NOTE + lines, witness.vkeys).signers == (witness.name,)
    other_root = format_request(AddCheckpoint(SIZE, (), note_at(forked(), SIZE)))
    assert post(url, other_root) == (409, "text/x.tlog.size", b"13\n")


def test_http_reads_no_more_than_makes_sense(url: str) -> None:
    """A body without end is cut off, and the witness goes on answering."""
    try:
        status = post(url, b"old 0\n" + b"x" * (MAX_REQUEST + 1_000_000))[0]
    except (urllib.error.URLError, ConnectionError, http.client.HTTPException):
        status = 400  # it hung up while we were still sending
    assert status == 400
    assert post(url, body(9, SIZE))[0] == 200


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/redoc", "/add-checkpoint/x"])
def test_http_offers_nothing_else(url: str, path: str) -> None:
    """There is one thing to ask of a witness."""
    assert post(url, b"", path)[0] == 404


def test_http_says_when_the_witness_has_stopped(witness: Witness, url: str) -> None:
    """A witness without memory answers 503, with no cosignature and no details of its machine."""
    (kept,) = witness.store.directory.glob("head-*.note")
    kept.unlink()
    assert post(url, body(9, SIZE)) == (503, "text/plain; charset=utf-8", b"the witness has stopped\n")


# --- asking ---------------------------------------------------------------------------------------------


def test_asking_proves_from_what_the_witness_remembers(witness: Witness, url: str) -> None:
    """The asker learns the size, proves from there, and gets a line that verifies."""
    line = ask_witness(known(witness, url=url), NOTE, prove)
    assert open_note(NOTE + line, witness.vkeys).signatures[0].time == TIME
    assert remembered(witness) == SIZE


def test_asking_for_what_is_behind_tells_how_far_ahead_the_witness_is(witness: Witness, url: str) -> None:
    """A log that lost its tail learns it from its witness."""
    asked = note_at(log(), 4)
    found = facts_of(lambda: ask_witness(known(witness, url=url), asked, lambda old: ()))
    assert found == {"name": "w1", "size": 9, "asked": 4}


def test_asking_with_another_root_of_the_same_size_is_told_apart(witness: Witness, url: str) -> None:
    """The log is told that it contradicts what the witness remembers, not that it is busy."""
    ask_witness(known(witness, url=url), NOTE, prove)
    asked = note_at(forked(), SIZE)
    assert rule_of(lambda: ask_witness(known(witness, url=url), asked, prove)) == "witness.remembers_another"


def test_asking_everywhere_goes_on_without_those_that_fail(witness: Witness, url: str) -> None:
    """One witness away, one with another key: the third still cosigns, and each answer says what happened."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        away = f"http://127.0.0.1:{unused.getsockname()[1]}"
    stranger = cosigner_vkey("witness.example/w9", SigningKey.generate().public_key)
    places = (
        known(witness, url=away),
        known(witness, url="file:///etc"),
        Known("w9", stranger, "Khác", url),
        known(witness, url=url),
    )
    note, answers = cosign_everywhere(NOTE, places, prove, timeout=5)
    assert [answer.rule for answer in answers] == [
        "witness.unreachable",
        "witness.unreachable",
        "witness.bad_answer",
        None,
    ]
    assert open_note(note, witness.vkeys).signers == (witness.name,)
    assert cosign_everywhere(note, places[3:], prove) == (note, ())  # it has cosigned already


# --- as a process ---------------------------------------------------------------------------------------

SCRIPT = """
import sys
from pathlib import Path

import uvicorn

from api.witness import run_witness


class Telling(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print("listening", flush=True)


sys.modules["uvicorn.main"].Server = Telling
run_witness(Path(sys.argv[1]), int(sys.argv[2]), begin=sys.argv[3] == "begin")
"""


def start(config: Path, port: int, how: str = "go on") -> subprocess.Popen[bytes]:
    """Start a witness as its operator would, and wait until it answers or ends."""
    words = [sys.executable, "-c", SCRIPT, str(config), str(port), how]
    running = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE)
    assert running.stdout is not None
    with running.stdout as said:
        said.readline()  # that it listens; where it ends before, there is nothing to read
    return running


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@pytest.mark.slow
def test_a_witness_killed_under_load_never_goes_back(tmp_path: Path) -> None:
    """Killed without warning three times while it answers, it remembers every size that it answered."""
    config, port, acknowledged = install(tmp_path), free_port(), 0
    address = f"http://127.0.0.1:{port}"
    for kill_at in (3, 6, 9):
        running = start(config, port, "begin" if kill_at == 3 else "go on")
        try:
            for size in range(acknowledged + 1, kill_at + 1):
                assert post(address, body(max(size - 1, 0), size))[0] == 200
                acknowledged = size
        finally:
            running.kill()
            running.wait()
        assert remembered(load_witness(config)) == acknowledged == kill_at


@pytest.mark.slow
def test_a_witness_does_not_start_without_its_memory(tmp_path: Path) -> None:
    """A fresh directory needs to be begun with: a missing one is never taken for a new log."""
    running = start(install(tmp_path), free_port())
    assert running.wait(timeout=60) == 1


def test_the_heads_of_the_fork_are_what_they_seem() -> None:
    """The two histories of these tests share all but their last entries."""
    assert head_of(log(), SIZE - 1) == head_of(forked(), SIZE - 1)
    assert head_of(log(), SIZE) != head_of(forked(), SIZE)
