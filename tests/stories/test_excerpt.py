"""What a trace reads of people, keys and rounds, found by the index, is what the whole streams say."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.answers import trace
from api.excerpt import concerning, excerpt
from api.following import LogSource, create_followed
from api.register import Register, read_register
from api.runtime import Log, log_over
from api.settings import DATABASE_VARIABLE, Settings
from api.words import read_words
from audit.ledger.database import open_database
from audit.proofs.authorship import Authorship
from projections.mentions import OF_OFFICERS, Mentions
from tests.stories.told import YEAR, Told

OTHER = "2017"


@pytest.fixture(scope="module")
def log(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    """A copy of the demo that may be written; nothing follows it yet."""
    data = tmp_path_factory.mktemp("excerpt") / "data"
    shutil.copytree(demo_data, data)
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(DATABASE_VARIABLE, raising=False)
        log = log_over(open_database(Settings(data).database_url), create=False)
        with log.database.begin() as connection:
            create_followed(connection, [Mentions()])
        yield log
        log.database.close()


def follow(log: Log, end: int) -> int:
    """Let the index take in the log up to a position; return how far it has come."""
    source, mentions = LogSource(log), Mentions()
    with log.database.begin() as connection:
        start = source.reached(connection, mentions.name)
        if start < end and source.step(connection, mentions.name, start, end):
            mentions.apply(connection, source.entries(connection, start, end))
        return source.reached(connection, mentions.name)


def what_is_told(register: Register, code: str) -> tuple[object, ...]:
    """Return all that a trace tells out of a register."""
    found, standing = register.round(code), register.standing
    return (
        dict(standing.agencies),
        dict(standing.officers),
        dict(register.keyring.records),
        register.names,
        register.chains,
        (
            found.agencies,
            found.criteria,
            found.due,
            found.opened,
            found.phase,
            found.published,
            found.council,
        ),
    )


@pytest.mark.parametrize("part", [0, 25, 1])
def test_an_excerpt_says_what_the_streams_say(told: Told, log: Log, part: int) -> None:
    """With the index empty, some way behind, and at the head: all people, keys and names are the same."""
    end = log.size // part if part else 0
    assert follow(log, end) == end
    with log.database.read() as connection:
        for size, code in ((log.size, YEAR), (log.size, OTHER), (log.size * 2 // 3, YEAR)):
            whole = read_register(log, connection, size, code)
            everybody = {*whole.standing.officers, *whole.keyring.records}
            read = excerpt(log, connection, size, code, everybody)
            assert what_is_told(read, code) == what_is_told(whole, code)
            assert authorship(read, told) == authorship(whole, told)


def authorship(register: Register, told: Told) -> list[Authorship]:
    """Return what can be said of who signed each statement."""
    signed = ((s.named_keys, position) for position, s in told.statements.items() if position < register.size)
    return [register.keyring.authorship(keys, position) for keys, position in signed]


def test_of_one_person_little_is_read(log: Log) -> None:
    """Once the index is at the head, the registry is not read for the sake of one officer."""
    assert follow(log, log.size) == log.size
    with log.database.read() as connection:
        whole = read_register(log, connection, log.size, YEAR)
        (actor, *_) = sorted(whole.standing.officers)
        few = concerning(log, connection, [actor])
        bodies = [entry.event.body for entry in few if entry.event is not None]
    assert bodies
    assert {body.officer for body in bodies if isinstance(body, OF_OFFICERS)} == {actor}
    assert all(isinstance(body, OF_OFFICERS) for body in bodies)


def test_traces_and_words_are_the_same_by_the_index(told: Told, log: Log) -> None:
    """Whoever asks a log that nothing follows, and one that is followed, gets one answer."""
    assert follow(log, log.size) == log.size
    cells = {(e.agency, e.criterion) for e in told.events if e.round == YEAR and e.agency and e.criterion}
    chosen = [*sorted(cells)[::40], (sorted(told.round.agencies)[0], None)]
    ids = [statement.id for statement in told.statements.values()][::7]
    with log.database.read() as connection:
        for agency, criterion in chosen:
            for size in (log.size, log.size // 2):
                asked = YEAR, agency or "", criterion, size
                assert trace(log, connection, *asked) == trace(told.log, told.connection, *asked)
        assert read_words(log, connection, ids) == read_words(told.log, told.connection, ids)
