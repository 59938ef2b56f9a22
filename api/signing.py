"""The signing desk: from what a person wants to state to the bytes they sign, with counter, version and seen.

It works ahead of the log: statements of one batch may build on each other before any is committed.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit.ledger.submission import Submission
from audit.proofs.commitment import Opening, commit
from audit.proofs.keys import Signer
from audit.proofs.statement import sign_statement

_SUBJECT = ("round", "agency", "criterion", "matter", "on_behalf_of", "delegation")

Entropy = Callable[[str], bytes]
"""A purpose -> 32 bytes nobody else can guess."""


def random_entropy(_purpose: str) -> bytes:
    """Return fresh random bytes."""
    return os.urandom(32)


def scripted_entropy(purpose: str) -> bytes:
    """Return bytes that follow from their purpose: a demo is the same on every machine, and hides nothing."""
    return hashlib.sha256(f"minhchung demo entropy {purpose}".encode()).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be stated, by whom (one signer, or several together), about what."""

    type: str
    actors: tuple[str, ...]
    body: Mapping[str, object]
    occurred_at: datetime
    together: bool = False
    expects: bool = True
    round: str | None = None
    agency: str | None = None
    criterion: str | None = None
    matter: str | None = None
    on_behalf_of: str | None = None
    delegation: str | None = None
    texts: Mapping[str, str] | None = None
    attachments: Sequence[Mapping[str, object]] = ()


class Desk:
    """Signs drafts with the keys at hand. `seen` is the newest checkpoint its people have verified."""

    def __init__(self, origin: str, keys: Mapping[str, Signer], entropy: Entropy = random_entropy) -> None:
        self.origin = origin
        self.seen: tuple[int, str] | None = None
        self.counters: dict[str, int] = {}
        self.versions: dict[str, int] = {}
        self._keys = keys
        self._entropy = entropy
        self._signed = 0

    def sign(self, draft: Draft) -> Submission:
        """Return what is to be submitted."""
        number = f"{self.origin} {self._signed} {draft.type}"
        self._signed += 1
        statement_id = uuid7(draft.occurred_at, self._entropy(f"id {number}"))
        openings = self._openings(statement_id, draft.texts or {})
        signers = {actor: self._keys[actor] for actor in draft.actors}
        stated: dict[str, object] = {
            "v": 1,
            "log": self.origin,
            "id": statement_id,
            "type": draft.type,
            "body": draft.body,
            "occurred_at": draft.occurred_at.isoformat(timespec="seconds"),
            "attachments": list(draft.attachments),
            "commitments": {o.field: self._commit(statement_id, o) for o in openings},
        }
        stated |= {name: value for name in _SUBJECT if (value := getattr(draft, name)) is not None}
        stated |= self._who(draft, signers) | self._order(draft)
        envelope = sign_statement(stated, list(signers.values()))
        return Submission(envelope.encode(), tuple(openings), draft.occurred_at)

    def pass_over(self, draft: Draft) -> None:
        """Count a draft that is signed at another desk, so that what follows fits."""
        self._signed += 1
        self._who(draft, {actor: self._keys[actor] for actor in draft.actors})
        self._order(draft)

    def _who(self, draft: Draft, signers: Mapping[str, Signer]) -> dict[str, object]:
        named = sorted((signer.public_key.id, actor) for actor, signer in signers.items())
        if draft.together:
            keys, actors = [key for key, _ in named], [actor for _, actor in named]
            return {"signers": keys, "actors": actors, "threshold": len(named)}
        ((key, actor),) = named
        self.counters[key] = self.counters.get(key, 0) + 1
        return {"actor": actor, "key": key, "counter": self.counters[key]}

    def _order(self, draft: Draft) -> dict[str, object]:
        subject = (draft.matter,) if draft.matter else (draft.agency, draft.criterion)
        stream = "/".join(p for p in (draft.round, *subject) if p) or "registry"
        version = self.versions.get(stream, 0)
        self.versions[stream] = version + 1
        order: dict[str, object] = {"expects": version} if draft.expects else {}
        if self.seen is not None:
            order["seen"] = {"size": self.seen[0], "root": self.seen[1]}
        return order

    def _openings(self, statement_id: str, texts: Mapping[str, str]) -> list[Opening]:
        return [
            Opening(name, self._entropy(f"salt {statement_id} {name}"), value)
            for name, value in texts.items()
        ]

    def _commit(self, statement_id: str, opening: Opening) -> str:
        return commit(
            salt=opening.salt,
            log=self.origin,
            statement_id=statement_id,
            field=opening.field,
            value=opening.value,
        )


def uuid7(moment: datetime, entropy: bytes) -> str:
    """Return a version 7 UUID (RFC 9562 section 5.7): milliseconds, then randomness."""
    milliseconds = int(moment.timestamp() * 1000)
    number = milliseconds << 80 | int.from_bytes(entropy[:10], "big")
    number = number & ~(0xF << 76) | 7 << 76
    number = number & ~(3 << 62) | 2 << 62
    return str(UUID(int=number))
