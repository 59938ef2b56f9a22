"""The whole verdict on a data directory: the log's own checks, the rules, the fold, and what lies beside it.

`audit.proofs.verifier` checks what is signed; here the same pass re-admits every statement by the rules,
folds scores and ranks, and compares what the site shows with what the log says.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, func, or_, select

from api.log_copy import copy_of, words
from api.recount import SURVEY, check_ballots
from api.refolded import OF_ATTESTATION, Refolded, check_attestations
from api.runtime import Log, reading
from api.settings import Settings
from api.timing import read_stamps, stamped_sizes
from audit.ledger.ballots import BallotBox
from audit.ledger.beside import Filed, check_beside
from audit.ledger.codec import to_event
from audit.ledger.cosignatures import cosigned_notes
from audit.ledger.errors import EvidenceError
from audit.ledger.evidence import DirectoryStore
from audit.ledger.fast import fastest_check
from audit.ledger.publisher import latest_checkpoint
from audit.ledger.tables import openings, refusals
from audit.proofs.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs.continuation import Continuation, verify_continuation
from audit.proofs.entry import Entry
from audit.proofs.errors import AuditError
from audit.proofs.judgement import Judgement, judge, sizes_of_interest
from audit.proofs.note import unverified_text, vkey
from audit.proofs.openings import Erased, Openings, Text
from audit.proofs.receptions import Receptions
from audit.proofs.statement import Attachment, Statement
from audit.proofs.timestamp import NO_STAMPS, Stamped
from audit.proofs.trust import Trust
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
    erased: tuple[tuple[Erased, int], ...]
    """The statements by which words were erased, oldest first, each with how many."""
    refolded: Refolded
    compared: bool
    """Whether the tables that the site shows were compared with the fold; a damaged log leaves nothing to."""
    stamped: Stamped = NO_STAMPS
    """The time tokens beside the log, and what they say as far as they could be checked."""
    judgement: Judgement | None = None
    """What a trust file says of it, where there was one."""
    folded: bool = False
    """Whether scores and ranks were folded again where there is no table to compare them with."""
    left: Verdict | None = None
    """What is left of the log that this one continues, where it does and that is at hand."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def alone(self) -> tuple[Finding, ...]:
        """What would have been found without the trust file as well."""
        judged = self.judgement.findings if self.judgement else ()
        told = {id(found) for found in self.stamped.alone}
        by_trust = {id(found) for found in (*judged, *self.stamped.findings)} - told
        return tuple(found for found in self.findings if id(found) not in by_trust)


def examine(path: Path, progress: Progress | None = None, trust: Trust | None = None) -> Examination:
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
    17. What lies beside the entries repeats what they say: indexes, columns, tiles, cosignatures (`index`,
        `tree`, `checkpoint`, `opening`, `refusal`, `witness`); `check_beside` has the steps.
    18. With a trust file: what that says of the log and of its witnesses (`trust`, `witness`); `judge` has
        the steps.
    19. Each committed text has its opening, but for those that a statement erased, and there are no others
        (`opening`); `Openings.check` has the steps.
    20. Time tokens are over checkpoints of the log; with a trust file, they lead to authorities that it
        names, and nothing was received after others had seen it (`time`); `check_tokens` has the steps.
    21. What the log attested of its results is what the fold published (`attestation`); `check_attestations`
        has the steps.
    """
    return _examine_all(Settings(path), progress, trust)


def _examine_all(settings: Settings, progress: Progress | None, trust: Trust | None = None) -> Examination:
    with uncollected(), reading(settings) as log, log.database.read() as connection:
        examined = _examine(log, connection, DirectoryStore(settings.evidence), progress, trust)
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
    log: Log, connection: Connection, store: DirectoryStore, progress: Progress | None, trust: Trust | None
) -> Examination:
    refold = Refold()
    copy = copy_of(connection, sizes=sizes_of_interest(trust) if trust else ())
    kept, receptions = Openings(), Receptions(stamped_sizes(connection))

    def observe(position: int, entry: Entry, statement: Statement) -> None:
        kept.observe(position, statement)
        refold.observe(position, entry, statement)
        receptions.observe(position, entry)

    anchors = _certificate_anchors(connection, trust)
    verdict = verify_log(copy, observe=observe, progress=progress, check=fastest_check(), anchors=anchors)
    board = Scoreboard()
    damaged = bool(verdict.findings or refold.findings)
    secrets = words(connection, [event.id for event in refold.attested])
    log_vkeys = [vkey(verdict.origin, key) for _, key in verdict.log_keys]
    refolded = check_attestations(refold.attested, refold.standing, copy.leaf_hashes, secrets)
    if not damaged:
        board.adopt(refold.standing)
    beside = [
        *_check_openings(connection, kept, whole=not damaged),
        *refolded.findings,
        *_check_evidence(store, refold.attached),
        *check_beside(connection, refold.filed, copy.leaf_hashes, log_vkeys, damaged=damaged),
        *(() if damaged else _compare(connection, board)),
        *check_ballots(BallotBox(log.database), refold.standing, refold.survey),
    ]
    judgement = judge(trust, verdict, list(cosigned_notes(connection))) if trust else None
    beside += judgement.findings if judgement else ()
    stamped = receptions.judge(read_stamps(connection, trust))
    beside += stamped.findings
    found = sorted((*verdict.findings, *refold.findings), key=lambda f: (f.position is None, f.position or 0))
    refused = connection.execute(select(func.count()).select_from(refusals)).scalar_one()
    erased = tuple(sorted(kept.by_statement().items(), key=lambda its: its[0].position))
    findings = (*found, *beside)
    attached = len(refold.attached)
    return Examination(
        verdict, findings, board, attached, refused, erased, refolded, not damaged, stamped, judgement
    )


def _certificate_anchors(connection: Connection, trust: Trust | None) -> tuple[str, ...]:
    """Return the authorities of certificates that a trust file names for the log that lies here."""
    newest = latest_checkpoint(connection)
    try:
        stated = None if newest is None else parse_checkpoint(unverified_text(newest[2])).origin
    except AuditError:
        return ()
    known = () if trust is None else (log for log in trust.logs if log.origin == stated)
    return tuple(anchor for log in known for anchor in log.certificate_anchors)


# --- the fold -------------------------------------------------------------------------------------------


class Refold:
    """Re-admits and folds each good statement in the pass that verifies it."""

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
            admission.follow(self.standing, event)
            if isinstance(event.body, SURVEY):
                self.survey.append(event)
            elif isinstance(event.body, OF_ATTESTATION):
                self.attested.append(event)


# --- the log that this one continues --------------------------------------------------------------------


def _check_continuation(cited: Continuation, left: Examination) -> Iterator[Finding]:
    verdict = left.verdict
    damage = sum(found.rule != "opening.not_there" for found in left.findings)  # words are lost with a tail
    if damage:
        yield Finding("continuation", 0, "continuation.damaged", {"findings": damage})
    try:
        head = Checkpoint(verdict.origin, verdict.size, verdict.root)
        vkeys = [vkey(verdict.origin, key) for _, key in verdict.log_keys]
        verify_continuation(cited, left=head, vkeys=vkeys)
    except AuditError as wrong:
        yield Finding("continuation", 0, wrong.rule, wrong.facts)


# --- what lies beside the log ---------------------------------------------------------------------------


def _check_openings(connection: Connection, kept: Openings, *, whole: bool) -> Iterator[Finding]:
    """Openings that are there, or have left a salt behind, are held; rows of the others are empty."""
    held: set[Text] = set()
    emptied: set[Text] = set()
    something = or_(openings.c.value.is_not(None), openings.c.salt.is_not(None))
    for statement_id, name, there in connection.execute(
        select(openings.c.statement_id, openings.c.field, something)
    ):
        (held if there else emptied).add((statement_id, name))
    yield from kept.check(held, emptied, whole=whole)


def _check_evidence(store: DirectoryStore, attached: dict[str, tuple[int, Attachment]]) -> Iterator[Finding]:
    for sha256, (position, _) in attached.items():
        try:
            store.read(sha256)
        except EvidenceError as wrong:
            yield Finding("evidence", position, wrong.rule, {"sha256": sha256})


def _compare(connection: Connection, board: Scoreboard) -> Iterator[Finding]:
    for found in differences(connection, board):
        facts = {
            "subject": found.subject,
            "column": found.column,
            "shown": found.shown,
            "folded": found.folded,
        }
        yield Finding("projection", None, f"projection.{found.table}_differ", facts)
