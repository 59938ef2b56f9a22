"""What the checks raise: one base, one class per kind, each with a rule and the facts behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

Fact = str | int


class AuditError(Exception):
    """The base of everything raised here. `rule` is a stable dotted name, `facts` what was found."""

    about: ClassVar[str] = "check failed"

    def __init__(self, rule: str, **facts: Fact) -> None:
        self.rule = rule
        self.facts = {name: printable(value) for name, value in facts.items()}
        told = ", ".join(f"{name} {value}" for name, value in self.facts.items())
        super().__init__(f"{self.about}: {rule}" + (f" ({told})" if told else ""))

    def __reduce__(self) -> tuple[Callable[..., AuditError], tuple[type[AuditError], str, dict[str, Fact]]]:
        return _again, (type(self), self.rule, dict(self.facts))


def _again(kind: type[AuditError], rule: str, facts: dict[str, Fact]) -> AuditError:
    """Make an error that came from another process anew."""
    return kind(rule, **facts)


def printable(fact: Fact) -> Fact:
    """Facts quote what came in, and must yet be fit to be signed, stored and shown on a terminal."""
    if not isinstance(fact, str):
        return fact
    return "".join(char if char.isprintable() else "\ufffd" for char in fact)


class CanonicalError(AuditError):
    """Bytes are not the one canonical spelling of a JSON value."""

    about = "not canonical JSON"


class UnsafeKey(AuditError):
    """A public key that would accept signatures nobody made."""

    about = "unsafe key"


class BadSignature(AuditError):
    """A signature is missing, malformed or does not verify."""

    about = "bad signature"


class StatementError(AuditError):
    """A statement, envelope, entry or opening has not the form of its format."""

    about = "malformed statement"


class MerkleError(AuditError):
    """A proof does not connect a leaf or an older tree with a root."""

    about = "proof refused"


class NoteError(AuditError):
    """A signed note is malformed or carries no signature that counts."""

    about = "note refused"


class CheckpointError(AuditError):
    """The text of a note is not a checkpoint."""

    about = "checkpoint refused"


class KeyringError(AuditError):
    """A key was not allowed to sign this, at this place of the log."""

    about = "key refused"


class CertificateError(AuditError):
    """A certificate does not vouch for the key that it is bound to."""

    about = "certificate refused"


class BallotRefused(AuditError):
    """A ballot is not taken, or what is kept of a survey is not what it should be."""

    about = "ballot refused"


class ReceiptError(AuditError):
    """A receipt has not its form, or is one of another log."""

    about = "receipt refused"


class TrustError(AuditError):
    """A trust file or policy is malformed, or a checkpoint does not satisfy it."""

    about = "not trusted"


class TimeRefused(AuditError):
    """A time token or its authority does not count."""

    about = "time refused"


class WitnessRefusal(AuditError):
    """A witness does not cosign what it was asked to, or gave an answer that does not count."""

    about = "not cosigned"


class ContradictionError(AuditError):
    """What is called a contradiction between two checkpoints is none."""

    about = "no contradiction"


class ContinuationError(AuditError):
    """What a log says of the one that it continues is not so."""

    about = "no continuation"


class CopyError(AuditError):
    """A copy of a log cannot be read at all."""

    about = "no log there"


class StoredError(CopyError):
    """A file holds something else than a log's tables; `findings` say where (audit.proofs.finding)."""

    about = "not the tables of a log"

    def __init__(self, findings: Sequence[Any]) -> None:
        self.findings = tuple(findings)
        super().__init__(self.findings[0].rule, **self.findings[0].facts)


class StateError(AuditError):
    """A state or a proof of one of its items has not its form, or does not say what it is taken for."""

    about = "state proof refused"


class AttestationError(AuditError):
    """What is called an attested item is not what its log attested."""

    about = "not attested"


class DossierError(AuditError):
    """A dossier has not its form."""

    about = "no dossier"
