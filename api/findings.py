"""What the auditor's board and the fairness report answer, as plain JSON values with words beside them."""

from __future__ import annotations

from api.answers import Answer, subject
from api.board import Board
from api.words_findings import explain, of_kind
from domain.criteria import Block
from domain.points import write
from projections import queries
from projections.comparison import Comparison
from projections.directions import Beside, Of
from projections.fairness import Bonus, Direction, spread
from projections.findings import THRESHOLDS, Kind, Looked, Observation, decimals, in_order
from projections.severity import Severity, percent

PEOPLE = "actor"
"""The fact that names a person."""


def findings(board: Board, kind: Kind | None = None) -> Answer:
    """Answer `findings`: of every kind (or one) how much was looked at, and what was found, in one order."""
    looked = [board.look(one) for one in Kind if kind in (None, one)]
    found = in_order(finding for one in looked for finding in one.found)
    return {
        **subject(board.register, board.round),
        "level": write(THRESHOLDS.level),
        "kinds": [_kind(one) for one in looked],
        "findings": [_finding(board, one) for one in found],
    }


def _kind(looked: Looked) -> Answer:
    counts = {"compared": looked.compared, "too_few": looked.too_few, "found": len(looked.found)}
    return {"kind": looked.kind.value, **counts, **of_kind(looked.kind)}


def _finding(board: Board, found: Observation) -> Answer:
    facts = {name: str(fact) for name, fact in found.facts.items()}
    name = board.register.names.get(facts.get(PEOPLE, ""))
    named = {**facts, PEOPLE: f"{name} ({facts[PEOPLE]})"} if name else facts
    return {
        "kind": found.kind.value,
        "how": found.how,
        "facts": facts,
        "positions": list(found.positions),
        **explain(found.kind, found.how, named),
    }


# --- fairness -------------------------------------------------------------------------------------------


def fairness(board: Board) -> Answer:
    """Answer `fairness`: adjustments by block and member, bonus by block, teams beside each other."""
    rows = queries.ranking(board.connection, board.round.code, board.size)
    beside = {(row.of, row.name): row for row in board.beside}
    return {
        **subject(board.register, board.round),
        "level": write(THRESHOLDS.level),
        "adjustments": [_adjusted(one, beside.get((Of.BLOCK, one.block.value))) for one in board.directions],
        "members": [
            {"actor": name, "name": board.register.names.get(name), **_beside(row)}
            for (of, name), row in beside.items()
            if of is Of.MEMBER
        ],
        "bonus": [_spread(one) for one in spread((Block(row.block), row.bonus) for row in rows)],
        "deductions": [_spread(one) for one in spread((Block(row.block), row.deductions) for row in rows)],
        "teams": [_team(row) for row in board.severities],
    }


def _adjusted(one: Direction, row: Beside | None) -> Answer:
    points = {"points_up": write(one.points_up), "points_down": write(one.points_down)}
    none: Answer = {"up": 0, "down": 0, "chance": None, "adjusted": None, "positions": []}
    return {"block": one.block.value, **points, **(none if row is None else _beside(row))}


def _beside(row: Beside) -> Answer:
    return {
        "up": row.up,
        "down": row.down,
        "chance": decimals(row.chance),
        "adjusted": decimals(row.adjusted),
        "positions": list(row.positions),
    }


def _spread(one: Bonus) -> Answer:
    return {
        "block": one.block.value,
        "agencies": one.agencies,
        "ranked": one.ranked,
        "median": write(one.median),
        "most": write(one.most),
    }


def _team(row: Severity) -> Answer:
    return {
        "team": row.team,
        "agencies": list(row.agencies),
        "cells": len(row.positions),
        "lower": row.lower,
        "higher": row.higher,
        "compared": None if row.compared is None else _compared(row.compared),
        "adjusted": None if row.adjusted is None else decimals(row.adjusted),
        "by_agency": None if row.by_agency is None else decimals(row.by_agency.differs),
    }


def _compared(its: Comparison) -> Answer:
    return {
        "cells": its.values,
        "difference": percent(its.difference),
        "low": percent(its.low),
        "high": percent(its.high),
        "chance": decimals(its.differs),
        "counted": its.counted,
    }
