"""The worked example of the page on criteria: one agency's cells, and what the real scoring makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from fractions import Fraction

from domain import scoring
from domain.criteria import Block, CriteriaSet, Section
from domain.deadlines import Phase
from domain.dossiers import Act, Cell, Dossier, Report, Tally
from domain.points import published, write
from domain.scoring import Card
from domain.shapes import read
from domain.standing import Round, Standing
from domain.stated.rounds import AwardRule, PublicationPolicy
from tests.page_log import criteria_set

ROUND, AGENCY = "2016", "SNV"
DUE = datetime(2017, 2, 11, tzinfo=UTC)
BEFORE, LATE = datetime(2017, 2, 1, tzinfo=UTC), datetime(2017, 2, 12, tzinfo=UTC)
HEAD = ("criterion", "rule", "stated", "points", "of", "stage")


def _stated(points: str, at: datetime = BEFORE) -> Act:
    return Act(0, at, points=Fraction(points))


def _counted(**quantities: int) -> Act:
    return Act(0, BEFORE, quantities={name: Fraction(n) for name, n in quantities.items()})


CELLS: Mapping[str, Cell] = {
    "A1.1": Cell(declared=_stated("1", LATE)),
    "A1.2": Cell(
        declared=_counted(completed_tasks=18, planned_tasks=20),
        verified=_counted(completed_tasks=17, planned_tasks=20),
    ),
    "A1.3": Cell(declared=_counted(online_files=30, total_files=200)),
    "A1.4": Cell(declared=_counted(on_time=97, resolved=100)),
    "A1.5": Cell(declared=_counted(models=3)),
    "A1.6": Cell(declared=_counted(inspected=5, units=6, reports=1)),
    "A1.8": Cell(declared=_stated("0.5"), excluded=0),
    "A8.1": Cell(tally=Tally(0, {"A": 6, "B": 3, "C": 1})),
    "B1": Cell(decided=_stated("1")),
    "D2": Cell(decided=_stated("0.5")),
}
DOSSIER = Dossier(previous_total=Fraction(80), reports=(Report(0, Phase.SELF_ASSESSMENT, LATE),))
BESIDE = {
    "A1.7": "5 of 6 entries in time",
    "A8.2": "80 last year",
    "D1": "1 late report",
    "A1.8": "special case accepted",
}


def standing() -> Standing:
    """Return what holds in the example."""
    found = Round(
        code=ROUND,
        evaluated_year=2016,
        regulation=("QD-VI-DU", "1"),
        criteria=read(CriteriaSet, criteria_set()),
        agencies={AGENCY: Block.DEPARTMENT},
        rules=(),
        holidays=frozenset(),
        zone=UTC,
        timers={},
        publication=PublicationPolicy(public_places=3, public_scores=False, own_record=()),
        awards=AwardRule(up_to_rank=3, from_class="GOOD"),
        deadlines={},
        due={Phase.SELF_ASSESSMENT: DUE},
        opened={},
        position=0,
    )
    return Standing(
        rounds={ROUND: found},
        dossiers={(ROUND, AGENCY): DOSSIER},
        cells={(ROUND, AGENCY, code): cell for code, cell in CELLS.items()},
    )


def card() -> Card:
    """Return the agency's card, by the real scoring."""
    return scoring.card(standing(), ROUND, AGENCY)


def rows() -> Iterator[tuple[str, ...]]:
    """Yield the cells of the card in the order of the set."""
    criteria, scores = standing().rounds[ROUND].criteria, card().scores
    kinds = {entry["code"]: entry["rule"]["kind"] for entry in criteria_set()["criteria"]}
    for criterion in criteria.criteria:
        score = scores[criterion.code]
        points = write(score.points) if score.counts else "out"
        yield (
            criterion.code,
            kinds[criterion.code],
            _told(criterion.code),
            points,
            write(score.maximum),
            score.stage,
        )


def _told(code: str) -> str:
    if code in BESIDE:
        return BESIDE[code]
    cell = CELLS[code]
    if cell.tally is not None:
        return ", ".join(f"{answer} {n}" for answer, n in cell.tally.answers.items())
    act = cell.decided or cell.verified or cell.declared
    assert act is not None
    if act.points is not None:
        return write(act.points)
    return ", ".join(f"{name} {write(n)}" for name, n in (act.quantities or {}).items())


def totals() -> str:
    """Write the sums of the card, exact and as published."""
    found, criteria = card(), standing().rounds[ROUND].criteria
    main = [c.code for c in criteria.of_section(Section.MAIN, Block.DEPARTMENT)]
    counted = [found.scores[code] for code in main if found.scores[code].counts]
    lines = {
        "points": sum((score.points for score in counted), Fraction(0)),
        "denominator": sum((score.maximum for score in counted), Fraction(0)),
        "deductions": found.deductions,
        "total": found.total,
        "bonus": found.bonus,
        "ranking score": found.ranking_score,
    }
    lines |= {f"result {code}": value for code, value in found.results.items()}
    exact = "".join(f"{name:<14} {write(value)}\n" for name, value in lines.items())
    return exact + f"{'published':<14} {published(found.ranking_score)}\n{'class':<14} {found.rating}\n"
