"""The anchor beside a log that is verified: whether the log still holds what was acknowledged."""

from __future__ import annotations

import stat
from collections import deque
from collections.abc import Iterator

from api.settings import Settings, settings
from audit.ledger.anchor import Anchor, Anchored
from audit.ledger.errors import StartRefused
from audit.proofs.finding import Finding
from audit.proofs.verdict import Verdict


def newest_anchored(where: Settings) -> Anchored | Finding | None:
    """Return the newest head in the anchor of a data directory, or why there is none to compare with.

    An anchor that holds nothing yet says nothing.

    It lies in the directory itself or, of the log that is run here, where the settings say. Nothing is
    written, and nothing is waited for.
    """
    beside = where.data / "anchor"
    ours = where.data.resolve() == settings().data.resolve()
    path = where.anchor if ours or where.beside_data else beside
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return Finding.of("anchor", None, "anchor.unreadable", path=str(path), reason="not a file")
        return next(iter(deque(Anchor(path).records(), maxlen=1)), None)
    except FileNotFoundError:
        return Finding.of("anchor", None, "anchor.missing", path=str(path))
    except OSError as wrong:
        return Finding.of("anchor", None, "anchor.unreadable", path=str(path), reason=str(wrong.strerror))
    except StartRefused as wrong:
        return Finding("anchor", None, wrong.rule, wrong.facts)


def check_anchor(anchored: Anchored, verdict: Verdict) -> Iterator[Finding]:
    """Compare a verified log with the newest head that was anchored.

    1. It is of this log (`anchor.other_log`).
    2. The log is no shorter (`anchor.ahead`), and its root at that size is the anchored one
       (`anchor.other_root`).
    """
    held = anchored.checkpoint
    if held.origin != verdict.origin:
        yield Finding("anchor", None, "anchor.other_log", {"stated": held.origin, "expected": verdict.origin})
    elif held.size > verdict.size:
        facts = {"anchored": held.size, "size": verdict.size}
        yield Finding("anchor", verdict.size, "anchor.ahead", facts)
    elif held.size and verdict.roots.get(held.size) != held.root:
        yield Finding("anchor", None, "anchor.other_root", {"size": held.size})
