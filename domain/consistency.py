"""What does not agree between the sources of one dossier (R59): computed from the log, never stated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from domain.dossiers import Act, Cell
from domain.standing import Standing


class Mismatch(StrEnum):
    """The kinds of disagreement."""

    QUANTITY_DIFFERS = "QUANTITY_DIFFERS"
    """The same quantity was declared with different values for two criteria."""
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
    cells = [(code, s.cell(round_code, agency, code)) for code in codes]
    declared = [(code, cell, cell.declared) for code, cell in cells if cell.declared]
    quantities = _quantities(agency, [(code, act) for code, _, act in declared])
    return (*quantities, *(found for each in declared for found in _cell(agency, *each)))


def _quantities(agency: str, declared: Iterable[tuple[str, Act]]) -> Iterator[Inconsistency]:
    first: dict[str, tuple[int, Fraction]] = {}
    for code, act in declared:
        for name, value in (act.quantities or {}).items():
            position, known = first.setdefault(name, (act.position, value))
            if known != value:
                positions = (position, act.position)
                yield Inconsistency(agency, code, Mismatch.QUANTITY_DIFFERS, positions, name)


def _cell(agency: str, code: str, cell: Cell, declared: Act) -> Iterator[Inconsistency]:
    if not cell.evidence:
        yield Inconsistency(agency, code, Mismatch.DECLARED_WITHOUT_EVIDENCE, (declared.position,))
    if cell.returned and cell.supplied < cell.returned[-1]:
        yield Inconsistency(agency, code, Mismatch.RETURNED_AND_NOT_MENDED, (cell.returned[-1],))
