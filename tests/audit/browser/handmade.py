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
from audit.proofs.state import StateTree
from tests.audit.proofs.logs import Journal
from tests.audit.proofs.states import ITEMS as STATE
from tests.audit.proofs.states import KEYS as KEYED
from tests.audit.proofs.states import SECRET, SIZE, TREE, attesting
from tests.worlds import KEYS

LATER = "2099-01-01T00:00:00.000000Z"
"""After everything."""


def of_journal(journal: Journal, tree: StateTree = TREE, key: str = KEYED[5]) -> Dossier:
    """Return the whole of a log in one dossier, with the proof of an item that its last entry attests."""
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
        states=(HeldProof(SIZE, tree.prove(key)),),
    )


FORGETFUL = StateTree([replace(item, events=item.events[:-1]) for item in STATE], SECRET)
"""A state of the same items that leaves out the last event of each."""

ATTESTED: dict[str, tuple[Callable[[], Dossier], str]] = {
    "by a person": (lambda: of_journal(attesting("reg-1")), "attestation.not_by_the_log"),
    "of another round": (lambda: of_journal(attesting(round="2017")), "attestation.other_round"),
    "of what comes later": (lambda: of_journal(attesting(size=SIZE + 1)), "attestation.too_early"),
    "of another root": (lambda: of_journal(attesting(root="ab" * 32)), "attestation.other_root"),
    "that no fold comes to": (lambda: of_journal(attesting()), "state.other_than_folded"),
    "that forgets an event": (
        lambda: of_journal(attesting(state_root=FORGETFUL.root.hex()), FORGETFUL),
        "state.events_foreign",
    ),
}
"""What the log attests, though it is not so, and what is found."""


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
    return made + [make() for make, _ in ATTESTED.values()]
