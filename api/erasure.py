"""Erasing words: what would go, laid out first, then stated by registrars through the intake."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection

from api.errors import UnknownSubject
from api.nearest import listed, nearest_of
from api.runtime import Log, Runtime
from api.signing import Desk, Draft
from api.words import Words, read_words
from audit.ledger.codec import Recorded
from audit.ledger.errors import ErasureRefused
from audit.ledger.submission import Accepted
from audit.proofs.keys import Signer
from audit.proofs.openings import TOMBSTONE
from domain.refusals import refuse
from domain.stated.choices import ErasureCategory
from domain.stated.registry import OfficerRegistered

AT_ONCE = 200
"""How many statements one tombstone names at most, so that it stays far below the size of a statement."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One text that is to go: of which statement, and what it says as long as it is there."""

    position: int
    statement: str
    type: str
    field: str
    words: str | None


def wanted(
    log: Log, connection: Connection, texts: Sequence[str], persons: Sequence[str]
) -> tuple[Wanted, ...]:
    """Return the texts that are named: `N` for all texts of the statement at N, `N:FIELD` for one of them.

    Of each person, the names under which they were entered. What is erased already is left out, so that an
    erasure can be asked for again. Raises UnknownSubject.
    """
    named: dict[int, set[str]] = {}
    for text in texts:
        position, _, name = text.partition(":")
        if not (position.isascii() and position.isdigit() and int(position) < log.size):
            last = log.size - 1
            near = min(int(position), last) if position.isascii() and position.isdigit() else last
            raise UnknownSubject(refuse("asked.no_text", stated=text[:40], nearest=near, last=last))
        named.setdefault(int(position), set()).add(name)
    recorded = {one.position: one for one in log.entries() if one.position in named or _enters(one, persons)}
    for one in recorded.values():
        named.setdefault(one.position, {"name"})
    words = read_words(log, connection, {one.statement.id for one in recorded.values()})
    entered = {one.event.body.officer for one in recorded.values() if _enters(one, persons) and one.event}
    if unknown := set(persons) - entered:
        raise _nobody(log, min(unknown))
    return tuple(w for n in sorted(named) for w in _of(recorded[n], named[n], words))


def _enters(one: Recorded, persons: Sequence[str]) -> bool:
    body = one.event.body if one.event else None
    return isinstance(body, OfficerRegistered) and body.officer in persons


def _nobody(log: Log, stated: str) -> UnknownSubject:
    """Say that nobody was entered under a pseudonym, and who comes nearest."""
    bodies = (one.event.body for one in log.entries() if one.event is not None)
    there = [body.officer for body in bodies if isinstance(body, OfficerRegistered)]
    near = nearest_of(stated, there)
    return UnknownSubject(
        refuse("asked.not_there", kind="actor", stated=stated, nearest=near, there=listed(there))
    )


def _of(one: Recorded, names: set[str], words: Words) -> Iterator[Wanted]:
    fields = sorted(one.statement.commitments)
    if unknown := names - {"", *fields}:
        stated = min(unknown)
        near, there = nearest_of(stated, fields), listed(fields)
        raise UnknownSubject(
            refuse("asked.no_field", position=one.position, stated=stated, nearest=near, there=there)
        )
    for name in fields if "" in names else sorted(names):
        if (one.statement.id, name) not in words.gone:
            said = words.get(one.statement.id, name)
            yield Wanted(one.position, one.statement.id, one.statement.type, name, said)


def state_erasure(
    runtime: Runtime,
    texts: Sequence[Wanted],
    category: ErasureCategory,
    authority: str,
    keys: Sequence[Signer],
) -> tuple[int, ...]:
    """Let registrars state it, all of it or nothing; return the positions of the tombstones.

    Raises ErasureRefused, with the rule that was not met.
    """
    signers = _signers(runtime, keys)
    desk = Desk(runtime.origin, signers)
    desk.seen = runtime.intake.checkpoint
    by_statement = [
        {"statement": statement, "fields": [text.field for text in of_it]}
        for statement, of_it in groupby(texts, key=lambda text: text.statement)
    ]
    drafts = [
        Draft(
            type=TOMBSTONE,
            actors=tuple(signers),
            body={"category": category.value, "erased": by_statement[start : start + AT_ONCE]},
            occurred_at=runtime.clock(),
            together=True,
            expects=False,
            texts={"authority": authority},
        )
        for start in range(0, len(by_statement), AT_ONCE)
    ]
    outcomes = runtime.intake.submit([desk.sign(draft) for draft in drafts], together=True)
    for outcome in outcomes:
        if not isinstance(outcome, Accepted):
            raise ErasureRefused(outcome.refusal.rule, **outcome.refusal.facts)
    return tuple(outcome.position for outcome in outcomes if isinstance(outcome, Accepted))


def _signers(runtime: Runtime, keys: Sequence[Signer]) -> dict[str, Signer]:
    """Return the keys by whose they are in the log."""
    records = runtime.intake.keyring.records
    found = {}
    for key in keys:
        record = records.get(key.public_key.id)
        if record is None:
            raise ErasureRefused("key.unknown", key=key.public_key.id)
        found[record.actor] = key
    return found
