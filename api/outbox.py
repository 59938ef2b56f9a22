"""The outbox: what was signed is kept, and sent again under the same id until its receipt is verified.

A folder with `ID.envelope.json`, `ID.openings.json`, and once it is in the log `ID.receipt`: the form in
which a log that lost its tail takes back what senders keep.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import sleep

from api.client import Answered, Client, Later, Refused, Taken
from api.errors import CommandError
from api.service.errors import BodyMalformed
from api.service.wire import read_json, read_submission
from audit.ledger.files import write_whole
from audit.ledger.submission import Submission
from audit.proofs.errors import AuditError
from audit.proofs.receipt import check_receipt_alone, verify_receipt
from audit.proofs.statement import Statement, parse_envelope, parse_statement
from audit.proofs.trust import Trust
from domain.refusals import Malformed

TRIES = 5


class NoSubmission(CommandError):
    """A file is not a signed statement that could be sent."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path}: {what}; a file has an envelope, or an envelope with its openings")


class ReceiptWrong(CommandError):
    """A receipt does not prove what it should; the signed bytes stay where they are."""

    def __init__(self, statement: str, wrong: Exception) -> None:
        super().__init__(f"{statement}: the receipt does not verify ({wrong}); keep both, and show them")


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one statement."""

    statement: str
    answered: Answered


class Outbox:
    """A folder of signed statements on their way; `trust` says by whose key receipts are verified.

    Without it a receipt is at best consistent with itself.
    """

    def __init__(self, folder: Path, trust: Trust | None = None) -> None:
        self._folder = folder
        self._trust = trust

    def keep(self, path: Path) -> str:
        """Keep what a file says that is to be sent; return its statement's id. Raises NoSubmission."""
        try:
            submission = read_submission(read_json(path.read_bytes()), None)
            statement = _statement(submission.envelope)
        except (OSError, BodyMalformed, AuditError, Malformed) as wrong:
            raise NoSubmission(path, str(wrong)) from None
        self.put(submission, statement.id)
        return statement.id

    def put(self, submission: Submission, statement: str) -> None:
        """Keep a submission, durably; raises NoSubmission where other bytes are kept under its id."""
        self._folder.mkdir(parents=True, exist_ok=True)
        envelope = self._path(statement, "envelope.json")
        if envelope.exists():
            if envelope.read_bytes() != submission.envelope:
                raise NoSubmission(envelope, "this id was signed over something else")
            return
        if submission.openings:  # first, so that no envelope is ever there without its words
            told = [{"field": o.field, "salt": o.salt.hex(), "value": o.value} for o in submission.openings]
            write_whole(self._path(statement, "openings.json"), json.dumps(told, ensure_ascii=False).encode())
        write_whole(envelope, submission.envelope)

    def waiting(self) -> list[str]:
        """Return the ids of what has neither receipt nor refusal, each key's in the order of its counter."""
        found = []
        for path in self._folder.glob("*.envelope.json"):
            statement = path.name.removesuffix(".envelope.json")
            if not any(self._path(statement, end).exists() for end in ("receipt", "refusal")):
                read = _statement(path.read_bytes())
                found.append((read.key or "", read.counter or 0, read.id))
        return [statement for _, _, statement in sorted(found)]

    def send(
        self, client: Client, tries: int = TRIES, wait: Callable[[float], None] = sleep
    ) -> Iterator[Sent]:
        """Send what waits, one after the other; what got no answer after so many tries stays, and ends it.

        Raises ReceiptWrong.
        """
        for statement in self.waiting():
            answered = self._send(client, statement, tries, wait)
            yield Sent(statement, answered)
            if isinstance(answered, Later):
                return

    def _send(self, client: Client, statement: str, tries: int, wait: Callable[[float], None]) -> Answered:
        body = self._body(statement)
        answered = client.submit(body)
        for _ in range(tries - 1):
            if not isinstance(answered, Later):
                break
            wait(answered.seconds)
            answered = client.submit(body)
        if isinstance(answered, Taken):
            self._verify(statement, answered.receipt)
            write_whole(self._path(statement, "receipt"), answered.receipt)
        elif isinstance(answered, Refused) and answered.refusal:
            write_whole(self._path(statement, "refusal"), answered.refusal)
        return answered

    def _body(self, statement: str) -> bytes:
        envelope = self._path(statement, "envelope.json").read_bytes()
        openings = self._path(statement, "openings.json")
        beside = openings.read_bytes() if openings.exists() else b"[]"
        return b'{"envelope":%s,"openings":%s}' % (envelope, beside)

    def _verify(self, statement: str, receipt: bytes) -> None:
        try:
            check_receipt(receipt, self._path(statement, "envelope.json").read_bytes(), self._trust)
        except AuditError as wrong:
            raise ReceiptWrong(statement, wrong) from wrong

    def _path(self, statement: str, end: str) -> Path:
        return self._folder / f"{statement}.{end}"


def check_receipt(receipt: bytes, envelope: bytes, trust: Trust | None) -> None:
    """Raise AuditError unless a receipt proves that an envelope is in its log; by trust, in the known one."""
    if trust is None:
        check_receipt_alone(receipt, envelope=envelope)
        return
    verify_receipt(receipt, envelope=envelope, vkeys=trust.log(_statement(envelope).log).vkeys)


def _statement(envelope: bytes) -> Statement:
    return parse_statement(parse_envelope(envelope).payload)
