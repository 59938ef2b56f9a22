"""What was checked of a log and what was found, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from audit.proofs.authorship import Authorship
from audit.proofs.certificate import Binding
from audit.proofs.continuation import Continuation
from audit.proofs.finding import Finding
from audit.proofs.keys import PublicKey
from audit.proofs.promise import NO_PROMISE, Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was checked and what was found, findings by position, the cause before its consequences."""

    origin: str
    size: int
    root: bytes
    log_key: PublicKey | None
    log_keys: tuple[tuple[int, PublicKey], ...]
    """The key of genesis and those it was rotated to, each with the smallest size that it signs."""
    findings: tuple[Finding, ...]
    signatures: int
    keys: int
    checkpoints: int
    openings: int
    clock: str
    platform_keys: int
    roots: Mapping[int, bytes] = field(default_factory=dict)
    """The roots at the sizes of all checkpoints, and of those asked for."""
    platform_statements: int = 0
    """How many statements bear a person's key that the platform kept when it signed."""
    contested: Mapping[int, Authorship] = field(default_factory=dict)
    """The statements that a revocation put in doubt, and what their owners said of them since."""
    bindings: tuple[Binding, ...] = ()
    """The certificates that are bound to keys."""
    continues: Continuation | None = None
    """What genesis says of the log that this one continues; `verify_continuation` proves it."""
    promise: Promise = NO_PROMISE
    """The witnesses that genesis names."""
    since: int = 0
    """Up to which size the verdict rests on an earlier one (`audit.proofs.prefix`)."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings
