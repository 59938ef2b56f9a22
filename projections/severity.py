"""How teams verify: what each gives less or more than was declared, beside other teams at the same criterion.

The unit is a cell: verified less declared points, as a part of the criterion's maximum. It is compared with
the same criterion of the other agencies in the block, so that neither a hard criterion nor a block counts
against a team. A team and the agencies that it inspects cannot be told apart by that; taken agency by agency,
`by_agency` says how far chance alone goes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from domain.criteria import Block, CriteriaSet
from domain.refusals import Fact
from domain.scoring import Stage
from projections.chance import holm
from projections.comparison import Comparison, Lots, Stratum, compare
from projections.findings import THRESHOLDS, Kind, Looked, Observation, decimals
from projections.steps import Step, newest

UNIT = 1_000_000
"""Gaps are whole millionths of the maximum."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One verified cell: by how much the note lies above (or below) what was declared."""

    agency: str
    criterion: str
    block: Block
    gap: int
    note: int
    """The position of the note."""


@dataclass(frozen=True, slots=True)
class Severity:
    """One team: its notes, beside those of other teams; `adjusted` is over all teams that were compared."""

    team: str
    agencies: tuple[str, ...]
    lower: int
    higher: int
    positions: tuple[int, ...]
    compared: Comparison | None
    by_agency: Comparison | None
    adjusted: Fraction | None = None


def gaps(told: list[Step], criteria: CriteriaSet, agencies: Mapping[str, Block]) -> list[Gap]:
    """Return every cell that was declared and verified, in the order of agencies and criteria."""
    declared, verified = newest(told, Stage.DECLARED), newest(told, Stage.VERIFIED)
    found = []
    for (agency, criterion), note in verified.items():
        if (its := declared.get((agency, criterion))) is not None:
            part = (note.points - its.points) / criteria.by_code[criterion].max_points
            found.append(Gap(agency, criterion, agencies[agency], round(part * UNIT), note.position))
    return found


def strata(found: Sequence[Gap], agencies: Collection[str]) -> list[Stratum]:
    """Set the gaps of some agencies beside those of the others: one stratum a criterion and block."""
    alike: dict[tuple[str, Block], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for gap in found:
        alike[gap.criterion, gap.block][gap.agency not in agencies].append(gap.gap)
    return [Stratum(f"{c}/{block}", tuple(own), tuple(others)) for (c, block), (own, others) in alike.items()]


def severities(
    found: Sequence[Gap], teams: Mapping[str, Collection[str]], lots: Lots
) -> tuple[Severity, ...]:
    """Compare every team with the others; those with too few cells are not compared."""
    means = _means(found)
    rows = [_severity(found, means, team, its, lots) for team, its in sorted(teams.items()) if its]
    tested = {row.team: row.compared.differs for row in rows if row.compared is not None}
    adjusted = dict(zip(tested, holm([*tested.values()]), strict=True))
    return tuple(replace(row, adjusted=adjusted.get(row.team)) for row in rows)


def _severity(
    found: Sequence[Gap], means: Sequence[Gap], team: str, agencies: Collection[str], lots: Lots
) -> Severity:
    own = [gap for gap in found if gap.agency in agencies]
    beside = [s for s in strata(found, agencies) if s.own and s.others]
    enough = sum(len(s.own) for s in beside) >= THRESHOLDS.least_cells
    return Severity(
        team=team,
        agencies=tuple(sorted(agencies)),
        lower=sum(gap.gap < 0 for gap in own),
        higher=sum(gap.gap > 0 for gap in own),
        positions=tuple(sorted(gap.note for gap in own)),
        compared=compare(beside, lots) if enough else None,
        by_agency=compare(strata(means, agencies), lots) if enough else None,
    )


def _means(found: Iterable[Gap]) -> list[Gap]:
    """Return one gap an agency: the mean of its gaps, each less the mean of its stratum."""
    alike: dict[tuple[str, Block], list[Gap]] = defaultdict(list)
    for gap in found:
        alike[gap.criterion, gap.block].append(gap)
    own: dict[tuple[str, Block], list[Fraction]] = defaultdict(list)
    for its in alike.values():
        mean = Fraction(sum(gap.gap for gap in its), len(its))
        for gap in its if len(its) > 1 else ():
            own[gap.agency, gap.block].append(gap.gap - mean)
    return [Gap(a, "", block, round(sum(its, Fraction(0)) / len(its)), 0) for (a, block), its in own.items()]


def team_findings(rows: Sequence[Severity]) -> Looked:
    """Find the teams that score lower or higher than others, by more than chance and than a trifle."""
    compared = [row for row in rows if row.compared is not None]
    found = tuple(finding for row in compared for finding in _shown(row, len(compared)))
    return Looked(
        kind=Kind.TEAM_SEVERITY, compared=len(compared), too_few=len(rows) - len(compared), found=found
    )


def percent(part: Fraction) -> str:
    """Write millionths of the maximum as a percentage."""
    return decimals(part * 100 / UNIT, 2)


def _shown(row: Severity, tests: int) -> list[Observation]:
    its, adjusted = row.compared, row.adjusted
    if its is None or adjusted is None or adjusted > THRESHOLDS.level:
        return []
    if abs(its.difference) < THRESHOLDS.least_difference * UNIT:
        return []
    facts: dict[str, Fact] = {
        "team": row.team,
        "agencies": ", ".join(row.agencies),
        "cells": its.values,
        "difference": percent(its.difference),
        "low": percent(its.low),
        "high": percent(its.high),
        "chance": decimals(its.differs),
        "adjusted": decimals(adjusted),
        "tests": tests,
        "by_agency": decimals(row.by_agency.differs) if row.by_agency else "-",
        "inspected": len(row.agencies),
    }
    how = "LOWER" if its.difference < 0 else "HIGHER"
    return [Observation(kind=Kind.TEAM_SEVERITY, how=how, positions=row.positions, facts=facts)]
