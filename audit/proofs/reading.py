"""Entries read ahead, on every core: parsing and signatures are the cost of verifying, and need no order.

What a reader finds is what the verifier would have found at its place; only the order of the log (who holds
which key, which counter comes next) is left to the one who walks it.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from queue import SimpleQueue
from types import TracebackType
from typing import IO

from audit.proofs.entry import Entry, parse_entry
from audit.proofs.errors import AuditError
from audit.proofs.keys import Check, PublicKey
from audit.proofs.statement import Statement, parse_statement, verify_signatures

CHUNK = 512
ALONE_UP_TO = 4 * CHUNK
"""A shorter log is read before another process would have started."""

Keys = Mapping[str, bytes]
"""Key id -> the 32 bytes of a key that was found safe."""


@dataclass(slots=True)
class Read:
    """What an entry's bytes say, or why they say nothing, and how its signatures fared."""

    entry: Entry | None = None
    statement: Statement | None = None
    wrong: AuditError | None = None
    signed: AuditError | bool = False
    """Whether the signatures were checked; the error where one is bad, False where a key was not known."""


def read(state: bytes, keys: Keys, check: Check) -> Read:
    """Read an entry, and check its signatures if their keys are known: a key's id leaves no choice."""
    found = Read()
    try:
        found.entry = parse_entry(state)
        found.statement = parse_statement(found.entry.envelope.payload)
    except AuditError as wrong:
        found.wrong = wrong
        return found
    known = {key: PublicKey(keys[key], key) for key in found.statement.named_keys if key in keys}
    if known.keys() >= {key for key, _ in found.entry.envelope.signatures}:
        try:
            verify_signatures(found.entry.envelope, found.statement, known, check)
            found.signed = True
        except AuditError as wrong:
            found.signed = wrong
    return found


def read_ahead(states: Iterable[bytes], size: int, keys: Callable[[], Keys], check: Check) -> Iterator[Read]:
    """Read entries in their order; `keys` tells, again and again, those that are known by then.

    A log of `size` entries that is worth it is read by other processes, ahead of who walks it; `check` has
    to be a function of a module then, so that they find it.
    """
    remaining = iter(states)
    if size <= ALONE_UP_TO:
        yield from (read(state, keys(), check) for state in remaining)
        return
    with Readers(os.cpu_count() or 1) as readers:
        # What enrols the first keys is read here, while the readers start: they know those keys then.
        yield from (read(state, keys(), check) for state in islice(remaining, CHUNK // 2))
        yield from readers.read(remaining, keys, check)


class Readers:
    """So many processes that read; each is spoken to by one thread."""

    def __init__(self, count: int) -> None:
        self._free: SimpleQueue[_Reader] = SimpleQueue()
        self._readers = [_Reader() for _ in range(count)]
        for reader in self._readers:
            self._free.put(reader)
        self._threads = ThreadPoolExecutor(count)

    def __enter__(self) -> Readers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, where: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
        for reader in self._readers:
            reader.close()

    def read(self, states: Iterable[bytes], keys: Callable[[], Keys], check: Check) -> Iterator[Read]:
        """Read entries, a few chunks ahead of who takes them."""
        remaining, ahead = iter(states), deque[Future[bytes]]()
        while chunk := list(islice(remaining, CHUNK)):
            asked = pickle.dumps((chunk, dict(keys()), check), pickle.HIGHEST_PROTOCOL)
            ahead.append(self._threads.submit(self._ask, asked))
            if len(ahead) > 2 * len(self._readers):
                yield from pickle.loads(ahead.popleft().result())  # noqa: S301 - from our own child
        while ahead:
            yield from pickle.loads(ahead.popleft().result())  # noqa: S301 - from our own child

    def _ask(self, asked: bytes) -> bytes:
        reader = self._free.get()
        try:
            return reader.ask(asked)
        finally:
            self._free.put(reader)


class _Reader:
    """One process: chunks go in, what was read comes out, each as one pickle between parent and child."""

    def __init__(self) -> None:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-c", f"from {__name__} import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )

    def ask(self, asked: bytes) -> bytes:
        """Have a chunk read."""
        if self._process.stdin is None or self._process.stdout is None:
            raise BrokenPipeError("a reader has no pipes")
        _tell(self._process.stdin, asked)
        return _told(self._process.stdout)

    def close(self) -> None:
        """Let the process end."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def serve() -> None:
    """Read chunks until there are no more: the child's side."""
    gc.disable()  # what is read are values without cycles
    while asked := _told(sys.stdin.buffer):
        chunk, keys, check = pickle.loads(asked)  # noqa: S301 - from our own parent
        found = [read(state, keys, check) for state in chunk]
        _tell(sys.stdout.buffer, pickle.dumps(found, pickle.HIGHEST_PROTOCOL))


def _tell(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(len(data).to_bytes(8) + data)
    pipe.flush()


def _told(pipe: IO[bytes]) -> bytes:
    """Take what was told, whole; nothing where the other side has ended."""
    return pipe.read(int.from_bytes(pipe.read(8)))
