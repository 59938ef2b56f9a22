"""What a trace tells beside events: stages and areas, what was superseded, who has not answered yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

from api.register import Register, stream
from api.runtime import Log
from api.shares import LogShares
from domain import admission, scoring
from domain.criteria import Criterion, Section
from domain.events import Event
from domain.points import add, published, write
from domain.standing import Round, Standing
from projections.acts import Act, acts
from projections.queries import CellRow
from projections.shares import in_order
from projections.waiting import Waiting, waiting

Answer = dict[str, Any]


class Tracing:
    """One agency in one round at a size of the log: what was stated about the cells that are traced."""

    def __init__(
        self,
        log: Log,
        register: Register,
        found: Round,
        shares: LogShares,
        agency: str,
        told: Iterable[Event],
    ) -> None:
        self._log = log
        self._register = register
        self._round = found
        self._shares = shares
        self._agency = agency
        self._told = told

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
        standing = self._standing.fork()
        motion = standing.cell(self._round.code, self._agency, criterion).motion
        if motion is not None:
            self._meet(standing, motion.meeting)
        return [self._waiting(one) for one in waiting(standing, self._round.code, self._agency, criterion)]

    @cached_property
    def _standing(self) -> Standing:
        """Follow the agency's share, and what was told of a cell, over the registry and the round."""
        standing, share = self._register.standing.fork(), self._shares.about(self._agency)
        known = {event.position for event in share}
        more = [e for e in self._told if e.position not in known and e.agency == self._agency]
        for event in in_order(share, more):
            admission.follow(standing, event)
        return standing

    def _meet(self, standing: Standing, meeting: str) -> None:
        for recorded in stream(self._log, f"{self._round.code}/{meeting}"):
            if recorded.event is not None and recorded.position < self._register.size:
                admission.follow(standing, recorded.event)

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
