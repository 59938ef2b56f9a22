"""What is answered about keys: whose, kept by whom, since when, in what doubt, with which certificates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from api.errors import UnknownSubject
from api.nearest import nearest_of
from api.register import Register, fold
from api.runtime import Log
from audit.proofs.authorship import Authorship
from audit.proofs.certificate import Certified, describe
from audit.proofs.keyring import KeyRecord
from domain.refusals import refuse

Answer = dict[str, Any]
SHORTEST = 8
"""So many digits of a key's id are enough to ask for it."""


def key_list(log: Log, connection: Connection, size: int) -> Answer:
    """Answer `keys list`: every key that the log has had, in the order of enrolment."""
    register = _register(log, connection, size)
    return {**_heading(register), "keys": [_row(register, record) for record in _records(register)]}


def key_show(log: Log, connection: Connection, size: int, wanted: str) -> Answer:
    """Answer `keys show`: the keys of an actor, or one by its id or the beginning of it."""
    register = _register(log, connection, size)
    found = [r for r in _records(register) if r.actor == wanted]
    if not found and len(wanted) >= SHORTEST:
        found = [r for r in _records(register) if r.public.id.startswith(wanted)]
    if not found:
        records = _records(register)
        names = (*(record.actor for record in records), *(record.public.id for record in records))
        raise UnknownSubject(refuse("asked.no_key", stated=wanted[:80], nearest=nearest_of(wanted, names)))
    return {**_heading(register), "keys": [_card(register, record) for record in found]}


def _register(log: Log, connection: Connection, size: int) -> Register:
    """Fold the whole log: which statements a key signed, their streams do not tell."""
    return fold(log, connection, size, lambda _event: None)


def _heading(register: Register) -> Answer:
    genesis = register.keyring.genesis
    return {"log": genesis.origin, "clock": genesis.clock, "size": register.size}


def _records(register: Register) -> list[KeyRecord]:
    return sorted(register.keyring.records.values(), key=lambda record: (record.enrolled_at, record.actor))


def _row(register: Register, record: KeyRecord) -> Answer:
    doubt = by_authorship(register.keyring.contested(record.public.id))
    return {
        **_who(register, record),
        "contested": {name: len(positions) for name, positions in doubt.items()},
        "certificates": len(record.certificates),
    }


def _card(register: Register, record: KeyRecord) -> Answer:
    return {
        **_who(register, record),
        "revoked_at": record.revoked_at,
        "compromised_since": record.compromised_since,
        "suspensions": [asdict(suspension) for suspension in record.suspensions],
        "contested": by_authorship(register.keyring.contested(record.public.id)),
        "certificates": certificates_of(register, record.public.id),
    }


def _who(register: Register, record: KeyRecord) -> Answer:
    return {
        "key": record.public.id,
        "actor": record.actor,
        "name": register.names.get(record.actor),
        "home": register.standing.home_of(record.actor),
        "custody": record.custody,
        "since": record.enrolled_at,
        "until": record.ended_at,
        "state": _state(record),
    }


def _state(record: KeyRecord) -> str:
    if record.revoked_at is not None:
        return "revoked"
    if record.ended_at is not None:
        return "rotated"
    return "valid" if record.suspended_at is None else "suspended"


def by_authorship(contested: Mapping[int, Authorship]) -> dict[str, list[int]]:
    """Return the positions that were ever contested, by what became of them."""
    told = (a for a in Authorship if a is not Authorship.PLAIN)
    return {a.value: [p for p, found in contested.items() if found is a] for a in told}


def certificates_of(register: Register, key: str) -> list[Answer]:
    """Return the certificates bound to a key, with what they say as far as that was not erased."""
    record = register.keyring.records.get(key)
    held: Iterable[Any] = record.certificates if record else ()
    chains = register.chains
    return [
        certificate(b.position, b.certificate, describe(chains[b.position]) if b.position in chains else None)
        for b in held
    ]


def certificate(position: int, digest: str, certified: Certified | None) -> Answer:
    """Tell one binding."""
    return {"position": position, "certificate": digest, **(asdict(certified) if certified else {})}
