"""Which key is whose, decided by the log at the entry's index and never by a clock.

Genesis names the log's own key, the registrars and their quorum. A key is enrolled over proof of
possession and a quorum of registrars, rotated over both keys, suspended or revoked by itself or by the
registrars. The log's own key is rotated over both keys, too, by an event of its own: checkpoints follow it.
What a compromised key had signed is contested until its owner says whose word it is.
Key events are admitted here; what actors may state is not this module's business.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from typing import Any

from audit.proofs.authorship import SETTLED, Authorship, Borne, Word, after, newest_word, worst
from audit.proofs.continuation import Continuation, read_continuation
from audit.proofs.errors import ContinuationError, KeyringError
from audit.proofs.keys import DEMO_ORIGIN, PublicKey, is_demo_key, load_public_key
from audit.proofs.statement import Statement

GENESIS = "LogOpened.v1"
ENROLLED = "KeyEnrolled.v1"
ROTATED = "KeyRotated.v1"
REVOKED = "KeyRevoked.v1"
LOG_KEY_ROTATED = "LogKeyRotated.v1"
SUSPENDED = "KeySuspended.v1"
REINSTATED = "KeyReinstated.v1"
REAFFIRMED = "StatementReaffirmed.v1"
REPUDIATED = "StatementRepudiated.v1"
BOUND = "CertificateBound.v1"
CUSTODIES = ("person", "platform")
REVOCATIONS = ("LOST", "COMPROMISED", "LEFT_OFFICE", "SUPERSEDED")
SUSPENSIONS = ("MISLAID", "SUSPECTED", "ON_LEAVE")
LOG_ACTOR = "log"
MEANINGS = {REAFFIRMED: Authorship.REAFFIRMED, REPUDIATED: Authorship.REPUDIATED}

_BODIES = {
    ENROLLED: ({"actor", "public_key", "custody"}, frozenset[str]()),
    ROTATED: ({"actor", "public_key", "custody", "replaces"}, frozenset[str]()),
    REVOKED: ({"key", "category"}, frozenset({"compromised_since"})),
    LOG_KEY_ROTATED: ({"public_key", "replaces"}, frozenset[str]()),
    SUSPENDED: ({"key", "category"}, frozenset[str]()),
    REINSTATED: ({"key"}, frozenset[str]()),
    REAFFIRMED: ({"key"}, frozenset({"positions", "first", "last"})),
    REPUDIATED: ({"key"}, frozenset({"positions", "first", "last"})),
    BOUND: ({"key", "certificate"}, frozenset({"possession"})),
}
KEY_EVENTS = frozenset(_BODIES)
KEY_TEXTS = {BOUND: "certificates"}
"""The one text that a key event may commit to: the names in a certificate can be erased."""
_NOT_OF_KEYS = (
    "round",
    "agency",
    "criterion",
    "matter",
    "on_behalf_of",
    "delegation",
    "expects",
    "attachments",
)
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


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


class Keyring:
    """The keys after a prefix of the log. `check` decides about the next statement, `follow` takes it in."""

    def __init__(self) -> None:
        self._genesis: MutableMapping[str, Genesis] = {}
        self._keys: MutableMapping[str, KeyRecord] = {}
        self._holders: MutableMapping[str, str] = {}
        self._counters: MutableMapping[str, int] = {}
        self._words: MutableMapping[str, tuple[Word, ...]] = {}
        self._certified: MutableMapping[str, str] = {}
        self._borne = Borne()
        self._parent: Keyring | None = None

    def fork(self) -> Keyring:
        """Return a child that keeps its changes to itself until `settle`."""
        child = Keyring()
        child._genesis = ChainMap({}, self._genesis)
        child._keys = ChainMap({}, self._keys)
        child._holders = ChainMap({}, self._holders)
        child._counters = ChainMap({}, self._counters)
        child._words = ChainMap({}, self._words)
        child._certified = ChainMap({}, self._certified)
        child._borne = Borne(self._borne)
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
        self._borne.settle()

    def _tables(self) -> tuple[Any, ...]:
        return self._genesis, self._keys, self._holders, self._counters, self._words, self._certified

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

    def authorship(self, keys: Iterable[str], position: int) -> Authorship:
        """Return what can be said of a statement that bears these keys at a position."""
        return worst(self._authorship(key, position) for key in keys)

    def _authorship(self, key: str, position: int) -> Authorship:
        record = self._keys.get(key)
        if record is None or not record.contests(position):
            return Authorship.PLAIN
        return after(newest_word(self._words.get(key, ()), position), self._authorship)

    def borne_by(self, key: str) -> list[int]:
        """Return the positions whose statements name a key among their signers, oldest first."""
        return self._borne.between(key, 0, 2**63)

    def contested(self, key: str | None = None) -> dict[int, Authorship]:
        """Return every position that was ever contested (on account of one key), and what became of it."""
        found: dict[int, Authorship] = {}
        for record in [self._keys[key]] if key is not None else self._keys.values():
            if record.compromised_since is None or record.revoked_at is None:
                continue
            of = record.public.id
            for position in self._borne.between(of, record.compromised_since, record.revoked_at):
                found[position] = worst(
                    (found.get(position, Authorship.PLAIN), self._authorship(of, position))
                )
        return dict(sorted(found.items()))

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
        `key.suspended`, `key.not_suspended`, `key.compromised_later`, `key.other_actor`, `key.demo`,
        `key.already_enrolled`, `key.actor_has_key`, `key.no_possession`, `key.registrars_needed`,
        `key.not_the_holder`, `key.of_the_log`, `key.malformed`, `contested.not_the_owner`,
        `contested.not_contested`, `contested.settled`, `certificate.bound_already`,
        `certificate.of_another_actor`, `counter.stale`, `counter.ahead`; UnsafeKey `key.unsafe`.
        """
        if statement.type == GENESIS:
            return self._check_genesis(statement, position)
        brought = {key.id for key in _brought(statement)}
        for key, actor in zip(statement.named_keys, statement.named_actors, strict=True):
            if key not in brought:
                self._check_holder(key, actor)
        if statement.type in KEY_EVENTS:
            return self._check_key_event(statement, position)
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
            self._put(KeyRecord(_key(body["public_key"]), LOG_ACTOR, "platform", position))
        elif statement.type == REVOKED:
            self._end(body["key"], position)
            self._change(body["key"], revoked_at=position, compromised_since=body.get("compromised_since"))
        elif statement.type in KEY_EVENTS:
            self._follow_key(statement, position)
        for key in statement.named_keys:
            self._borne.add(key, position)
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
        if record.suspended_at is not None:
            raise KeyringError("key.suspended", key=key, since=record.suspended_at)

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

    def _check_key_event(self, statement: Statement, position: int) -> None:
        _check_form(statement)
        if statement.type == REVOKED:
            self._check_revocation(statement, position)
        elif statement.type == LOG_KEY_ROTATED:
            self._check_log_rotation(statement)
        elif statement.type in (SUSPENDED, REINSTATED):
            self._check_suspension(statement)
        elif statement.type in MEANINGS:
            self._check_word(statement)
        elif statement.type == BOUND:
            self._check_binding(statement)
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
        elif self._suspended(statement.body["replaces"], actor):
            self._check_registrars(others)
        elif others.keys() != {statement.body["replaces"]} or set(others.values()) != {actor}:
            raise KeyringError("key.not_the_holder", key=str(statement.body["replaces"])[:64])

    def _suspended(self, key: str, actor: str) -> bool:
        """Whether this is an actor's suspended key, for which the registrars sign where it cannot."""
        record = self._keys.get(key)
        valid = record is not None and record.ended_at is None and record.suspended_at is not None
        return valid and self._keys[key].actor == actor

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

    def _check_revocation(self, statement: Statement, position: int) -> None:
        key, since = statement.body["key"], statement.body.get("compromised_since", 0)
        record = self._of_a_person(key)
        rotated = record.ended_at is not None and record.revoked_at is None
        if record.ended_at is not None and not (rotated and "compromised_since" in statement.body):
            raise KeyringError("key.revoked", key=key, since=record.ended_at)
        if statement.body["category"] not in REVOCATIONS or type(since) is not int or since < 0:
            raise KeyringError("key.malformed", field="category")
        end = position if record.ended_at is None else record.ended_at
        if since > end:
            raise KeyringError("key.compromised_later", since=since, end=end)
        if statement.signers != (key,):
            self._check_registrars(dict(zip(statement.signers, statement.actors, strict=True)))

    def _check_suspension(self, statement: Statement) -> None:
        """Whoever may revoke a key may suspend it; only registrars reinstate, as the key cannot sign."""
        key = statement.body["key"]
        record = self._of_a_person(key)
        if record.ended_at is not None:
            raise KeyringError("key.revoked", key=key, since=record.ended_at)
        if statement.type == REINSTATED and record.suspended_at is None:
            raise KeyringError("key.not_suspended", key=key)
        if statement.type == SUSPENDED and record.suspended_at is not None:
            raise KeyringError("key.suspended", key=key, since=record.suspended_at)
        if statement.body.get("category", SUSPENSIONS[0]) not in SUSPENSIONS:
            raise KeyringError("key.malformed", field="category")
        if statement.signers != (key,) or statement.type == REINSTATED:
            self._check_registrars(dict(zip(statement.signers, statement.actors, strict=True)))

    def _of_a_person(self, key: str) -> KeyRecord:
        record = self._keys.get(key)
        if record is None:
            raise KeyringError("key.unknown", key=key[:64])
        if record.actor == LOG_ACTOR:
            raise KeyringError("key.of_the_log")
        return record

    def _check_word(self, statement: Statement) -> None:
        """The owner alone speaks, of statements that are contested now, each of which bears the key."""
        key = statement.body["key"]
        record = self._of_a_person(key)
        if statement.actors != (record.actor,):
            raise KeyringError("contested.not_the_owner", key=key, actor=statement.actors[0])
        word = _word(statement, 0)
        spoken_of = self._borne.between(key, word.first, word.last + 1)
        named = (word.first, word.last) if word.positions is None else sorted(word.positions)
        for position in named:
            if position not in spoken_of:
                raise KeyringError("contested.not_contested", key=key, position=position)
        for position in filter(word.covers, spoken_of):
            found = self._authorship(key, position)
            if found in SETTLED:
                raise KeyringError("contested.settled", key=key, position=position)
            if found is not Authorship.CONTESTED:
                raise KeyringError("contested.not_contested", key=key, position=position)

    def _check_binding(self, statement: Statement) -> None:
        """The key itself signs; the chain behind it is `audit.proofs.certificate`'s business."""
        key, certificate = statement.body["key"], statement.body["certificate"]
        if statement.signers != (key,):
            raise KeyringError("key.not_the_holder", key=key[:64])
        record = self._of_a_person(key)
        if not _HEX.fullmatch(certificate):
            raise KeyringError("key.malformed", field="certificate")
        if not isinstance(statement.body.get("possession", ""), str):
            raise KeyringError("key.malformed", field="possession")
        if any(bound.certificate == certificate for bound in record.certificates):
            raise KeyringError("certificate.bound_already", certificate=certificate)
        if self._certified.get(certificate, record.actor) != record.actor:
            raise KeyringError("certificate.of_another_actor", certificate=certificate)

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
            self._end(body["replaces"], position)
        self._put(KeyRecord(_key(body["public_key"]), body["actor"], body["custody"], position))

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
            self._words[key] = (*self._words.get(key, ()), _word(statement, position))

    def _put(self, record: KeyRecord) -> None:
        self._keys[record.public.id] = record
        self._holders[record.actor] = record.public.id

    def _end(self, key: str, position: int) -> None:
        """End a key; one that was rotated away before has ended already."""
        record = self._keys[key]
        if record.ended_at is None:
            self._change(key, ended_at=position)
            self._holders[record.actor] = ""

    def _change(self, key: str, **changes: Any) -> None:
        self._keys[key] = replace(self._keys[key], **changes)


def _check_form(statement: Statement) -> None:
    """A key event is about keys and nothing else: its own fields, all sign, and nothing hangs on it."""
    for name in _NOT_OF_KEYS:
        if getattr(statement, name) not in (None, ()):
            raise KeyringError("key.malformed", field=name)
    text = KEY_TEXTS.get(statement.type)
    if statement.commitments.keys() != ({text} if text else set()):
        raise KeyringError("key.malformed", field="commitments")
    required, optional = _BODIES[statement.type]
    if not required <= statement.body.keys() <= required | optional:
        raise KeyringError("key.malformed", field="body")
    if not all(isinstance(statement.body[name], str) for name in required):
        raise KeyringError("key.malformed", field="body")
    if statement.threshold != len(statement.signers) or not statement.signers:
        raise KeyringError("key.malformed", field="threshold")


def _word(statement: Statement, position: int) -> Word:
    """Read of which positions an owner speaks: of some, ascending, or of all from the first to the last."""
    body, by, meaning = statement.body, statement.signers[0], MEANINGS[statement.type]
    named = body.get("positions", [body.get("first"), body.get("last")])
    plain = isinstance(named, list) and named and all(type(p) is int and p >= 0 for p in named)
    if body.keys() not in ({"key", "positions"}, {"key", "first", "last"}) or not plain:
        raise KeyringError("key.malformed", field="positions")
    if named != sorted(named) or ("positions" in body and len(set(named)) < len(named)):
        raise KeyringError("key.malformed", field="positions")
    some = frozenset(named) if "positions" in body else None
    return Word(meaning, position, by, named[0], named[-1], some)


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
            _anchors(body.get("certificate_anchors", [])),
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
    good = isinstance(stated, list) and all(isinstance(a, str) and _HEX.fullmatch(a) for a in stated)
    if not isinstance(stated, list) or not good or stated != sorted(set(stated)):
        raise KeyringError("genesis.malformed", field="certificate_anchors")
    return tuple(stated)


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
