"""What was found, told as its reader may see it: one sentence, who signed, when, and the words beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from api.answers import Answer
from api.dossier_contents import body_classes, text_classes
from api.runtime import Log
from api.sentences import Called, sentence
from api.wording import Language
from audit.ledger.codec import Recorded, read_entry
from audit.ledger.tables import openings, stored_events
from audit.proofs.errors import AuditError
from audit.proofs.openings import erased_in
from audit.proofs.statement import Statement
from domain.refusals import DomainError
from domain.visibility import HEADER, Visibility
from projections.search import AnyOf, Asked, Reader, agency_names, name_givers, sealed, search

TOMBSTONE = "OpeningsErased.v1"


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells entries to one reader."""

    log: Log
    connection: Connection
    reader: Reader
    agencies: Mapping[str, Mapping[Language, str]]
    erased: frozenset[tuple[str, str]]
    """Texts that the log says are gone, by the id of the statement and the field."""

    def tell(self, positions: Sequence[int]) -> list[Answer]:
        """Tell the entries at some positions, in that order."""
        return [told for _, told in self._told(positions, self._read(positions))]

    def read_and_tell(self, positions: Sequence[int]) -> list[tuple[Recorded, Answer]]:
        """Likewise, each with the entry itself; those whose bytes say nothing any more are left out."""
        return self._told(positions, self._read(positions, broken=True))

    def _told(self, positions: Sequence[int], read: Iterable[Recorded]) -> list[tuple[Recorded, Answer]]:
        found = {one.position: one for one in read}
        texts = self.texts([one.statement.id for one in found.values()])
        hidden = sealed(self.connection, positions)
        people = self.people({a for one in found.values() for a in _named(one.statement)})
        called = Called(self.agencies, people)
        told = [found[position] for position in positions if position in found]
        return [
            (one, self._one(one, called, texts.get(one.statement.id, {}), closed=one.position in hidden))
            for one in told
        ]

    def _one(self, one: Recorded, called: Called, texts: Mapping[str, str], *, closed: bool) -> Answer:
        statement, entry = one.statement, one.entry
        classes = body_classes(statement.type)
        body = {
            name: value
            for name, value in statement.body.items()
            if self._may(classes.get(name), statement.agency, closed=closed)
        }
        told = {its: sentence(statement.type, body, its, called) for its in Language}
        signed = statement.actors_of([key for key, _ in entry.envelope.signatures])
        return {
            "position": one.position,
            "type": statement.type,
            "round": statement.round,
            "agency": statement.agency,
            "criterion": statement.criterion,
            "matter": statement.matter,
            "sentence_vi": told[Language.VI],
            "sentence_en": told[Language.EN],
            "signers": [{"actor": actor, "name": called.people.get(actor)} for actor in signed]
            if self._may(HEADER["actor"], statement.agency)
            else [],
            "arrived_at": entry.arrived_at,
            "received_at": entry.received_at,
            "sealed": closed,
            "texts": {
                name: text
                for name, text in sorted(texts.items())
                if self._may(text_classes(statement.type).get(name), statement.agency, closed=closed)
            },
        }

    def _may(self, its: Visibility | None, agency: str | None, *, closed: bool = False) -> bool:
        """Whether the reader may see a field of this class, in the record of this agency."""
        if its is Visibility.PUBLIC:
            return True
        own = self.reader.own is None or agency in self.reader.own
        return its in self.reader.classes and own and not (closed and its is Visibility.SEALED)

    def _read(self, positions: Collection[int], *, broken: bool = False) -> list[Recorded]:
        """Read entries; some may be `broken`, and are left out."""
        its, read = stored_events.c, list[Recorded]()
        query = select(its.position, its.originator_id, its.originator_version, its.state)
        for at, stream, version, state in self.connection.execute(query.where(its.position.in_(positions))):
            try:
                read.append(Recorded(stream, version, at, state, *read_entry(state, at)))
            except (AuditError, DomainError):
                if not broken:
                    raise
        return read

    def texts(self, ids: Collection[str]) -> Mapping[str, Mapping[str, str]]:
        """Read the words of some statements; what the log erased is gone, even if it is there yet."""
        found: dict[str, dict[str, str]] = defaultdict(dict)
        its = openings.c
        query = select(its.statement_id, its.field, its.value)
        here = its.statement_id.in_(ids) & its.value.is_not(None)
        for statement, name, value in self.connection.execute(query.where(here)):
            if (statement, name) not in self.erased:
                found[statement][name] = value
        return found

    def people(self, actors: Collection[str]) -> Mapping[str, str]:
        """Return the names of people, for whom names are no secret."""
        if Visibility.AUDITORS not in self.reader.classes:
            return {}
        entered = name_givers(self.connection, actors)
        given = {one.position: one.statement.id for one in self._read(set(entered.values()))}
        names = self.texts(given.values())
        called = {actor: names.get(given[position], {}).get("name") for actor, position in entered.items()}
        return {actor: name for actor, name in called.items() if name is not None}


def telling(log: Log, connection: Connection, reader: Reader) -> Telling:
    """Return what tells entries of a log to a reader."""
    names = {code: dict(zip(Language, both, strict=True)) for code, both in agency_names(connection).items()}
    bare = Telling(log, connection, reader, names, frozenset())
    tombstones = Asked((AnyOf(frozenset((f"type:{TOMBSTONE}",))),), 0, log.size)
    gone = bare._read(list(search(connection, tombstones)))
    return Telling(
        log, connection, reader, names, frozenset(t for one in gone for t in erased_in(one.statement))
    )


def _named(statement: Statement) -> set[str]:
    """Return who signed a statement, and whom it names."""
    found = set(statement.named_actors)
    for value in statement.body.values():
        found |= _texts_in(value)
    return found


def _texts_in(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    return {part for part in value if isinstance(part, str)} if isinstance(value, list) else set()
