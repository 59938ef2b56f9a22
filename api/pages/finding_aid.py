"""Looking for entries: a page of them by position, narrowed by facets, with how many there are of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from urllib.parse import urlencode

from fastapi import Request
from sqlalchemy import Connection, select

from api.answers import Answer
from api.errors import UnknownSubject
from api.following import LogSource
from api.pages.lines import lines
from api.pages.present import about
from api.pages.refused import Choice, NotAmong
from api.runtime import Runtime
from api.search import PAGE, Question, asked_of
from api.service.guard import Guard
from api.service.readable import Readable
from api.service.rounds import searcher
from audit.ledger.tables import stored_events
from projections.search import AnyOf, search

FACETS = ("round", "type", "agency", "criterion")
COUNTED = 500
"""Facets are counted over so many entries, those that come first."""
SHOWN = 12
AT_ONCE = 500
COLUMNS = ("position", "received_at", "type", "round", "agency", "criterion", "matter")
_ITS = stored_events.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What somebody looks for: words, facets, and a cursor, all as the address has them."""

    address: str
    words: str = ""
    round: str | None = None
    type: str | None = None
    agency: str | None = None
    criterion: str | None = None
    before: str | None = None
    after: str | None = None

    @property
    def narrowed(self) -> dict[str, str]:
        """The words and facets that are asked for."""
        asked = {"q": self.words} | {name: getattr(self, name) or "" for name in FACETS}
        return {name: value for name, value in asked.items() if value}

    def at(self, **cursor: int) -> str:
        """Return the address of the same question from another cursor."""
        return _address(self.address, {**self.narrowed, **cursor})

    def with_facet(self, name: str, value: str | None) -> str:
        """Return the address of the question with another facet (without it), from its beginning."""
        asked = {**self.narrowed, name: value or ""}
        return _address(self.address, {name: value for name, value in asked.items() if value})


def _address(path: str, asked: dict[str, object] | dict[str, str]) -> str:
    return f"{path}?{urlencode(asked)}" if asked else path


class FindingAid:
    """Answers what somebody looks for in a log, as far as they may know of it."""

    def __init__(self, runtime: Runtime, guard: Guard) -> None:
        self._runtime = runtime
        self._guard = guard
        self._readable = Readable(runtime, guard)

    def found(self, request: Request, connection: Connection, looked: Looked) -> Answer:
        """Answer with a page of entries, newest first; raises NotAmong, with what comes nearest."""
        code = self._round(request, looked)
        reach = self._guard.reach(request, code or "")
        reader = searcher(self._runtime, reach)
        before, after = (self._cursor(looked, name) for name in ("before", "after"))
        question = Question(
            words=looked.words,
            round=looked.round or (None if reach.agencies is None else code),
            type=looked.type,
            agency=looked.agency,
            criterion=looked.criterion,
            before=before,
            after=after,
            newest_first=after is None,
        )
        reached = LogSource(self._runtime.log).reached(connection, "search")
        try:
            asked = asked_of(self._runtime.log, connection, question, reached, reader)
        except UnknownSubject as wrong:
            raise self._nearest(looked, wrong) from None
        if looked.address == "/log" and reader.own is not None:  # there, nothing but their own record
            own = AnyOf(frozenset(f"agency:{code}" for code in reader.own))
            asked = replace(asked, conditions=(*asked.conditions, own))
        hits = list(islice(search(connection, asked, reader), COUNTED + 1))
        page = hits[:PAGE]
        more = len(hits) > PAGE
        if after is not None:
            page.reverse()
        told = lines(self._runtime, connection, reader, page)
        opens = self._opening(request, connection, told)
        newer = page and (more if after is not None else before is not None)
        older = page and (more if after is None else True)
        return {
            **about(self._runtime, connection),
            "looked": looked.narrowed,
            "searched": reached,
            "events": [{**line, "opens": line["position"] in opens} for line in told],
            "newer": looked.at(after=page[0]) if newer else None,
            "older": looked.at(before=page[-1]) if older else None,
            "counted": min(len(hits), COUNTED),
            "more_counted": len(hits) > COUNTED,
            "facets": self._facets(connection, looked, hits[:COUNTED]),
        }

    def _opening(self, request: Request, connection: Connection, told: list[Answer]) -> set[int]:
        """Return which of these have a page of their own for the reader."""
        if self._readable.everything(request):
            return {line["position"] for line in told if not line["sealed"]}
        which = _ITS.position.in_([line["position"] for line in told])
        return {stored.position for stored in self._readable.seen(request, connection, which)}

    def _round(self, request: Request, looked: Looked) -> str | None:
        """Return the round that is asked about; of those who read their own record, the newest there is."""
        if looked.round or self._guard.reach(request, "").agencies is None:
            return looked.round
        return max(list(self._runtime.intake.standing.rounds), default=None)

    # --- cursors and names ------------------------------------------------------------------------------

    def _cursor(self, looked: Looked, name: str) -> int | None:
        """Read a cursor; raises NotAmong for what is no position of the log."""
        text = getattr(looked, name)
        if not text:
            return None
        size = self._runtime.log.size
        if text.isascii() and text.isdigit() and len(text) < 20 and int(text) < size:
            return int(text)
        bare = replace(looked, before=None, after=None)
        there = [
            Choice(bare.at(), "…"),
            *(Choice(bare.at(before=at), str(at)) for at in (size - 1, size // 2)),
        ]
        raise NotAmong("position", text, there)

    def _nearest(self, looked: Looked, wrong: UnknownSubject) -> NotAmong:
        facts = wrong.refused.facts
        kind, near = str(facts.get("kind", "")), str(facts.get("nearest", ""))
        there = [Choice(looked.with_facet(kind, near), near)] if kind in FACETS and near else []
        bare = replace(looked, words="", round=None, type=None, agency=None, criterion=None)
        return NotAmong(
            kind or "word", str(facts.get("stated", "")), [*there, Choice(bare.at(), looked.address)]
        )

    # --- facets -----------------------------------------------------------------------------------------

    def _facets(self, connection: Connection, looked: Looked, hits: Sequence[int]) -> list[Answer]:
        """Count of what is found, by what it is about, the most first; what is chosen can be taken back."""
        counts: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
        for start in range(0, len(hits), AT_ONCE):
            its = _ITS.position.in_(hits[start : start + AT_ONCE])
            for row in connection.execute(select(_ITS.topic, _ITS.originator_id).where(its)):
                counts["type"][row.topic] += 1
                for name, value in zip(
                    ("round", "agency", "criterion"), _subject(row.originator_id), strict=False
                ):
                    counts[name][value] += 1
        return [
            {
                "facet": name,
                "chosen": getattr(looked, name),
                "without": looked.with_facet(name, None),
                "values": [
                    {"value": value, "count": count, "address": looked.with_facet(name, value)}
                    for value, count in counts[name].most_common(SHOWN)
                ],
            }
            for name in FACETS
        ]


def _subject(stream: str) -> tuple[str, ...]:
    """Return round, agency and criterion of a stream, as far as it has them; the registry has none."""
    round_code, _, rest = stream.partition("/")
    if round_code == "registry":
        return ()
    agency, _, criterion = rest.partition("/")
    if not rest or "-" in agency:  # what a round itself, a meeting or a dispute is called
        return (round_code,)
    return tuple(filter(None, (round_code, agency, criterion)))
