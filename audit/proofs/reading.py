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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Protocol, TypeVar

from audit.proofs.brief import Brief, read_brief
from audit.proofs.entry import Entry, parse_entry
from audit.proofs.errors import AuditError
from audit.proofs.keys import Check, PublicKey
from audit.proofs.merkle import leaf_hash
from audit.proofs.portable import portable
from audit.proofs.run import Run
from audit.proofs.statement import Statement, parse_statement, verify_signatures

CHUNK = 512
ALONE_UP_TO = 4 * CHUNK
"""A shorter log is read before another process would have started."""

Keys = Mapping[str, PublicKey]
"""Key id -> a key that was found safe."""


@portable
@dataclass(slots=True)
class Read:
    """What an entry's bytes say, or why they say nothing, and how its signatures fared."""

    entry: Entry | None = None
    statement: Statement | None = None
    wrong: AuditError | None = None
    signed: AuditError | bool = False
    """Whether the signatures were checked; the error where one is bad, False where a key was not known."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What was read of some entries: the hash of each, and what it says."""

    leaves: Sequence[bytes]
    reads: Sequence[Read | Run]
    """In their order; a run stands for all of its entries."""


class Stored(Protocol):
    """Whatever carries an entry's bytes."""

    @property
    def entry(self) -> bytes:
        """The exact bytes."""
        ...


R = TypeVar("R", bound=Stored)


def read(state: bytes, keys: Keys, check: Check) -> Read:
    """Read an entry, and check its signatures if their keys are known: a key's id leaves no choice."""
    found = Read()
    try:
        found.entry = parse_entry(state)
        found.statement = parse_statement(found.entry.envelope.payload)
    except AuditError as wrong:
        found.wrong = wrong
        return found
    if all(key in keys for key, _ in found.entry.envelope.signatures):
        try:
            verify_signatures(found.entry.envelope, found.statement, keys, check)
            found.signed = True
        except AuditError as wrong:
            found.signed = wrong
    return found


def read_chunk(states: Sequence[bytes], keys: Keys, check: Check, *, whole: bool) -> Chunk:
    """Read entries and hash them; what is not wanted `whole` is told in brief, where it can be."""
    leaves = [leaf_hash(state) for state in states]
    if whole:
        return Chunk(leaves, [read(state, keys, check) for state in states])
    found = [read_brief(state, keys, check) or read(state, keys, check) for state in states]
    return Chunk(leaves, list(_in_runs(found)))


def _in_runs(found: Iterable[Brief | Read]) -> Iterator[Read | Run]:
    together: list[Brief] = []
    for each in found:
        if isinstance(each, Brief):
            together.append(each)
            continue
        if together:
            yield Run.of(together)
            together = []
        yield each
    if together:
        yield Run.of(together)


def read_ahead(
    rows: Iterable[R], size: int, keys: Keys, check: Check, *, whole: bool, chunk: int = CHUNK
) -> Iterator[tuple[list[R], Chunk]]:
    """Read entries in their order, chunk by chunk; `keys` are those known by then, and may grow.

    A log of `size` entries that is worth it is read by other processes, ahead of who walks it; `check` has
    to be a function of a module then, so that they find it.
    """
    remaining = iter(rows)
    if size <= ALONE_UP_TO:
        yield from _read_here(remaining, keys, check, chunk, whole=whole)
        return
    with Readers(os.cpu_count() or 1) as readers:
        # What enrols the first keys is read here, while the readers start: they know those keys then.
        yield from _read_here(islice(remaining, chunk // 4), keys, check, chunk, whole=whole)
        yield from readers.read(remaining, keys, check, chunk, whole=whole)


def _read_here(
    rows: Iterator[R], keys: Keys, check: Check, chunk: int, *, whole: bool
) -> Iterator[tuple[list[R], Chunk]]:
    while taken := list(islice(rows, chunk)):
        yield taken, read_chunk([row.entry for row in taken], keys, check, whole=whole)


class Readers:
    """So many processes that read; each is spoken to by one thread."""

    def __init__(self, count: int) -> None:
        self._free: SimpleQueue[_Reader] = SimpleQueue()
        self._readers = [_Reader() for _ in range(count)]
        for reader in self._readers:
            self._free.put(reader)
        self._threads = ThreadPoolExecutor(count)
        self._known: list[tuple[str, bytes]] = []
        """The keys in the order in which they became known; it only grows, and a reader has its beginning."""

    def __enter__(self) -> Readers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, where: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
        for reader in self._readers:
            reader.close()

    def read(
        self, rows: Iterator[R], keys: Keys, check: Check, chunk: int, *, whole: bool
    ) -> Iterator[tuple[list[R], Chunk]]:
        """Read entries, a few chunks ahead of who takes them."""
        ahead: deque[tuple[list[R], Future[bytes]]] = deque()
        while taken := list(islice(rows, chunk)):
            self._known += [(key, keys[key].raw) for key in islice(keys, len(self._known), None)]
            states = [row.entry for row in taken]
            ahead.append((taken, self._threads.submit(self._ask, states, len(self._known), check, whole)))
            if len(ahead) > 2 * len(self._readers):
                yield _answered(*ahead.popleft())
        while ahead:
            yield _answered(*ahead.popleft())

    def _ask(self, states: list[bytes], known: int, check: Check, whole: bool) -> bytes:
        reader = self._free.get()
        try:
            news = self._known[reader.known : known]
            reader.known = max(reader.known, known)
            return reader.ask(pickle.dumps((states, news, check, whole), pickle.HIGHEST_PROTOCOL))
        finally:
            self._free.put(reader)


def _answered(rows: list[R], answer: Future[bytes]) -> tuple[list[R], Chunk]:
    leaves, reads = pickle.loads(answer.result())  # noqa: S301 - from our own child
    size = len(leaves) // len(rows)
    hashes = [leaves[at : at + size] for at in range(0, len(leaves), size)]
    return rows, Chunk(hashes, [Run._make(told) if type(told) is tuple else told for told in reads])


class _Reader:
    """One process: chunks go in, what was read comes out, each as one pickle between parent and child."""

    def __init__(self) -> None:
        self.known = 0
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
    keys: dict[str, PublicKey] = {}
    while asked := _told(sys.stdin.buffer):
        states, news, check, whole = pickle.loads(asked)  # noqa: S301 - from our own parent
        keys |= {key: PublicKey(raw, key) for key, raw in news}
        found = read_chunk(states, keys, check, whole=whole)
        told = [tuple(read) if isinstance(read, Run) else read for read in found.reads]
        _tell(sys.stdout.buffer, pickle.dumps((b"".join(found.leaves), told), pickle.HIGHEST_PROTOCOL))


def _tell(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(len(data).to_bytes(8) + data)
    pipe.flush()


def _told(pipe: IO[bytes]) -> bytes:
    """Take what was told, whole; nothing where the other side has ended."""
    return pipe.read(int.from_bytes(pipe.read(8)))
