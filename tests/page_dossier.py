"""What the pages on dossiers and verdicts show, made from the pages' small log."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from audit.proofs import merkle
from audit.proofs.dossier import Dossier, Held, HeldProof, format_dossier
from audit.proofs.dossier_verdict import dossier_verdict
from audit.proofs.dossier_verifier import verify_dossier
from audit.proofs.entry import parse_entry
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.receipt import Receipt, format_receipt
from audit.proofs.statement import REGISTRY_STREAM, Statement, parse_statement
from audit.proofs.subtrees import prune
from tests.page_attestation import PROVED, state_tree
from tests.page_log import PageLog
from tests.page_proofs import newest, trust_file

WITHHELD = ("MotionPut.v1", "VoteCast.v1", "OpinionRequested.v1", "OpinionSealed.v1", "OpinionOpened.v1")
SHOWN_ITEMS, SHOWN_LETTERS = 3, 60


def statements(log: PageLog) -> list[Statement]:
    """Return what all entries say."""
    return [parse_statement(parse_entry(entry).envelope.payload) for entry in log.entries]


def dossier(log: PageLog) -> bytes:
    """Return a cell of the small log as a dossier for its agency."""
    said = statements(log)
    proof = state_tree(log.entries).prove(PROVED)
    attested = log.labels["attested 1"]
    wanted = sorted({*proof.shown[0].item.events, attested} | _registry(said) | {log.labels["evidence"]})
    held = [
        Held(at, log.leaf_hashes[at], None if said[at].type in WITHHELD else log.entries[at]) for at in wanted
    ]
    shown = [said[one.position] for one in held if one.entry is not None]
    sizes = {one.seen.size for one in shown if one.seen} | {said[attested].body["size"]}
    cuts = sorted(size for size in sizes if size < len(log.entries))
    return format_dossier(
        Dossier(
            about={"round": "2016", "agency": "SNV", "criterion": "A1.1"},
            reader="agency",
            log=DEMO_ORIGIN,
            size=len(log.entries),
            entries=tuple(held),
            hashes=tuple(prune(log.leaf_hashes, wanted, cuts)),
            sizes=tuple(cuts),
            checkpoints=(newest(log),),
            openings=tuple((log.labels["evidence"], one) for one in log.openings["evidence"]),
            receipts=((log.labels["evidence"], _receipt(log)),),
            states=(HeldProof(attested, proof),),
            trust=json.loads(trust_file(log)) | {"quorum": "none"},
        )
    )


def _registry(said: list[Statement]) -> set[int]:
    return {at for at, one in enumerate(said) if one.stream == REGISTRY_STREAM}


def _receipt(log: PageLog) -> bytes:
    at = log.labels["evidence"]
    entry = parse_entry(log.entries[at])
    path = tuple(merkle.inclusion_proof(log.leaf_hashes, at))
    return format_receipt(Receipt(entry.arrived_at, entry.received_at, at, path, newest(log)))


def makers(log: Callable[[], PageLog]) -> dict[str, tuple[str, Callable[[], bytes]]]:
    """Return what makes each block: the kind of its fence, and its bytes."""
    return {
        "dossier": ("json", lambda: _shortened(dossier(log()))),
        "verdict": ("json", lambda: _pretty(dossier_verdict(verify_dossier(dossier(log()))))),
    }


def _pretty(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


def _shortened(data: bytes) -> bytes:
    """Lay out for reading: the first of many items, the beginning of long texts."""
    stated = json.loads(data)
    inner = stated["dossier"]
    withheld = next(entry for entry in inner["entries"] if "entry" not in entry)
    inner["entries"] = [inner["entries"][0], withheld]
    inner["trust"] = {"format": inner["trust"]["format"], "logs": ["…"], "quorum": inner["trust"]["quorum"]}
    return _pretty(_cut(stated))


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _cut(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_cut(item) for item in value[:SHOWN_ITEMS]] + (["…"] if len(value) > SHOWN_ITEMS else [])
    if isinstance(value, str) and len(value) > SHOWN_LETTERS:
        return f"{value[:SHOWN_LETTERS]}…"
    return value
