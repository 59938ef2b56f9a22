"""What the page on attestations shows, made from the pages' small log."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache

from api.attesting import blinding
from api.signing import scripted_entropy
from audit.ledger.codec import read_entry
from audit.proofs import merkle
from audit.proofs.attested import AttestedItem, format_attested_item
from audit.proofs.entry import parse_entry
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.receipt import Receipt, format_receipt
from audit.proofs.state import StateTree
from audit.proofs.state_proof import format_state_proof
from domain import admission
from domain.standing import Standing
from tests.page_log import PageLog
from tests.page_proofs import newest

ROUND, VERSION = "2016", 1
PROVED, ABSENT = "2016/SNV/A1.1", "2016/SNV/A9.9"


@cache
def state_tree(entries: tuple[bytes, ...]) -> StateTree:
    """Fold the small log, and build the tree over the state of its first version."""
    standing = Standing()
    for position, state in enumerate(entries):
        _, _, event = read_entry(state, position)
        if event is not None:
            admission.follow(standing, event)
    return StateTree(standing.rounds[ROUND].versions[VERSION - 1].state, secret())


def secret() -> bytes:
    """Return the secret of the attestation, which its opening holds."""
    return bytes.fromhex(blinding(DEMO_ORIGIN, ROUND, VERSION, scripted_entropy))


def attested_item(log: PageLog) -> bytes:
    """Return one cell of the small log in a file that proves it alone."""
    at = log.labels["attested 1"]
    entry = parse_entry(log.entries[at])
    path = tuple(merkle.inclusion_proof(log.leaf_hashes, at))
    receipt = format_receipt(Receipt(entry.arrived_at, entry.received_at, at, path, newest(log)))
    return format_attested_item(AttestedItem(entry.envelope, receipt, state_tree(log.entries).prove(PROVED)))


def makers(log: Callable[[], PageLog]) -> dict[str, tuple[str, Callable[[], bytes]]]:
    """Return what makes each block: the kind of its fence, and its bytes."""
    return {
        "attestation": ("json", lambda: _pretty(parse_entry(log().entry("attested 1")).envelope.payload)),
        "secret": ("text", lambda: secret().hex().encode()),
        "attested item": ("json", lambda: attested_item(log())),
        "state proof": ("json", lambda: _pretty(format_state_proof(state_tree(log().entries).prove(PROVED)))),
        "proof of absence": (
            "json",
            lambda: _pretty(format_state_proof(state_tree(log().entries).prove(ABSENT))),
        ),
    }


def _pretty(data: bytes) -> bytes:
    return json.dumps(json.loads(data), ensure_ascii=False, indent=2).encode()
