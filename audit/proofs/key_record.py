"""A key's life in the log: whose it is, from where to where it may sign, and what was said of it."""

from __future__ import annotations

from dataclasses import dataclass

from audit.proofs.keys import PublicKey


@dataclass(frozen=True, slots=True)
class Suspension:
    """Entries from `since` up to, not including, `until` could not bear the key; no end while it lasts."""

    since: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """Where a certificate was bound to a key, and the SHA-256 of its DER."""

    position: int
    certificate: str


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key's life in the log: entries from `enrolled_at` up to, not including, `ended_at` may bear it.

    It ends where it was rotated or revoked. `compromised_since` is the position from which its statements are
    contested, where the revocation says so; that may come after it was rotated away.
    """

    public: PublicKey
    actor: str
    custody: str
    enrolled_at: int
    ended_at: int | None = None
    compromised_since: int | None = None
    revoked_at: int | None = None
    suspensions: tuple[Suspension, ...] = ()
    certificates: tuple[Bound, ...] = ()

    @property
    def suspended_at(self) -> int | None:
        """Since which position it is suspended, if it is."""
        newest = self.suspensions[-1] if self.suspensions else None
        return newest.since if newest is not None and newest.until is None else None

    def contests(self, position: int) -> bool:
        """Whether a statement that bears it at this position is contested."""
        if self.compromised_since is None or self.revoked_at is None:
            return False
        return self.compromised_since <= position < self.revoked_at
