"""The key that a log signs with after those one knows: each says over both keys which one follows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from audit.proofs import merkle
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.entry import parse_entry
from audit.proofs.errors import TrustError
from audit.proofs.key_events import LOG_ACTOR, LOG_KEY_ROTATED, brought, check_form
from audit.proofs.keys import PublicKey
from audit.proofs.lines import ED25519
from audit.proofs.note import parse_vkey, vkey
from audit.proofs.prefix import Included
from audit.proofs.statement import parse_statement, verify_signatures


def signing_key(vkeys: Sequence[str]) -> str | None:
    """Return the key that a log signs with now: of its Ed25519 keys, which stand oldest first, the last."""
    return next((one for one in reversed(vkeys) if parse_vkey(one).number == ED25519), None)


def follow_rotations(
    vkeys: Sequence[str], head: Checkpoint, rotations: Iterable[Included]
) -> tuple[str, ...]:
    """Return a log's verifier keys with those that it was rotated to since, oldest first.

    1. Each rotation is an entry of the head's tree.
    2. It is `LogKeyRotated` of that log, and says nothing else; both keys signed it as the log.
    3. It replaces the key that the log signs with by then; one to a key that is known already is passed over.

    Raises MerkleError, TrustError `trust.not_a_rotation`, `trust.other_log_key`, and what reading an entry
    and its signatures raises.
    """
    known = tuple(vkeys)
    for one in rotations:
        leaf = merkle.leaf_hash(one.entry)
        merkle.verify_inclusion(  # 1
            index=one.position, size=head.size, leaf_hash=leaf, proof=one.proof, root=head.root
        )
        known = _follow(known, head.origin, one)
    return known


def _follow(known: tuple[str, ...], origin: str, one: Included) -> tuple[str, ...]:
    envelope = parse_entry(one.entry).envelope
    statement = parse_statement(envelope.payload)
    if (statement.log, statement.type) != (origin, LOG_KEY_ROTATED):  # 2
        raise TrustError("trust.not_a_rotation", position=one.position, type=statement.type)
    check_form(statement)
    (new,) = brought(statement)
    named = vkey(origin, new)
    if named in known:
        return known
    current = signing_key(known)
    held = parse_vkey(current).key if current is not None else None
    if not isinstance(held, PublicKey) or held.id != statement.body["replaces"]:  # 3
        raise TrustError("trust.other_log_key", log=origin)
    if set(statement.signers) != {held.id, new.id} or set(statement.actors) != {LOG_ACTOR}:
        raise TrustError("trust.not_a_rotation", position=one.position, type=statement.type)
    verify_signatures(envelope, statement, {held.id: held, new.id: new})
    return (*known, named)
