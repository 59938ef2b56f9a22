"""Who signed each statement of a log: whether its key could, at its position, and the signature holds."""

from __future__ import annotations

from collections.abc import Iterable

from audit.proofs.brief import Brief
from audit.proofs.entry import Entry
from audit.proofs.errors import AuditError
from audit.proofs.finding import Finding, Report
from audit.proofs.key_events import GENESIS, KEY_EVENTS, LOG_ACTOR
from audit.proofs.key_record import KeyRecord
from audit.proofs.keyring import Keyring
from audit.proofs.keys import Check, PublicKey
from audit.proofs.reading import Read
from audit.proofs.run import Run
from audit.proofs.statement import Statement, verify_signatures


class Signers:
    """Steps 5 and 6. A key that cannot be known any more is a consequence, not a second cause."""

    def __init__(
        self, check: Check, log_key: PublicKey | None, report: Report, *, from_genesis: bool
    ) -> None:
        self._check = check
        self._log_key = log_key
        self._report = report
        self._from_genesis = from_genesis
        self._counted: set[str] = set()
        self._kept: set[str] = set()
        self.keyring = Keyring()
        self.known: dict[str, PublicKey] = {}
        """The keys that readers may check signatures with: a key's id stays the same key's for ever."""
        self.signatures = 0
        self.platform_statements = 0

    def fits(self, run: Run) -> bool:
        """Whether `alone` finds nothing in entries that follow one another; a log from genesis on."""
        return self._from_genesis and self.keyring.fits(run.keys, run.actors, run.counters)

    def take(self, position: int, run: Run) -> None:
        """Take in entries that fit, the first of them at a position."""
        self.signatures += run.length
        self.platform_statements += sum(map(self._kept.__contains__, run.keys))
        self.keyring.take(position, run.keys, run.counters)

    def alone(self, position: int, told: Brief) -> bool:
        """Whether a statement by one key, whose signature was checked (6), is its own to make (5)."""
        try:
            self._alone(position, told)
        except AuditError as wrong:
            self._report(Finding.caught(_layer(wrong.rule), position, wrong))
            return False
        return True

    def together(self, position: int, read: Read, entry: Entry, statement: Statement) -> bool:
        """Whether any other statement is, and bears the signatures that it names."""
        try:
            self._together(position, read, entry, statement)
        except AuditError as wrong:
            self._report(Finding.caught(_layer(wrong.rule), position, wrong))
            return False
        return True

    def know(self, records: Iterable[KeyRecord]) -> None:
        """Keep at hand which keys there are, and which of them the platform keeps for people."""
        for record in records:
            self.known[record.public.id] = record.public
            if record.custody == "platform" and record.actor != LOG_ACTOR:
                self._kept.add(record.public.id)

    def _alone(self, position: int, told: Brief) -> None:
        self.signatures += 1
        self.platform_statements += told.key in self._kept
        self._begin_counting(told.key, told.counter)
        try:
            self.keyring.check_alone(told.key, told.actor, told.counter)  # 5
        except AuditError as wrong:
            if wrong.rule.startswith("counter."):
                self.keyring.follow_alone(told.key, told.counter, position)
            raise
        self.keyring.follow_alone(told.key, told.counter, position)

    def _together(self, position: int, read: Read, entry: Entry, statement: Statement) -> None:
        if isinstance(read.signed, AuditError):
            raise read.signed
        if not read.signed:
            keys = self.keyring.keys_for(statement)
            verify_signatures(entry.envelope, statement, keys, self._check)  # 6
        self.signatures += len(entry.envelope.signatures)
        if statement.key is not None and statement.counter is not None:
            self._begin_counting(statement.key, statement.counter)
        try:
            self.keyring.check(statement, position)  # 5
        except AuditError as wrong:
            if wrong.rule.startswith("counter."):
                self.keyring.follow(statement, position)
            raise
        self.keyring.follow(statement, position)
        if statement.type == GENESIS or statement.type in KEY_EVENTS:
            self._learn(position, statement)
        self.platform_statements += any(key in self._kept for key, _ in entry.envelope.signatures)

    def _begin_counting(self, key: str, counter: int) -> None:
        """After a prefix, a key goes on from wherever it had come to."""
        if not self._from_genesis and key not in self._counted:
            self._counted.add(key)
            self.keyring.begin_counting(key, counter - 1)

    def _learn(self, position: int, statement: Statement) -> None:
        """Let the readers know the keys that came in."""
        records = self.keyring.records
        self.know(records[key] for key in statement.named_keys if key in records)
        if statement.type == GENESIS and self._log_key not in (None, self.keyring.genesis.log_key):
            self._report(Finding.of("registry", position, "genesis.other_log_key"))


def _layer(rule: str) -> str:
    if rule.startswith("signature."):
        return "signature"
    return "counter" if rule.startswith("counter.") else "registry"
