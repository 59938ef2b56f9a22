"""A small state, and a log that attests it, for the tests of state proofs."""

from __future__ import annotations

from functools import cache
from typing import Any

from audit.proofs.attested import AttestedItem
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.state import Item, StateTree
from audit.proofs.statement import parse_envelope
from tests.audit.proofs.logs import Journal, small_log, statement_at
from tests.audit.proofs.witnessed import envelope_at, head_of, receipt_at

SECRET, OTHER_SECRET = b"s" * 32, b"t" * 32
SIZE = 13
"""The small log when it attests."""


def item(key: str, points: str = "1", *events: int) -> Item:
    """Return an item that says so many points."""
    return Item(key, (("counts", "true"), ("points", points)), events[-1:], events)


def _events(key: str) -> tuple[int, ...]:
    journal = small_log()
    about = key.split("/")[1:]
    found = [(s.agency, s.criterion or "total") for s in map(statement_at, journal.rows)]
    return tuple(position for position, one in enumerate(found) if list(one) == about)


KEYS = tuple(
    sorted(f"2016/{a}/{of}" for a in ("SNV", "STC", "VP") for of in ("A1.1", "A1.2", "rank", "total"))
)
ITEMS = tuple(item(key, "1.5", *_events(key)) for key in KEYS)
TREE = StateTree(ITEMS, SECRET)
ROOT, COUNT = TREE.root, len(ITEMS)


def body(**changes: Any) -> dict[str, Any]:
    """Return what the small log attests, but for these changes."""
    true = {
        "version": 1,
        "fold": "minhchung.fold/v1",
        "rules": "CCHC-DN 1.0.0",
        "size": SIZE,
        "root": head_of(small_log(), SIZE).root.hex(),
        "state_root": ROOT.hex(),
        "count": COUNT,
    }
    return true | changes


def attesting(actor: str = LOG_ACTOR, kind: str = "ProjectionAttested.v1", **changes: Any) -> Journal:
    """Return the small log with an attestation as its last entry."""
    journal = small_log()
    header = {"round": changes.pop("round", "2016")}
    journal.enter(journal.one(actor, kind, body(**changes), **header))
    journal.commit()
    return journal


@cache
def attested_log() -> Journal:
    """Return a log that attested its state, to be read only."""
    return attesting()


def attested_item(key: str = KEYS[5], journal: Journal | None = None, tree: StateTree = TREE) -> AttestedItem:
    """Return the proof of an item, with the attestation and its receipt."""
    its = journal or attested_log()
    envelope = parse_envelope(envelope_at(its, SIZE))
    return AttestedItem(envelope, receipt_at(its, SIZE), tree.prove(key))
