"""The ballot box: one ballot a token, kept outside the log, in batches that cannot be traced to tokens.

Who could link a ballot with its token, and why they cannot once it lies in a batch:

- Spending the token and storing the ballot are one transaction, or a crash could take a vote, or count it
  twice. While a ballot waits, that transaction is a link: PostgreSQL stamps both rows with its number, and
  SQLite's write-ahead log holds the two changed pages side by side.
- A batch breaks the link. Its ballots are blinded with fresh random bytes and stored in the order of the
  hashes that come of it, all in one transaction; in the same one, spent tokens and ballots that wait on are
  written anew in the order of hashes and random ids. The tables they stood in are emptied so that nothing
  stays under them (`_empty`), and SQLite's write-ahead log is cut off.
- What nothing here can hide: the running process sees token and answers come in together, as in any online
  survey. Whoever watches it, or reads the database between two batches, or keeps backups or PostgreSQL's
  write-ahead archive from that time, can link what waited then. Afterwards there is nothing to find: only
  which tokens were spent before which batch, if somebody looked at the time of each.

Respondents get no receipt for what they answered: who could prove it could be made to prove it (R50).
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    bindparam,
    delete,
    exc,
    func,
    insert,
    select,
    text,
    update,
)

from audit.ledger.database import Database
from audit.ledger.forms import Answers, Entropy, Form, draw_tokens, fresh, read_form, seal
from audit.ledger.tables import (
    ballot_batches,
    ballot_spent,
    ballot_tokens,
    ballot_waves,
    ballots,
    ballots_waiting,
)
from audit.proofs.ballot import Recount, batch_root, recount, token_hash, token_root
from audit.proofs.canonical import encode
from audit.proofs.errors import BallotRefused
from audit.proofs.merkle import leaf_hash

ID_SIZE = 16
_TOKEN = re.compile(r"[A-Z2-7]{32}", re.ASCII)
_STIRRED = (ballot_spent, ballots_waiting)
"""The two tables that every batch empties and writes anew."""
_KNOWN = select(ballot_tokens.c.token_sha256).where(
    *(column == bindparam(column.name) for column in ballot_tokens.primary_key)
)
_SPEND = insert(ballot_spent)
_WAIT = insert(ballots_waiting)

WaveKey = tuple[str, str]
"""(round, respondent group)."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A wave's tokens, for those who answer and for nobody else, and the root (hex) over their hashes."""

    tokens: tuple[str, ...]
    root: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Ballots as they are kept, and the root (hex) that was noted for them and is to be stated."""

    ballots: tuple[bytes, ...]
    root: str


@dataclass(frozen=True, kw_only=True)
class Kept:
    """All that the box keeps of one wave, as it lies there."""

    tokens: tuple[bytes, ...]
    spent: int
    unissued: int
    """How many of the spent tokens were never issued."""
    waiting: int
    closed: bool
    batches: tuple[Batch, ...]
    misnoted: frozenset[int]
    """The numbers of batches of which the box notes something else than there is."""

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """The roots over the ballots that are there, batch by batch."""
        return tuple(batch_root(batch.ballots) for batch in self.batches)


class BallotBox:
    """Tokens, ballots and batches of all waves of a log's database."""

    def __init__(self, database: Database, entropy: Entropy = fresh) -> None:
        self._database = database
        self._entropy = entropy

    def issue(self, round_code: str, group: str, count: int, form: Form) -> Issued:
        """Draw a wave's tokens; they are told this once, and only their hashes are kept.

        Raises BallotRefused: `ballot.wave_exists`, `ballot.no_tokens`, `ballot.malformed_form`.
        """
        if count < 1:
            raise BallotRefused("ballot.no_tokens", group=group)
        tokens = draw_tokens(round_code, group, count, self._entropy)
        hashes = sorted(map(token_hash, tokens))
        named = {"round": round_code, "group": group}
        wave = {**named, "form": form.write(), "closed": False}
        with self._database.begin() as connection:
            try:
                connection.execute(insert(ballot_waves).values(wave))
            except exc.IntegrityError:
                raise BallotRefused("ballot.wave_exists", group=group) from None
            connection.execute(insert(ballot_tokens), [{**named, "token_sha256": found} for found in hashes])
        return Issued(tokens, token_root(hashes))

    def cast(self, round_code: str, group: str, token: str, answers: Answers) -> None:
        """Take one ballot for one token; without answers it is void, and the token spent all the same.

        Raises BallotRefused: `ballot.unknown_wave`, `ballot.wave_closed`, `ballot.unknown_token`,
        `ballot.spent_token`, `ballot.malformed`, `ballot.unknown_question`, `ballot.unknown_answer`.
        """
        self.cast_all(round_code, group, [(token, answers)])

    def cast_all(self, round_code: str, group: str, given: Iterable[tuple[str, Answers]]) -> None:
        """Take ballots that were collected elsewhere: all of them, or none; raises as `cast` does."""
        key = (round_code, group)
        with self._database.begin() as connection:
            form, waiting = _form(connection, key, share=True), []
            for token, answers in given:
                _spend(connection, key, token)
                row = {"id": os.urandom(ID_SIZE), "answers": encode(dict(form.check(answers)))}
                waiting.append({**row, "round": round_code, "group": group})
            if waiting:
                connection.execute(_WAIT, waiting)

    def batch(self, round_code: str, group: str) -> Batch:
        """Put away what waits, but as few as may not stand alone: so the last batch is never too small.

        Raises BallotRefused: `ballot.unknown_wave`, `ballot.wave_closed`, `ballot.batch_too_small`.
        """
        key = (round_code, group)
        with self._database.begin() as connection:
            form, waiting = _alone_with(connection, key)
            if len(waiting) < 2 * form.least:
                raise BallotRefused("ballot.batch_too_small", ballots=len(waiting), least=2 * form.least)
            stored = self._put_away(connection, key, waiting, leave=form.least)
        self._database.settle()
        return stored

    def close(self, round_code: str, group: str) -> Batch | None:
        """End the wave and put away all that waits; where too few came in all, nothing, for good.

        Raises BallotRefused: `ballot.unknown_wave`, `ballot.wave_closed`.
        """
        key, stored = (round_code, group), None
        with self._database.begin() as connection:
            form, waiting = _alone_with(connection, key)
            connection.execute(update(ballot_waves).where(_of(ballot_waves, key)).values(closed=True))
            if len(waiting) >= form.least:
                stored = self._put_away(connection, key, waiting, leave=0)
        self._database.settle()
        return stored

    def kept(self) -> Mapping[WaveKey, Kept]:
        """Read all that the box keeps, at one moment."""
        with _one_moment(self._database) as connection:
            waves = connection.execute(select(ballot_waves)).all()
            return {(wave.round, wave.group): _kept(connection, wave) for wave in waves}

    def recount(self, round_code: str) -> Recount:
        """Count a round's valid ballots again; every batch must be what its root says.

        Raises BallotRefused: `ballot.altered`, `ballot.malformed`, `ballot.misplaced`.
        """
        counted: Recount = {}
        for (of, group), kept in self.kept().items():
            for number, batch in enumerate(kept.batches if of == round_code else (), start=1):
                if batch_root(batch.ballots) != batch.root:
                    raise BallotRefused("ballot.altered", group=group, batch=number)
                recount(round_code, group, batch.ballots, counted)
        return counted

    def _put_away(
        self, connection: Connection, key: WaveKey, waiting: Mapping[bytes, bytes], *, leave: int
    ) -> Batch:
        number = 1 + connection.execute(_count(ballot_batches, key)).scalar_one()
        # In the order of fresh hashes: those that are left behind are as good as drawn by lot.
        taken = dict(seal(*key, number, waiting, self._entropy)[leave:])
        stored = Batch(tuple(taken.values()), batch_root(taken.values()))
        named = {"round": key[0], "group": key[1], "batch": number}
        rows = [{**named, "leaf": leaf_hash(ballot), "ballot": ballot} for ballot in stored.ballots]
        connection.execute(insert(ballots), rows)
        connection.execute(insert(ballot_batches).values(**named, ballots=len(taken), root=stored.root))
        _write_anew(connection, ballots_waiting, without=taken.keys())
        _write_anew(connection, ballot_spent)
        return stored


# --- one wave -------------------------------------------------------------------------------------------


def _of(table: Table, key: WaveKey) -> ColumnElement[bool]:
    return (table.c.round == key[0]) & (table.c.group == key[1])


def _count(table: Table, key: WaveKey) -> Select[int]:
    return select(func.count()).select_from(table).where(_of(table, key))


def _form(connection: Connection, key: WaveKey, *, share: bool) -> Form:
    """Read the form of an open wave, and keep the wave from ending until the transaction does."""
    wanted = select(ballot_waves.c.form, ballot_waves.c.closed).where(_of(ballot_waves, key))
    row = connection.execute(wanted.with_for_update(read=share)).first()
    if row is None:
        raise BallotRefused("ballot.unknown_wave", group=key[1])
    if row.closed:
        raise BallotRefused("ballot.wave_closed", group=key[1])
    return read_form(row.form)


def _spend(connection: Connection, key: WaveKey, token: str) -> None:
    """Use a token up: of two that try at once, the second waits for the first and is refused."""
    found = token_hash(token) if _TOKEN.fullmatch(token) else b""
    row = {"round": key[0], "group": key[1], "token_sha256": found}
    if connection.execute(_KNOWN, row).first() is None:
        raise BallotRefused("ballot.unknown_token", group=key[1])
    try:
        connection.execute(_SPEND, row)
    except exc.IntegrityError:
        raise BallotRefused("ballot.spent_token", group=key[1]) from None


def _alone_with(connection: Connection, key: WaveKey) -> tuple[Form, Mapping[bytes, bytes]]:
    """Shut everybody else out until the transaction ends; return the form and what waits, by its id."""
    form = _form(connection, key, share=False)  # the wave first, then the tables, as a cast does: no deadlock
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {_names(_STIRRED)} IN ACCESS EXCLUSIVE MODE"))
    rows = connection.execute(select(ballots_waiting).where(_of(ballots_waiting, key)))
    return form, {row.id: row.answers for row in rows}


# --- nothing is left under a batch ----------------------------------------------------------------------


def _write_anew(connection: Connection, table: Table, without: Collection[bytes] = ()) -> None:
    """Write what stays of a table again, in the order of its keys, which are hashes or random."""
    rows = [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
    _empty(connection, table)
    if staying := [row for row in rows if row.get("id") not in without]:
        connection.execute(insert(table), staying)


def _empty(connection: Connection, table: Table) -> None:
    """Remove all rows with what they looked like: a new file on PostgreSQL, zeros on SQLite."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"TRUNCATE {_names([table])}"))
        return
    before = connection.exec_driver_sql("PRAGMA secure_delete").scalar_one()
    connection.exec_driver_sql("PRAGMA secure_delete=ON").all()
    connection.execute(delete(table))
    connection.exec_driver_sql(f"PRAGMA secure_delete={'FAST' if before == 2 else before}").all()


def _names(tables: Iterable[Table]) -> str:
    return ", ".join(table.name for table in tables)


# --- reading --------------------------------------------------------------------------------------------


@contextmanager
def _one_moment(database: Database) -> Iterator[Connection]:
    """Read with no batch in between: a TRUNCATE shows through snapshots that were taken before it."""
    with database.read() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"LOCK TABLE {_names(_STIRRED)} IN ACCESS SHARE MODE"))
        yield connection


def _kept(connection: Connection, wave: Row[tuple[str, str, bytes, bool]]) -> Kept:
    key = (wave.round, wave.group)
    tokens, spent = (
        tuple(connection.execute(select(table.c.token_sha256).where(_of(table, key))).scalars())
        for table in (ballot_tokens, ballot_spent)
    )
    batches, misnoted = _batches(connection, key)
    return Kept(
        tokens=tokens,
        spent=len(spent),
        unissued=len(set(spent).difference(tokens)),
        waiting=connection.execute(_count(ballots_waiting, key)).scalar_one(),
        closed=wave.closed,
        batches=batches,
        misnoted=misnoted,
    )


def _batches(connection: Connection, key: WaveKey) -> tuple[tuple[Batch, ...], frozenset[int]]:
    """Read the batches of a wave, and which are noted otherwise than their ballots are.

    Ballots that lie under a number that no batch has come last.
    """
    found: dict[int, list[bytes]] = {}
    other: set[int] = set()
    for row in connection.execute(select(ballots).where(_of(ballots, key)).order_by(*ballots.primary_key)):
        found.setdefault(row.batch, []).append(row.ballot)
        if row.leaf != leaf_hash(row.ballot):
            other.add(row.batch)
    batches = []
    noted = select(ballot_batches).where(_of(ballot_batches, key)).order_by(ballot_batches.c.batch)
    for number, row in enumerate(connection.execute(noted), start=1):
        its = tuple(found.pop(row.batch, ()))
        batches.append(Batch(its, row.root))
        if (row.batch, row.ballots, row.root) != (number, len(its), batch_root(its)):
            other.add(number)
    other |= set(range(len(batches) + 1, len(batches) + len(found) + 1))
    batches += [Batch(tuple(found[number]), "") for number in sorted(found)]
    return tuple(batches), frozenset(other)
