"""What does not agree between the sources of one dossier (R59): computed from the log, never stated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from domain.dossiers import Cell
from domain.standing import Standing


class Mismatch(StrEnum):
    """The kinds of disagreement."""

    QUANTITY_DIFFERS = "QUANTITY_DIFFERS"
    """The same quantity was declared with different values for two criteria."""
    CHANGED_AFTER_NOTE = "CHANGED_AFTER_NOTE"
    """The declared score is newer than the note that verified it."""
    DECLARED_WITHOUT_EVIDENCE = "DECLARED_WITHOUT_EVIDENCE"
    """Something was declared, and no evidence was ever given for it."""
    RETURNED_AND_NOT_MENDED = "RETURNED_AND_NOT_MENDED"
    """Evidence was handed back, and none came after it."""


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """One disagreement, with the positions of the acts that disagree."""

    agency: str
    criterion: str
    mismatch: Mismatch
    positions: tuple[int, ...]
    quantity: str | None = None


def inconsistencies(s: Standing, round_code: str, agency: str) -> tuple[Inconsistency, ...]:
    """Return what does not agree in an agency's dossier, by criterion."""
    codes = sorted(s.dossier(round_code, agency).declared)
    cells = {code: s.cell(round_code, agency, code) for code in codes}
    return (*_quantities(agency, cells), *(found for c in cells for found in _cell(agency, c, cells[c])))


def _quantities(agency: str, cells: dict[str, Cell]) -> Iterator[Inconsistency]:
    first: dict[str, tuple[str, Cell]] = {}
    for code, cell in cells.items():
        for name, value in (cell.declared.quantities or {}).items() if cell.declared else ():
            _, earlier = first.setdefault(name, (code, cell))
            known = earlier.declared
            if known and cell.declared and known.quantities and known.quantities[name] != value:
                positions = (known.position, cell.declared.position)
                yield Inconsistency(agency, code, Mismatch.QUANTITY_DIFFERS, positions, name)


def _cell(agency: str, code: str, cell: Cell) -> Iterator[Inconsistency]:
    if cell.declared is None:
        return
    if not cell.evidence:
        yield Inconsistency(agency, code, Mismatch.DECLARED_WITHOUT_EVIDENCE, (cell.declared.position,))
    if cell.verified is not None and cell.declared.position > cell.verified.position:
        positions = (cell.verified.position, cell.declared.position)
        yield Inconsistency(agency, code, Mismatch.CHANGED_AFTER_NOTE, positions)
    if cell.returned and max(cell.evidence, default=-1) < cell.returned[-1]:
        yield Inconsistency(agency, code, Mismatch.RETURNED_AND_NOT_MENDED, (cell.returned[-1],))
