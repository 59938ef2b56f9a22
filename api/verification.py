"""The whole verdict on a data directory: the log's own checks, the rules, the fold, and what lies beside it.

`audit.proofs.verifier` checks what is signed; `api.examination` re-admits every statement by the rules and
folds scores and ranks in the same pass; here is compared what the database and its folder say besides.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, func, or_, select

from api.anchored import check_anchor, newest_anchored
from api.evidence import evidence_of
from api.examination import AtHand, Beside, Examination, Progress, examine_copy
from api.log_copy import copy_of, words
from api.recount import check_ballots
from api.refold import Refold
from api.runtime import Log, reading
from api.settings import Settings
from api.stored import shape_of_log
from api.timing import read_stamps, stamped_sizes
from api.uncollected import uncollected
from audit.ledger.anchor import Anchored
from audit.ledger.ballots import BallotBox
from audit.ledger.beside import check_beside
from audit.ledger.cosignatures import cosigned_notes
from audit.ledger.errors import EvidenceError
from audit.ledger.evidence import Evidence
from audit.ledger.tables import openings, refusals
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.continuation import Continuation, verify_continuation
from audit.proofs.errors import AuditError
from audit.proofs.finding import Finding
from audit.proofs.judgement import sizes_of_interest
from audit.proofs.note import vkey
from audit.proofs.openings import Text
from audit.proofs.statement import Attachment
from audit.proofs.stored import check_shape, check_storage
from audit.proofs.trust import Trust
from audit.proofs.verdict import Verdict
from projections.differences import Difference, differences
from projections.scoreboard import Scoreboard

__all__ = ["Examination", "examine"]


def examine(
    path: Path, progress: Progress | None = None, trust: Trust | None = None, *, histories: bool = False
) -> Examination:
    """Examine a data directory.

    Raises NoDatabase when there is no log in it, StoredError when it cannot be read as one.

    11. Every statement was one to admit, by the rules that held then (`rule`); up to the first damage, after
        which nobody can say what held.
    12. Evidence files are there, and are what their digests say (`evidence`).
    13. Every line of the register of refusals is signed by a key of the log (`refusal`).
    14. The scores and ranks that are shown now are those of the fold (`projection`); with `histories`, so is
        every row that was ever shown, folded apart (`check_histories`).
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
    22. The database is one: tables that hold what they should, indexes that lead to every row, nothing that
        acts by itself (`storage`); `check_shape` and `check_storage` have the steps. Where a value cannot be
        read as what it is taken for, that is all that can be said.
    23. The log holds all that the anchor beside it knows to have been acknowledged (`anchor`); that there is
        none, or that it cannot be read, is a remark.
    """
    settings = Settings(path)
    with uncollected():
        return _examine_all(settings, newest_anchored(settings), progress, trust, histories=histories)


def _examine_all(
    settings: Settings,
    anchored: Anchored | Finding | None,
    progress: Progress | None,
    trust: Trust | None = None,
    *,
    histories: bool = False,
) -> Examination:
    """Examine a log; its anchor was read before, so it is not ahead for what others commit meanwhile."""
    with reading(settings) as log, log.database.read() as connection:
        storage = _storage(connection)
        sizes = set(sizes_of_interest(trust)) if trust else set()
        sizes |= {anchored.checkpoint.size} if isinstance(anchored, Anchored) else set()
        at_hand = _at_hand(log, connection, evidence_of(settings), sizes, storage)
        examined = examine_copy(at_hand, progress, trust)
        if histories and examined.compared:
            from api.histories import check_histories  # what no other verification waits for

            others = (found for found in examined.findings if found.layer != "projection")
            examined = replace(examined, findings=(*others, *check_histories(log, connection)))
    if isinstance(anchored, Anchored):
        beside = check_anchor(anchored, examined.verdict)
        examined = replace(examined, findings=(*examined.findings, *beside))
    elif anchored is not None:
        examined = replace(examined, remarks=(*examined.remarks, anchored))
    cited = examined.verdict.continues
    if cited is None or not settings.continues.is_dir():
        return examined
    if settings.continues.is_symlink():  # what lies behind a link may be this very log
        linked = Finding("continuation", 0, "continuation.linked", {"path": str(settings.continues)})
        return replace(examined, findings=(*examined.findings, linked))
    left = _examine_all(Settings(settings.continues, beside_data=True), None, None)
    findings = (*examined.findings, *_check_continuation(cited, left))
    return replace(examined, findings=findings, left=left.verdict)


def _storage(connection: Connection) -> list[Finding]:
    """What is wrong with a file of SQLite; a server keeps its own tables. Raises StoredError."""
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        return []
    check_shape(raw, shape_of_log())
    return list(check_storage(raw))


def _at_hand(
    log: Log, connection: Connection, store: Evidence, sizes: Collection[int], storage: list[Finding]
) -> AtHand:
    copy = copy_of(connection, sizes=sizes)

    def lay(verdict: Verdict, refold: Refold, board: Scoreboard | None) -> Beside:
        log_vkeys = [vkey(verdict.origin, key) for _, key in verdict.log_keys]
        beside = [
            *_check_evidence(store, refold.attached),
            *check_beside(connection, refold.filed, copy.leaf_hashes, log_vkeys, damaged=board is None),
            *(() if board is None else _compare(connection, board)),
            *check_ballots(BallotBox(log.database), refold.standing, refold.survey),
        ]
        refused = connection.execute(select(func.count()).select_from(refusals)).scalar_one()
        remarks = [*_set_aside(store, refold.attached), *_sealed(store, refold.attached)]
        return Beside(beside, remarks, len(refold.attached), refused, compared=board is not None)

    return AtHand(
        copy=copy,
        words_of=lambda ids: words(connection, ids),
        held=lambda: _openings(connection),
        all_words=True,
        stamped_sizes=stamped_sizes(connection),
        stamps=lambda trust: read_stamps(connection, trust),
        cosigned=lambda: cosigned_notes(connection),
        lay=lay,
        storage=storage,
    )


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


def _openings(connection: Connection) -> tuple[set[Text], set[Text]]:
    """Openings that are there, or have left a salt behind, are held; rows of the others are empty."""
    held: set[Text] = set()
    emptied: set[Text] = set()
    something = or_(openings.c.value.is_not(None), openings.c.salt.is_not(None))
    for statement_id, name, there in connection.execute(
        select(openings.c.statement_id, openings.c.field, something)
    ):
        (held if there else emptied).add((statement_id, name))
    return held, emptied


def _check_evidence(store: Evidence, attached: dict[str, tuple[int, Attachment]]) -> Iterator[Finding]:
    for sha256, (position, attachment) in attached.items():
        try:
            store.check(sha256, attachment.size)
        except EvidenceError as wrong:
            if wrong.rule != "evidence.sealed":
                yield Finding("evidence", position, wrong.rule, {"sha256": sha256})


def _sealed(store: Evidence, attached: dict[str, tuple[int, Attachment]]) -> Iterator[Finding]:
    """Files that could not be looked into, in one remark: whoever verifies need not have the key."""
    count = sum(store.is_closed(sha256) for sha256 in attached)
    if count:
        yield Finding("evidence", None, "evidence.unopened", {"count": count})


def _set_aside(store: Evidence, attached: dict[str, tuple[int, Attachment]]) -> Iterator[Finding]:
    """Files that had been altered when they came in once more."""
    for sha256 in store.set_aside():
        position = attached[sha256][0] if sha256 in attached else None
        yield Finding("evidence", position, "evidence.set_aside", {"sha256": sha256})


def _compare(connection: Connection, board: Scoreboard) -> Iterator[Finding]:
    for found in differences(connection, board):
        yield _differ(found)


def _differ(found: Difference) -> Finding:
    facts = {
        "subject": found.subject,
        "column": found.column,
        "shown": found.shown,
        "folded": found.folded,
    }
    return Finding("projection", None, f"projection.{found.table}_differ", facts)
