"""What if an agency won a point: its rank with what it claimed, as a decision for it would make it.

Whoever reads one agency alone supposes what that agency declared, and sees its own place alone: with points
of their choice they could try out how near the next agency is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from api.answers import Answer
from api.history import History
from api.pages.refused import Choice, NotAmong
from api.register import Register
from domain import scoring
from domain.points import exact, published, stated, write
from domain.scoring import Stage
from domain.standing import Round


def claims(register: Register, found: Round, agency: str, cells: Sequence[Answer]) -> list[Answer]:
    """Return the cells that count for less than was declared for them: what there is to win."""
    told = []
    for cell in cells:
        stages = scoring.stages(register.standing, found.code, agency, cell["criterion"])
        declared = stages.get(Stage.DECLARED)
        if declared is not None and cell["counts"] and declared.points > exact(cell["exact"]):
            names = {name: cell[name] for name in ("criterion", "name_vi", "name_en", "points")}
            told.append({**names, "claimed": published(declared.points), "exact": write(declared.points)})
    return told


def claimed(told: Mapping[str, Any], criterion: str, points: str | None) -> Fraction:
    """Return the points that are supposed: those that are given, else those that were declared.

    Raises NotAmong where there is nothing to win, Malformed for what are no points.
    """
    if points:
        return stated(points.replace(",", "."))
    its = {one["criterion"]: one for one in told["claims"]}
    if criterion not in its:
        address = f"/rounds/{told['round']}/agencies/{told['agency']}"
        there = [Choice(f"{address}?win={one}", one) for one in its]
        raise NotAmong("criterion", criterion, there)
    return exact(its[criterion]["exact"])


def won(history: History, told: Mapping[str, Any], criterion: str, points: Fraction) -> Answer:
    """Return an agency's place as it is and as it would be; who would move with it, to who may read them."""
    agency = told["agency"]
    supposed = history.supposed(adjust={(agency, criterion): points})
    places = [place for block in supposed["blocks"] for place in block["places"]]
    its = next(place for place in places if place["agency"] == agency)
    others = [place for place in places if place["moved"] and place["agency"] != agency]
    return {
        "criterion": criterion,
        "points": published(points),
        "before": its["before"],
        "after": its["after"],
        "others": others if told["every"] else [],
    }
