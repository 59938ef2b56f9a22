"""The log attests each result that it publishes: one statement of its own, right after the publication."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.signing import Entropy, uuid7
from audit.ledger.attested import ATTESTED, BLINDING, state_tree
from audit.ledger.submission import Submission
from audit.proofs.commitment import Opening, commit
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import Signer
from audit.proofs.statement import sign_statement
from domain.events import Event
from domain.published import FOLD, rules_of
from domain.shapes import write
from domain.standing import Round, Standing, Version
from domain.stated.attestation import ProjectionAttested
from domain.stated.rounds import ResultPublished

RootAt = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where the log is when it attests: its key and counter, and the newest checkpoint."""

    origin: str
    signer: Signer
    counter: int
    seen: tuple[int, str] | None
    at: datetime


def unattested(standing: Standing, events: Sequence[Event] | None = None) -> list[tuple[Round, Version]]:
    """Return what is published and not attested yet; of these events alone, where they are given."""
    published = {e.position for e in events or () if isinstance(e.body, ResultPublished)}
    return [
        (found, version)
        for found in standing.rounds.values()
        for version in found.versions
        if (found.code, version.number) not in standing.attested
        and (events is None or version.position in published)
    ]


def attest(
    owed: Sequence[tuple[Round, Version]], moment: Moment, root_at: RootAt, entropy: Entropy
) -> list[Submission]:
    """Attest versions one after the other, each under a secret of its own."""
    return [
        _attestation(found, version, moment, moment.counter + n, root_at(version.position + 1), entropy)
        for n, (found, version) in enumerate(owed)
    ]


def _attestation(
    found: Round, version: Version, moment: Moment, counter: int, root: bytes, entropy: Entropy
) -> Submission:
    about = f"{moment.origin} {found.code} {version.number}"
    statement_id = uuid7(moment.at, entropy(f"id {ATTESTED} {about}"))
    secret = blinding(moment.origin, found.code, version.number, entropy)
    opening = Opening(BLINDING, entropy(f"salt {BLINDING} {about}"), secret)
    body = ProjectionAttested(
        version=version.number,
        fold=FOLD,
        rules=rules_of(found),
        size=version.position + 1,
        root=root.hex(),
        state_root=state_tree(version.state, [opening]).root.hex(),
        count=len(version.state),
    )
    digest = commit(
        salt=opening.salt, log=moment.origin, statement_id=statement_id, field=BLINDING, value=secret
    )
    stated: dict[str, object] = {
        "v": 1,
        "log": moment.origin,
        "id": statement_id,
        "type": ATTESTED,
        "round": found.code,
        "body": write(body),
        "occurred_at": moment.at.isoformat(timespec="seconds"),
        "attachments": [],
        "commitments": {BLINDING: digest},
        "actor": LOG_ACTOR,
        "key": moment.signer.public_key.id,
        "counter": counter,
    }
    if moment.seen is not None:
        stated["seen"] = {"size": moment.seen[0], "root": moment.seen[1]}
    return Submission(sign_statement(stated, [moment.signer]).encode(), (opening,))


def blinding(origin: str, round_code: str, version: int, entropy: Entropy) -> str:
    """Return the secret of an attestation, in hex."""
    return entropy(f"{BLINDING} {origin} {round_code} {version}").hex()
