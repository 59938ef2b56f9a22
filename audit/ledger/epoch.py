"""A new epoch: what the genesis of a log says of the one it continues, when nobody can refill that one."""

from __future__ import annotations

import base64

from audit.ledger.anchor import Anchored
from audit.ledger.errors import EpochRefused
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.continuation import read_continuation, verify_continuation
from audit.proofs.errors import AuditError
from audit.proofs.keyring import Keyring
from audit.proofs.note import vkey


def cite(anchored: Anchored | None, left: Checkpoint, keyring: Keyring, origin: str) -> dict[str, object]:
    """Cite the last acknowledged head for a log with a new origin, and name what is missing.

    `left` is the head of what is left, and `keyring` says its keys. The citation is proved before anybody
    signs it. Raises EpochRefused `epoch.nothing_missing`, `epoch.not_provable`.
    """
    if anchored is None or anchored.checkpoint.size <= left.size:
        raise EpochRefused("epoch.nothing_missing", size=left.size)
    head = anchored.checkpoint
    stated: dict[str, object] = {
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "checkpoint": base64.b64encode(anchored.note).decode(),
        "missing_from": left.size,
        "missing_to": head.size,
    }
    try:
        vkeys = [vkey(left.origin, key) for _, key in keyring.log_keys]
        verify_continuation(read_continuation(stated, origin), left=left, vkeys=vkeys)
    except AuditError as wrong:
        raise EpochRefused("epoch.not_provable", reason=wrong.rule) from wrong
    return stated
