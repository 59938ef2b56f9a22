"""What can be wrong with a statement: one thing about a draft is changed, whatever comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from enum import Enum
from fractions import Fraction
from typing import Any

from tests.second_model.catalogue import CATALOGUE
from tests.second_model.drafts import Dice, Draft, Table
from tests.second_model.world import EVERYBODY

Spoil = Callable[[Table, Dice, Draft], Draft]


# --- who signs ------------------------------------------------------------------------------------------


def _somebody_else(t: Table, d: Dice, draft: Draft) -> Draft:
    return replace(draft, who=(d.pick(EVERYBODY), *draft.who[1:]))


def _one_less(t: Table, d: Dice, draft: Draft) -> Draft:
    return replace(draft, who=draft.who[:-1] or draft.who)


def _one_more(t: Table, d: Dice, draft: Draft) -> Draft:
    return replace(draft, who=(*draft.who, d.pick((draft.who[0], "head-STC", *EVERYBODY))))


def _on_behalf(t: Table, d: Dice, draft: Draft) -> Draft:
    """Somebody signs under a delegation: one that covers it, if there is one."""
    grants = t.state["delegations"]
    name = f"{draft.kind}.v1"
    fitting = [n for n, its in grants.items() if name in its["acts"] and its["agency"] == draft.agency]
    chosen = d.pick(fitting or [*grants, "none"])
    its = grants.get(chosen, {"by": draft.who[0], "to": "spare-1"})
    return replace(draft, who=(its["to"],), on_behalf_of=its["by"], delegation=chosen)


# --- what about, and how --------------------------------------------------------------------------------


def _another_agency(t: Table, d: Dice, draft: Draft) -> Draft:
    return replace(draft, agency=d.pick(("STC", "HC", "X1", "LC", "SNV"))) if draft.round else draft


def _another_criterion(t: Table, d: Dice, draft: Draft) -> Draft:
    codes = ("A1.1", "A1.3", "A3.1", "A3.3", "B1", "D3", "D1", "A2.3", "Z9")
    return replace(draft, criterion=d.pick(codes)) if draft.agency else draft


def _another_round(t: Table, d: Dice, draft: Draft) -> Draft:
    return replace(draft, round=d.pick((None, "1999", "registry")))


def _another_matter(t: Table, d: Dice, draft: Draft) -> Draft:
    return replace(draft, matter=d.pick(("meeting-1", "dispute-1", "dispute-2", "x", None)))


def _stale(t: Table, d: Dice, draft: Draft) -> Draft:
    return replace(draft, expects=d.pick((0, 1, None)))


def _other_texts(t: Table, d: Dice, draft: Draft) -> Draft:
    line = CATALOGUE[draft.kind]
    return replace(draft, texts=d.pick((line.texts, frozenset(), draft.texts | {"poem"})))


def _other_files(t: Table, d: Dice, draft: Draft) -> Draft:
    return replace(draft, attachments=1 - min(draft.attachments, 1))


def _slow(t: Table, d: Dice, draft: Draft) -> Draft:
    """Its first byte came hours ago, or it took days: a deadline may lie between."""
    return replace(draft, sooner=timedelta(hours=d.pick((1, 8, 40))))


def _again(t: Table, d: Dice, draft: Draft) -> Draft:
    """Something that was admitted is stated again."""
    return replace(d.pick(t.said[-40:]), expects=-1) if t.said else draft


# --- what it says ---------------------------------------------------------------------------------------


def _other_words(t: Table, d: Dice, draft: Draft) -> Draft:
    return replace(draft, body=altered(t, d, draft.body))


def altered(t: Table, d: Dice, value: Any) -> Any:
    """Change one thing in a value, however deep it lies."""
    if is_dataclass(value) and not isinstance(value, type):
        if not fields(value):
            return value
        one = d.pick(fields(value))
        its = getattr(value, one.name)
        unsaid_day = its is None and "date" in str(one.type)
        return replace(value, **{one.name: t.now.date() if unsaid_day else altered(t, d, its)})
    if isinstance(value, tuple):
        return _list(t, d, value)
    if isinstance(value, Mapping):
        return _map(t, d, value)
    for kind, change in PLAIN.items():
        if isinstance(value, kind):
            return change(t, d, value)
    return _nothing(t, d)


def _list(t: Table, d: Dice, value: tuple[Any, ...]) -> tuple[Any, ...]:
    if not value:
        return value
    n = d.below(len(value))
    changed = (*value[:n], altered(t, d, value[n]), *value[n + 1 :])
    return d.pick((changed, changed, value[:-1], (*value, value[n]), value[::-1]))


def _map(t: Table, d: Dice, value: Mapping[str, Any]) -> Mapping[str, Any]:
    if not value:
        return value
    key = d.pick(list(value))
    without = {name: its for name, its in value.items() if name != key}
    changed = {**value, key: altered(t, d, value[key])}
    return d.pick((changed, changed, without, {**value, "other": value[key]}))


def _nothing(t: Table, d: Dice) -> Any:
    """Something where nothing was said: points are the likeliest."""
    return d.pick((Fraction(1), None))


def _text(t: Table, d: Dice, value: str) -> str:
    known = ("STC", "HC", "head-STC", "member-3", "inspector-HC", "STAFF", "POOLED", "meeting-1", "1")
    return d.pick((*known, "", value[:-1], value + "x"))


def _choice(t: Table, d: Dice, value: Enum) -> Any:
    return d.pick(tuple(type(value)))


def _day(d: Dice, value: date) -> date:
    return d.pick((date.max, date.min, value + timedelta(days=d.pick((-1, 1, -40, 40)))))


PLAIN: dict[type, Callable[[Table, Dice, Any], Any]] = {
    bool: lambda t, d, value: not value,
    Enum: _choice,
    str: _text,
    int: lambda t, d, value: d.pick((value + 1, value - 1, 0, t.state["size"], 7, -1)),
    Fraction: lambda t, d, value: d.pick(
        (value + Fraction(1, 4), value + 10, Fraction(0), Fraction(1), value / 2)
    ),
    date: lambda t, d, value: _day(d, value),
}

SPOILS: tuple[Spoil, ...] = (
    *[_other_words] * 12,
    _somebody_else,
    _somebody_else,
    _one_less,
    _one_more,
    _on_behalf,
    _on_behalf,
    _another_agency,
    _another_criterion,
    _another_round,
    _another_matter,
    _stale,
    _other_texts,
    _other_files,
    _slow,
    _again,
    _again,
)


def spoil(t: Table, d: Dice, draft: Draft) -> Draft:
    """Return the draft with one thing changed."""
    return d.pick(SPOILS)(t, d, draft)
