"""Where each agency of a round stands: declared, missing, late, returned, silent (R44, R60-R63).

Everything is computed from what holds; nobody states that something is late.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.consistency import Inconsistency, inconsistencies
from domain.deadlines import Phase
from domain.dossiers import Cell, Dossier
from domain.standing import Round, Standing
from domain.stated.choices import Quality

SILENT_AFTER = timedelta(days=7)
"""How long an agency that still owes something may be silent before it is reminded (R62)."""


class Alert(StrEnum):
    """What somebody should be told about."""

    NO_FOCAL_OFFICER = "NO_FOCAL_OFFICER"
    SILENT = "SILENT"
    GUIDANCE_NOT_CONFIRMED = "GUIDANCE_NOT_CONFIRMED"
    GUIDANCE_LATE = "GUIDANCE_LATE"
    """A letter was confirmed after its day, or is still not."""
    NOT_SUBMITTED = "NOT_SUBMITTED"
    PROMISE_OVERDUE = "PROMISE_OVERDUE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One agency in one round. Lists hold criteria; `delays` names the phases it holds up (R61)."""

    agency: str
    focal: str | None
    team: str | None
    due: int
    declared: int
    missing: tuple[str, ...]
    late: tuple[str, ...]
    flagged: tuple[tuple[str, Quality], ...]
    returned: tuple[str, ...]
    unexplained: tuple[str, ...]
    verified: int
    submitted: bool
    minutes: bool
    compiled: bool
    last_act: datetime | None
    delays: tuple[Phase, ...]
    alerts: tuple[Alert, ...]
    inconsistencies: tuple[Inconsistency, ...]


def progress(standing: Standing, round_code: str, now: datetime) -> tuple[Progress, ...]:
    """Return where every agency of a round stands at a moment, in the order of their codes."""
    found = standing.rounds[round_code]
    return tuple(progress_of(standing, found, agency, now) for agency in sorted(found.agencies))


def progress_of(standing: Standing, found: Round, agency: str, now: datetime) -> Progress:
    """Return where one agency stands."""
    dossier = standing.dossier(found.code, agency)
    codes = found.criteria.declared(found.agencies[agency])
    cells = {code: standing.cell(found.code, agency, code) for code in codes}
    missing = tuple(code for code, cell in cells.items() if cell.declared is None and cell.excluded is None)
    delays = tuple(_delays(found, dossier, cells, now))
    return Progress(
        agency=agency,
        focal=dossier.focal,
        team=dossier.team,
        due=len(cells),
        declared=sum(cell.declared is not None for cell in cells.values()),
        missing=missing,
        late=tuple(code for code, cell in cells.items() if _late(found, cell)),
        flagged=tuple(
            (code, cell.verified.quality)
            for code, cell in cells.items()
            if cell.verified and cell.verified.quality is not Quality.SOUND
        ),
        returned=tuple(code for code, cell in cells.items() if _returned(cell)),
        unexplained=tuple(code for code, cell in cells.items() if _unexplained(cell)),
        verified=sum(cell.verified is not None for cell in cells.values()),
        submitted=dossier.submitted is not None,
        minutes=dossier.minutes is not None,
        compiled=dossier.compiled is not None,
        last_act=standing.activity(found.code, agency).own_act,
        delays=delays,
        alerts=tuple(_alerts(standing, found, agency, dossier, now)),
        inconsistencies=inconsistencies(standing, found.code, agency),
    )


def reused(standing: Standing, round_code: str) -> int:
    """Return how often evidence served one more cell: a cell names each item by where it was submitted."""
    items = [
        at for (code, _, _), cell in standing.cells.items() if code == round_code for at in cell.evidence
    ]
    return len(items) - len(set(items))


def _late(found: Round, cell: Cell) -> bool:
    return cell.declared is not None and found.is_late(Phase.SELF_ASSESSMENT, cell.declared.arrived_at)


def _returned(cell: Cell) -> bool:
    """Evidence was handed back, and none came after it."""
    return bool(cell.returned) and cell.supplied < cell.returned[-1]


def _unexplained(cell: Cell) -> bool:
    """The team asked for an explanation that has not come."""
    return bool(cell.questions) and max(cell.explained, default=-1) < cell.questions[-1]


def _delays(found: Round, dossier: Dossier, cells: dict[str, Cell], now: datetime) -> Iterator[Phase]:
    """The phases that are due or over, and wait for this agency or its team (R61)."""
    owed = {
        Phase.SELF_ASSESSMENT: dossier.submitted is None,
        Phase.INSPECTION: any(c.declared and not c.verified and not c.waived for c in cells.values()),
        Phase.EXPLANATION: dossier.minutes is None or any(map(_unexplained, cells.values())),
    }
    for phase, open_yet in owed.items():
        if open_yet and phase.place <= found.phase.place and found.is_late(phase, now):
            yield phase


def _alerts(
    standing: Standing, found: Round, agency: str, dossier: Dossier, now: datetime
) -> Iterator[Alert]:
    if dossier.focal is None:
        yield Alert.NO_FOCAL_OFFICER
    owing = found.phase is Phase.SELF_ASSESSMENT and dossier.submitted is None
    since = standing.activity(found.code, agency).own_act or found.opened[Phase.PREPARATION]
    if owing and now - since > SILENT_AFTER:
        yield Alert.SILENT
    letters = [its for (code, _), its in standing.guidance.items() if code == found.code]
    if any(agency in its.waiting for its in letters):
        yield Alert.GUIDANCE_NOT_CONFIRMED
    if any(agency in its.late or (agency in its.waiting and its.is_late(now)) for its in letters):
        yield Alert.GUIDANCE_LATE
    if dossier.submitted is None and found.is_late(Phase.SELF_ASSESSMENT, now):
        yield Alert.NOT_SUBMITTED
    today = now.astimezone(found.zone).date()
    for code in found.criteria.by_code:
        cell = standing.cells.get((found.code, agency, code))
        if cell and any(promise.kept is None and promise.due < today for promise in cell.promises):
            yield Alert.PROMISE_OVERDUE
            return
