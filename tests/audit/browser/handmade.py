"""Dossiers that only the log itself could make, or whoever holds its key: what they claim is false."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from audit.proofs.checkpoint import Checkpoint, sign_checkpoint
from audit.proofs.dossier import Dossier, Held, HeldProof, parse_dossier
from audit.proofs.entry import encode_entry, parse_entry
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.merkle import inclusion_proof, leaf_hash, root
from audit.proofs.receipt import Receipt, format_receipt
from tests.audit.proofs.logs import Journal
from tests.audit.proofs.states import KEYS as ITEMS
from tests.audit.proofs.states import SIZE, TREE, attesting
from tests.worlds import KEYS

LATER = "2099-01-01T00:00:00.000000Z"
"""After everything."""


def of_journal(journal: Journal, *, attested_at: int = SIZE, key: str = ITEMS[5]) -> Dossier:
    """Return the whole of a log in one dossier, with the proof of an item that an entry attests."""
    held = (Held(at, leaf_hash(row.entry), row.entry) for at, row in enumerate(journal.rows))
    agency, criterion = key.split("/")[1:]
    return Dossier(
        about={"round": "2016", "agency": agency, "criterion": criterion},
        reader="auditor",
        log=DEMO_ORIGIN,
        size=len(journal.rows),
        entries=tuple(held),
        hashes=(),
        sizes=(),
        checkpoints=(journal.checkpoints[-1][1],),
        states=(HeldProof(attested_at, TREE.prove(key)),),
    )


ATTESTED: dict[str, tuple[Callable[[], Journal], str]] = {
    "by a person": (lambda: attesting("reg-1"), "attestation.not_by_the_log"),
    "of another round": (lambda: attesting(round="2017"), "attestation.other_round"),
    "of what comes later": (lambda: attesting(size=SIZE + 1), "attestation.too_early"),
    "of another root": (lambda: attesting(root="ab" * 32), "attestation.other_root"),
}
"""An attestation that is no good, and why."""


def _signed_receipt(leaves: Sequence[bytes], at: int, arrived: str, received: str) -> bytes:
    """Return a receipt under a tree that the log signed, whatever leaves are in it."""
    note = sign_checkpoint(Checkpoint(DEMO_ORIGIN, len(leaves), root(leaves)), KEYS["log"])
    return format_receipt(Receipt(arrived, received, at, tuple(inclusion_proof(leaves, at)), note))


def elsewhere(its: Dossier) -> Dossier:
    """Give an entry a receipt for the place after its own, in a tree where it stands there."""
    (at, _), *rest = its.receipts
    leaves = [held.leaf for held in its.entries]
    leaves[at], leaves[at + 1] = leaves[at + 1], leaves[at]
    entry = parse_entry(its.entries[at].entry or b"")
    made = _signed_receipt(leaves, at + 1, entry.arrived_at, entry.received_at)
    return replace(its, receipts=((at, made), *rest))


def later(its: Dossier) -> Dossier:
    """Give an entry a receipt of another time, in a tree where it was received then."""
    (at, _), *rest = its.receipts
    entry = replace(parse_entry(its.entries[at].entry or b""), received_at=LATER)
    leaves = [held.leaf for held in its.entries]
    leaves[at] = leaf_hash(encode_entry(entry))
    made = _signed_receipt(leaves, at, entry.arrived_at, LATER)
    return replace(its, receipts=((at, made), *rest))


def without_an_event(its: Dossier) -> Dossier:
    """Leave out an entry that the proof of an item names."""
    events = max((held.proof.shown[0].item.events for held in its.states), key=len)
    return replace(its, entries=tuple(held for held in its.entries if held.position != events[-1]))


SIGNED_BY_THE_LOG: dict[str, tuple[Callable[[Dossier], Dossier], str]] = {
    "a receipt for another place": (elsewhere, "receipt.other_index"),
    "a receipt of another time": (later, "receipt.other_times"),
    "an event of an item left out": (without_an_event, "state.events_missing"),
}
"""What is done to the witnessed dossier, and what has to be found among the rest."""


def dossiers(witnessed: bytes) -> list[Dossier]:
    """Return all of them."""
    whole = parse_dossier(witnessed)
    made = [change(whole) for change, _ in SIGNED_BY_THE_LOG.values()]
    return made + [of_journal(journal()) for journal, _ in ATTESTED.values()]
