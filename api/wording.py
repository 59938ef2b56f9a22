"""Events, refusals and findings in words, in Vietnamese and English: what happened, what to do next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from api.terms import LANGUAGES, event_name, read_table, term
from audit.proofs.keyring import KEY_EVENTS
from domain.events import CATALOGUE
from domain.refusals import Fact

FILES = "wording*.yaml"
OPTIONAL = re.compile(r"\[([^\]]*)\]")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
NOT_GIVEN = ("", "-")
_TERMS = {"block": "block", "rating": "class"}
"""Facts that are called as in terms.yaml: fact -> group."""
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TIME = re.compile(rf"{_DATE.pattern}T[0-9:.]+(?:Z|[+-][0-9:]+)", re.ASCII)


class Language(StrEnum):
    """The languages that people are answered in."""

    VI = "vi"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """What was wrong, with the facts filled in, and what to do next."""

    what: str
    todo: str


class NoWording(LookupError):
    """A rule or a kind of event that nobody has put into words."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} has no words; write them into api/{FILES}")


@cache
def wording() -> Mapping[str, Mapping[str, Any]]:
    """Return the tables of events, steps, values and rules, put together from all files."""
    tables: dict[str, dict[str, Any]] = {"events": {}, "steps": {}, "values": {}, "rules": {}}
    for path in sorted(Path(__file__).parent.glob(FILES)):
        for table, entries in read_table(path.name).items():
            for name, entry in entries.items():
                tables[table].setdefault(name, {}).update(entry)
    return tables


def event_text(kind: str, language: Language) -> str:
    """Return the sentence that tells a kind of event, with its placeholders; raises NoWording."""
    name = kind.partition(".")[0]
    try:
        return str(wording()["events"][name][language])
    except KeyError:
        raise NoWording(name) from None


def texts(rule: str, language: Language) -> Words:
    """Return the texts of a rule with their placeholders; raises NoWording."""
    try:
        entry = wording()["rules"][rule]
    except KeyError:
        raise NoWording(rule) from None
    step = wording()["steps"][entry["todo"]][language] if "todo" in entry else entry[f"{language}_todo"]
    return Words(entry[language], step)


def word(rule: str, facts: Mapping[str, Fact], language: Language) -> Words:
    """Put a rule and its facts into words; raises NoWording."""
    found = texts(rule, language)
    told = {name: tell(name, fact, language) for name, fact in facts.items() if fact not in NOT_GIVEN}
    return Words(fill(found.what, told), fill(found.todo, told))


def fill(text: str, told: Mapping[str, str]) -> str:
    """Leave out the optional parts that lack a fact; then put in the facts."""

    def optional(part: re.Match[str]) -> str:
        return part[1] if told.keys() >= set(PLACEHOLDER.findall(part[1])) else ""

    return PLACEHOLDER.sub(lambda name: told.get(name[1], "…"), OPTIONAL.sub(optional, text))


def tell(name: str, fact: Fact, language: Language) -> str:
    """Say a fact in words: a code by what it stands for, a digest by its beginning."""
    text = str(fact)
    if name == "type":
        return event_name(text, language) if text in CATALOGUE or text in KEY_EVENTS else text
    if name in _TERMS:
        return term(_TERMS[name], text, language)
    if name == "field":
        return _field(text, language)
    if _DIGEST.fullmatch(text):
        return f"{text[:12]}…"
    if name in wording()["values"]:
        return ", ".join(_value(name, part, language) for part in text.split(", "))
    return _moment(text) if language is Language.VI else text


def _value(name: str, code: str, language: Language) -> str:
    words = wording()["values"][name].get(code)
    return str(words[LANGUAGES.index(language)]) if words else code


def _field(path: str, language: Language) -> str:
    """Name a field by its last part: `body.points` is "điểm (body.points)"."""
    last = path.rpartition(".")[2]
    words = term("field", last, language)
    return words if last == path or words == last else f"{words} ({path})"


def _moment(text: str) -> str:
    """Write an ISO date or time the Vietnamese way."""
    try:
        if _DATE.fullmatch(text):
            return f"{datetime.fromisoformat(text):%d/%m/%Y}"
        if _TIME.fullmatch(text):
            moment = datetime.fromisoformat(text)
            return f"{moment:%H:%M:%S ngày %d/%m/%Y} ({moment:%Z})"
    except ValueError:
        pass  # it only looks like one, and is quoted as it is
    return text
