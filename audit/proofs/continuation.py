"""A log that continues another one, whose tail was lost: what its genesis says of that one, and its proof.

A new epoch has a new origin, so nothing signed for the old log can be taken for its own; its genesis cites
the last checkpoint that the old log acknowledged, and names the positions that nobody could bring back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from audit.proofs.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs.errors import AuditError, ContinuationError
from audit.proofs.head import open_head
from audit.proofs.lines import from_base64
from audit.proofs.note import unverified_text


@dataclass(frozen=True, slots=True)
class Continuation:
    """The last head the old log acknowledged; `missing_from` up to, not including, `missing_to` is lost."""

    origin: str
    size: int
    root: str
    checkpoint: bytes
    missing_from: int
    missing_to: int


_KINDS = {"origin": str, "size": int, "root": str, "checkpoint": str, "missing_from": int, "missing_to": int}


def read_continuation(stated: Any, origin: str) -> Continuation:
    """Read what the genesis of a log with this origin cites; nothing in it is verified.

    1. The note (in base64) is a checkpoint of the origin, size and root beside it.
    2. That is another log than this one.
    3. What is missing goes from some position up to its size.

    Raises ContinuationError `continuation.malformed` with the field.
    """
    if not isinstance(stated, dict) or stated.keys() != _KINDS.keys():
        raise ContinuationError("continuation.malformed", field="continues")
    for name, kind in _KINDS.items():
        if type(stated[name]) is not kind:
            raise ContinuationError("continuation.malformed", field=name)
    cited = Continuation(**{**stated, "checkpoint": from_base64(stated["checkpoint"])})
    try:
        head = parse_checkpoint(unverified_text(cited.checkpoint))
    except AuditError:
        raise ContinuationError("continuation.malformed", field="checkpoint") from None
    if (head.origin, head.size, head.root.hex()) != (cited.origin, cited.size, cited.root):  # 1
        raise ContinuationError("continuation.malformed", field="checkpoint")
    if cited.origin == origin:  # 2
        raise ContinuationError("continuation.malformed", field="origin")
    if not 0 <= cited.missing_from < cited.missing_to == cited.size:  # 3
        raise ContinuationError("continuation.malformed", field="missing_to")
    return cited


def verify_continuation(cited: Continuation, *, left: Checkpoint, vkeys: Iterable[str]) -> None:
    """Raise unless the citation is true of what is left of the old log, whose keys these are.

    `left` is the head of what is left, which was verified for itself.

    1. The old log signed the cited checkpoint.
    2. What is left is of that log.
    3. It ends where the missing positions begin: what is missing is what was acknowledged less what is left.

    Raises ContinuationError `continuation.other_log`, `continuation.other_size`, and what `open_head` raises.
    """
    open_head(cited.checkpoint, vkeys=vkeys)  # 1
    if left.origin != cited.origin:  # 2
        raise ContinuationError("continuation.other_log", stated=cited.origin, expected=left.origin)
    if left.size != cited.missing_from:  # 3
        raise ContinuationError("continuation.other_size", stated=cited.missing_from, left=left.size)
