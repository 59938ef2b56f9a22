"""What happened, in one sentence: the words of a kind of event, filled with what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from api.terms import term
from api.wording import PLACEHOLDER, Language, event_text, fill, tell

PERSONS = ("officer", "deputy", "member", "to", "present", "actor")
AGENCIES = ("agencies", "heard", "inspects", "home", "lender", "into", "agency")
COUNTED = ("erased",)
TYPES = ("acts",)


@dataclass(frozen=True, slots=True)
class Called:
    """What agencies and people are called, as far as the reader may know it: code -> name."""

    agencies: Mapping[str, Mapping[Language, str]] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)

    def agency(self, code: str, language: Language) -> str:
        """Return the name of an agency, or its code."""
        return self.agencies[code][language] if code in self.agencies else code

    def person(self, actor: str) -> str:
        """Return the name of a person, or the pseudonym."""
        return self.people.get(actor, actor)


NOBODY = Called()


def sentence(kind: str, body: Mapping[str, Any], language: Language, called: Called = NOBODY) -> str:
    """Tell an event by the facts of its body that are given; raises NoWording.

    A fact that is not given, because the reader may not know it, is left out or shown as `…`.
    """
    facts = {name: _told(name, value, language, called) for name, value in body.items()}
    text = fill(event_text(kind, language), {name: told for name, told in facts.items() if told})
    return text[:1].upper() + text[1:]


def untold(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a body says beside what the sentence tells of it."""
    told = {name for language in Language for name in PLACEHOLDER.findall(event_text(kind, language))}
    return {name: value for name, value in body.items() if name not in told}


def _counted(name: str, code: str, language: Language) -> str:
    """Say what is counted; a code that nobody put into words stays as it is."""
    return term("quantity", code, language) if name == "quantities" else code


def _told(name: str, value: Any, language: Language, called: Called) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if name in COUNTED:
        return str(len(value))
    if isinstance(value, Mapping):
        told = {key: _told(name, item, language, called) for key, item in value.items()}
        parts = (f"{_counted(name, key, language)} {item}" for key, item in told.items())
        return "; ".join(parts)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_told(name, item, language, called) for item in value)
    if name in PERSONS:
        return called.person(value)
    if name in AGENCIES:
        return called.agency(value, language)
    return tell("type" if name in TYPES else name, value, language)
