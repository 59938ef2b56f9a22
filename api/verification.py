"""The whole verdict on a data directory: the log's own checks, the rules, the fold, and what lies beside it.

`audit.proofs.verifier` checks what is signed; here the same pass re-admits every statement by the rules,
folds scores and ranks, and compares what the site shows with what the log says.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, func, select

from api.log_copy import copy_of
from api.recount import SURVEY, check_ballots
from api.runtime import Log, reading
from api.settings import Settings
from audit.ledger.ballots import BallotBox
from audit.ledger.codec import to_event
from audit.ledger.errors import EvidenceError
from audit.ledger.evidence import DirectoryStore
from audit.ledger.fast import fastest_check
from audit.ledger.tables import refusals
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.continuation import Continuation, verify_continuation
from audit.proofs.entry import Entry
from audit.proofs.errors import AuditError
from audit.proofs.note import open_note, vkey
from audit.proofs.statement import Attachment, Statement
from audit.proofs.verifier import Finding, Progress, Verdict, verify_log
from domain import admission
from domain.events import Event
from domain.refusals import Malformed
from domain.standing import Standing
from projections.differences import differences
from projections.scoreboard import Scoreboard


@dataclass(frozen=True, slots=True)
class Examination:
    """A verdict on the log and everything beside it; `board` holds what the log says when folded again."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    board: Scoreboard
    evidence: int
    refusals: int
    compared: bool
    """Whether the tables that the site shows were compared with the fold; a damaged log leaves nothing to."""
    left: Verdict | None = None
    """What is left of the log that this one continues, where it does and that is at hand."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def examine(path: Path, progress: Progress | None = None) -> Examination:
    """Examine a data directory; raises NoDatabase when there is no log in it.

    11. Every statement was one to admit, by the rules that held then (`rule`); up to the first damage, after
        which nobody can say what held.
    12. Evidence files are there, and are what their digests say (`evidence`).
    13. Every line of the register of refusals is signed by a key of the log (`refusal`).
    14. The scores and ranks that are shown are those of the fold (`projection`).
    15. Tokens, ballots and tallies of the survey are what the log says, counted again (`ballot`);
        `check_ballots` has the steps.
    16. What a new epoch says of the log that it continues is so (`continuation`), where what is left of that
        lies beside it; that is examined first, likewise.
    """
    return _examine_all(Settings(path), progress)


def _examine_all(settings: Settings, progress: Progress | None) -> Examination:
    with uncollected(), reading(settings) as log, log.database.read() as connection:
        examined = _examine(log, connection, DirectoryStore(settings.evidence), progress)
    if examined.verdict.continues is None or not settings.continues.is_dir():
        return examined
    left = _examine_all(Settings(settings.continues, beside_data=True), None)
    findings = (*examined.findings, *_check_continuation(examined.verdict.continues, left))
    return replace(examined, findings=findings, left=left.verdict)


@contextmanager
def uncollected() -> Iterator[None]:
    """Do without the collector of cycles: what is read of a log are values without any, by the million."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def log_size(path: Path) -> int:
    """Return how many entries there are to verify; raises NoDatabase."""
    with reading(Settings(path)) as log:
        return log.size


def _examine(
    log: Log, connection: Connection, store: DirectoryStore, progress: Progress | None
) -> Examination:
    refold = _Refold()
    copy = copy_of(connection)
    verdict = verify_log(copy, observe=refold.observe, progress=progress, check=fastest_check())
    board = Scoreboard()
    damaged = bool(verdict.findings or refold.findings)
    if not damaged:
        board.adopt(refold.standing)
    beside = [
        *_check_evidence(store, refold.attached),
        *_check_refusals(connection, verdict),
        *(() if damaged else _compare(connection, board)),
        *check_ballots(BallotBox(log.database), refold.standing, refold.survey),
    ]
    found = sorted((*verdict.findings, *refold.findings), key=lambda f: (f.position is None, f.position or 0))
    refused = connection.execute(select(func.count()).select_from(refusals)).scalar_one()
    return Examination(verdict, (*found, *beside), board, len(refold.attached), refused, compared=not damaged)


# --- the fold -------------------------------------------------------------------------------------------


class _Refold:
    """Re-admits and folds each good statement in the pass that verifies it."""

    def __init__(self) -> None:
        self.standing = Standing()
        self.findings: list[Finding] = []
        self.attached: dict[str, tuple[int, Attachment]] = {}
        self.survey: list[Event] = []
        self._next = 0

    def observe(self, position: int, entry: Entry, statement: Statement) -> None:
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
            admission.follow(self.standing, event)
            if isinstance(event.body, SURVEY):
                self.survey.append(event)


# --- the log that this one continues --------------------------------------------------------------------


def _check_continuation(cited: Continuation, left: Examination) -> Iterator[Finding]:
    verdict = left.verdict
    if left.findings:
        yield Finding("continuation", 0, "continuation.damaged", {"findings": len(left.findings)})
    try:
        head = Checkpoint(verdict.origin, verdict.size, verdict.root)
        vkeys = [vkey(verdict.origin, key) for _, key in verdict.log_keys]
        verify_continuation(cited, left=head, vkeys=vkeys)
    except AuditError as wrong:
        yield Finding("continuation", 0, wrong.rule, wrong.facts)


# --- what lies beside the log ---------------------------------------------------------------------------


def _check_evidence(store: DirectoryStore, attached: dict[str, tuple[int, Attachment]]) -> Iterator[Finding]:
    for sha256, (position, _) in attached.items():
        try:
            store.read(sha256)
        except EvidenceError as wrong:
            yield Finding("evidence", position, wrong.rule, {"sha256": sha256})


def _check_refusals(connection: Connection, verdict: Verdict) -> Iterator[Finding]:
    trusted = [vkey(verdict.origin, key) for _, key in verdict.log_keys]
    if not trusted:
        return
    for row in connection.execute(select(refusals.c.number, refusals.c.line)):
        try:
            open_note(row.line, trusted)
        except AuditError as wrong:
            yield Finding("refusal", None, wrong.rule, {"number": row.number})


def _compare(connection: Connection, board: Scoreboard) -> Iterator[Finding]:
    for found in differences(connection, board):
        facts = {
            "subject": found.subject,
            "column": found.column,
            "shown": found.shown,
            "folded": found.folded,
        }
        yield Finding("projection", None, f"projection.{found.table}_differ", facts)
