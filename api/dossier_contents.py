"""Which entries belong in a dossier, and which of them its reader may see.

The case comes whole: what the reader may not see is withheld, and its place is kept. Beside it stand the
people, keys and rules that it needs, as far as the reader may see those.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache

from sqlalchemy import Connection, or_, select

from audit.ledger.tables import stored_events
from audit.proofs.entry import Entry, parse_entry
from audit.proofs.errors import AuditError
from audit.proofs.keyring import GENESIS, KEY_EVENTS, LOG_KEY_ROTATED
from audit.proofs.keys import load_public_key
from audit.proofs.lines import from_base64
from audit.proofs.openings import erased_in
from audit.proofs.statement import REGISTRY_STREAM, Statement, parse_statement
from domain.events import CATALOGUE
from domain.visibility import KEY_BODY, KEY_TEXTS, Visibility, seen_by

COUNCIL = frozenset({Visibility.PUBLIC, Visibility.PARTIES, Visibility.COUNCIL})
AUDITOR = frozenset(Visibility)
OF_AGENCIES = ("AgencyRegistered.v1", "AgencyRenamed.v1", "AgencyMerged.v1", "AgencyClosed.v1")
OF_OFFICERS = ("OfficerRegistered.v1", "OfficerTransferred.v1", "RoleGranted.v1", "RoleEnded.v1")
OF_THE_ROUND = (
    "RoundOpened.v1",
    "PhaseOpened.v1",
    "DeadlineExtended.v1",
    "CouncilEstablished.v1",
    "ResultApproved.v1",
    "ResultPublished.v1",
    "ProjectionAttested.v1",
    "AttestationConfirmed.v1",
)
OFFICERS = ("officer", "deputy")
"""Fields of bodies that name a person."""
OF_TEAMS = ("TeamFormed.v1", "TeamAssigned.v1")
ERASED = "OpeningsErased.v1"
OPENED, CLOSED = "OpinionOpened.v1", "OpinionsClosed.v1"


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as it lies in the log, and what it says."""

    position: int
    data: bytes
    entry: Entry
    statement: Statement


@dataclass(frozen=True, slots=True)
class Damaged:
    """An entry whose bytes say nothing any more: the row tells what it was, and in which stream it lies."""

    position: int
    data: bytes
    stream: str
    type: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a dossier is about."""

    round: str
    agency: str | None = None
    criterion: str | None = None
    dispute: str | None = None

    @property
    def about(self) -> dict[str, str]:
        """As the dossier says it."""
        named = {name: getattr(self, name) for name in ("round", "agency", "criterion", "dispute")}
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes in: the case, what it needs, and of these the positions whose bytes are withheld."""

    case: tuple[Stored, ...]
    needed: tuple[Stored, ...]
    withheld: frozenset[int]
    damaged: tuple[Damaged, ...] = ()
    """Their bytes go in as they are: that they are not the log's is for whoever verifies to find."""

    @property
    def all(self) -> list[Stored | Damaged]:
        """All in order."""
        every: list[Stored | Damaged] = [*self.case, *self.needed, *self.damaged]
        return sorted(every, key=lambda stored: stored.position)

    @property
    def shown(self) -> list[Stored]:
        """Those that the reader sees, and that say something."""
        every = sorted((*self.case, *self.needed), key=lambda stored: stored.position)
        return [stored for stored in every if stored.position not in self.withheld]


def read_whole(connection: Connection) -> Contents:
    """Read everything, for whoever may see everything; what is sealed yet nobody may."""
    damaged: list[Damaged] = []
    case = tuple(read_stored(connection, None, damaged))
    hidden = {d.position for d in damaged if not may_see_damaged(connection, d, AUDITOR)}
    return Contents(case, (), frozenset(still_sealed(case) | hidden), tuple(damaged))


def read_contents(
    connection: Connection, its: Subject, classes: Collection[Visibility], also: Collection[int]
) -> Contents:
    """Read what belongs in it; `also` are positions that a rule looked at elsewhere."""
    damaged: list[Damaged] = []
    case = [stored for stored in _near(connection, its, damaged) if _belongs(stored.statement, its)]
    there = {stored.position for stored in case} | {one.position for one in damaged}
    reused = {s.statement.body["source"] for s in case if s.statement.type == "EvidenceReused.v1"}
    elsewhere = [position for position in sorted({*also, *reused}) if position not in there]
    if elsewhere:
        case += read_stored(connection, stored_events.c.position.in_(elsewhere), damaged)
    sealed = still_sealed(case)
    withheld = {s.position for s in case if s.position in sealed or not may_see(s.statement, classes)}
    shown = [stored for stored in case if stored.position not in withheld]
    registry = list(read_stored(connection, stored_events.c.originator_id == REGISTRY_STREAM, damaged))
    needed = {
        s.position: s for s in _rules(connection, registry, its, damaged) if may_see(s.statement, classes)
    }
    needed |= {s.position: s for s in _people(registry, [*shown, *needed.values()])}
    needed |= {s.position: s for s in _keys(registry, [*shown, *needed.values()])}
    outside = [stored for position, stored in sorted(needed.items()) if position not in there]
    case.sort(key=lambda stored: stored.position)
    hidden = {d.position for d in damaged if not may_see_damaged(connection, d, classes)}
    once = {one.position: one for one in damaged}
    return Contents(tuple(case), tuple(outside), frozenset(withheld | hidden), tuple(once.values()))


def read_stored(
    connection: Connection, which: object, damaged: list[Damaged] | None = None
) -> Iterator[Stored]:
    """Read the entries for which a condition holds, or all of them, in order.

    What cannot be read any more is put among the `damaged`, or raises AuditError where nobody asks for those.
    """
    its = stored_events.c
    query = select(its.position, its.state, its.originator_id, its.topic).order_by(its.position)
    read = _read if which is None else _read_once
    for row in connection.execute(query if which is None else query.where(which)):  # type: ignore[arg-type]
        try:
            entry, statement = read(row.state)
        except AuditError:
            if damaged is None:
                raise
            damaged.append(Damaged(row.position, row.state, row.originator_id, row.topic))
            continue
        yield Stored(row.position, row.state, entry, statement)


def _read(data: bytes) -> tuple[Entry, Statement]:
    entry = parse_entry(data)
    return entry, parse_statement(entry.envelope.payload)


@lru_cache(maxsize=4096)
def _read_once(data: bytes) -> tuple[Entry, Statement]:
    """What these very bytes say; the registry is asked for again and again."""
    return _read(data)


def _near(connection: Connection, its: Subject, damaged: list[Damaged]) -> Iterator[Stored]:
    """Read the streams that statements of an agency lie in."""
    stream = stored_events.c.originator_id
    of = f"{its.round}/{its.agency}"
    places = [stream == of, stream.startswith(f"{its.round}/dispute-", autoescape=True)]
    cells = (
        stream == f"{of}/{its.criterion}" if its.criterion else stream.startswith(f"{of}/", autoescape=True)
    )
    found: list[Damaged] = []
    yield from read_stored(connection, or_(*places, cells), found)
    damaged += [one for one in found if one.stream.startswith(of)]  # a dispute's, nobody knows whose


def _belongs(statement: Statement, its: Subject) -> bool:
    """Whether a statement is about the agency as a whole, or about the cell (a cell of it)."""
    if (statement.round, statement.agency) != (its.round, its.agency):
        return False
    return statement.criterion is None or its.criterion in (None, statement.criterion)


# --- who may see it -------------------------------------------------------------------------------------


def may_see(statement: Statement, classes: Collection[Visibility]) -> bool:
    """Whether all that a statement's body says is in these classes; its header goes with it."""
    its = body_classes(statement.type)
    return all(its.get(name) in classes for name in statement.body)


def may_see_damaged(connection: Connection, one: Damaged, classes: Collection[Visibility]) -> bool:
    """Whether all that any statement of its kind says is in these classes; an opinion once it is closed."""
    known = one.type in KEY_EVENTS or one.type in CATALOGUE
    if not known or not all(its in classes for its in body_classes(one.type).values()):
        return False
    if one.type != OPENED:
        return True
    its = stored_events.c
    later = (its.originator_id == one.stream) & (its.topic == CLOSED) & (its.position > one.position)
    return connection.execute(select(its.position).where(later).limit(1)).first() is not None


def body_classes(kind: str) -> Mapping[str, Visibility | None]:
    """Return the classes of the fields of a body."""
    if kind in KEY_EVENTS:
        return KEY_BODY
    return {field.name: seen_by(field) for field in fields(CATALOGUE[kind].body)}


def text_classes(kind: str) -> Mapping[str, Visibility]:
    """Return the classes of the texts that a kind of statement commits to."""
    return KEY_TEXTS if kind in KEY_EVENTS else CATALOGUE[kind].texts


def still_sealed(told: Iterable[Stored]) -> set[int]:
    """Return where opinions were opened in a cell whose opening has not been closed since."""
    hidden: dict[tuple[str | None, str | None], set[int]] = {}
    for stored in sorted(told, key=lambda one: one.position):
        cell = (stored.statement.agency, stored.statement.criterion)
        if stored.statement.type == OPENED:
            hidden.setdefault(cell, set()).add(stored.position)
        elif stored.statement.type == CLOSED:
            hidden.pop(cell, None)
    return {position for positions in hidden.values() for position in positions}


# --- what it needs --------------------------------------------------------------------------------------


def _rules(
    connection: Connection, registry: Iterable[Stored], its: Subject, damaged: list[Damaged]
) -> Iterator[Stored]:
    """Yield the round and its results, its criteria set and regulation, and the agency's teams."""
    round_stream = list(read_stored(connection, stored_events.c.originator_id == its.round, damaged))
    teams = {s.statement.body["team"] for s in round_stream if s.statement.body.get("inspects") == its.agency}
    opened = next((s.statement.body for s in round_stream if s.statement.type == "RoundOpened.v1"), {})
    for stored in round_stream:
        of_team = stored.statement.type in OF_TEAMS and stored.statement.body["team"] in teams
        if stored.statement.type in OF_THE_ROUND or of_team:
            yield stored
    for stored in registry:
        if stored.statement.type == GENESIS or _is_rule(stored.statement, opened, its.agency):
            yield stored


def _is_rule(statement: Statement, opened: Mapping[str, object], agency: str | None) -> bool:
    body = statement.body
    if statement.type in OF_AGENCIES:
        return bool(body["code"] == agency)
    if statement.type == "RegulationIssued.v1":
        return (body["code"], body["version"]) == (opened.get("regulation"), opened.get("regulation_version"))
    if statement.type == "CriteriaSetIssued.v1":
        its = body["criteria_set"]
        return (its["code"], its["version"]) == (opened.get("criteria_set"), opened.get("criteria_version"))
    return False


def _people(registry: Sequence[Stored], shown: Sequence[Stored]) -> Iterator[Stored]:
    """Yield who the people are that signed or are named, with offices and agencies; and what erased words."""
    actors = {actor for stored in shown for actor in stored.statement.named_actors}
    actors |= {stored.statement.body.get(name, "") for stored in shown for name in OFFICERS}
    officers = [
        s for s in registry if s.statement.type in OF_OFFICERS and s.statement.body["officer"] in actors
    ]
    homes = {str(stored.statement.body.get("home")) for stored in officers}
    homes |= {code for stored in shown for code in stored.statement.body.get("agencies", ())}
    ids = {stored.statement.id for stored in shown}
    yield from officers
    for stored in registry:
        kind, of = stored.statement.type, stored.statement.body.get("code")
        erased = kind == ERASED and any(named in ids for named, _ in erased_in(stored.statement))
        if erased or (kind in OF_AGENCIES and of in homes):
            yield stored


def _keys(registry: Iterable[Stored], shown: Iterable[Stored]) -> Iterator[Stored]:
    """Yield every event about a key that signed something here, or signed such an event."""
    events = [s for s in registry if s.statement.type in KEY_EVENTS]
    involved = {key for stored in shown for key in stored.statement.named_keys}
    taken: dict[int, Stored] = {}
    while news := [s for s in events if s.position not in taken and _is_about_keys(s.statement, involved)]:
        taken |= {s.position: s for s in news}
        involved |= {key for s in news for key in s.statement.named_keys}
    yield from taken.values()


def _is_about_keys(statement: Statement, involved: Collection[str]) -> bool:
    if statement.type == LOG_KEY_ROTATED:
        return True
    body = statement.body
    named = {body.get("key"), body.get("replaces")}
    if "public_key" in body:
        named.add(load_public_key(from_base64(body["public_key"])).id)
    return not named.isdisjoint(involved)
