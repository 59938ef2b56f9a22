"""The deadlines of a round as a calendar (RFC 5545), for the programs people keep theirs in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from api.terms import term
from api.wording import Language, tell
from domain.deadlines import Phase
from domain.standing import Round

_DAYS = (7, 3, 1)
"""So many days before, a program reminds of it."""
_FOLD = 75


def calendar(found: Round, origin: str, stamped: datetime, language: Language) -> bytes:
    """Return the deadlines of a round, one event each; `stamped` is when they were as they are now."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Minh Chung//Deadlines//VI",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_escaped(term('calendar', 'name', language).format(round=found.code))}",
    ]
    for phase in Phase:
        if phase in found.due:
            lines += _event(found, phase, origin, stamped, language)
    return "".join(f"{folded}\r\n" for line in (*lines, "END:VCALENDAR") for folded in _folded(line)).encode()


def _event(found: Round, phase: Phase, origin: str, stamped: datetime, language: Language) -> Iterator[str]:
    due = found.due[phase]
    name = tell("phase", phase.value, language)
    summary = term("calendar", "due", language).format(phase=name, round=found.code)
    hard = term("calendar", "hard" if found.deadlines[phase].hard else "soft", language)
    regulation = " ".join(found.regulation)
    yield "BEGIN:VEVENT"
    yield f"UID:{found.code}-{phase.value.lower()}@{origin.replace('/', '.')}"
    yield f"DTSTAMP:{_moment(stamped)}"
    yield f"DTSTART:{_moment(due)}"
    yield f"SUMMARY:{_escaped(summary)}"
    yield f"DESCRIPTION:{_escaped(f'{hard} ({regulation})')}"
    yield "TRANSP:TRANSPARENT"
    for days in _DAYS:
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:-P{days}D")
        yield from (f"DESCRIPTION:{_escaped(summary)}", "END:VALARM")
    yield "END:VEVENT"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for char in "\\;,":
        text = text.replace(char, f"\\{char}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """Yield a line in parts of at most 75 bytes, no letter cut in two; what goes on begins with a space."""
    part = ""
    for char in line:
        if len((part + char).encode()) > _FOLD:
            yield part
            part = " "
        part += char
    yield part
