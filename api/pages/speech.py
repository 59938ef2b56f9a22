"""What pages say, and how numbers, days and times are written, in the reader's language."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from api.sentences import sentence
from api.terms import LANGUAGES, event_name, read_table, term
from api.wording import Language, fill, tell
from domain.points import write

FILES = "pages-words*.yaml"
PUBLISHED = "published-v"
_DECIMAL = re.compile(r"-?[0-9]+\.[0-9]+", re.ASCII)
_PLACES = {Language(code): place for place, code in enumerate(LANGUAGES)}
_NAMES = {Language.VI: "Tiếng Việt", Language.EN: "English"}
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


@cache
def phrases() -> Mapping[str, tuple[str, str]]:
    """Return what pages say: name -> Vietnamese, English."""
    paths = sorted(Path(__file__).parent.parent.glob(FILES))
    return {name: (vi, en) for path in paths for name, (vi, en) in read_table(path.name).items()}


@dataclass(frozen=True, slots=True)
class Speech:
    """One language; templates say everything through it."""

    language: Language

    def say(self, name: str, /, **facts: object) -> str:
        """Return a phrase with its facts put in; raises KeyError for one that nobody wrote."""
        text = phrases()[name][_PLACES[self.language]]
        if not facts:
            return text
        return fill(text, {fact: str(value) for fact, value in facts.items()})

    def term(self, group: str, name: str) -> str:
        """Return a word of the field."""
        return term(group, name, self.language)

    def tell(self, name: str, fact: object) -> str:
        """Say a fact in words."""
        return tell(name, str(fact), self.language)

    def stage(self, name: str) -> str:
        """Return what a named moment of a round is called."""
        if name.startswith(PUBLISHED):
            return self.say("moment_published", version=name.removeprefix(PUBLISHED))
        return self.say("as_of_now" if name == "now" else f"moment_{name}")

    def marks(self, moments: Mapping[str, int]) -> str:
        """Write named moments for the slider: sizes and names, as JSON."""
        return json.dumps(sorted((size, self.stage(name)) for name, size in moments.items()))

    def sentence(self, kind: str, body: Mapping[str, Any]) -> str:
        """Tell an event in one sentence."""
        return sentence(
            kind, {name: self._number(name, value) for name, value in body.items()}, self.language
        )

    def _number(self, name: str, value: Any) -> Any:
        """Write the numbers of a statement as the language does; versions are no numbers."""
        if isinstance(value, Mapping):
            return {key: self._number(key, item) for key, item in value.items()}
        is_number = isinstance(value, str) and _DECIMAL.fullmatch(value) and "version" not in name
        return self.points(value) if is_number else value

    def event(self, kind: str) -> str:
        """Return what a type of event is called."""
        return event_name(kind, self.language)

    def name(self, named: Mapping[str, str]) -> str:
        """Return the name of something that has one in each language."""
        return named[f"name_{self.language}"] or named["name_vi"]

    def points(self, value: str | Fraction) -> str:
        """Write points: with a decimal comma in Vietnamese."""
        text = value if isinstance(value, str) else write(value)
        return text.replace(".", ",") if self.language is Language.VI else text

    def count(self, number: int) -> str:
        """Write a whole number with its thousands apart."""
        text = f"{number:,}"
        return text.replace(",", ".") if self.language is Language.VI else text

    def day(self, day: date) -> str:
        """Write a day."""
        if self.language is Language.VI:
            return f"{day:%d/%m/%Y}"
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def moment(self, moment: datetime) -> str:
        """Write a time to the minute, in the zone it is in."""
        if self.language is Language.VI:
            return f"{moment:%H:%M} ngày {self.day(moment)}"
        return f"{moment:%H:%M} on {self.day(moment)}"

    @property
    def others(self) -> list[tuple[Language, str]]:
        """All languages, each by its own name."""
        return list(_NAMES.items())
