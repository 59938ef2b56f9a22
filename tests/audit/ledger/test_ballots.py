"""The ballot box: one ballot a token, batches to hide in, and nothing that leads from one to the other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TypeVar
from uuid import uuid4

import pytest
from sqlalchemy import Connection, delete, func, insert, inspect, select, text, update

from audit.ledger.ballots import BallotBox, Batch
from audit.ledger.database import Database, open_database
from audit.ledger.errors import ReadOnly
from audit.ledger.forms import Answers, Form, seal
from audit.ledger.tables import (
    ballot_batches,
    ballot_spent,
    ballot_tokens,
    ballot_waves,
    ballots,
    ballots_waiting,
    create_tables,
)
from audit.proofs.ballot import Ballot, batch_root, read_ballot, token_hash, token_root, write_ballot
from audit.proofs.canonical import encode
from audit.proofs.errors import BallotRefused
from audit.proofs.merkle import leaf_hash, root

FORM = Form(
    questions=frozenset(f"{agency}/A8.{n}" for agency in ("SNV", "STC") for n in (1, 2)),
    answers=frozenset("ABCD"),
    least=5,
)
T = TypeVar("T")
WAVE = ("2016", "STAFF")
TABLES = (ballot_waves, ballot_tokens, ballot_spent, ballots_waiting, ballot_batches, ballots)


def scripted(purpose: str) -> bytes:
    """Entropy that follows from its purpose."""
    return hashlib.sha256(purpose.encode()).digest()


@pytest.fixture
def box(database: Database) -> BallotBox:
    """An empty box in a database of either kind."""
    with database.begin() as connection:
        create_tables(connection)
    return BallotBox(database)


def answers(number: int) -> Answers:
    """Tell ballots apart by what they answer."""
    return {cell: "ABCD"[number >> 2 * place & 3] for place, cell in enumerate(sorted(FORM.questions))}


def opened(box: BallotBox, count: int = 40) -> tuple[str, ...]:
    """Open the wave and return its tokens."""
    return box.issue(*WAVE, count, FORM).tokens


def turned(items: Iterable[T], seed: int) -> list[T]:
    """Put things into some order of this seed."""
    return sorted(items, key=lambda item: scripted(f"{seed} {item}"))


def fill(box: BallotBox, tokens: Sequence[str]) -> None:
    """Cast a ballot for each token, with answers of its own."""
    box.cast_all(*WAVE, [(token, answers(number)) for number, token in enumerate(tokens)])


def fill_one_by_one(box: BallotBox, tokens: Sequence[str]) -> None:
    """Cast one ballot after the other, each in a transaction of its own."""
    for number, token in enumerate(tokens):
        box.cast(*WAVE, token, answers(number))


def refused(rule: str, act: Callable[[], object]) -> Mapping[str, object]:
    """Return the facts of the refusal that an act must meet."""
    with pytest.raises(BallotRefused) as caught:
        act()
    assert caught.value.rule == rule
    return caught.value.facts


def rows(database: Database) -> list[int]:
    """Count the rows of each table of the box."""
    with database.read() as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in TABLES]


# --- tokens ---------------------------------------------------------------------------------------------


def test_tokens_are_long_random_and_different(box: BallotBox) -> None:
    """A token is 32 letters and digits, 160 bits, and none is drawn twice."""
    tokens = opened(box, 200)
    assert len(set(tokens)) == 200
    assert {len(token) for token in tokens} == {32}
    assert all(token.isascii() and token.isalnum() for token in tokens)


def test_only_hashes_of_tokens_are_kept_under_a_root(box: BallotBox, database: Database) -> None:
    """What is stored is the sorted SHA-256 hashes, and the RFC 6962 root is the one over them."""
    issued = box.issue(*WAVE, 7, FORM)
    hashes = sorted(hashlib.sha256(token.encode()).digest() for token in issued.tokens)
    assert list(box.kept()[WAVE].tokens) == hashes
    assert issued.root == root([leaf_hash(found) for found in hashes]).hex() == token_root(reversed(hashes))
    with database.read() as connection:
        kept = [tuple(row) for table in TABLES for row in connection.execute(select(table))]
    assert not any(token in repr(kept) for token in issued.tokens)


@pytest.mark.parametrize(
    ("count", "form", "rule"),
    [
        (0, FORM, "ballot.no_tokens"),
        (5, Form(questions=FORM.questions, answers=FORM.answers, least=0), "ballot.malformed_form"),
        (5, Form(questions=FORM.questions, answers=frozenset(), least=5), "ballot.malformed_form"),
        (5, Form(questions=frozenset({"SNV"}), answers=FORM.answers, least=5), "ballot.malformed_form"),
        (
            5,
            Form(questions=frozenset({"S\u200bV/A"}), answers=FORM.answers, least=5),
            "ballot.malformed_form",
        ),
    ],
)
def test_wave_without_tokens_or_with_a_bad_form_is_refused(
    box: BallotBox, database: Database, count: int, form: Form, rule: str
) -> None:
    """A wave needs somebody to ask and something to ask them, in plain text; nothing is stored otherwise."""
    refused(rule, lambda: box.issue(*WAVE, count, form))
    assert rows(database) == [0] * len(TABLES)


def test_wave_is_issued_once(box: BallotBox) -> None:
    """Tokens cannot be added later: the root over them was stated."""
    tokens = opened(box)
    assert refused("ballot.wave_exists", lambda: opened(box)) == {"group": "STAFF"}
    assert list(box.kept()[WAVE].tokens) == sorted(map(token_hash, tokens))


# --- casting --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "given", "rule"),
    [
        ("A" * 32, {}, "ballot.unknown_token"),
        ("", {}, "ballot.unknown_token"),
        ("\ud800", {}, "ballot.unknown_token"),
        ("fresh lower", {}, "ballot.unknown_token"),
        ("spent", {"SNV/A8.1": "A"}, "ballot.spent_token"),
        ("other group", {"SNV/A8.1": "A"}, "ballot.unknown_token"),
        ("fresh", {"SNV/A8.3": "A"}, "ballot.unknown_question"),
        ("fresh", {"SNV/A8.1": "E"}, "ballot.unknown_answer"),
        ("fresh", {"SNV": "A"}, "ballot.malformed"),
        ("fresh", {"SNV/A8.1": 1}, "ballot.malformed"),
        ("fresh", {1: "A"}, "ballot.malformed"),
        ("fresh", [("SNV/A8.1", "A")], "ballot.malformed"),
    ],
)
def test_ballot_that_cannot_count_is_refused_and_spends_nothing(
    box: BallotBox, database: Database, token: str, given: Answers, rule: str
) -> None:
    """Unknown and spent tokens, other questions and answers: refused, and the box stays as it was."""
    spent, unspent, *_ = opened(box)
    other = box.issue("2016", "COUNCIL_DEPUTY", 5, FORM).tokens[0]
    box.cast(*WAVE, spent, answers(1))
    named = {"spent": spent, "fresh": unspent, "other group": other, "fresh lower": unspent.lower()}
    before = rows(database)
    facts = refused(rule, lambda: box.cast(*WAVE, named.get(token, token), given))
    assert not {str(fact) for fact in facts.values()} & {spent, unspent, other}
    assert rows(database) == before
    box.cast(*WAVE, unspent, answers(2))
    assert box.kept()[WAVE].spent == 2


def test_ballots_of_a_wave_that_never_opened_are_refused(box: BallotBox) -> None:
    """Without a wave there is nothing to cast, to batch or to close."""
    assert refused("ballot.unknown_wave", lambda: box.cast(*WAVE, "A" * 32, {})) == {"group": "STAFF"}
    refused("ballot.unknown_wave", lambda: box.batch(*WAVE))
    refused("ballot.unknown_wave", lambda: box.close(*WAVE))


def test_collected_ballots_are_taken_together_or_not_at_all(box: BallotBox, database: Database) -> None:
    """One spent token among many leaves the box as it was."""
    tokens = opened(box)
    before = rows(database)
    given = [(token, answers(n)) for n, token in enumerate((*tokens[:6], tokens[0]))]
    refused("ballot.spent_token", lambda: box.cast_all(*WAVE, given))
    assert rows(database) == before


def test_of_many_who_use_one_token_at_once_one_wins(box: BallotBox) -> None:
    """However many try at the same moment, a token takes one ballot."""
    token, *_ = opened(box)
    start = Barrier(8)

    def attempt(number: int) -> str:
        start.wait()
        try:
            box.cast(*WAVE, token, answers(number))
        except BallotRefused as wrong:
            return wrong.rule
        return "taken"

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(attempt, range(8)))
    assert outcomes == ["ballot.spent_token"] * 7 + ["taken"]
    kept = box.kept()[WAVE]
    assert (kept.spent, kept.waiting) == (1, 1)


def test_casts_beside_batches_lose_nothing_and_count_nothing_twice(box: BallotBox) -> None:
    """While batches are made, ballots come in, and used tokens are tried again: each counts once."""
    tokens = opened(box, 60)
    fill(box, tokens[:10])

    def twice(token: str) -> None:
        box.cast(*WAVE, token, answers(7))
        refused("ballot.spent_token", lambda: box.cast(*WAVE, token, answers(7)))

    def put_away(_: int) -> None:
        try:
            box.batch(*WAVE)
        except BallotRefused as wrong:
            assert wrong.rule == "ballot.batch_too_small"  # noqa: PT017 - too few wait just now

    with ThreadPoolExecutor(4) as pool:
        batches = [pool.submit(put_away, n) for n in range(10)]
        casts = [pool.submit(twice, token) for token in tokens[10:]]
        for done in (*casts, *batches):
            done.result()
    box.close(*WAVE)
    kept = box.kept()[WAVE]
    assert (kept.spent, kept.waiting, sum(len(b.ballots) for b in kept.batches)) == (60, 0, 60)


# --- batches --------------------------------------------------------------------------------------------


def test_batch_leaves_enough_for_the_last_one(box: BallotBox) -> None:
    """Five wait on, so that whoever comes last has a batch to hide in; at the close all are put away."""
    tokens = opened(box)
    fill(box, tokens[:12])
    assert len(box.batch(*WAVE).ballots) == 7
    assert box.kept()[WAVE].waiting == 5
    box.cast(*WAVE, tokens[12], answers(12))
    last = box.close(*WAVE)
    assert last is not None
    assert len(last.ballots) == 6
    stored = [read_ballot(b).answers for batch in box.kept()[WAVE].batches for b in batch.ballots]
    assert sorted(map(str, stored)) == sorted(str(answers(n)) for n in range(13))


@pytest.mark.parametrize("waiting", [0, 4, 5, 9])
def test_batch_too_small_to_hide_in_is_refused(box: BallotBox, waiting: int) -> None:
    """Neither the batch nor what is left for the next may be fewer than five."""
    fill(box, opened(box)[:waiting])
    facts = refused("ballot.batch_too_small", lambda: box.batch(*WAVE))
    assert facts == {"ballots": waiting, "least": 10}
    assert box.kept()[WAVE].waiting == waiting


@pytest.mark.parametrize(("came", "stored"), [(0, 0), (4, 0), (5, 5)])
def test_too_few_of_a_whole_wave_are_never_put_away(box: BallotBox, came: int, stored: int) -> None:
    """Where fewer than five came in all, there is no batch and no count of them."""
    fill(box, opened(box)[:came])
    last = box.close(*WAVE)
    assert len(last.ballots if last else ()) == stored
    assert bool(box.recount("2016")) is bool(stored)


def test_closed_wave_takes_no_more(box: BallotBox) -> None:
    """After the close there is no ballot, no batch and no second close."""
    tokens = opened(box)
    fill(box, tokens[:5])
    box.close(*WAVE)
    assert refused("ballot.wave_closed", lambda: box.cast(*WAVE, tokens[5], answers(1))) == {"group": "STAFF"}
    refused("ballot.wave_closed", lambda: box.batch(*WAVE))
    refused("ballot.wave_closed", lambda: box.close(*WAVE))


def test_root_is_over_blinded_ballots(box: BallotBox) -> None:
    """The leaves are the hashes of the stored bytes in ascending order, each with a blind of its own."""
    fill(box, opened(box)[:20])
    stored = box.close(*WAVE)
    assert stored is not None
    assert stored.root == root(sorted(map(leaf_hash, stored.ballots))).hex()
    assert stored.root == batch_root(reversed(stored.ballots)) == box.kept()[WAVE].roots[0]
    read = [read_ballot(data) for data in stored.ballots]
    assert len({ballot.blind for ballot in read}) == 20
    assert {(ballot.round, ballot.group) for ballot in read} == {WAVE}
    assert [write_ballot(ballot) for ballot in read] == list(stored.ballots)


# --- nothing leads from a ballot to its token -------------------------------------------------------------


def test_order_of_a_batch_owes_nothing_to_the_order_of_casting(database: Database) -> None:
    """With the same draws, ballots cast in any order and with any tokens make the very same batch."""
    with database.begin() as connection:
        create_tables(connection)
    box, found = BallotBox(database, scripted), []
    for round_code, seed in (("2016", 1), ("2017", 2), ("2018", 3)):
        tokens = list(box.issue(round_code, "STAFF", 30, FORM).tokens)
        numbers = turned(range(20), seed)
        tokens = turned(tokens, seed + 7)
        for number, token in zip(numbers, tokens, strict=False):
            box.cast(round_code, "STAFF", token, answers(number))
        stored = box.close(round_code, "STAFF")
        assert stored is not None
        given = {scripted(str(n)): encode(dict(answers(n))) for n in numbers}
        assert [b for _, b in seal(round_code, "STAFF", 1, given, scripted)] == list(stored.ballots)
        found.append([read_ballot(b).answers for b in stored.ballots])
    cast = [answers(n) for n in range(20)]
    assert all(sorted(map(str, order)) == sorted(map(str, cast)) for order in found)
    assert all(order != cast for order in found)


def test_order_of_a_batch_is_drawn_anew(box: BallotBox) -> None:
    """Real draws put the same ballots into another order each time (20! orders)."""
    given = {bytes([n]) * 16: encode(dict(answers(n))) for n in range(20)}
    orders = {tuple(found for found, _ in seal(*WAVE, 1, given, box._entropy)) for _ in range(5)}
    assert len(orders) == 5


COLUMNS = {
    "ballot_waves": {"round", "group", "form", "closed"},
    "ballot_tokens": {"round", "group", "token_sha256"},
    "ballot_spent": {"round", "group", "token_sha256"},
    "ballots_waiting": {"id", "round", "group", "answers"},
    "ballot_batches": {"round", "group", "batch", "ballots", "root"},
    "ballots": {"round", "group", "batch", "leaf", "ballot"},
}


def test_no_column_could_relate_tokens_and_ballots(box: BallotBox, database: Database) -> None:
    """There is no time, no number of casts and no row id: beside round and group, nothing is in both."""
    assert box.kept() == {}
    with database.read() as connection:
        found = inspect(connection)
        assert {t: {c["name"] for c in found.get_columns(t)} for t in COLUMNS} == COLUMNS
        if database.dialect == "sqlite":
            made = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all()
            assert all("WITHOUT ROWID" in sql for name, sql in made if name in COLUMNS)


def test_batch_wipes_out_the_order_on_the_disk(box: BallotBox, database: Database) -> None:
    """After a batch, spent tokens and ballots lie in the order of hashes, all written by one transaction."""
    fill_one_by_one(box, turned(opened(box), 5)[:30])
    box.batch(*WAVE)
    hidden = ", xmin, ctid" if database.dialect == "postgresql" else ""
    order = " ORDER BY ctid" if hidden else ""
    with database.read() as connection:
        spent = connection.execute(text(f"SELECT token_sha256{hidden} FROM ballot_spent{order}")).all()
        stored = connection.execute(text(f"SELECT leaf{hidden} FROM ballots{order}")).all()
        left = connection.execute(text(f"SELECT id{hidden} FROM ballots_waiting{order}")).all()
    assert (len(spent), len(stored), len(left)) == (30, 25, 5)
    for found in (spent, stored, left):
        keys = [bytes(row[0]) for row in found]
        assert keys == sorted(keys)
    assert len({row[1] for row in (*spent, *stored, *left) if hidden}) == (1 if hidden else 0)


@pytest.mark.postgres
def test_batch_leaves_no_dead_rows_on_postgresql(postgres_server: str) -> None:
    """The table in which ballots waited has no page left once all are put away."""
    database = open_database(postgres_server, schema=f"t{uuid4().hex}")
    with database.begin() as connection:
        create_tables(connection)
    box = BallotBox(database)
    fill_one_by_one(box, opened(box)[:10])
    size = text("SELECT pg_relation_size('ballots_waiting')")
    with database.read() as connection:
        assert connection.execute(size).scalar_one() > 0
    box.close(*WAVE)
    with database.read() as connection:
        assert connection.execute(size).scalar_one() == 0
    database.close()


def test_batch_leaves_nothing_under_it(tmp_path: Path) -> None:
    """The random ids under which ballots waited are in the files before a batch, and nowhere after it."""
    database = open_database(f"sqlite:///{tmp_path}/log.db")
    with database.begin() as connection:
        create_tables(connection)
    box = BallotBox(database)
    fill_one_by_one(box, opened(box)[:30])
    with database.read() as connection:
        ids = list(connection.execute(select(ballots_waiting.c.id)).scalars())
    database.settle()
    assert all(found in _files(tmp_path) for found in ids)
    assert box.close(*WAVE) is not None
    assert not any(found in _files(tmp_path) for found in ids)
    database.close()


def _files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_box_that_is_only_read_cannot_be_settled(tmp_path: Path) -> None:
    """Cutting off the write-ahead log is the writer's business."""
    open_database(f"sqlite:///{tmp_path}/log.db").close()
    reader = open_database(f"sqlite:///{tmp_path}/log.db", writer=False)
    with pytest.raises(ReadOnly):
        reader.settle()
    reader.close()


# --- recount --------------------------------------------------------------------------------------------


def test_recount_counts_each_answer_once(box: BallotBox) -> None:
    """By cell, group and answer; void ballots count nowhere, and rounds stay apart."""
    staff = opened(box)
    deputies = box.issue("2016", "COUNCIL_DEPUTY", 10, FORM).tokens
    box.issue("2017", "STAFF", 10, FORM)
    for token in staff[:8]:
        box.cast(*WAVE, token, {"SNV/A8.1": "A", "STC/A8.2": "D"})
    for token in staff[8:12]:
        box.cast(*WAVE, token, {"SNV/A8.1": "B"})
    box.cast(*WAVE, staff[12], {})
    for token in deputies[:5]:
        box.cast("2016", "COUNCIL_DEPUTY", token, {"SNV/A8.1": "C"})
    box.batch(*WAVE)
    box.close(*WAVE)
    box.close("2016", "COUNCIL_DEPUTY")
    assert box.recount("2016") == {
        ("SNV", "A8.1"): {"STAFF": {"A": 8, "B": 4}, "COUNCIL_DEPUTY": {"C": 5}},
        ("STC", "A8.2"): {"STAFF": {"D": 8}},
    }
    assert box.recount("2017") == {}


def test_waiting_ballots_are_not_counted(box: BallotBox) -> None:
    """What is not in a batch has no root over it, and is not shown."""
    fill(box, opened(box)[:20])
    assert box.recount("2016") == {}


def _change_answer(connection: Connection, stored: Batch) -> None:
    read = read_ballot(stored.ballots[3])
    changed = {cell: "D" if answer == "A" else "A" for cell, answer in read.answers.items()}
    forged = Ballot(round=read.round, group=read.group, answers=changed, blind=read.blind)
    here = ballots.c.ballot == stored.ballots[3]
    connection.execute(update(ballots).where(here).values(ballot=write_ballot(forged)))


def _remove(connection: Connection, stored: Batch) -> None:
    connection.execute(delete(ballots).where(ballots.c.ballot == stored.ballots[0]))


def _repeat(connection: Connection, stored: Batch) -> None:
    row = {"round": "2016", "group": "STAFF", "batch": 1, "leaf": b"twice", "ballot": stored.ballots[0]}
    connection.execute(insert(ballots).values(row))


def _stuff(connection: Connection, stored: Batch) -> None:
    row = {"round": "2016", "group": "STAFF", "batch": 2, "leaf": b"more", "ballot": stored.ballots[0]}
    connection.execute(insert(ballots).values(row))


def _empty(connection: Connection, _stored: Batch) -> None:
    connection.execute(delete(ballots))


@pytest.mark.parametrize("tamper", [_change_answer, _remove, _repeat, _stuff, _empty])
def test_tampering_with_a_stored_ballot_is_found(
    box: BallotBox, database: Database, tamper: Callable[[Connection, Batch], None]
) -> None:
    """A changed, removed, repeated or added ballot leaves a batch that is not what its root says."""
    fill(box, opened(box)[:20])
    stored = box.close(*WAVE)
    assert stored is not None
    box.recount("2016")
    with database.begin() as connection:
        tamper(connection, stored)
    assert refused("ballot.altered", lambda: box.recount("2016"))["group"] == "STAFF"


def test_ballot_of_another_group_is_not_counted_here(box: BallotBox, database: Database) -> None:
    """A batch under a root of its own, but of another group's ballots, is refused."""
    fill(box, opened(box)[:20])
    box.close(*WAVE)
    with database.begin() as connection:
        for table in (ballot_waves, ballot_batches, ballots):
            connection.execute(update(table).values(group="COUNCIL_DEPUTY"))
    facts = refused("ballot.misplaced", lambda: box.recount("2016"))
    assert facts == {"group": "COUNCIL_DEPUTY", "stated": "STAFF"}
