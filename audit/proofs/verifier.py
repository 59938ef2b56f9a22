"""The whole log checked from its bytes alone, in numbered steps; findings are values, and nothing stops it.

What is folded from the statements (scores, ranks) is not checked here: `observe` hands every good
statement on, in order, to whoever folds in the same pass.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from audit.proofs.brief import Brief
from audit.proofs.certificate import Certified, bindings, verify_binding
from audit.proofs.checkpoints import Checkpoints
from audit.proofs.commitment import verify_opening
from audit.proofs.entry import Entry
from audit.proofs.errors import AuditError
from audit.proofs.finding import LAYERS, Finding, in_order
from audit.proofs.key_events import BOUND
from audit.proofs.keys import Check, PublicKey
from audit.proofs.log_copy import LogCopy, OpeningsOf, Row, Words
from audit.proofs.prefix import Prefix
from audit.proofs.promise import NO_PROMISE
from audit.proofs.reading import CHUNK, Chunk, Read, read_ahead
from audit.proofs.row_order import RowOrder
from audit.proofs.run import Run
from audit.proofs.seen_heads import SeenHeads
from audit.proofs.signers import Signers
from audit.proofs.statement import Statement
from audit.proofs.trees import Trees
from audit.proofs.verdict import Verdict

__all__ = ["LAYERS", "Finding", "LogCopy", "OpeningsOf", "Row", "Verdict", "Words", "verify_log"]

Observe = Callable[[int, Entry, Statement], None]
Progress = Callable[[int], None]


def verify_log(
    copy: LogCopy,
    *,
    observe: Observe | None = None,
    progress: Progress | None = None,
    check: Check = PublicKey.verify,
    log_key: PublicKey | None = None,
    anchors: Collection[str] = (),
    since: Prefix | None = None,
) -> Verdict:
    """Verify a log from genesis to head; `log_key`, where known beforehand, is what genesis must name.

    `anchors`, digests of certificates that are trusted, say nothing of the log: only which bindings count.
    `since` is what was verified before: rows, leaf hashes and checkpoints of the copy are then those from its
    size on (the checkpoint at it included), and so much less is checked as `audit.proofs.prefix` says.

    1. Positions run 0, 1, 2, ... without gap (`order`).
    2. The stored leaf hash is the hash of the entry's bytes, parsable or not (`leaf`).
    3. The bytes are a canonical entry, envelope and statement of this log, under an id used once (`content`).
    4. Stream, version, type in the row are the statement's; `received_at` never runs back (`order`).
    5. Its keys may sign at this index (`registry`, `counter`). A certificate bound to a key leads to an
        anchor of genesis, as far as its chain lies beside the log.
    6. Its signatures verify (`signature`).
    7. What its signer had seen was this log at that size (`seen`).
    8. The openings beside it are what it committed to (`opening`).
    9. The root over all leaves is the head's (`tree`).
    10. Every checkpoint is signed over the root at its size, by the key that the log had then; the last
        covers all (`checkpoint`).
    """
    return _Walk(copy, observe, progress, check, log_key, anchors, since).verdict()


class _Walk:
    """One pass over a copy, collecting findings. Signatures, the whole cost, are checked on every core."""

    def __init__(
        self,
        copy: LogCopy,
        observe: Observe | None,
        progress: Progress | None,
        check: Check,
        log_key: PublicKey | None,
        anchors: Collection[str],
        since: Prefix | None,
    ) -> None:
        self._copy, self._since = copy, since
        self._observe, self._progress = observe, progress
        self._check, self._log_key, self._anchors = check, log_key, anchors
        self._findings: list[Finding] = []
        self._report = self._findings.append
        self._wanted = {size for size, _ in copy.checkpoints}
        self._trees = Trees(copy, self._wanted | set(copy.sizes), self._report)
        self._order = RowOrder(self._report, from_genesis=since is None)
        self._signers = Signers(check, log_key, self._report, from_genesis=since is None)
        self._seen = SeenHeads(self._trees, since, self._report)
        self._words: Words = copy.openings
        self._openings = 0
        self._certified: dict[int, Certified] = {}

    def verdict(self) -> Verdict:
        if self._since is not None:
            self._take_up(self._since)
        self._read()
        root = self._trees.check_head()
        self._seen.check()
        opened = self._check_checkpoints()
        keyring, first = self._signers.keyring, self._since.size if self._since else 0
        genesis = keyring.genesis if opened else None
        records = keyring.records.values()
        return Verdict(
            origin=self._order.origin if opened else "",
            size=self._trees.size,
            root=root,
            log_key=genesis.log_key if genesis else None,
            log_keys=keyring.log_keys if genesis else (),
            findings=tuple(sorted(self._findings, key=in_order)),
            signatures=self._signers.signatures,
            keys=len(records),
            checkpoints=len(self._copy.checkpoints),
            openings=self._openings,
            clock=genesis.clock if genesis else "unknown",
            platform_keys=sum(record.custody == "platform" for record in records),
            roots=self._trees.roots,
            platform_statements=self._signers.platform_statements,
            contested=keyring.contested(),
            bindings=tuple(bindings(keyring, self._certified, self._anchors)),
            continues=genesis.continues if genesis else None,
            promise=genesis.promise if genesis else NO_PROMISE,
            since=first,
        )

    def _take_up(self, since: Prefix) -> None:
        """Go on from what is trusted; what does not fit it is a finding, at its position."""
        self._trees.take_up(since)
        for one in since.included:
            try:
                self._order.take_up(*since.follow(self._signers.keyring, one))
            except AuditError as wrong:
                self._report(Finding.caught("tree", one.position, wrong))
        self._signers.know(self._signers.keyring.records.values())

    def _read(self) -> None:
        rows, known = self._copy.rows, self._signers.known
        size = self._copy.head[0] - (self._since.size if self._since else 0)
        whole = self._observe is not None
        for taken, chunk in read_ahead(rows, size, known, self._check, whole=whole, chunk=CHUNK):
            self._chunk(taken, chunk)
            if self._progress is not None:
                self._progress(self._trees.size)

    def _chunk(self, rows: Sequence[Row], chunk: Chunk) -> None:
        if self._copy.openings_of is not None:
            self._words = self._copy.openings_of(list(_ids(chunk)))
        size = self._trees.size
        self._trees.extend([row.position for row in rows], chunk.leaves)
        at = 0
        for read in chunk.reads:
            if isinstance(read, Run):
                self._run(rows[at : at + read.length], size + at, read)
                at += read.length
            else:
                self._order.check_position(rows[at], size + at)
                self._whole(rows[at], read)
                at += 1

    def _run(self, rows: Sequence[Row], position: int, run: Run) -> None:
        """Take entries in together where all fit, else each alone, to say which does not."""
        fit = self._order.fits(rows, position, run) and self._signers.fits(run)
        if fit and self._seen.fits(position, run):
            self._order.take(rows, run)
            self._signers.take(position, run)
            for at, told in enumerate(run.briefs() if self._words else (), position):
                self._open(at, told)
            return
        for at, (row, told) in enumerate(zip(rows, run.briefs(), strict=True), position):
            self._order.check_position(row, at)
            self._order.check(row, told, told.received_at)
            if self._signers.alone(row.position, told):
                self._seen.note(row.position, told)
                self._open(row.position, told)

    def _whole(self, row: Row, read: Read) -> None:
        if read.wrong is not None:
            self._report(Finding.caught("content", row.position, read.wrong))
            self._order.unreadable(row)
        elif read.entry is not None and read.statement is not None:
            self._order.check(row, read.statement, read.entry.received_at)
            if self._signers.together(row.position, read, read.entry, read.statement):
                self._seen.note(row.position, read.statement)
                self._open(row.position, read.statement, read.entry)
                if self._observe is not None:
                    self._observe(row.position, read.entry, read.statement)

    def _open(self, position: int, told: Statement | Brief, entry: Entry | None = None) -> None:
        """Step 8."""
        for opening in self._words.get(told.id, ()):
            try:
                verify_opening(told, opening)
                self._openings += 1
            except AuditError as wrong:
                self._report(Finding.caught("opening", position, wrong))
                continue
            if told.type == BOUND and entry is not None and isinstance(told, Statement):
                self._bound(position, entry, told, opening.value)

    def _bound(self, position: int, entry: Entry, statement: Statement, chain: str) -> None:
        keyring = self._signers.keyring
        anchors = keyring.genesis.certificate_anchors
        try:
            self._certified[position] = verify_binding(statement, chain, keyring, entry.received_at, anchors)
        except AuditError as wrong:
            self._report(Finding.caught("registry", position, wrong))

    def _check_checkpoints(self) -> bool:
        """Step 10; return whether the log was opened at all."""
        keyring, origin = self._signers.keyring, self._order.origin
        if not origin or not keyring.records:
            self._report(Finding.of("checkpoint", None, "genesis.missing"))
            return False
        checkpoints = Checkpoints(origin, keyring, self._log_key, self._report)
        checkpoints.check(self._copy.checkpoints, self._trees.roots, self._trees.size, self._wanted)
        return True


def _ids(chunk: Chunk) -> Iterator[str]:
    for read in chunk.reads:
        if isinstance(read, Run):
            yield from read.ids
        elif read.statement is not None:
            yield read.statement.id
