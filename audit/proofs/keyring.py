"""Which key is whose, decided by the log at the entry's index and never by a clock.

Genesis names the log's own key, the registrars and their quorum. A key is enrolled over proof of
possession and a quorum of registrars, rotated over both keys, suspended or revoked by itself or by the
registrars. The log's own key is rotated over both keys, too, by an event of its own: checkpoints follow it.
What a compromised key had signed is contested until its owner says whose word it is.
Key events are admitted here; what actors may state is not this module's business.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from audit.proofs.errors import KeyringError
from audit.proofs.genesis import Genesis, check_genesis, read_genesis
from audit.proofs.key_events import (
    BOUND,
    CUSTODIES,
    ENROLLED,
    GENESIS,
    KEY_EVENTS,
    KEY_TEXTS,
    LOG_ACTOR,
    LOG_KEY_ROTATED,
    MEANINGS,
    REAFFIRMED,
    REINSTATED,
    REPUDIATED,
    REVOCATIONS,
    REVOKED,
    ROTATED,
    SUSPENDED,
    SUSPENSIONS,
    brought,
    read_key,
    word_of,
)
from audit.proofs.key_record import Bound, KeyRecord, Suspension
from audit.proofs.key_rules import check_key_event
from audit.proofs.key_tables import KeyTables
from audit.proofs.keys import PublicKey
from audit.proofs.statement import Statement

__all__ = [
    "BOUND",
    "CUSTODIES",
    "ENROLLED",
    "GENESIS",
    "KEY_EVENTS",
    "KEY_TEXTS",
    "LOG_ACTOR",
    "LOG_KEY_ROTATED",
    "MEANINGS",
    "REAFFIRMED",
    "REINSTATED",
    "REPUDIATED",
    "REVOCATIONS",
    "REVOKED",
    "ROTATED",
    "SUSPENDED",
    "SUSPENSIONS",
    "Bound",
    "Genesis",
    "KeyRecord",
    "Keyring",
    "Suspension",
]


class Keyring(KeyTables):
    """The keys after a prefix of the log. `check` decides about the next statement, `follow` takes it in."""

    def keys_for(self, statement: Statement) -> dict[str, PublicKey]:
        """Return the public keys a statement's signatures are checked with, new ones out of its own body.

        Raises KeyringError `key.unknown`, UnsafeKey `key.unsafe`.
        """
        new = {key.id: key for key in brought(statement)}
        found = {}
        for key in statement.named_keys:
            record = self._keys.get(key)
            if record is None and key not in new:
                raise KeyringError("key.unknown", key=key)
            found[key] = record.public if record else new[key]
        return found

    def check(self, statement: Statement, position: int) -> None:
        """Raise KeyringError unless the named keys may sign this statement at this index.

        `genesis.missing`, `genesis.misplaced`, `genesis.malformed`, `key.unknown`, `key.revoked`,
        `key.suspended`, `key.not_suspended`, `key.compromised_later`, `key.other_actor`, `key.demo`,
        `key.already_enrolled`, `key.actor_has_key`, `key.no_possession`, `key.registrars_needed`,
        `key.not_the_holder`, `key.of_the_log`, `key.malformed`, `contested.not_the_owner`,
        `contested.not_contested`, `contested.settled`, `certificate.bound_already`,
        `certificate.of_another_actor`, `counter.stale`, `counter.ahead`; UnsafeKey `key.unsafe`.
        """
        if statement.type == GENESIS:
            if position != 0 or self._genesis:
                raise KeyringError("genesis.misplaced", position=position)
            return check_genesis(statement)
        new = {key.id for key in brought(statement)}
        for key, actor in zip(statement.named_keys, statement.named_actors, strict=True):
            if key not in new:
                self._check_holder(key, actor)
        if statement.type in KEY_EVENTS:
            return check_key_event(self, statement, position)
        if statement.key is not None and statement.counter is not None:
            self._check_counter(statement.key, statement.counter)
        return None

    def check_alone(self, key: str, actor: str, counter: int) -> None:
        """Raise what `check` would of a statement by one key that is no key event."""
        self._check_holder(key, actor)
        self._check_counter(key, counter)

    def follow_alone(self, key: str, counter: int, position: int) -> None:
        """Take such a statement in."""
        self._borne.add(key, position)
        self._counters[key] = counter

    def fits(self, keys: Sequence[str], actors: Sequence[str], counters: Sequence[int]) -> bool:
        """Whether `check_alone` and `follow_alone` find nothing in statements that follow one another."""
        come_to: dict[str, int] = {}
        for key, counter in zip(keys, counters, strict=True):
            before = come_to.get(key)
            if counter != (self.next_counter(key) if before is None else before + 1):
                return False
            come_to[key] = counter
        try:
            for key, actor in set(zip(keys, actors, strict=True)):
                self._check_holder(key, actor)
        except KeyringError:
            return False
        return True

    def take(self, position: int, keys: Sequence[str], counters: Sequence[int]) -> None:
        """Take in statements that fit, the first of them at a position."""
        for at, key in enumerate(keys, position):
            self._borne.add(key, at)
        self._counters.update(zip(keys, counters, strict=True))

    def begin_counting(self, key: str, counter: int) -> None:
        """Let a key go on from a counter that it is trusted to have come to."""
        self._counters[key] = counter

    def follow(self, statement: Statement, position: int) -> None:
        """Take in an admitted statement."""
        body = statement.body
        if statement.type == GENESIS:
            self._open(statement, position)
        elif statement.type in (ENROLLED, ROTATED):
            self._enrol(statement, position)
        elif statement.type == LOG_KEY_ROTATED:
            self._end(body["replaces"], position)
            self._put(KeyRecord(read_key(body["public_key"]), LOG_ACTOR, "platform", position))
        elif statement.type == REVOKED:
            self._end(body["key"], position)
            self._change(body["key"], revoked_at=position, compromised_since=body.get("compromised_since"))
        elif statement.type in KEY_EVENTS:
            self._follow_key(statement, position)
        for key in statement.named_keys:
            self._borne.add(key, position)
        if statement.key is not None and statement.counter is not None:
            self._counters[statement.key] = statement.counter

    def _check_holder(self, key: str, actor: str) -> None:
        record = self._keys.get(key)
        if record is None:
            self.genesis  # noqa: B018  (an empty log has a clearer complaint)
            raise KeyringError("key.unknown", key=key)
        if record.ended_at is not None:
            raise KeyringError("key.revoked", key=key, since=record.ended_at)
        if record.actor != actor:
            raise KeyringError("key.other_actor", key=key, actor=actor)
        if record.suspended_at is not None:
            raise KeyringError("key.suspended", key=key, since=record.suspended_at)

    def _check_counter(self, key: str, counter: int) -> None:
        expected = self.next_counter(key)
        if counter != expected:
            rule = "counter.stale" if counter < expected else "counter.ahead"
            raise KeyringError(rule, stated=counter, expected=expected)

    def _open(self, statement: Statement, position: int) -> None:
        opened = read_genesis(statement)
        self._genesis["genesis"] = opened
        self._put(KeyRecord(opened.log_key, LOG_ACTOR, "platform", position))
        for registrar in statement.body["registrars"]:
            key, actor, custody = read_key(registrar["public_key"]), registrar["actor"], registrar["custody"]
            self._put(KeyRecord(key, actor, custody, position))

    def _enrol(self, statement: Statement, position: int) -> None:
        body = statement.body
        if statement.type == ROTATED:
            self._end(body["replaces"], position)
        self._put(KeyRecord(read_key(body["public_key"]), body["actor"], body["custody"], position))

    def _follow_key(self, statement: Statement, position: int) -> None:
        key = statement.body["key"]
        record = self._keys[key]
        if statement.type == SUSPENDED:
            self._change(key, suspensions=(*record.suspensions, Suspension(position)))
        elif statement.type == REINSTATED:
            *before, last = record.suspensions
            self._change(key, suspensions=(*before, replace(last, until=position)))
        elif statement.type == BOUND:
            certificate = statement.body["certificate"]
            self._change(key, certificates=(*record.certificates, Bound(position, certificate)))
            self._certified[certificate] = record.actor
        else:
            self._words[key] = (*self._words.get(key, ()), word_of(statement, position))
