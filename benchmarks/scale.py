"""A large log: verified whole, from a checkpoint on, and by its tree alone, against what signatures cost.

The limit L is the time that `openssl speed ed25519` says for as many verifications on the same cores,
measured before and after each side; it judges the whole million only, since a smaller log is mostly start-up
and enrolments. Every verification runs in a process of its own, so that its memory is known: its own peak,
and the largest of its readers, as often as there are some.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import Connection

from api.log_copy import copy_of, notes, prefix_of, rows
from api.runtime import reading
from api.settings import Settings
from api.synth import build_synth
from api.synth_script import Shape
from audit.ledger import tree
from audit.ledger.fast import fastest_check
from audit.proofs.entry import parse_entry
from audit.proofs.keyring import Keyring
from audit.proofs.merkle import CompactRange, leaf_hash, verify_consistency, verify_inclusion
from audit.proofs.note import vkey
from audit.proofs.reading import CHUNK
from audit.proofs.receipt import Receipt, format_receipt, verify_receipt
from audit.proofs.statement import parse_statement
from audit.proofs.verifier import verify_log
from benchmarks.measure import Line, unlimited, within
from benchmarks.verification import CHECKS

MILLION = 1_000_000
MEMORY = 1024
"""Mebibytes, all processes together."""
NEW = 2
"""A delta is this many of the last batches."""
PROOFS = 300


def large_log(data: Path, events: int) -> Iterator[Line]:
    """Measure a made-up log of so many events; it is built where it is not there yet."""
    if not data.exists():
        started = perf_counter()
        signers = 2000 if events >= MILLION else 500
        build_synth(Settings(data), Shape(150, 60, signers, events, 1), history=False)
        yield unlimited(f"making up a log of {events:,} events", perf_counter() - started)
    yield from _whole(data)
    with reading(Settings(data)) as log, log.database.read() as connection:
        size = log.size
        yield within("  leaves and tree, no signatures", _tree_alone(connection), 10 * max(1, size / MILLION))
        yield from _delta(connection)
        yield from _proofs(connection, size)
    yield unlimited("  verify with rules, fold and tables", _measured(data, "fold")["seconds"])


# --- the whole log --------------------------------------------------------------------------------------


def _whole(data: Path) -> Iterator[Line]:
    for name, least in (("PyNaCl", 1.0), ("cryptography", 1.5)):
        if name == "PyNaCl" and CHECKS[name] is None:
            continue
        before = _openssl()
        found = _measured(data, name)
        each = (before + _openssl()) / 2
        limit = each * found["signatures"]
        what = f"verify {found['size']:,} events but the fold, {name}"
        yield Line(
            what,
            f"{found['seconds']:.1f} s (of the cores {found['busy'] / found['seconds']:.1f})",
            f"L = openssl speed: {limit:.1f} s",
            f"{found['seconds'] / limit:.2f} L, at most {least}",
            found["seconds"] <= least * limit or found["size"] < MILLION,
        )
        memory = found["peak"] + (os.cpu_count() or 1) * found["peak_of_a_reader"]
        told = f"{found['peak']} + readers of {found['peak_of_a_reader']} MiB"
        yield Line("  memory", told, f"limit: {MEMORY} MiB", f"{memory / MEMORY:.2f}", memory <= MEMORY)


def _measured(data: Path, name: str) -> dict[str, Any]:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.verification", str(data), name],
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(ended.stdout)
    assert found["ok"]
    return found


def _openssl() -> float:
    """Return the seconds that one verification takes on all cores together."""
    program = shutil.which("openssl")
    assert program is not None, "the limit is what openssl needs, and there is none"
    cores = str(os.cpu_count() or 1)
    told = subprocess.run(
        [program, "speed", "-multi", cores, "-seconds", "3", "ed25519"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return 1 / float(told.split()[-1])


# --- parts of it ----------------------------------------------------------------------------------------


def _tree_alone(connection: Connection) -> float:
    started = perf_counter()
    copy, grown = copy_of(connection), CompactRange()
    remaining = iter(copy.rows)
    while taken := [leaf_hash(row.entry) for row in islice(remaining, CHUNK)]:
        assert taken == copy.leaf_hashes[grown.size : grown.size + len(taken)]
        grown.extend(taken)
    assert (grown.size, grown.root()) == copy.head
    return perf_counter() - started


def _delta(connection: Connection) -> Iterator[Line]:
    """Go on from a checkpoint two batches before the last one; what is left of the log is not read."""
    sizes = [size for size, _ in notes(connection)]
    size = sizes[-1 - NEW]
    root = tree.root_at(connection, size)
    started = perf_counter()
    prefix = prefix_of(connection, size, root)
    prepared = perf_counter() - started
    verdict = verify_log(copy_of(connection, size), check=fastest_check(), since=prefix)
    seconds = perf_counter() - started
    assert verdict.ok
    assert verdict.size == sizes[-1]
    yield unlimited(f"  verify the {sizes[-1] - size:,} newest, from a checkpoint on", seconds)
    yield unlimited("    of that, the keys before it with their proofs", prepared)


def _proofs(connection: Connection, size: int) -> Iterator[Line]:
    root, chosen = tree.root_at(connection, size), Random(1)  # noqa: S311 - positions, not secrets
    leaves = copy_of(connection).leaf_hashes

    def included() -> None:
        index = chosen.randrange(size)
        proof = tree.inclusion_proof(connection, index, size)
        verify_inclusion(index=index, size=size, leaf_hash=leaves[index], proof=proof, root=root)

    older = {n: tree.root_at(connection, n) for n in (chosen.randrange(1, size) for _ in range(PROOFS))}
    sizes = iter(older.items())

    def consistent() -> None:
        n, its = next(sizes)
        proof = tree.consistency_proof(connection, n, size)
        verify_consistency(size1=n, size2=size, root1=its, root2=root, proof=proof)

    for what, prove in (("inclusion", included), ("consistency", consistent)):
        yield within(
            f"  {what} proof from tiles, and its check", _median(prove, len(older)), 0.001, milliseconds=True
        )
    yield within(
        "  check of a receipt", _median(_receipt(connection, size), PROOFS), 0.002, milliseconds=True
    )


def _receipt(connection: Connection, size: int) -> Callable[[], None]:
    genesis = parse_entry(next(iter(rows(connection))).entry)
    newest = notes(connection)[-1][1]
    index = size // 2
    entry = parse_entry(next(iter(rows(connection, index))).entry)
    proof = tuple(tree.inclusion_proof(connection, index, size))
    receipt = format_receipt(Receipt(entry.arrived_at, entry.received_at, index, proof, newest))
    key = _log_vkey(genesis.envelope.payload)
    envelope = entry.envelope.encode()
    return lambda: verify_receipt(receipt, envelope=envelope, vkeys=[key])


def _log_vkey(payload: bytes) -> str:
    keyring, genesis = Keyring(), parse_statement(payload)
    keyring.follow(genesis, 0)
    return vkey(genesis.log, keyring.genesis.log_key)


def _median(once: Callable[[], None], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        started = perf_counter()
        once()
        taken.append(perf_counter() - started)
    return median(taken)
