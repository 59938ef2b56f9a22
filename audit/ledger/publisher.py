"""The log's own word: a checkpoint for each committed batch, and signed refusals for what was turned away."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert, select

from audit.ledger.errors import LogStopped
from audit.ledger.tables import checkpoints
from audit.proofs import canonical
from audit.proofs.checkpoint import Checkpoint, sign_checkpoint
from audit.proofs.entry import write_time
from audit.proofs.keys import PublicKey, Signer
from audit.proofs.note import sign_note
from domain.refusals import Refusal

REFUSAL = "minhchung.refusal/v1"


class Publisher:
    """Signs under the log's origin; `next_signer` is at hand for when the log rotates to it.

    With which key, the log says (`Keyring.log_key`); where nothing is said, with the signer's.
    """

    def __init__(self, origin: str, signer: Signer, next_signer: Signer | None = None) -> None:
        self.origin = origin
        self.signer = signer
        self._signers = {one.public_key.id: one for one in (next_signer, signer) if one is not None}

    @property
    def keys(self) -> frozenset[str]:
        """The ids of the keys at hand."""
        return frozenset(self._signers)

    def checkpoint(
        self, connection: Connection, size: int, root: bytes, key: PublicKey | None = None
    ) -> bytes:
        """Sign and store the head; return the note."""
        note = sign_checkpoint(Checkpoint(self.origin, size, root), self.signer_for(key))
        connection.execute(insert(checkpoints).values(size=size, root=root, note=note))
        return note

    def refusal(
        self, refusal: Refusal, at: datetime, payload_sha256: str, key: PublicKey | None = None
    ) -> bytes:
        """Sign a refusal: nobody can be turned away without proof (docs/formats/refusal.md)."""
        facts = canonical.encode({name: str(value) for name, value in refusal.facts.items()}).decode()
        lines = (REFUSAL, self.origin, write_time(at), refusal.rule, payload_sha256, facts)
        return sign_note("".join(f"{line}\n" for line in lines).encode(), self.origin, self.signer_for(key))

    def signer_for(self, key: PublicKey | None) -> Signer:
        """Return what signs with the log's key of now; raises LogStopped where it is not at hand."""
        if key is None:
            return self.signer
        if key.id not in self._signers:
            raise LogStopped(f"the log's key is now {key.id}; put it in its place and start again")
        return self._signers[key.id]


def latest_checkpoint(connection: Connection) -> tuple[int, bytes, bytes] | None:
    """Return size, root and note of the newest checkpoint."""
    newest = select(checkpoints.c.size, checkpoints.c.root, checkpoints.c.note)
    row = connection.execute(newest.order_by(checkpoints.c.size.desc()).limit(1)).first()
    return None if row is None else (row.size, row.root, row.note)
