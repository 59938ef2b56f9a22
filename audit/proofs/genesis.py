"""What a log was opened with, as far as keys go: its own key, the registrars and their quorum."""

from __future__ import annotations

from dataclasses import dataclass

from audit.proofs.continuation import Continuation, read_continuation
from audit.proofs.errors import ContinuationError, KeyringError
from audit.proofs.key_events import CUSTODIES, HEX, LOG_ACTOR, brought, check_demo, read_key
from audit.proofs.keys import PublicKey
from audit.proofs.promise import NO_PROMISE, Promise, read_promise
from audit.proofs.statement import Statement


@dataclass(frozen=True, slots=True)
class Genesis:
    """What the log was opened with, as far as keys go."""

    origin: str
    log_key: PublicKey
    registrars: frozenset[str]
    quorum: int
    clock: str
    continues: Continuation | None = None
    certificate_anchors: tuple[str, ...] = ()
    """SHA-256 of the certificates that a certificate bound to a key must lead to."""
    promise: Promise = NO_PROMISE
    """The witnesses that are to cosign it."""


def check_genesis(statement: Statement) -> None:
    """Raise KeyringError `genesis.malformed`, `key.demo` unless the keys it names signed it, and no other."""
    opened = read_genesis(statement)
    named = dict(zip(statement.signers, statement.actors, strict=True))
    keys = {key.id for key in brought(statement)}
    if keys != named.keys() or statement.threshold != len(keys):
        raise KeyringError("genesis.malformed", field="signers")
    for key in brought(statement):
        check_demo(key, opened.origin)
    expected = {opened.log_key.id: LOG_ACTOR} | {
        read_key(r["public_key"]).id: r["actor"] for r in statement.body["registrars"]
    }
    if named != expected:
        raise KeyringError("genesis.malformed", field="actors")


def read_genesis(statement: Statement) -> Genesis:
    """Read the statement that opens a log; raises KeyringError `genesis.malformed`."""
    body = statement.body
    try:
        registrars = [(r["actor"], read_key(r["public_key"])) for r in body["registrars"]]
        custodies = {r["custody"] for r in body["registrars"]}
        opened = Genesis(
            statement.log,
            read_key(body["log_key"]),
            frozenset(actor for actor, _ in registrars),
            body["quorum"],
            body["clock"],
            read_continuation(body["continues"], statement.log) if "continues" in body else None,
            _anchors(body.get("certificate_anchors", [])),
            read_promise(body["witness_policy"]),
        )
    except (KeyError, TypeError):
        raise KeyringError("genesis.malformed", field="body") from None
    except ContinuationError as wrong:
        raise KeyringError("genesis.malformed", field=f"continues.{wrong.facts['field']}") from None
    distinct = len(opened.registrars) == len(registrars) == len({key.id for _, key in registrars})
    if LOG_ACTOR in opened.registrars or opened.log_key in {key for _, key in registrars}:
        distinct = False  # the log registers nobody
    if not custodies <= set(CUSTODIES):
        raise KeyringError("genesis.malformed", field="custody")
    if type(opened.quorum) is not int or not 1 <= opened.quorum <= len(registrars) or not distinct:
        raise KeyringError("genesis.malformed", field="registrars")
    return opened


def _anchors(stated: object) -> tuple[str, ...]:
    """Read digests of certificates: in ascending order, none twice."""
    good = isinstance(stated, list) and all(isinstance(a, str) and HEX.fullmatch(a) for a in stated)
    if not isinstance(stated, list) or not good or stated != sorted(set(stated)):
        raise KeyringError("genesis.malformed", field="certificate_anchors")
    return tuple(stated)
