"""The tables of the pages in docs: made from the catalogue, the rules of admission and the classes."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import get_type_hints

from domain.admission import RULES
from domain.deadlines import Phase
from domain.events import CATALOGUE, Kind, Scope, Signing
from domain.visibility import HEADER, KEY_BODY, KEY_TEXTS, Visibility, seen_by


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Write a table as a block of a page."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


# --- what can be stated ---------------------------------------------------------------------------------


def events(scope: Scope) -> str:
    """Write the table of the events of a scope."""
    rows = (_event(kind) for kind in CATALOGUE.values() if kind.scope is scope)
    return table(("event", "what it states", "who states it", "when", "form", "fields", "texts"), rows)


def _event(kind: Kind) -> tuple[str, ...]:
    rule = RULES[kind.body]
    when = _when(rule.phases)
    if rule.until is not None:
        when += f"; due with {rule.until}"
    form = ", ".join(marks(kind)) or "-"
    return f"`{kind.name}`", _meaning(kind), who(kind), when, form, _fields(kind), _texts(kind)


def marks(kind: Kind) -> list[str]:
    """Return the marks of a kind's form, in the order of the page."""
    found = {
        "joint": kind.signing is Signing.TOGETHER,
        "either": kind.signing is Signing.EITHER,
        "expects": kind.expects,
        "files": kind.attachments,
        "delegable": kind.delegable,
        "alike": kind.for_everyone,
        "dossier": RULES[kind.body].contents,
    }
    return [mark for mark, holds in found.items() if holds]


def _meaning(kind: Kind) -> str:
    """The first sentences of the shape's docstring, without references to the published article."""
    text = (kind.body.__doc__ or "").split("\n\n")[0]
    return re.sub(r" \([^()]*R[0-9]{2}[^()]*\)|, R[0-9]{2}(?=\))", "", " ".join(text.split()))


def _when(phases: tuple[Phase, ...]) -> str:
    if not phases:
        return "any time"
    runs = [first for first in phases if first.place == 0 or _ORDER[first.place - 1] not in phases]
    ends = [last for last in phases if last.place + 1 == len(_ORDER) or _ORDER[last.place + 1] not in phases]
    return ", ".join(
        first if first is last else f"{first} to {last}" for first, last in zip(runs, ends, strict=True)
    )


_ORDER = tuple(Phase)


def _fields(kind: Kind) -> str:
    hints = get_type_hints(kind.body)
    optional = {f.name for f in fields(kind.body) if type(None) in getattr(hints[f.name], "__args__", ())}
    return ", ".join(f"`{f.name}`" + ("?" if f.name in optional else "") for f in fields(kind.body)) or "-"


def _texts(kind: Kind) -> str:
    return ", ".join(f"`{name}`" + ("" if name in kind.required else "?") for name in kind.texts) or "-"


# --- who may state it -----------------------------------------------------------------------------------

_WHO = {
    "by_registrar": "a registrar",
    "by_registrars": "a quorum of registrars",
    "by_head": "the head of the agency",
    "by_agency": "the head, the focal officer or the deputy of the agency",
    "by_focal_officer": "the agency's focal officer or deputy",
    "by_inspector": "a member of the agency's inspection team",
    "by_member": "a council member who is not out of the agency's matters",
    "_on_motion": "a council member present at the meeting and not out of the agency's matters",
    "by_chair": "the chair of the council, or the secretariat",
    "by_council": "a quorum of the council, none of them out of the agency's matters",
    "by_secretariat": "the secretariat",
    "by_role SECRETARIAT": "the secretariat",
    "by_role APPROVING_AUTHORITY": "the approving authority",
    "by_role AUDITOR": "an auditor",
}
_ASKING = {name.split()[0] for name in _WHO}
WHO_ELSE: Mapping[str, str] = {
    "LogOpened.v1": "the log's key and every registrar, together",
    "AgencyMerged.v1": "a registrar",
    "ProjectionAttested.v1": "the log itself",
    "ScoringMethodAgreed.v1": "a quorum of the council",
    "MinutesSigned.v1": "the team's leader and the agency's head, together",
    "DelegationEnded.v1": "whoever granted it",
    "MotionPut.v1": _WHO["by_member"],
    "PartyHeard.v1": "the head of the agency that was notified",
    "ReverificationRecorded.v1": "the reviewer of the dispute",
}
"""Kinds whose rule asks for nobody by office."""


def who(kind: Kind) -> str:
    """Say who may state a kind, as its rule asks."""
    if kind.name in WHO_ELSE:
        return WHO_ELSE[kind.name]
    told = [_WHO[name] for name in offices(kind)]
    assert told, f"{kind.name} asks for nobody by office"
    return ", or ".join(told)


def offices(kind: Kind) -> list[str]:
    """Return the questions for an office in a kind's rule, in their order."""
    source = ast.parse(textwrap.dedent(inspect.getsource(RULES[kind.body].may)))
    calls = [call for call in ast.walk(source) if isinstance(call, ast.Call)]
    asked = sorted(
        (c for c in calls if ast.unparse(c.func) in _ASKING), key=lambda c: (c.lineno, c.col_offset)
    )
    return [f"{ast.unparse(call.func)} {_office(call)}".strip() for call in asked]


def _office(call: ast.Call) -> str:
    asked = ast.unparse(call.args[2]) if ast.unparse(call.func) == "by_role" else ""
    return asked.rpartition(".")[2]


# --- phases ---------------------------------------------------------------------------------------------


def process() -> str:
    """Write the table of phases: in each, who states what; what is due with it stands in bold."""
    return table(("phase", "who", "what"), (row for phase in Phase for row in _phase(phase)))


def _phase(phase: Phase) -> Iterator[tuple[str, ...]]:
    """One row for each office, in the order of the catalogue."""
    rows: dict[str, list[str]] = {}
    for kind in of_the_process():
        if phase in RULES[kind.body].phases:
            name = f"`{kind.name.partition('.')[0]}`"
            due = RULES[kind.body].until is phase
            rows.setdefault(who(kind), []).append(f"**{name}**" if due else name)
    for office, names in rows.items():
        yield phase, office, ", ".join(names)


def of_the_process() -> tuple[Kind, ...]:
    """Return the kinds that have their phases, but not all of them."""
    kinds = (kind for kind in CATALOGUE.values() if RULES[kind.body].phases)
    return tuple(kind for kind in kinds if len(RULES[kind.body].phases) < len(Phase))


def ever() -> str:
    """Write the table of what can be stated in every phase."""
    rows: dict[str, list[str]] = {}
    for kind in CATALOGUE.values():
        if len(RULES[kind.body].phases) == len(Phase):
            rows.setdefault(who(kind), []).append(f"`{kind.name.partition('.')[0]}`")
    return table(("office", "in every phase"), ((office, ", ".join(names)) for office, names in rows.items()))


# --- visibility -----------------------------------------------------------------------------------------


def classes() -> Iterator[tuple[str, str, Visibility]]:
    """Yield event, field (`text:` before committed ones) and class, over the whole catalogue."""
    for kind in CATALOGUE.values():
        for declared in fields(kind.body):
            found = seen_by(declared)
            assert found is not None, f"{kind.name} {declared.name} has no class"
            yield kind.name, declared.name, found
        for text, found in kind.texts.items():
            yield kind.name, f"text:{text}", found


def visible() -> str:
    """Write the table of fields by class."""
    by_event: dict[str, dict[Visibility, list[str]]] = {kind: {} for kind in CATALOGUE}
    for name, field, found in classes():
        by_event[name].setdefault(found, []).append(f"`{field}`")
    rows = (
        (f"`{name}`", *(", ".join(found.get(c, ["-"])) for c in Visibility))
        for name, found in by_event.items()
    )
    return table(("event", *Visibility), rows)


def key_fields() -> str:
    """Write the table of what statements about keys say."""
    texts = {f"text:{name}": found for name, found in KEY_TEXTS.items()}
    rows = ((f"`{name}`", found.value) for name, found in {**KEY_BODY, **texts}.items())
    return table(("field", "class"), rows)


def header() -> str:
    """Write the table of the fields of a statement's header."""
    return table(("field", "class"), ((f"`{name}`", found.value) for name, found in HEADER.items()))
