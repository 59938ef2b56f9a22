"""The whole verdict on an export: the log's own checks, the rules, the fold, and whose word there is on time.

What the site keeps beside the log (evidence, refusals, the tables that it shows) is not in an export, and
nothing is said of it.
"""

from __future__ import annotations

from pathlib import Path

from api.errors import CommandError
from api.examination import AtHand, Beside, Examination, Progress, examine_copy
from api.uncollected import uncollected
from audit.proofs.copies import DATABASE, Found, open_copy
from audit.proofs.errors import AuditError
from audit.proofs.judgement import sizes_of_interest
from audit.proofs.receptions import stamps_of
from audit.proofs.trust import Trust


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
            found = open_copy(path, sizes_of_interest(trust) if trust else ())
            return examine_copy(_at_hand(found), progress, trust)
    except (AuditError, ValueError) as wrong:
        raise ExportUnreadable(str(wrong)) from None


def _at_hand(found: Found) -> AtHand:
    openings = found.copy.openings
    held = {(statement, one.field) for statement, its in openings.items() for one in its}
    return AtHand(
        copy=found.copy,
        words_of=lambda _ids: openings,
        held=lambda: (held, ()),
        all_words=False,
        stamped_sizes=found.stamped_sizes,
        stamps=lambda trust: stamps_of(found.tokens, found.texts, found.cosigned, trust),
        cosigned=lambda: found.cosigned,
        lay=lambda _verdict, _refold, _board: Beside(),
    )
