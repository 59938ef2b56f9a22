"""A result published in silence, and attested as the log would, or not quite: for tests of attestations."""

from __future__ import annotations

from typing import Any

from api.attesting import Moment, attest, unattested
from api.signing import scripted_entropy
from audit.ledger import tree
from audit.ledger.attested import BLINDING
from audit.ledger.seams import nothing_owed
from audit.ledger.submission import Submission
from audit.proofs.commitment import Opening, commit
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.state import StateTree
from audit.proofs.statement import parse_envelope, parse_statement, sign_statement
from tests.furnished import APPROVAL
from tests.worlds import KEYS, World

SECRET = "ab" * 32


def publish(world: World, *, silently: bool = False) -> int:
    """Approve and publish; `silently`, as if the process had ended right after it. Return the position."""
    answering = world.intake._answering
    if silently:
        world.intake._answering = nothing_owed
    world.state("ResultApproved", "ub-1", round=APPROVAL, body={"version": 1})
    position = world.state("ResultPublished", "tk-1", round=APPROVAL, body={"version": 1})
    world.intake._answering = answering
    return position


def state_root(world: World, secret: str, code: str = APPROVAL) -> str:
    """Fold the published state again, under a secret."""
    (version,) = world.intake.standing.rounds[code].versions
    return StateTree(version.state, bytes.fromhex(secret)).root.hex()


def attestation(
    world: World, secret: str = SECRET, blinding: str | None = None, **changes: Any
) -> Submission:
    """Attest what was published as the log would, with these changes of what it states."""
    moment = Moment(
        origin=DEMO_ORIGIN,
        signer=KEYS[LOG_ACTOR],
        counter=world.intake.keyring.next_counter(KEYS[LOG_ACTOR].public_key.id),
        seen=world.intake.checkpoint,
        at=world.clock(),
    )
    with world.runtime.log.database.read() as connection:
        owed = unattested(world.intake.standing)
        (good,) = attest(owed, moment, lambda size: tree.root_at(connection, size), scripted_entropy)
    stated = parse_statement(parse_envelope(good.envelope).payload)
    state = {"state_root": state_root(world, secret)}
    opening = Opening(BLINDING, good.openings[0].salt, secret if blinding is None else blinding)
    digest = commit(
        salt=opening.salt, log=DEMO_ORIGIN, statement_id=stated.id, field=BLINDING, value=opening.value
    )
    header = {"v": 1, "log": stated.log, "id": stated.id, "type": stated.type, "round": stated.round}
    envelope = sign_statement(
        {
            **header,
            "body": dict(stated.body) | state | changes,
            "occurred_at": stated.occurred_at,
            "attachments": [],
            "commitments": {BLINDING: digest},
            "actor": stated.actor,
            "key": stated.key,
            "counter": stated.counter,
            "seen": {"size": moment.seen[0], "root": moment.seen[1]} if moment.seen else {},
        },
        [moment.signer],
    )
    return Submission(envelope.encode(), (opening,))
