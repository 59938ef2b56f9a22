"""Dossiers that only the log itself could make, or whoever holds its key: what they claim is false."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from audit.proofs.checkpoint import Checkpoint, format_checkpoint, sign_checkpoint
from audit.proofs.dossier import Dossier, Held, HeldProof, parse_dossier
from audit.proofs.entry import encode_entry, parse_entry
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.merkle import inclusion_proof, leaf_hash, root
from audit.proofs.note import sign_note
from audit.proofs.openings import TOMBSTONE
from audit.proofs.receipt import Receipt, format_receipt
from audit.proofs.state import StateTree
from tests.audit.proofs.logs import Journal, small_log, statement_at
from tests.audit.proofs.states import ITEMS as STATE
from tests.audit.proofs.states import KEYS as KEYED
from tests.audit.proofs.states import SECRET, SIZE, TREE, attesting, body
from tests.worlds import KEYS

LATER = "2099-01-01T00:00:00.000000Z"
"""After everything."""
EARLIER = "2000-01-01T00:00:00.000000Z"
"""Before everything."""
EVIDENCE = 4
"""Where the small log has its first evidence."""


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


def out_of_order() -> Dossier:
    """Receive the last entry before all others."""
    journal = attesting()
    row = journal.rows[-1]
    early = replace(parse_entry(row.entry), arrived_at=EARLIER, received_at=EARLIER)
    journal.rows[-1] = row._replace(entry=encode_entry(early))
    journal.commit()
    return of_journal(journal)


def unseeing() -> Dossier:
    """Let the last entry's signer have seen nothing of the log."""
    journal = small_log()
    journal.seen = None
    journal.enter(journal.one(LOG_ACTOR, "ProjectionAttested.v1", body(), round="2016"))
    journal.commit()
    return of_journal(journal)


def under_another_name() -> Dossier:
    """Sign, as this log, what another log would state."""
    its = of_journal(attesting())
    head = Checkpoint("noi-vu.example/log", its.size, root([held.leaf for held in its.entries]))
    return replace(its, checkpoints=(sign_note(format_checkpoint(head), DEMO_ORIGIN, KEYS["log"]),))


def with_words(journal: Journal) -> Dossier:
    """Return the whole of a log, with the words of its first evidence."""
    (opening,) = journal.openings[statement_at(journal.rows[EVIDENCE]).id]
    return replace(of_journal(journal), openings=((EVIDENCE, opening),))


def erased() -> Dossier:
    """Show words that were erased since."""
    journal = attesting()
    texts = {"statement": statement_at(journal.rows[EVIDENCE]).id, "fields": ["title"]}
    journal.enter(journal.one("reg-1", TOMBSTONE, {"erased": [texts], "category": "LAW"}))
    journal.commit()
    return with_words(journal)


def without_its_entry() -> Dossier:
    """Show words, and not the entry that they belong to."""
    its = with_words(attesting())
    withheld = Held(EVIDENCE, its.entries[EVIDENCE].leaf)
    return replace(its, entries=(*its.entries[:EVIDENCE], withheld, *its.entries[EVIDENCE + 1 :]))


MADE: dict[str, tuple[Callable[[], Dossier], str]] = {
    "attested by a person": (lambda: of_journal(attesting("reg-1")), "attestation.not_by_the_log"),
    "attested of another round": (lambda: of_journal(attesting(round="2017")), "attestation.other_round"),
    "attested of what comes later": (lambda: of_journal(attesting(size=SIZE + 1)), "attestation.too_early"),
    "attested of another root": (lambda: of_journal(attesting(root="ab" * 32)), "attestation.other_root"),
    "attested what no fold comes to": (lambda: of_journal(attesting()), "state.other_than_folded"),
    "attested without an event": (
        lambda: of_journal(attesting(state_root=FORGETFUL.root.hex()), FORGETFUL),
        "state.events_foreign",
    ),
    "received before the others": (out_of_order, "time.runs_back"),
    "signed without having seen the log": (unseeing, "seen.missing"),
    "a checkpoint under another name": (under_another_name, "checkpoint.other_log"),
    "words that were erased": (erased, "opening.not_erased"),
    "words without their entry": (without_its_entry, "opening.of_nothing"),
}
"""What is in the log, or given out of it, and what is found of that."""


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
    return made + [make() for make, _ in MADE.values()]
