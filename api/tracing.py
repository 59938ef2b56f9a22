"""What a trace tells beside events: stages and areas, what was superseded, who has not answered yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection

from api.register import Register
from domain import scoring
from domain.criteria import Criterion, LogRule, PartsRule, Section
from domain.events import Event
from domain.points import add, published, write
from domain.standing import Round
from projections.acts import Act, acts
from projections.queries import CellRow
from projections.states import lay_named
from projections.waiting import Waiting, waiting

Answer = dict[str, Any]


class Tracing:
    """One agency in one round at a size of the log: what was stated about the cells that are traced."""

    def __init__(
        self, connection: Connection, register: Register, found: Round, agency: str, cells: Collection[str]
    ) -> None:
        """Lay over the register what stood about the agency; what follows is read from that."""
        self._connection = connection
        self._register = register
        self._standing = register.standing
        self._round = found
        self._agency = agency
        if any(isinstance(found.criteria.by_code[code].rule, LogRule | PartsRule) for code in cells):
            cells = list(found.criteria.by_code)  # such a rule, or a part of it, may look at others
        self._lay({"dossier": [agency], "cell": [f"{agency}/{code}" for code in cells]})

    def stages(self, criterion: str) -> list[Answer]:
        """Return what each stage of a cell is worth, of those that were reached, with the act behind it."""
        reached = scoring.stages(self._standing, self._round.code, self._agency, criterion)
        return [
            {
                "stage": stage.value,
                "points": published(score.points),
                "exact": write(score.points),
                "position": score.positions[0],
            }
            for stage, score in reached.items()
        ]

    def waiting(self, criterion: str) -> list[Answer]:
        """Return whose answers a cell waits for."""
        standing = self._standing
        cell = standing.cell(self._round.code, self._agency, criterion)
        meeting = [] if cell.motion is None else [cell.motion.meeting]
        dispute = [] if cell.dispute is None else [cell.dispute]
        self._lay({"meeting": meeting, "dispute": dispute})
        return [self._waiting(one) for one in waiting(standing, self._round.code, self._agency, criterion)]

    def _lay(self, subjects: Mapping[str, Collection[str]]) -> None:
        lay_named(self._standing, self._connection, self._round.code, self._register.size, subjects)

    def _waiting(self, one: Waiting) -> Answer:
        due = None if one.due is None else one.due.astimezone(self._round.zone).isoformat()
        name = self._register.names.get(one.by)
        return {"owed": one.owed.value, "by": one.by, "name": name, "since": one.since, "due": due}


def superseded(events: Sequence[Event]) -> dict[int, Act]:
    """Return the acts of cells that set points, by position: of each, its stage and what superseded it."""
    cells: dict[str, list[Event]] = {}
    for event in events:
        if event.criterion is not None:
            cells.setdefault(event.criterion, []).append(event)
    return {act.position: act for its in cells.values() for act in acts(its)}


def areas(found: Round, agency: str, rows: dict[str, CellRow]) -> list[Answer]:
    """Return the sum of each area over the cells that count, beside what it could be."""
    main = found.criteria.of_section(Section.MAIN, found.agencies[agency])
    return [
        {
            "area": area.code,
            "name_vi": area.name_vi,
            "name_en": area.name_en,
            **_sum([c for c in main if c.area == area.code], rows),
        }
        for area in found.criteria.areas
    ]


def _sum(criteria: Sequence[Criterion], rows: dict[str, CellRow]) -> Answer:
    counted = [c for c in criteria if c.code in rows and rows[c.code].counts]
    points: Fraction = add(rows[c.code].points for c in counted)
    return {
        "points": published(points),
        "exact": write(points),
        "maximum": write(add(c.max_points for c in counted)),
        "cells": [c.code for c in criteria if c.code in rows],
    }
