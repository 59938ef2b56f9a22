"""What of an entry can be found, and by whom: what it is about, its facts, and the words beside it.

Codes are indexed as codes (`category:FACTUAL_ERROR`): what they are called is looked up by whoever asks, so
that another wording needs no other index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any, NamedTuple

from domain.events import CATALOGUE, Event
from domain.points import write
from domain.scoring import Stage
from domain.stated.registry import (
    AgencyRegistered,
    AgencyRenamed,
    CriteriaSetIssued,
    LogOpened,
    OfficerRegistered,
)
from domain.visibility import Visibility, seen_by
from projections.acts import stage_of
from projections.search_words import words

CODES, TEXTS = 65_536, 4096
"""So many codes, and so many texts, are kept in memory with their keys: most texts come once."""
NOBODY = ""
"""The code of what an entry has not: `round:` are those of the registry, `agency:` those of no agency."""
_PUBLIC, _PARTIES, _AUDITORS = (
    its.value for its in (Visibility.PUBLIC, Visibility.PARTIES, Visibility.AUDITORS)
)
_TECHNICAL = frozenset(
    {"log_key", "registrars", "witness_policy", "continues", "certificate_anchors", "criteria_set", "erased"}
    | {"tokens", "root", "state_root", "rules", "seal", "salt", "deadlines", "holidays", "timers", "awards"}
    | {"publication", "blocks"}
)
"""Fields of bodies that hold keys, digests and whole sets of rules: nobody reads those as words."""

_PLAIN = (str, int, Fraction, date)
"""What a field holds that is no group of others; codes are texts, too."""


class Posting(NamedTuple):
    """One key under which an entry is found, by whom; `field` is the text that a word is from, if any."""

    key: str
    seen_by: str
    field: str = ""


class Name(NamedTuple):
    """One word of what something is called; `field` is the text that it is from, if any."""

    word: str
    kind: str
    code: str
    seen_by: str
    field: str = ""


class Subject(NamedTuple):
    """Something that entries are about, or somebody who signs them: an officer's name is a text."""

    kind: str
    code: str
    name_vi: str | None = None
    name_en: str | None = None


def postings(kind: str, actors: Iterable[str], event: Event | None) -> list[Posting]:
    """Return the keys of an entry, without the words beside it: of a key event type and signers."""
    if event is None:
        return [*_about(kind, None, None, None, None), *map(_signed, actors)]
    found = [*_about(kind, event.round, event.agency, event.criterion, event.matter)]
    found += map(_signed, {*actors, event.actor})
    if (stage := stage_of(event)) is not None:
        found.append(_STAGES[stage])
    for name, its in _classes(event.kind.name):
        _add_facts(found, name, getattr(event.body, name), its)
    return found


@lru_cache(maxsize=TEXTS)
def worded(text: str, its: str, field: str = "") -> tuple[Posting, ...]:
    """Return the keys of the words of a text."""
    return tuple(Posting(f"word:{word}", its, field) for word in sorted(words(text)))


def _about(
    kind: str, round_code: str | None, agency: str | None, criterion: str | None, matter: str | None
) -> list[Posting]:
    """Return the keys of what an entry is about: no secret of any statement."""
    found = [_named("type", kind), _named("round", round_code or NOBODY), _named("agency", agency or NOBODY)]
    if criterion:
        found.append(_named("criterion", criterion))
    if matter:
        found += worded(matter, _PUBLIC)
    return found


@lru_cache(maxsize=CODES)
def _named(what: str, code: str) -> Posting:
    return Posting(f"{what}:{code}", _PUBLIC)


@lru_cache(maxsize=CODES)
def _signed(actor: str) -> Posting:
    return Posting(f"actor:{actor}", _PARTIES)


def _add_facts(found: list[Posting], name: str, value: Any, its: str) -> None:
    """Add the keys of a field of a body."""
    if isinstance(value, _PLAIN):
        found += _fact(name, value, its)
    elif isinstance(value, tuple):
        for one in value:
            _add_facts(found, name, one, its)
    elif is_dataclass(value):
        for part in fields(value):
            _add_facts(found, part.name, getattr(value, part.name), its)
    elif isinstance(value, Mapping):
        for pair in value.items():
            _add_facts(found, name, pair, its)


@lru_cache(maxsize=TEXTS, typed=True)
def _fact(name: str, value: object, its: str) -> tuple[Posting, ...]:
    """Return of a code the code, of anything else its words."""
    if isinstance(value, bool):
        return ()
    if isinstance(value, Enum):
        return (Posting(f"{name}:{value.value}", its),)
    if isinstance(value, Fraction):
        return worded(write(value), its)
    return worded(value.isoformat() if isinstance(value, date) else str(value), its)


@cache
def _classes(kind: str) -> tuple[tuple[str, str], ...]:
    told = (its for its in fields(CATALOGUE[kind].body) if its.name not in _TECHNICAL)
    return tuple((its.name, (seen_by(its) or Visibility.AUDITORS).value) for its in told)


_STAGES = {stage: Posting(f"stage:{stage.value}", _PARTIES) for stage in Stage}


# --- names ----------------------------------------------------------------------------------------------


NAMING = (AgencyRegistered, AgencyRenamed, OfficerRegistered, LogOpened, CriteriaSetIssued)
"""Events that name what others are about."""


def subjects(body: object) -> Iterator[Subject]:
    """Yield what is named here: agencies, people, the criteria of a set."""
    if isinstance(body, AgencyRegistered | AgencyRenamed):
        yield Subject("agency", body.code, body.name_vi, body.name_en)
    elif isinstance(body, OfficerRegistered):
        yield Subject("actor", body.officer)
    elif isinstance(body, LogOpened):
        yield from (Subject("actor", registrar.actor) for registrar in body.registrars)
    elif isinstance(body, CriteriaSetIssued):
        for its in body.criteria_set.criteria:
            yield Subject("criterion", its.code, its.name_vi, its.name_en)


def names(body: object, texts: Mapping[str, str]) -> Iterator[Name]:
    """Yield the words of what is named here; a person's name is one of the texts, for auditors."""
    for kind, code, *called in subjects(body):
        for text in (code, *filter(None, called)):
            yield from (Name(word, kind, code, _PUBLIC) for word in words(text) if kind != "actor")
    if isinstance(body, OfficerRegistered):
        for field, text in texts.items():
            yield from (Name(word, "actor", body.officer, _AUDITORS, field) for word in words(text))
