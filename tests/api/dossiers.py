"""Dossiers for tests: made from a log, taken apart, changed, and sealed again as a forger would."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from api.dossier import Request, dossier_bytes, make_dossier
from api.dossier_contents import Subject
from api.runtime import reading
from api.settings import Settings
from audit.ledger import tree
from audit.proofs import canonical
from audit.proofs.dossier import seal
from audit.proofs.dossier_verdict import dossier_verdict
from audit.proofs.dossier_verifier import verify_dossier
from audit.proofs.policy import NO_WITNESSES
from audit.proofs.subtrees import prune
from audit.proofs.trust import Trust, TrustedLog

Inner = dict[str, Any]
Change = Callable[[Inner], object]


def made(data: Path, subject: Subject, reader: str = "agency", *, whole: bool = False) -> bytes:
    """Make a dossier out of a data directory, with a trust file that knows its log."""
    with reading(Settings(data)) as log, log.database.read() as connection:
        first = make_dossier(log, connection, Request(subject, reader, whole))
        verdict = dossier_verdict(verify_dossier(dossier_bytes(first)))
        note = first.checkpoints[-1]
        known = Trust((TrustedLog(first.log, "Operator", (verdict["log_key"],), note),), NO_WITNESSES)
        return dossier_bytes(make_dossier(log, connection, Request(subject, reader, whole, known)))


def leaves_of(data: Path) -> list[bytes]:
    """Return all leaf hashes of a log."""
    with reading(Settings(data)) as log, log.database.read() as connection:
        return list(tree.leaf_hashes(connection, 0))


def inner_of(dossier: bytes) -> Inner:
    """Take a dossier apart."""
    inner: Inner = json.loads(dossier)["dossier"]
    return inner


def sealed(inner: Inner) -> bytes:
    """Put it together again, with a digest that fits."""
    return seal(canonical.encode(inner))


def changed(dossier: bytes, change: Change) -> bytes:
    """Change a dossier the way a forger would who seals it again."""
    inner = inner_of(dossier)
    change(inner)
    return sealed(inner)


def proved_again(inner: Inner, leaves: list[bytes]) -> None:
    """Make the tree proof fit again, as somebody with the whole log can."""
    positions = [entry["position"] for entry in inner["entries"]]
    inner["hashes"] = [one.hex() for one in prune(leaves, positions, inner["sizes"])]


def verdict_on(dossier: bytes, trust: Trust | None = None) -> dict[str, Any]:
    """Return the verdict."""
    return dossier_verdict(verify_dossier(dossier, trust))


def findings_of(verdict: dict[str, Any]) -> list[tuple[str, int | None, str]]:
    """Return what two verifiers must agree on."""
    return [(found["layer"], found["position"], found["rule"]) for found in verdict["findings"]]
