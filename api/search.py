"""Searching events: a question, checked against what there is, and a page of what answers it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection

from api.answers import Answer
from api.errors import UnknownSubject
from api.nearest import listed, nearest_of
from api.register import entry_at, first_since, size_at
from api.runtime import Log
from api.search_told import telling
from api.search_vocabulary import TYPES, conditions
from audit.proofs.keyring import LOG_ACTOR
from domain.deadlines import Phase
from domain.refusals import refuse
from domain.scoring import Stage
from projections.search import EVERYTHING, AnyOf, Asked, Reader, known, rounds, search
from projections.search_words import fold

PAGE = 20
LONGEST_PAGE = 1000
STAGES = (Stage.DECLARED, Stage.VERIFIED, Stage.TALLIED, Stage.DECIDED)
"""The stages at which an act sets points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is searched for. All of it must hold; a cursor is a position, which is not itself in the page.

    `stage` is one at which an act sets points, or a phase of its round; times are those of admission.
    Entries come oldest first, or newest first if that is asked for or only `before` is given.
    """

    words: str = ""
    round: str | None = None
    agency: str | None = None
    criterion: str | None = None
    actor: str | None = None
    type: str | None = None
    stage: str | None = None
    since: str | None = None
    until: str | None = None
    moved_rank: bool = False
    after: int | None = None
    before: int | None = None
    newest_first: bool = False
    limit: int = PAGE

    @property
    def backwards(self) -> bool:
        """Whether entries come newest first."""
        return self.newest_first or (self.before is not None and self.after is None)


def answer(
    log: Log, connection: Connection, question: Question, reached: int, reader: Reader = EVERYTHING
) -> Answer:
    """Answer `search`: a page of what is found among the entries that the index has reached.

    Raises UnknownSubject for what is not there, naming what comes nearest.
    """
    asked, size = asked_of(log, connection, question, reached, reader), log.size
    found = list(islice(search(connection, asked, reader), question.limit + 1))
    page, more = found[: question.limit], found[question.limit :]
    genesis = entry_at(log, 0).statement
    return {
        "log": genesis.log,
        "utc_offset": genesis.body["utc_offset"],
        "size": size,
        "searched": reached,
        "newest_first": question.backwards,
        "events": telling(log, connection, reader).tell(page),
        "next": {"before" if question.backwards else "after": page[-1]} if more else None,
    }


def asked_of(log: Log, connection: Connection, question: Question, reached: int, reader: Reader) -> Asked:
    """Return what a question comes to in the index; raises UnknownSubject as `answer` does."""
    size = log.size
    if size == 0:
        raise UnknownSubject(refuse("asked.log_empty"))
    if not 1 <= question.limit <= LONGEST_PAGE:
        near = min(max(question.limit, 1), LONGEST_PAGE)
        raise UnknownSubject(refuse("asked.page", most=LONGEST_PAGE, stated=question.limit, nearest=near))
    first, until = _between(log, question, size)
    return Asked(
        (*conditions(connection, question.words, reader), *_filters(connection, question)),
        first,
        min(until, reached),
        phase=_phase(question.stage),
        moved_rank=question.moved_rank,
        newest_first=question.backwards,
    )


# --- from where to where --------------------------------------------------------------------------------


def _between(log: Log, question: Question, size: int) -> tuple[int, int]:
    """Return the first position that is asked about, and the one before which it ends."""
    for position in (question.after, question.before):
        if position is not None and not 0 <= position < size:
            nearest = min(max(position, 0), size - 1)
            raise UnknownSubject(
                refuse("asked.no_position", position=position, last=size - 1, nearest=nearest)
            )
    first = first_since(log, question.since) if question.since else 0
    until = size_at(log, question.until, whole_day=True) if question.until else size
    first = first if question.after is None else max(first, question.after + 1)
    return first, until if question.before is None else min(until, question.before)


# --- what must hold -------------------------------------------------------------------------------------


def _filters(connection: Connection, question: Question) -> Iterator[AnyOf]:
    """Yield a condition for each filter that is given; raises UnknownSubject."""
    for kind in ("agency", "criterion", "actor", "round"):
        if (wanted := getattr(question, kind)) is not None:
            yield _key(kind, chosen(kind, wanted, _known(connection, kind)))
    if question.type is not None:
        yield _key("type", _type(question.type))
    if question.stage is not None and (stage := _stage(question.stage)) in STAGES:
        yield _key("stage", stage)


def _key(kind: str, code: str) -> AnyOf:
    return AnyOf(frozenset((f"{kind}:{code}",)))


def _known(connection: Connection, kind: str) -> list[str]:
    if kind == "round":
        return rounds(connection)
    return known(connection, kind) + ([LOG_ACTOR] if kind == "actor" else [])


def chosen(kind: str, wanted: str, there: Iterable[str]) -> str:
    """Return the name that is meant, in whichever case; raises UnknownSubject, naming the nearest."""
    names = list(there)
    folded = {fold(name): name for name in names} | {name: name for name in names}
    if (found := folded.get(wanted) or folded.get(fold(wanted))) is None:
        near, all_of_them = nearest_of(wanted, names), listed(names)
        raise UnknownSubject(
            refuse("asked.not_there", kind=kind, stated=wanted, nearest=near, there=all_of_them)
        )
    return found


def _type(wanted: str) -> str:
    """Return a stored name of a type; its version may be left out."""
    names = {kind.partition(".")[0]: kind for kind in TYPES}
    return names[chosen("type", wanted.partition(".")[0], names)] if wanted not in TYPES else wanted


def _stage(wanted: str) -> str:
    there = [name.value.lower().replace("_", "-") for name in (*STAGES, *Phase)]
    return chosen("stage", wanted.replace("_", "-"), there).replace("-", "_").upper()


def _phase(wanted: str | None) -> str | None:
    found = None if wanted is None else _stage(wanted)
    return found if found in list(Phase) else None
