"""The entries of a dossier, one after the other: steps 4 to 7 of docs/formats/dossier.md.

A part of a log is walked as the whole would be, but for what only the whole can say: counters may skip, and
statements that others speak of may not be there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from audit.proofs.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs.commitment import Opening, verify_opening
from audit.proofs.dossier import Dossier, Held
from audit.proofs.entry import Entry, parse_entry
from audit.proofs.errors import AuditError, Fact, KeyringError, MerkleError
from audit.proofs.finding import Finding
from audit.proofs.keyring import GENESIS, LOG_ACTOR, Keyring
from audit.proofs.keys import Check, PublicKey
from audit.proofs.merkle import leaf_hash
from audit.proofs.note import open_note, unverified_text, vkey
from audit.proofs.openings import Openings
from audit.proofs.statement import Statement, parse_statement, verify_signatures
from audit.proofs.subtrees import PrunedTree

Progress = Callable[[int, int], None]
STEP = 64


@dataclass(frozen=True, slots=True)
class Good:
    """A statement with nothing wrong about its bytes, its keys or its signatures."""

    position: int
    entry: Entry
    statement: Statement


@dataclass(slots=True)
class Walked:
    """What a walk leaves behind for the steps after it."""

    dossier: Dossier
    findings: list[Finding] = field(default_factory=list)
    keyring: Keyring = field(default_factory=Keyring)
    good: dict[int, Good] = field(default_factory=dict)
    tree: PrunedTree | None = None
    heads: list[tuple[Checkpoint, bytes]] = field(default_factory=list)
    """The checkpoints without a finding, with their notes."""
    signatures: int = 0
    openings: int = 0
    kept_by_platform: int = 0

    def found(self, layer: str, position: int | None, rule: str, /, **facts: Fact) -> None:
        """Note a finding."""
        self.findings.append(Finding(layer, position, rule, facts))

    def raised(self, layer: str, position: int | None, wrong: AuditError, **facts: Fact) -> None:
        """Note what a check raised."""
        self.findings.append(Finding(layer, position, wrong.rule, {**wrong.facts, **facts}))

    def root(self, size: int) -> bytes | None:
        """Return the root at a size, where it can be computed."""
        return None if self.tree is None else self.tree.root(size)

    @property
    def log_vkeys(self) -> list[str]:
        """The verifier keys that the log has had, oldest first."""
        return [vkey(self.dossier.log, key) for _, key in self.keyring.log_keys]


def walk(dossier: Dossier, check: Check = PublicKey.verify, progress: Progress | None = None) -> Walked:
    """Take steps 4 to 7."""
    walked = Walked(dossier)
    _check_tree(walked)  # 4
    _Entries(walked, check).walk(progress)  # 5
    _check_checkpoints(walked)  # 6
    _check_openings(walked)  # 7
    return walked


def _check_tree(walked: Walked) -> None:
    its = walked.dossier
    leaves = {held.position: held.leaf for held in its.entries}
    try:
        walked.tree = PrunedTree(its.size, leaves, its.hashes, its.sizes)
    except MerkleError as wrong:
        walked.raised("tree", None, wrong)


class _Entries:
    """Step 5."""

    def __init__(self, walked: Walked, check: Check) -> None:
        self._walked = walked
        self._check = check
        self._whole = walked.dossier.whole
        self._ids: set[str] = set()
        self._received = ""
        self._words: dict[int, list[Opening]] = {}
        for position, opening in walked.dossier.openings:
            self._words.setdefault(position, []).append(opening)

    def walk(self, progress: Progress | None) -> None:
        entries = self._walked.dossier.entries
        for done, held in enumerate(entries):
            if progress is not None and done % STEP == 0:
                progress(done, len(entries))
            if held.entry is not None:
                self._entry(held, held.entry)
        if progress is not None:
            progress(len(entries), len(entries))

    def _entry(self, held: Held, data: bytes) -> None:
        walked, position = self._walked, held.position
        if leaf_hash(data) != held.leaf:
            walked.found("leaf", position, "leaf.other_bytes")
        try:
            entry = parse_entry(data)
            statement = parse_statement(entry.envelope.payload)
        except AuditError as wrong:
            walked.raised("content", position, wrong)
            return
        self._subject(position, entry, statement)
        try:
            self._signed(position, entry, statement)
        except AuditError as wrong:
            walked.raised(_layer(wrong.rule), position, wrong)
            return
        walked.good[position] = Good(position, entry, statement)
        self._seen(position, statement)
        self._open(position, statement)

    def _subject(self, position: int, entry: Entry, statement: Statement) -> None:
        walked, log = self._walked, self._walked.dossier.log
        if statement.log != log:
            walked.found("content", position, "log.other", stated=statement.log, expected=log)
        if statement.id in self._ids:
            walked.found("content", position, "id.twice", id=statement.id)
        self._ids.add(statement.id)
        if entry.received_at < self._received:
            walked.found("order", position, "time.runs_back", received_at=entry.received_at)
        self._received = max(self._received, entry.received_at)

    def _signed(self, position: int, entry: Entry, statement: Statement) -> None:
        walked, keyring = self._walked, self._walked.keyring
        verify_signatures(entry.envelope, statement, keyring.keys_for(statement), self._check)
        walked.signatures += len(entry.envelope.signatures)
        if not self._whole:
            _skip(keyring, statement)
        try:
            keyring.check(statement, position)
        except KeyringError as wrong:
            beyond = wrong.rule == "contested.not_contested" and not self._whole
            if beyond or wrong.rule.startswith("counter."):
                keyring.follow(statement, position)
            if not beyond:
                raise
        else:
            keyring.follow(statement, position)
        records = (keyring.records[key] for key, _ in entry.envelope.signatures)
        walked.kept_by_platform += any(r.custody == "platform" and r.actor != LOG_ACTOR for r in records)

    def _seen(self, position: int, statement: Statement) -> None:
        walked, seen = self._walked, statement.seen
        if seen is None:
            if statement.type != GENESIS:
                walked.found("seen", position, "seen.missing")
        elif seen.size > position:
            walked.found("seen", position, "seen.false", size=seen.size, root=seen.root)
        elif walked.tree is not None:
            root = walked.root(seen.size)
            if root is None:
                walked.found("seen", position, "seen.not_shown", size=seen.size)
            elif root.hex() != seen.root:
                walked.found("seen", position, "seen.false", size=seen.size, root=seen.root)

    def _open(self, position: int, statement: Statement) -> None:
        for opening in self._words.get(position, ()):
            try:
                verify_opening(statement, opening)
                self._walked.openings += 1
            except AuditError as wrong:
                self._walked.raised("opening", position, wrong)


def _skip(keyring: Keyring, statement: Statement) -> None:
    """Of a part, let a key go on from any counter that is higher than its last one here."""
    key, counter = statement.key, statement.counter
    if key is not None and counter is not None and counter > keyring.next_counter(key):
        keyring.begin_counting(key, counter - 1)


def _layer(rule: str) -> str:
    if rule.startswith("signature."):
        return "signature"
    return "counter" if rule.startswith("counter.") else "registry"


def _check_checkpoints(walked: Walked) -> None:
    """Step 6."""
    if not walked.keyring.log_keys:
        walked.found("checkpoint", None, "genesis.missing")
        return
    last = 0
    for note in walked.dossier.checkpoints:
        last = _check_checkpoint(walked, note)
    if last != walked.dossier.size:
        walked.found("checkpoint", None, "checkpoint.does_not_cover", last=last, entries=walked.dossier.size)


def _check_checkpoint(walked: Walked, note: bytes) -> int:
    """Check one, and return the size that it states."""
    log = walked.dossier.log
    try:
        stated = parse_checkpoint(unverified_text(note))
    except AuditError as wrong:
        walked.raised("checkpoint", None, wrong)
        return 0
    signing = [vkey(log, key) for since, key in walked.keyring.log_keys if since <= stated.size][-1:]
    try:
        open_note(note, signing)
    except AuditError as wrong:
        walked.raised("checkpoint", None, wrong, size=stated.size)
        return stated.size
    if stated.origin != log:
        walked.found("checkpoint", None, "checkpoint.other_log", stated=stated.origin, size=stated.size)
    elif walked.tree is not None and walked.root(stated.size) != stated.root:
        walked.found("checkpoint", None, "checkpoint.other_root", size=stated.size)
    else:
        walked.heads.append((stated, note))
    return stated.size


def _check_openings(walked: Walked) -> None:
    """Step 7."""
    shown = {held.position for held in walked.dossier.entries if held.entry is not None}
    told = Openings()
    for good in walked.good.values():
        told.observe(good.position, good.statement)
    for position, opening in walked.dossier.openings:
        if position not in shown:
            walked.found("opening", position, "opening.of_nothing", field=opening.field)
        elif (its := walked.good.get(position)) is not None:
            erased = told.erased.get((its.statement.id, opening.field))
            if erased is not None:
                name, since = opening.field, erased.position
                walked.found("opening", position, "opening.not_erased", field=name, since=since)


def erased_texts(good: Mapping[int, Good]) -> int:
    """Count the texts that good statements here committed to, and good statements here erased."""
    told = Openings()
    for one in good.values():
        told.observe(one.position, one.statement)
    return len(told.erased.keys() & told.committed.keys())
