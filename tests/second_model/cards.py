"""The second arithmetic: what cells are worth, what they add up to, and who stands where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from math import floor
from typing import Any

from tests.second_model.state import Facts, blank_cell, late

Amounts = Mapping[str, Fraction]
NONE = Fraction(0)


def hundredths(value: Fraction) -> int:
    """Round half up to hundredths: the only rounding."""
    return floor(value * 100 + Fraction(1, 2))


# --- rules ----------------------------------------------------------------------------------------------


def _share(rule: Any, amounts: Amounts) -> Fraction | None:
    """Part over whole, or nothing where the whole is nothing."""
    return amounts[rule.of] / amounts[rule.to] if amounts[rule.to] else None


def _ratio(rule: Any, most: Fraction, amounts: Amounts) -> Fraction:
    share = _share(rule, amounts)
    if share is None:
        return most if rule.empty == "full" else NONE
    if rule.floor is not None and share < rule.floor:
        return NONE
    return min(most, most * share / (Fraction(1) if rule.target is None else rule.target))


def _bands(rule: Any, most: Fraction, amounts: Amounts) -> Fraction:
    share = _share(rule, amounts)
    if share is None:
        return most if rule.empty == "full" else NONE
    reached = [Fraction(band.points) for band in rule.bands if band.at_least <= share]
    return reached[0] if reached else NONE


def worth(rule: Any, most: Fraction, amounts: Amounts, count: Callable[[str], int]) -> Fraction:
    """Return the points that quantities and the log make by a rule."""
    kind = type(rule).__name__
    if kind == "PartsRule":
        return sum((worth(p.rule, p.max_points, amounts, count) for p in rule.parts), NONE)
    if kind == "CountRule":
        return min(most, amounts[rule.of] * Fraction(rule.each))
    if kind == "LogRule" and rule.each is not None:
        return min(most, count(rule.of) * Fraction(rule.each))
    if kind == "LogRule":
        whole = 1 if rule.to is None else count(rule.to)
        return min(most, most * count(rule.of) / whole) if whole else NONE
    return (_ratio if kind == "RatioRule" else _bands)(rule, most, amounts)


def names_in(rule: Any) -> set[str]:
    """Return the quantities that a rule asks for."""
    inner = [name for part in getattr(rule, "parts", ()) for name in names_in(part.rule)]
    own = {"RatioRule": ("of", "to"), "BandsRule": ("of", "to"), "CountRule": ("of",)}
    return {*inner, *(getattr(rule, field) for field in own.get(type(rule).__name__, ()))}


# --- cells ----------------------------------------------------------------------------------------------


def applying(found: Facts, agency: str, section: str) -> list[Any]:
    """Return the criteria of a section that apply to an agency's block."""
    block = found["ranked"][agency]
    return [c for c in found["set"].criteria if c.section == section and block in c.applies_to]


def to_declare(found: Facts, agency: str) -> list[Any]:
    """Return the criteria of the 100 for which an agency has something to declare."""
    main = applying(found, agency, "main")
    return [c for c in main if type(c.rule).__name__ == "StatedRule" or names_in(c.rule)]


def _counter(found: Facts, agency: str) -> Callable[[str], int]:
    """Return how the log is counted for an agency."""
    dossier = found["dossiers"][agency]
    cells = [dossier["cells"].get(c.code) or blank_cell() for c in to_declare(found, agency)]
    cells = [cell for cell in cells if cell["out"] is None]

    def in_time(cell: Facts) -> bool:
        declared = cell["acts"].get("DECLARED")
        return bool(declared) and not late(found, "SELF_ASSESSMENT", declared["at"])

    def flawed(cell: Facts) -> bool:
        note = cell["acts"].get("VERIFIED")
        return bool(note) and note["quality"] != "SOUND" and cell["handed_back"]

    def count(measure: str) -> int:
        if measure == "focal_officer":
            named, began = dossier["named"], found["began"]
            return int(named is not None and (began is None or named <= began))
        if measure == "late_reports":
            return sum(late(found, phase, at) for phase, at in dossier["owed"])
        return {
            "required_entries": len(cells),
            "on_time_entries": sum(map(in_time, cells)),
            "flawed_evidence": sum(map(flawed, cells)),
        }[measure]

    return count


def _row(points: Fraction, stage: str, position: int | None = None, **more: Any) -> Facts:
    return {"points": points, "stage": stage, "position": position, "counts": True, "flags": set()} | more


def _flags(found: Facts, cell: Facts) -> set[str]:
    acts, flags = cell["acts"], set()
    if "DECLARED" in acts and late(found, "SELF_ASSESSMENT", acts["DECLARED"]["at"]):
        flags.add("LATE")
    if "VERIFIED" in acts and acts["VERIFIED"]["quality"] != "SOUND":
        flags.add(str(acts["VERIFIED"]["quality"]))
    return flags | ({"WAIVED"} if cell["waived"] else set())


def _tallied(found: Facts, criterion: Any, tally: Facts) -> Facts:
    weights = {level.code: level.weight for level in found["set"].levels}
    ballots = sum(tally["answers"].values())
    if ballots < found["set"].min_ballots:
        return _row(NONE, "TALLIED", tally["position"], counts=False, flags={"TOO_FEW_BALLOTS"})
    mean = sum((weights[a] * n for a, n in tally["answers"].items()), NONE) / ballots
    return _row(criterion.max_points * mean, "TALLIED", tally["position"])


def _cell(found: Facts, criterion: Any, cell: Facts, count: Callable[[str], int], now: Fraction) -> Facts:
    rule, most = criterion.rule, criterion.max_points
    if cell["out"] is not None:
        return _row(NONE, "DECIDED", cell["out"], counts=False, flags={"SPECIAL_CASE"})
    for stage in ("DECIDED", "VERIFIED", "DECLARED"):
        act = cell["acts"].get(stage)
        if act and (stage == "DECIDED" or criterion.section != "bonus"):
            points = act["points"] if act["points"] is not None else worth(rule, most, act["amounts"], count)
            return _row(points, stage, act["position"], flags=_flags(found, cell))
    kind = type(rule).__name__
    if cell["tally"]:
        return _tallied(found, criterion, cell["tally"])
    if kind == "ImprovementRule":
        return _improved(found, criterion, now, cell)
    if kind in ("LogRule", "PartsRule") and criterion.section != "bonus" and not names_in(rule):
        return _row(worth(rule, most, {}, count), "COMPUTED")
    return _row(NONE, "MISSING")


def _improved(found: Facts, criterion: Any, now: Fraction, cell: Facts) -> Facts:
    last, rule = cell["last_year"], criterion.rule
    if last is None:
        return _row(NONE, "COMPUTED", counts=False, flags={"NO_PREVIOUS_RESULT"})
    share = max(NONE, min(Fraction(1), (now - last + rule.offset) / rule.span))
    return _row(criterion.max_points * share, "COMPUTED")


# --- cards ----------------------------------------------------------------------------------------------


def _percent(rows: Mapping[str, Facts], criteria: Iterable[Any], weights: Amounts | None = None) -> Fraction:
    """100 x points / maxima of what counts, each with its weight."""
    had = could = NONE
    for criterion in criteria:
        row = rows[criterion.code]
        if row["counts"]:
            points, most = row["points"], criterion.max_points
            if weights:
                points, most = weights[criterion.code] * points, weights[criterion.code] * most
            had, could = had + points, could + most
    return 100 * had / could if could else NONE


def card(found: Facts, agency: str) -> Facts:
    """Return an agency's whole result in a round."""
    dossier, the_set, count = found["dossiers"][agency], found["set"], _counter(found, agency)
    rows: dict[str, Facts] = {}

    def fill(criterion: Any, now: Fraction = NONE) -> None:
        known = dossier["cells"].get(criterion.code) or blank_cell()
        cell = {**known, "last_year": dossier["last_year"]}
        rows[criterion.code] = _cell(found, criterion, cell, count, now)

    main = applying(found, agency, "main")
    others = [c for c in main if type(c.rule).__name__ != "ImprovementRule"]
    sections = {name: applying(found, agency, name) for name in ("bonus", "deduction")}
    for criterion in (*others, *sections["bonus"], *sections["deduction"]):
        fill(criterion)
    now = _percent(rows, others)
    for criterion in main:
        if criterion not in others:
            fill(criterion, now)
    beside = {name: sum((rows[c.code]["points"] for c in its), NONE) for name, its in sections.items()}
    bonus, off = min(beside["bonus"], the_set.bonus_max), min(beside["deduction"], the_set.deduction_max)
    total = max(NONE, _percent(rows, main) - off)
    score = total + bonus if the_set.bonus_ranks else total
    return {
        "rows": rows,
        "areas": {
            area.code: sum((rows[c.code]["points"] for c in main if c.area == area.code), NONE)
            for area in the_set.areas
        },
        "total": total,
        "bonus": bonus,
        "deductions": off,
        "score": score,
        "hundredths": hundredths(score),
        "class": _class(the_set, total),
        "results": {
            r.code: _percent(rows, [c for c in main if c.code in r.weights], r.weights)
            for r in the_set.results
        },
    }


def _class(the_set: Any, total: Fraction) -> str:
    reached = [c.code for c in the_set.classes if c.at_least * 100 <= hundredths(total)]
    return str(reached[0] if reached else the_set.classes[-1].code)


def block_of(found: Facts, agency: str) -> list[str]:
    """Return the agencies that an agency is ranked with."""
    return [code for code, its in found["ranked"].items() if its == found["ranked"][agency]]


def places(
    found: Facts, agency: str, known: Mapping[str, Facts] | None = None
) -> dict[str, tuple[int, bool, str]]:
    """Return rank, whether it is shared, and class, for all agencies of an agency's block."""
    block = block_of(found, agency)
    cards = known or {code: card(found, code) for code in block}

    def key(code: str) -> list[Fraction | int]:
        its = cards[code]
        known = {"total": its["total"], "fewer_deductions": -its["deductions"]}
        ties = (known[key] if key in known else its["areas"][key[5:]] for key in found["set"].tie_break)
        return [its["hundredths"], *ties]

    keys = {code: key(code) for code in block}
    return {
        code: (
            1 + sum(keys[other] > keys[code] for other in block),
            sum(keys[other] == keys[code] for other in block) > 1,
            cards[code]["class"],
        )
        for code in block
    }


@contextmanager
def supposing(cell: Facts, points: Fraction | None, position: int) -> Iterator[None]:
    """Suppose for a while that the council had decided these points, or taken the cell out."""
    before, out = dict(cell["acts"]), cell["out"]
    if points is None:
        cell["out"] = position
    else:
        cell["acts"]["DECIDED"] = {"points": points, "amounts": None, "position": 0, "at": None}
    yield
    cell["acts"], cell["out"] = before, out
