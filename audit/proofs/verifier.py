"""The whole log checked from its bytes alone, in numbered steps; findings are values, and nothing stops it.

What is folded from the statements (scores, ranks) is not checked here: `observe` hands every good
statement on, in order, to whoever folds in the same pass.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from audit.proofs import merkle
from audit.proofs.authorship import Authorship
from audit.proofs.brief import Brief
from audit.proofs.certificate import Binding, Certified, bindings, verify_binding
from audit.proofs.checkpoint import parse_checkpoint
from audit.proofs.commitment import Opening, verify_opening
from audit.proofs.continuation import Continuation
from audit.proofs.entry import Entry
from audit.proofs.errors import AuditError, Fact
from audit.proofs.keyring import BOUND, GENESIS, KEY_EVENTS, LOG_ACTOR, KeyRecord, Keyring
from audit.proofs.keys import Check, PublicKey
from audit.proofs.note import open_note, vkey
from audit.proofs.prefix import Prefix
from audit.proofs.reading import CHUNK, Chunk, Read, read_ahead
from audit.proofs.statement import Seen, Statement, verify_signatures

LAYERS = (
    "order",
    "leaf",
    "content",
    "registry",
    "signature",
    "counter",
    "seen",
    "opening",
    "tree",
    "checkpoint",
)


Words = Mapping[str, Sequence[Opening]]
"""Statement id -> the openings beside it."""
OpeningsOf = Callable[[Sequence[str]], Words]


@dataclass(frozen=True, slots=True)
class Row:
    """A stored event as it lies in the database; `entry` are its exact bytes."""

    position: int
    stream: str
    version: int
    topic: str
    entry: bytes


@dataclass(frozen=True, slots=True)
class LogCopy:
    """What is verified: the rows, and everything stored beside them to prove them."""

    rows: Iterable[Row]
    leaf_hashes: Sequence[bytes]
    head: tuple[int, bytes]
    checkpoints: Sequence[tuple[int, bytes]]
    openings: Words = field(default_factory=dict)
    openings_of: OpeningsOf | None = None
    """Looks up the openings of some statements, where `openings` does not hold all of them at once."""
    sizes: Collection[int] = ()
    """Further sizes at which the root is to be noted (`Verdict.roots`), for whoever compares it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: in which layer, at which position (if at one), by which rule."""

    layer: str
    position: int | None
    rule: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was checked and what was found, findings by position, the cause before its consequences."""

    origin: str
    size: int
    root: bytes
    log_key: PublicKey | None
    log_keys: tuple[tuple[int, PublicKey], ...]
    """The key of genesis and those it was rotated to, each with the smallest size that it signs."""
    findings: tuple[Finding, ...]
    signatures: int
    keys: int
    checkpoints: int
    openings: int
    clock: str
    platform_keys: int
    roots: Mapping[int, bytes] = field(default_factory=dict)
    """The roots at the sizes of all checkpoints, and of those asked for."""
    platform_statements: int = 0
    """How many statements bear a person's key that the platform kept when it signed."""
    contested: Mapping[int, Authorship] = field(default_factory=dict)
    """The statements that a revocation put in doubt, and what their owners said of them since."""
    bindings: tuple[Binding, ...] = ()
    """The certificates that are bound to keys."""
    continues: Continuation | None = None
    """What genesis says of the log that this one continues; `verify_continuation` proves it."""
    since: int = 0
    """Up to which size the verdict rests on an earlier one (`audit.proofs.prefix`)."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


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
        self._copy = copy
        self._since = since
        self._first = since.size if since else 0
        self._counted: set[str] = set()
        self._observe = observe
        self._progress = progress
        self._check = check
        self._log_key = log_key
        self._anchors = anchors
        self._keyring = Keyring()
        self._known: dict[str, PublicKey] = {}
        self._words: Words = copy.openings
        self._tree = merkle.CompactRange()
        self._stored = self._tree
        self._findings: list[Finding] = []
        self._versions: dict[str, int] = {}
        self._ids: set[bytes] = set()
        self._roots: dict[int, bytes] = {}
        self._stored_roots = self._roots
        self._seen: list[tuple[int, Seen]] = []
        self._were: set[tuple[int, str]] = set()
        """What was seen and was so: a size and its root, in both trees."""
        self._wanted = {size for size, _ in copy.checkpoints}
        self._noted = self._wanted | set(copy.sizes)
        self._origin = ""
        self._received = ""
        self._signatures = 0
        self._openings = 0
        self._kept: set[str] = set()
        self._platform_statements = 0
        self._certified: dict[int, Certified] = {}

    def verdict(self) -> Verdict:
        if self._since is not None:
            self._take_up(self._since)
        whole = self._observe is not None
        rows, size = self._copy.rows, self._copy.head[0] - self._first
        for taken, chunk in read_ahead(rows, size, self._known, self._check, whole=whole, chunk=CHUNK):
            self._chunk(taken, chunk)
            if self._progress is not None:
                self._progress(self._tree.size)
        root = self._check_tree()
        self._check_seen()
        self._check_checkpoints()
        records = self._keyring.records.values()
        opened = self._keyring.genesis if self._origin else None
        return Verdict(
            origin=self._origin,
            size=self._tree.size,
            root=root,
            log_key=opened.log_key if opened else None,
            log_keys=self._keyring.log_keys if opened else (),
            findings=tuple(sorted(self._findings, key=_order)),
            signatures=self._signatures,
            keys=len(records),
            checkpoints=len(self._copy.checkpoints),
            openings=self._openings,
            clock=opened.clock if opened else "unknown",
            platform_keys=sum(record.custody == "platform" for record in records),
            roots=self._roots,
            platform_statements=self._platform_statements,
            contested=self._keyring.contested(),
            bindings=tuple(bindings(self._keyring, self._certified, self._anchors)),
            continues=opened.continues if opened else None,
            since=self._first,
        )

    def _take_up(self, since: Prefix) -> None:
        """Go on from what is trusted; what does not fit it is a finding, at its position."""
        try:
            self._tree = self._stored = since.tree()
        except AuditError as wrong:
            self._found("tree", None, wrong.rule, **wrong.facts)
        self._roots[since.size] = since.root
        for one in since.included:
            try:
                log, received_at = since.follow(self._keyring, one)
            except AuditError as wrong:
                self._found("tree", one.position, wrong.rule, **wrong.facts)
                continue
            self._origin = self._origin or log
            self._received = max(self._received, received_at)
        self._know(self._keyring.records.values())

    def _chunk(self, rows: Sequence[Row], chunk: Chunk) -> None:
        if self._copy.openings_of is not None:
            told = (read if isinstance(read, Brief) else read.statement for read in chunk.reads)
            self._words = self._copy.openings_of([each.id for each in told if each is not None])
        for row, leaf, read in zip(rows, chunk.leaves, chunk.reads, strict=True):
            self._row(row, leaf, read)

    def _found(self, layer: str, position: int | None, rule: str, /, **facts: Fact) -> None:
        self._findings.append(Finding(layer, position, rule, facts))

    def _row(self, row: Row, leaf: bytes, read: Read | Brief) -> None:
        position = self._tree.size
        if row.position != position:  # 1
            self._found("order", row.position, "position.not_contiguous", expected=position)
        self._leaf(row, position, leaf)
        if isinstance(read, Brief):
            self._subject(row, read, read.received_at)
            if self._signed(row.position, lambda: self._alone(row.position, read)):
                self._beside(row.position, read)
        elif read.wrong is not None:
            self._found("content", row.position, read.wrong.rule, **read.wrong.facts)
            self._versions[row.stream] = row.version  # the row is all there is left to count by
        elif read.entry is not None and read.statement is not None:
            self._statement(row, read, read.entry, read.statement)

    def _leaf(self, row: Row, position: int, leaf: bytes) -> None:
        stored = self._copy.leaf_hashes  # 2
        kept = stored[position - self._first] if position - self._first < len(stored) else None
        if kept is None:
            self._found("leaf", row.position, "leaf.not_stored")
        elif kept != leaf:
            self._found("leaf", row.position, "leaf.other_bytes")
            self._part()
        self._tree.append(leaf)
        if self._stored is not self._tree:
            self._stored.append(kept or leaf)
        if self._tree.size in self._noted:
            self._roots[self._tree.size] = self._tree.root()
            self._stored_roots[self._tree.size] = self._stored.root()

    def _part(self) -> None:
        """From the first difference on, the tree of the stored leaves is another one."""
        if self._stored is self._tree:
            self._stored = merkle.CompactRange(self._tree.size, self._tree.subtrees)
            self._stored_roots = dict(self._roots)

    def _statement(self, row: Row, read: Read, entry: Entry, statement: Statement) -> None:
        self._subject(row, statement, entry.received_at)
        if self._signed(row.position, lambda: self._together(row.position, read, entry, statement)):
            self._beside(row.position, statement, entry)
            if self._observe is not None:
                self._observe(row.position, entry, statement)

    def _subject(self, row: Row, told: Statement | Brief, received_at: str) -> None:
        self._origin = self._origin or told.log
        if told.log != self._origin:  # 3
            self._found("content", row.position, "log.other", stated=told.log, expected=self._origin)
        number = bytes.fromhex(told.id.replace("-", ""))
        if number in self._ids:
            self._found("content", row.position, "id.twice", id=told.id)
        self._ids.add(number)
        self._columns(row, told, received_at)

    def _columns(self, row: Row, told: Statement | Brief, received_at: str) -> None:
        stream = told.stream
        before = row.version - 1 if self._since else 0  # of a stream that goes on, the row alone says it
        expected = self._versions.get(stream, before) + 1  # 4
        self._versions[stream] = expected
        if row.stream != stream or row.version != expected or row.topic != told.type:
            stated = f"{row.stream} {row.version} {row.topic}"
            subject = f"{stream} {expected} {told.type}"
            self._found("order", row.position, "row.other_subject", stated=stated, expected=subject)
        if received_at < self._received:
            self._found("order", row.position, "time.runs_back", received_at=received_at)
        else:
            self._received = received_at

    def _signed(self, position: int, check: Callable[[], None]) -> bool:
        """Steps 5 and 6. A key that cannot be known any more is a consequence, not a second cause."""
        try:
            check()
        except AuditError as wrong:
            self._found(_layer(wrong.rule), position, wrong.rule, **wrong.facts)
            return False
        return True

    def _alone(self, position: int, told: Brief) -> None:
        """Of a statement by one key, whose signature was checked (6)."""
        self._signatures += 1
        self._platform_statements += told.key in self._kept
        self._begin_counting(told.key, told.counter)
        try:
            self._keyring.check_alone(told.key, told.actor, told.counter)  # 5
        except AuditError as wrong:
            if wrong.rule.startswith("counter."):
                self._keyring.follow_alone(told.key, told.counter, position)
            raise
        self._keyring.follow_alone(told.key, told.counter, position)

    def _together(self, position: int, read: Read, entry: Entry, statement: Statement) -> None:
        """Of any other statement."""
        if isinstance(read.signed, AuditError):
            raise read.signed
        if not read.signed:
            keys = self._keyring.keys_for(statement)
            verify_signatures(entry.envelope, statement, keys, self._check)  # 6
        self._signatures += len(entry.envelope.signatures)
        if statement.key is not None and statement.counter is not None:
            self._begin_counting(statement.key, statement.counter)
        try:
            self._keyring.check(statement, position)  # 5
        except AuditError as wrong:
            if wrong.rule.startswith("counter."):
                self._keyring.follow(statement, position)
            raise
        self._keyring.follow(statement, position)
        if statement.type == GENESIS or statement.type in KEY_EVENTS:
            self._learn(statement)
        if statement.type == GENESIS and self._log_key not in (None, self._keyring.genesis.log_key):
            self._found("registry", position, "genesis.other_log_key")
        self._platform_statements += any(key in self._kept for key, _ in entry.envelope.signatures)

    def _begin_counting(self, key: str, counter: int) -> None:
        """After a prefix, a key goes on from wherever it had come to."""
        if self._since is not None and key not in self._counted:
            self._counted.add(key)
            self._keyring.begin_counting(key, counter - 1)

    def _learn(self, statement: Statement) -> None:
        """Let the readers know the keys that came in: a key's id stays the same key's for ever."""
        records = self._keyring.records
        self._know(records[key] for key in statement.named_keys if key in records)

    def _know(self, records: Iterable[KeyRecord]) -> None:
        """Keep at hand which keys there are, and which of them the platform keeps for people."""
        for record in records:
            self._known[record.public.id] = record.public
            if record.custody == "platform" and record.actor != LOG_ACTOR:
                self._kept.add(record.public.id)

    def _beside(self, position: int, told: Statement | Brief, entry: Entry | None = None) -> None:
        """Steps 7 and 8."""
        if isinstance(told, Brief):
            self._note_seen(position, *told.seen)
        elif told.seen is not None:
            self._note_seen(position, told.seen.size, told.seen.root)
        elif told.type != GENESIS:
            self._found("seen", position, "seen.missing")
        for opening in self._words.get(told.id, ()):  # 8
            try:
                verify_opening(told, opening)
                self._openings += 1
            except AuditError as wrong:
                self._found("opening", position, wrong.rule, **wrong.facts)
                continue
            if told.type == BOUND and entry is not None and isinstance(told, Statement):
                self._bound(position, entry, told, opening.value)

    def _bound(self, position: int, entry: Entry, statement: Statement, chain: str) -> None:
        anchors = self._keyring.genesis.certificate_anchors
        try:
            self._certified[position] = verify_binding(
                statement, chain, self._keyring, entry.received_at, anchors
            )
        except AuditError as wrong:
            self._found("registry", position, wrong.rule, **wrong.facts)

    def _note_seen(self, position: int, size: int, root: str) -> None:
        """Most were so already; the others wait until it is clear which tree is the log's."""
        seen = (size, root)
        if seen not in self._were and self._was(size, root):
            self._were.add(seen)
        if size > position or seen not in self._were:
            self._seen.append((position, Seen(size, root)))

    def _was(self, size: int, root: str) -> bool:
        if self._since is not None and size < self._first:
            return self._since.was(size, root)
        return all(roots.get(size, b"").hex() == root for roots in (self._roots, self._stored_roots))

    def _check_tree(self) -> bytes:
        """Step 9. Where the stored leaves still make the head's root, damage to an entry ends with it."""
        size, root = self._copy.head
        if self._tree.root() != root == self._stored.root():
            self._tree, self._roots = self._stored, self._stored_roots
        leaves = self._first + len(self._copy.leaf_hashes)
        if size != self._tree.size or leaves != self._tree.size:
            self._found("tree", None, "head.other_size", head=size, entries=self._tree.size, leaves=leaves)
        if root != self._tree.root():
            self._found("tree", None, "head.other_root", head=root.hex(), computed=self._tree.root().hex())
        return self._tree.root()

    def _check_seen(self) -> None:
        for position, seen in self._seen:  # 7
            if seen.size > position or self._roots.get(seen.size, b"").hex() != seen.root:
                self._found("seen", position, "seen.false", size=seen.size, root=seen.root)

    def _check_checkpoints(self) -> None:
        if not self._origin or not self._keyring.records:
            self._found("checkpoint", None, "genesis.missing")
            self._origin = ""
            return
        trusted = self._trusted_keys()
        for size, note in self._copy.checkpoints:  # 10
            self._checkpoint(size, note, [vkey for since, vkey in trusted if since <= size][-1:])
        last = max(self._wanted, default=0)
        if last != self._tree.size:
            self._found("checkpoint", None, "checkpoint.does_not_cover", last=last, entries=self._tree.size)

    def _trusted_keys(self) -> list[tuple[int, str]]:
        """The log's keys, each with the size from which it signs; of another log only the known one."""
        (_, first), *rotated = self._keyring.log_keys
        if self._log_key not in (None, first):
            first, rotated = self._log_key, []
        return [(since, vkey(self._origin, key)) for since, key in ((0, first), *rotated)]

    def _checkpoint(self, size: int, note: bytes, trusted: list[str]) -> None:
        try:
            stated = parse_checkpoint(open_note(note, trusted).text)
        except AuditError as wrong:
            self._found("checkpoint", None, wrong.rule, **{**wrong.facts, "size": size})
            return
        if (stated.origin, stated.size) != (self._origin, size):
            self._found("checkpoint", None, "checkpoint.other_log", size=size, stated=stated.size)
        elif self._roots.get(size) != stated.root:
            self._found("checkpoint", None, "checkpoint.other_root", size=size)


def _layer(rule: str) -> str:
    if rule.startswith("signature."):
        return "signature"
    return "counter" if rule.startswith("counter.") else "registry"


def _order(finding: Finding) -> tuple[bool, int, int]:
    """By position, findings about the whole log last; the cause before its consequences."""
    return finding.position is None, finding.position or 0, LAYERS.index(finding.layer)
