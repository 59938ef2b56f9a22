"""Which key is whose, decided by the log at the entry's index and never by a clock.

Genesis names the log's own key, the registrars and their quorum. A key is enrolled over proof of
possession and a quorum of registrars, rotated over both keys, revoked by itself or by the registrars. The
log's own key is rotated over both keys, too, by an event of its own: checkpoints follow it.
Key events are admitted here; what actors may state is not this module's business.
"""

from __future__ import annotations

import base64
import binascii
from collections import ChainMap
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

from audit.proofs.continuation import Continuation, read_continuation
from audit.proofs.errors import ContinuationError, KeyringError
from audit.proofs.keys import DEMO_ORIGIN, PublicKey, is_demo_key, load_public_key
from audit.proofs.statement import Statement

GENESIS = "LogOpened.v1"
ENROLLED = "KeyEnrolled.v1"
ROTATED = "KeyRotated.v1"
REVOKED = "KeyRevoked.v1"
LOG_KEY_ROTATED = "LogKeyRotated.v1"
KEY_EVENTS = frozenset({ENROLLED, ROTATED, REVOKED, LOG_KEY_ROTATED})
CUSTODIES = ("person", "platform")
REVOCATIONS = ("LOST", "COMPROMISED", "LEFT_OFFICE", "SUPERSEDED")
LOG_ACTOR = "log"

_BODIES = {
    ENROLLED: ({"actor", "public_key", "custody"}, frozenset[str]()),
    ROTATED: ({"actor", "public_key", "custody", "replaces"}, frozenset[str]()),
    REVOKED: ({"key", "category"}, frozenset({"compromised_since"})),
    LOG_KEY_ROTATED: ({"public_key", "replaces"}, frozenset[str]()),
}


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key's life in the log: entries from `enrolled_at` up to, not including, `ended_at` may bear it.

    `compromised_since` is the position from which its statements are contested, where a revocation says so.
    """

    public: PublicKey
    actor: str
    custody: str
    enrolled_at: int
    ended_at: int | None = None
    compromised_since: int | None = None


@dataclass(frozen=True, slots=True)
class Genesis:
    """What the log was opened with, as far as keys go."""

    origin: str
    log_key: PublicKey
    registrars: frozenset[str]
    quorum: int
    clock: str
    continues: Continuation | None = None


class Keyring:
    """The keys after a prefix of the log. `check` decides about the next statement, `follow` takes it in."""

    def __init__(self) -> None:
        self._genesis: MutableMapping[str, Genesis] = {}
        self._keys: MutableMapping[str, KeyRecord] = {}
        self._holders: MutableMapping[str, str] = {}
        self._counters: MutableMapping[str, int] = {}
        self._parent: Keyring | None = None

    def fork(self) -> Keyring:
        """Return a child that keeps its changes to itself until `settle`."""
        child = Keyring()
        child._genesis = ChainMap({}, self._genesis)
        child._keys = ChainMap({}, self._keys)
        child._holders = ChainMap({}, self._holders)
        child._counters = ChainMap({}, self._counters)
        child._parent = self
        return child

    def settle(self) -> None:
        """Fold a fork's changes into the keyring it was forked from."""
        parent = self._parent
        if parent is None:
            raise ValueError("only a fork can be settled")
        for mine, theirs in zip(self._tables(), parent._tables(), strict=True):
            theirs.update(mine.maps[0])
            mine.maps[0].clear()

    def _tables(self) -> tuple[Any, ...]:
        return self._genesis, self._keys, self._holders, self._counters

    @property
    def genesis(self) -> Genesis:
        """What the log was opened with; raises KeyringError `genesis.missing` before it was."""
        try:
            return self._genesis["genesis"]
        except KeyError:
            raise KeyringError("genesis.missing") from None

    @property
    def records(self) -> Mapping[str, KeyRecord]:
        """Every key by its id."""
        return self._keys

    @property
    def log_key(self) -> PublicKey | None:
        """The key that signs the checkpoint over what was followed; none before genesis."""
        held = self.holder_key(LOG_ACTOR)
        return held.public if held else None

    @property
    def log_keys(self) -> tuple[tuple[int, PublicKey], ...]:
        """The log's keys, oldest first, each with the smallest size whose checkpoint it signs."""
        its = (record for record in self._keys.values() if record.actor == LOG_ACTOR)
        return tuple(sorted(((r.enrolled_at + 1, r.public) for r in its), key=lambda since: since[0]))

    def log_key_at(self, size: int) -> PublicKey:
        """Return the key that signs the checkpoint of a size; raises KeyringError `genesis.missing`."""
        held = [key for since, key in self.log_keys if since <= size]
        if not held:
            raise KeyringError("genesis.missing")
        return held[-1]

    def holder_key(self, actor: str) -> KeyRecord | None:
        """Return an actor's valid key, if there is one."""
        key = self._holders.get(actor)
        return self._keys[key] if key else None

    def next_counter(self, key: str) -> int:
        """Return the counter that the next statement of a key must carry."""
        return self._counters.get(key, 0) + 1

    def keys_for(self, statement: Statement) -> dict[str, PublicKey]:
        """Return the public keys a statement's signatures are checked with, new ones out of its own body.

        Raises KeyringError `key.unknown`, UnsafeKey `key.unsafe`.
        """
        brought = {key.id: key for key in _brought(statement)}
        found = {}
        for key in statement.named_keys:
            record = self._keys.get(key)
            if record is None and key not in brought:
                raise KeyringError("key.unknown", key=key)
            found[key] = record.public if record else brought[key]
        return found

    def check(self, statement: Statement, position: int) -> None:
        """Raise KeyringError unless the named keys may sign this statement at this index.

        `genesis.missing`, `genesis.misplaced`, `genesis.malformed`, `key.unknown`, `key.revoked`,
        `key.other_actor`, `key.demo`, `key.already_enrolled`, `key.actor_has_key`, `key.no_possession`,
        `key.registrars_needed`, `key.not_the_holder`, `key.of_the_log`, `counter.stale`, `counter.ahead`,
        `key.malformed`; UnsafeKey `key.unsafe`.
        """
        if statement.type == GENESIS:
            return self._check_genesis(statement, position)
        brought = {key.id for key in _brought(statement)}
        for key, actor in zip(statement.named_keys, statement.named_actors, strict=True):
            if key not in brought:
                self._check_holder(key, actor)
        if statement.type in KEY_EVENTS:
            return self._check_key_event(statement)
        if statement.key is not None and statement.counter is not None:
            self._check_counter(statement.key, statement.counter)
        return None

    def check_alone(self, key: str, actor: str, counter: int) -> None:
        """Raise what `check` would of a statement by one key that is no key event."""
        self._check_holder(key, actor)
        self._check_counter(key, counter)

    def follow_alone(self, key: str, counter: int) -> None:
        """Take such a statement in."""
        self._counters[key] = counter

    def follow(self, statement: Statement, position: int) -> None:
        """Take in an admitted statement."""
        if statement.type == GENESIS:
            self._open(statement, position)
        elif statement.type in (ENROLLED, ROTATED):
            self._enrol(statement, position)
        elif statement.type == LOG_KEY_ROTATED:
            self._end(statement.body["replaces"], position, None)
            self._put(KeyRecord(_key(statement.body["public_key"]), LOG_ACTOR, "platform", position))
        elif statement.type == REVOKED:
            self._end(statement.body["key"], position, statement.body.get("compromised_since"))
        if statement.key is not None and statement.counter is not None:
            self._counters[statement.key] = statement.counter

    # --- checks -----------------------------------------------------------------------------------------

    def _check_holder(self, key: str, actor: str) -> None:
        record = self._keys.get(key)
        if record is None:
            self.genesis  # noqa: B018  (an empty log has a clearer complaint)
            raise KeyringError("key.unknown", key=key)
        if record.ended_at is not None:
            raise KeyringError("key.revoked", key=key, since=record.ended_at)
        if record.actor != actor:
            raise KeyringError("key.other_actor", key=key, actor=actor)

    def _check_counter(self, key: str, counter: int) -> None:
        expected = self.next_counter(key)
        if counter != expected:
            rule = "counter.stale" if counter < expected else "counter.ahead"
            raise KeyringError(rule, stated=counter, expected=expected)

    def _check_genesis(self, statement: Statement, position: int) -> None:
        if position != 0 or self._genesis:
            raise KeyringError("genesis.misplaced", position=position)
        opened = _read_genesis(statement)
        named = dict(zip(statement.signers, statement.actors, strict=True))
        keys = {key.id for key in _brought(statement)}
        if keys != named.keys() or statement.threshold != len(keys):
            raise KeyringError("genesis.malformed", field="signers")
        for key in _brought(statement):
            _check_demo(key, opened.origin)
        expected = {opened.log_key.id: LOG_ACTOR} | {
            _key(r["public_key"]).id: r["actor"] for r in statement.body["registrars"]
        }
        if named != expected:
            raise KeyringError("genesis.malformed", field="actors")

    def _check_key_event(self, statement: Statement) -> None:
        required, optional = _BODIES[statement.type]
        if not required <= statement.body.keys() <= required | optional:
            raise KeyringError("key.malformed", field="body")
        if not all(isinstance(statement.body[name], str) for name in required):
            raise KeyringError("key.malformed", field="body")
        if statement.threshold != len(statement.signers) or not statement.signers:
            raise KeyringError("key.malformed", field="threshold")
        if statement.type == REVOKED:
            self._check_revocation(statement)
        elif statement.type == LOG_KEY_ROTATED:
            self._check_log_rotation(statement)
        else:
            self._check_new_key(statement)

    def _check_new_key(self, statement: Statement) -> None:
        new, actor = _key(statement.body["public_key"]), statement.body["actor"]
        named = dict(zip(statement.signers, statement.actors, strict=True))
        if actor == LOG_ACTOR:
            raise KeyringError("key.of_the_log")
        if statement.body["custody"] not in CUSTODIES:
            raise KeyringError("key.malformed", field="custody")
        _check_demo(new, self.genesis.origin)
        if new.id in self._keys:
            raise KeyringError("key.already_enrolled", key=new.id)
        if named.get(new.id) != actor:
            raise KeyringError("key.no_possession", key=new.id, actor=str(actor)[:40])
        others = {key: who for key, who in named.items() if key != new.id}
        if statement.type == ENROLLED:
            self._check_registrars(others)
            if self._holders.get(actor):
                raise KeyringError("key.actor_has_key", actor=actor)
        elif others.keys() != {statement.body["replaces"]} or set(others.values()) != {actor}:
            raise KeyringError("key.not_the_holder", key=str(statement.body["replaces"])[:64])

    def _check_log_rotation(self, statement: Statement) -> None:
        """Both keys sign as the log, and nobody else: no registrar decides about the log's key."""
        new, replaced = _key(statement.body["public_key"]), statement.body["replaces"]
        _check_demo(new, self.genesis.origin)
        if new.id in self._keys:
            raise KeyringError("key.already_enrolled", key=new.id)
        if new.id not in statement.signers:
            raise KeyringError("key.no_possession", key=new.id, actor=LOG_ACTOR)
        others = set(statement.signers) - {new.id}
        if others != {replaced} or set(statement.actors) != {LOG_ACTOR}:
            raise KeyringError("key.not_the_holder", key=replaced[:64])

    def _check_revocation(self, statement: Statement) -> None:
        key, since = statement.body["key"], statement.body.get("compromised_since", 0)
        record = self._keys.get(key) if isinstance(key, str) else None
        if record is None:
            raise KeyringError("key.unknown", key=str(key)[:64])
        if record.ended_at is not None:
            raise KeyringError("key.revoked", key=key, since=record.ended_at)
        if record.actor == LOG_ACTOR:
            raise KeyringError("key.of_the_log")
        if statement.body["category"] not in REVOCATIONS or type(since) is not int or since < 0:
            raise KeyringError("key.malformed", field="category")
        if statement.signers != (key,):
            self._check_registrars(dict(zip(statement.signers, statement.actors, strict=True)))

    def _check_registrars(self, named: Mapping[str, str]) -> None:
        registrars = {actor for actor in named.values() if actor in self.genesis.registrars}
        if len(registrars) < self.genesis.quorum or len(registrars) != len(named):
            raise KeyringError("key.registrars_needed", signed=len(registrars), quorum=self.genesis.quorum)

    # --- what follows -----------------------------------------------------------------------------------

    def _open(self, statement: Statement, position: int) -> None:
        opened = _read_genesis(statement)
        self._genesis["genesis"] = opened
        self._put(KeyRecord(opened.log_key, LOG_ACTOR, "platform", position))
        for registrar in statement.body["registrars"]:
            key, actor, custody = _key(registrar["public_key"]), registrar["actor"], registrar["custody"]
            self._put(KeyRecord(key, actor, custody, position))

    def _enrol(self, statement: Statement, position: int) -> None:
        body = statement.body
        if statement.type == ROTATED:
            self._end(body["replaces"], position, None)
        self._put(KeyRecord(_key(body["public_key"]), body["actor"], body["custody"], position))

    def _put(self, record: KeyRecord) -> None:
        self._keys[record.public.id] = record
        self._holders[record.actor] = record.public.id

    def _end(self, key: str, position: int, since: int | None) -> None:
        record = self._keys[key]
        self._keys[key] = replace(record, ended_at=position, compromised_since=since)
        self._holders[record.actor] = ""


def _read_genesis(statement: Statement) -> Genesis:
    body = statement.body
    try:
        registrars = [(r["actor"], _key(r["public_key"])) for r in body["registrars"]]
        custodies = {r["custody"] for r in body["registrars"]}
        opened = Genesis(
            statement.log,
            _key(body["log_key"]),
            frozenset(actor for actor, _ in registrars),
            body["quorum"],
            body["clock"],
            read_continuation(body["continues"], statement.log) if "continues" in body else None,
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


def _brought(statement: Statement) -> tuple[PublicKey, ...]:
    """The keys that a statement introduces in its own body."""
    try:
        if statement.type == GENESIS:
            registrars = (_key(registrar["public_key"]) for registrar in statement.body["registrars"])
            return _key(statement.body["log_key"]), *registrars
        if statement.type in (ENROLLED, ROTATED, LOG_KEY_ROTATED):
            return (_key(statement.body["public_key"]),)
    except (KeyError, TypeError):
        raise KeyringError("key.malformed", field="public_key") from None
    return ()


def _key(text: object) -> PublicKey:
    """Read a public key from standard base64: read, written back, compared."""
    raw = b""
    if isinstance(text, str) and text.isascii():
        try:
            raw = binascii.a2b_base64(text.encode(), strict_mode=True)
        except binascii.Error:
            raw = b""
    if base64.b64encode(raw).decode() != text:
        raise KeyringError("key.malformed", field="public_key")
    return load_public_key(raw)


def _check_demo(key: PublicKey, origin: str) -> None:
    if origin != DEMO_ORIGIN and is_demo_key(key):
        raise KeyringError("key.demo", key=key.id)
