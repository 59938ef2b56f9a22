"""The whole verdict on an export: the log's own checks, the rules, the fold, and whose word there is on time.

What the site keeps beside the log (evidence, refusals, the tables that it shows) is not in an export, and
nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from api.errors import CommandError
from api.refolded import check_attestations
from api.verification import Examination, Refold, uncollected
from audit.ledger.fast import fastest_check
from audit.proofs.copies import DATABASE, Found, open_copy
from audit.proofs.entry import Entry
from audit.proofs.errors import CopyError
from audit.proofs.judgement import judge, sizes_of_interest
from audit.proofs.openings import Openings
from audit.proofs.receptions import Receptions, stamps_of
from audit.proofs.statement import Statement
from audit.proofs.trust import Trust
from audit.proofs.verifier import verify_log
from projections.scoreboard import Scoreboard

Progress = Callable[[int, int], None]


class ExportUnreadable(CommandError):
    """What looks like an export cannot be read; nothing was checked."""


def is_export(path: Path) -> bool:
    """Whether a folder is an export, and not a data directory."""
    return (path / "checkpoint").is_file() and not (path / DATABASE).is_file()


def examine_export(path: Path, progress: Progress | None = None, trust: Trust | None = None) -> Examination:
    """Examine an export; raises ExportUnreadable.

    Steps 1 to 11, 18 and 21 of `examine`; of 19, that what was erased is not there; of 20, all of it. Scores
    and ranks are folded, as from a data directory; there is no table to compare them with.
    """
    try:
        with uncollected():
            return _examine(open_copy(path, sizes_of_interest(trust) if trust else ()), progress, trust)
    except CopyError as wrong:
        raise ExportUnreadable(str(wrong)) from None


def _examine(found: Found, progress: Progress | None, trust: Trust | None) -> Examination:
    copy, size = found.copy, found.copy.head[0]
    refold, kept = Refold(), Openings()
    receptions = Receptions(found.stamped_sizes)

    def observe(position: int, entry: Entry, statement: Statement) -> None:
        kept.observe(position, statement)
        refold.observe(position, entry, statement)
        receptions.observe(position, entry)

    verdict = verify_log(
        copy,
        observe=observe,
        progress=None if progress is None else lambda done: progress(done, size),
        check=fastest_check(),
        anchors=[anchor for log in (trust.logs if trust else ()) for anchor in log.certificate_anchors],
    )
    board, damaged = Scoreboard(), bool(verdict.findings or refold.findings)
    if not damaged:
        board.adopt(refold.standing)
    refolded = check_attestations(refold.attested, refold.standing, copy.leaf_hashes, copy.openings)
    judgement = judge(trust, verdict, found.cosigned) if trust else None
    stamped = receptions.judge(stamps_of(found.tokens, found.texts, found.cosigned, trust))
    held = {(statement, one.field) for statement, its in copy.openings.items() for one in its}
    findings = (
        *sorted((*verdict.findings, *refold.findings), key=lambda f: (f.position is None, f.position or 0)),
        *kept.check(held, whole=False),
        *refolded.findings,
        *(judgement.findings if judgement else ()),
        *stamped.findings,
    )
    erased = tuple(sorted(kept.by_statement().items(), key=lambda its: its[0].position))
    return Examination(
        verdict,
        findings,
        board,
        evidence=0,
        refusals=0,
        erased=erased,
        refolded=refolded,
        compared=False,
        stamped=stamped,
        judgement=judgement,
        folded=not damaged,
    )
