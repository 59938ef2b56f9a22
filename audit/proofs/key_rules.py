"""Which statement about keys may be made at a position: enrolment, rotation, revocation and the rest.

Each is decided by what the log before it says of keys, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

from audit.proofs.authorship import SETTLED, Authorship
from audit.proofs.errors import KeyringError
from audit.proofs.key_events import (
    BOUND,
    CUSTODIES,
    ENROLLED,
    HEX,
    LOG_ACTOR,
    LOG_KEY_ROTATED,
    MEANINGS,
    REINSTATED,
    REVOCATIONS,
    REVOKED,
    SUSPENDED,
    SUSPENSIONS,
    check_demo,
    check_form,
    read_key,
    word_of,
)
from audit.proofs.key_record import KeyRecord
from audit.proofs.key_tables import KeyTables
from audit.proofs.statement import Statement


def check_key_event(keys: KeyTables, statement: Statement, position: int) -> None:
    """Raise KeyringError unless the log before a position lets this be said of a key there."""
    check_form(statement)
    if statement.type == REVOKED:
        _check_revocation(keys, statement, position)
    elif statement.type == LOG_KEY_ROTATED:
        _check_log_rotation(keys, statement)
    elif statement.type in (SUSPENDED, REINSTATED):
        _check_suspension(keys, statement)
    elif statement.type in MEANINGS:
        _check_word(keys, statement)
    elif statement.type == BOUND:
        _check_binding(keys, statement)
    else:
        _check_new_key(keys, statement)


def _check_new_key(keys: KeyTables, statement: Statement) -> None:
    new, actor = read_key(statement.body["public_key"]), statement.body["actor"]
    named = dict(zip(statement.signers, statement.actors, strict=True))
    if actor == LOG_ACTOR:
        raise KeyringError("key.of_the_log")
    if statement.body["custody"] not in CUSTODIES:
        raise KeyringError("key.malformed", field="custody")
    check_demo(new, keys.genesis.origin)
    if new.id in keys.records:
        raise KeyringError("key.already_enrolled", key=new.id)
    if named.get(new.id) != actor:
        raise KeyringError("key.no_possession", key=new.id, actor=str(actor)[:40])
    others = {key: who for key, who in named.items() if key != new.id}
    if statement.type == ENROLLED:
        _check_registrars(keys, others)
        if keys.holder_key(actor) is not None:
            raise KeyringError("key.actor_has_key", actor=actor)
    elif _suspended(keys, statement.body["replaces"], actor):
        _check_registrars(keys, others)
    elif others.keys() != {statement.body["replaces"]} or set(others.values()) != {actor}:
        raise KeyringError("key.not_the_holder", key=str(statement.body["replaces"])[:64])


def _suspended(keys: KeyTables, key: str, actor: str) -> bool:
    """Whether this is an actor's suspended key, for which the registrars sign where it cannot."""
    record = keys.records.get(key)
    if record is None or record.ended_at is not None or record.suspended_at is None:
        return False
    return record.actor == actor


def _check_log_rotation(keys: KeyTables, statement: Statement) -> None:
    """Both keys sign as the log, and nobody else: no registrar decides about the log's key."""
    new, replaced = read_key(statement.body["public_key"]), statement.body["replaces"]
    check_demo(new, keys.genesis.origin)
    if new.id in keys.records:
        raise KeyringError("key.already_enrolled", key=new.id)
    if new.id not in statement.signers:
        raise KeyringError("key.no_possession", key=new.id, actor=LOG_ACTOR)
    others = set(statement.signers) - {new.id}
    if others != {replaced} or set(statement.actors) != {LOG_ACTOR}:
        raise KeyringError("key.not_the_holder", key=replaced[:64])


def _check_revocation(keys: KeyTables, statement: Statement, position: int) -> None:
    key, since = statement.body["key"], statement.body.get("compromised_since", 0)
    record = _of_a_person(keys, key)
    rotated = record.ended_at is not None and record.revoked_at is None
    if record.ended_at is not None and not (rotated and "compromised_since" in statement.body):
        raise KeyringError("key.revoked", key=key, since=record.ended_at)
    if statement.body["category"] not in REVOCATIONS or type(since) is not int or since < 0:
        raise KeyringError("key.malformed", field="category")
    end = position if record.ended_at is None else record.ended_at
    if since > end:
        raise KeyringError("key.compromised_later", since=since, end=end)
    if statement.signers != (key,):
        _check_registrars(keys, dict(zip(statement.signers, statement.actors, strict=True)))


def _check_suspension(keys: KeyTables, statement: Statement) -> None:
    """Whoever may revoke a key may suspend it; only registrars reinstate, as the key cannot sign."""
    key = statement.body["key"]
    record = _of_a_person(keys, key)
    if record.ended_at is not None:
        raise KeyringError("key.revoked", key=key, since=record.ended_at)
    if statement.type == REINSTATED and record.suspended_at is None:
        raise KeyringError("key.not_suspended", key=key)
    if statement.type == SUSPENDED and record.suspended_at is not None:
        raise KeyringError("key.suspended", key=key, since=record.suspended_at)
    if statement.body.get("category", SUSPENSIONS[0]) not in SUSPENSIONS:
        raise KeyringError("key.malformed", field="category")
    if statement.signers != (key,) or statement.type == REINSTATED:
        _check_registrars(keys, dict(zip(statement.signers, statement.actors, strict=True)))


def _of_a_person(keys: KeyTables, key: str) -> KeyRecord:
    record = keys.records.get(key)
    if record is None:
        raise KeyringError("key.unknown", key=key[:64])
    if record.actor == LOG_ACTOR:
        raise KeyringError("key.of_the_log")
    return record


def _check_word(keys: KeyTables, statement: Statement) -> None:
    """The owner alone speaks, of statements that are contested now, each of which bears the key."""
    key = statement.body["key"]
    record = _of_a_person(keys, key)
    if statement.actors != (record.actor,):
        raise KeyringError("contested.not_the_owner", key=key, actor=statement.actors[0])
    word = word_of(statement, 0)
    spoken_of = keys.borne_by(key, word.first, word.last + 1)
    named = (word.first, word.last) if word.positions is None else sorted(word.positions)
    for position in named:
        if position not in spoken_of:
            raise KeyringError("contested.not_contested", key=key, position=position)
    for position in filter(word.covers, spoken_of):
        found = keys.authorship([key], position)
        if found in SETTLED:
            raise KeyringError("contested.settled", key=key, position=position)
        if found is not Authorship.CONTESTED:
            raise KeyringError("contested.not_contested", key=key, position=position)


def _check_binding(keys: KeyTables, statement: Statement) -> None:
    """The key itself signs; the chain behind it is `audit.proofs.certificate`'s business."""
    key, certificate = statement.body["key"], statement.body["certificate"]
    if statement.signers != (key,):
        raise KeyringError("key.not_the_holder", key=key[:64])
    record = _of_a_person(keys, key)
    if not HEX.fullmatch(certificate):
        raise KeyringError("key.malformed", field="certificate")
    if not isinstance(statement.body.get("possession", ""), str):
        raise KeyringError("key.malformed", field="possession")
    if any(bound.certificate == certificate for bound in record.certificates):
        raise KeyringError("certificate.bound_already", certificate=certificate)
    if keys.certified(certificate) not in (None, record.actor):
        raise KeyringError("certificate.of_another_actor", certificate=certificate)


def _check_registrars(keys: KeyTables, named: Mapping[str, str]) -> None:
    registrars = {actor for actor in named.values() if actor in keys.genesis.registrars}
    if len(registrars) < keys.genesis.quorum or len(registrars) != len(named):
        raise KeyringError("key.registrars_needed", signed=len(registrars), quorum=keys.genesis.quorum)
