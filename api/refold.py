"""The statements of a log admitted again and folded, in the pass that verifies them."""

from __future__ import annotations

import hashlib

from api.recount import SURVEY
from api.refolded import OF_ATTESTATION
from audit.ledger.beside import Filed
from audit.ledger.codec import to_event
from audit.proofs.entry import Entry
from audit.proofs.finding import Finding
from audit.proofs.statement import Attachment, Statement
from domain import admission
from domain.events import Event
from domain.refusals import Malformed
from domain.standing import Standing


class Refold:
    """Re-admits and folds each good statement."""

    def __init__(self) -> None:
        self.standing = Standing()
        self.findings: list[Finding] = []
        self.attached: dict[str, tuple[int, Attachment]] = {}
        self.survey: list[Event] = []
        self.filed: list[Filed] = []
        self.attested: list[Event] = []
        self._next = 0

    def observe(self, position: int, entry: Entry, statement: Statement) -> None:
        """Take in the next good statement."""
        self.filed.append(Filed(position, statement, hashlib.sha256(entry.envelope.payload).digest()))
        for attachment in statement.attachments:
            self.attached.setdefault(attachment.sha256, (position, attachment))
        if position != self._next or self.findings:
            return  # after the first damage nobody can say what held
        self._next += 1
        try:
            event = to_event(statement, entry, position)
        except Malformed as wrong:
            self.findings.append(Finding("content", position, wrong.refusal.rule, wrong.refusal.facts))
            return
        if event is None:
            self.standing.versions[statement.stream] = self.standing.versions.get(statement.stream, 0) + 1
        elif (refusal := admission.admit(self.standing, event)) is not None:
            self.findings.append(Finding("rule", position, refusal.rule, refusal.facts))
        else:
            self._follow(event)

    def _follow(self, event: Event) -> None:
        admission.follow(self.standing, event)
        if isinstance(event.body, SURVEY):
            self.survey.append(event)
        elif isinstance(event.body, OF_ATTESTATION):
            self.attested.append(event)
