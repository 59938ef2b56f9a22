"""What a prefix of a log says of keys: each by its id, who holds which, and what of theirs is contested."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import replace
from typing import Any, Self

from audit.proofs.authorship import Authorship, Borne, Word, after, newest_word, worst
from audit.proofs.errors import KeyringError
from audit.proofs.genesis import Genesis
from audit.proofs.key_events import LOG_ACTOR
from audit.proofs.key_record import KeyRecord
from audit.proofs.keys import PublicKey


class KeyTables:
    """The tables and what is read from them; a fork keeps its changes to itself until `settle`."""

    def __init__(self) -> None:
        self._genesis: MutableMapping[str, Genesis] = {}
        self._keys: MutableMapping[str, KeyRecord] = {}
        self._holders: MutableMapping[str, str] = {}
        self._counters: MutableMapping[str, int] = {}
        self._words: MutableMapping[str, tuple[Word, ...]] = {}
        self._certified: MutableMapping[str, str] = {}
        self._borne = Borne()
        self._parent: KeyTables | None = None

    def fork(self) -> Self:
        """Return a child that keeps its changes to itself until `settle`."""
        child = type(self)()
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

    def borne_by(self, key: str, first: int = 0, end: int = 2**63) -> list[int]:
        """Return the positions whose statements name a key among their signers, oldest first."""
        return self._borne.between(key, first, end)

    def certified(self, certificate: str) -> str | None:
        """Return the actor to whose key a certificate was bound, if to any."""
        return self._certified.get(certificate)

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
