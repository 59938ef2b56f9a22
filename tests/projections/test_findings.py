"""The auditor's board: each statistic finds what was planted, and is silent where nothing was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from domain.criteria import Block
from domain.deadlines import Phase
from domain.scoring import Stage
from domain.standing import Standing
from projections.bursts import Signed, bulk_findings, shortly_before
from projections.closing import closing_findings
from projections.comparison import Lots
from projections.directions import beside_others, direction_findings
from projections.fairness import Direction
from projections.favours import Favours, favour_findings
from projections.findings import THRESHOLDS, Kind, Looked, Observation, decimals, in_order
from projections.leanings import Leaning, Moved, Said, leanings, member_findings
from projections.outlines import Outline
from projections.severity import Gap, severities, team_findings
from projections.steps import Step
from projections.unsupported import unsupported_findings
from tests.domain.specification import ROUND, fold
from tests.domain.whole_round import whole_round

DUE = datetime(2017, 2, 11, tzinfo=UTC)
DUES = {Phase.SELF_ASSESSMENT: DUE}
AGENCIES = [f"S{n:02d}" for n in range(12)]


@pytest.fixture(scope="module")
def standing() -> Standing:
    """A whole round, for its criteria."""
    return fold(whole_round().events)


def outline(
    position: int, kind: str, agency: str = "STC", criterion: str | None = "A1.1", *, hours: float
) -> Outline:
    """Return a statement that came so many hours before the deadline (after it, if less than nothing)."""
    return Outline(position, f"{kind}.v1", agency, criterion, DUE - timedelta(hours=hours))


def only(looked: Looked) -> Observation:
    """Return the one thing that was found."""
    (found,) = looked.found
    return found


# --- acts after a closing -------------------------------------------------------------------------------


def closed(*told: Outline, first: Mapping[Phase, datetime] = DUES) -> Looked:
    """Look at statements, the deadline of which was perhaps moved by the statement at 7."""
    moved = {Phase.SELF_ASSESSMENT: [7]} if first != DUES else {}
    return closing_findings(told, first, DUES, moved)


def test_what_comes_at_the_deadline_is_late_and_before_it_is_not() -> None:
    """The first moment that is too late is the deadline itself."""
    early, late = outline(10, "SelfScoreDeclared", hours=0.01), outline(11, "SelfScoreDeclared", hours=0)
    found = only(closed(early, late))
    assert (found.kind, found.how, found.positions) == (Kind.AFTER_CLOSING, "LATE", (11,))
    assert found.facts["acts"] == 1
    assert closed(early).found == ()


def test_what_comes_on_an_extension_is_one_finding_for_everybody() -> None:
    """No agency is named for what all of them were given; the extension is among the events."""
    told = [outline(10 + n, "SelfScoreDeclared", agency, hours=5) for n, agency in enumerate(AGENCIES[:3])]
    found = only(closed(*told, first={Phase.SELF_ASSESSMENT: DUE - timedelta(days=2)}))
    assert (found.how, found.positions, found.facts["agencies"]) == ("EXTENDED", (7, 10, 11, 12), 3)
    assert "agency" not in found.facts


def test_what_is_put_into_a_reopened_dossier_is_found() -> None:
    """From the unfreezing to the next freeze; nothing is said of one that nobody touched."""
    compiled, unfrozen, again = (
        outline(20, "DossierCompiled", criterion=None, hours=9),
        outline(21, "DossierUnfrozen", criterion=None, hours=8),
        outline(23, "DossierCompiled", criterion=None, hours=6),
    )
    change = outline(22, "EvidenceSubmitted", hours=7)
    found = only(closed(compiled, unfrozen, change, again))
    assert (found.how, found.positions, found.facts["acts"]) == ("UNFROZEN", (21, 22, 23), 1)
    assert closed(compiled, unfrozen, again).found == ()


def test_what_is_declared_after_the_head_submitted_is_found() -> None:
    """Evidence that follows is none of it: only scores and quantities are."""
    whole = outline(30, "SelfAssessmentSubmitted", criterion=None, hours=9)
    found = only(closed(whole, outline(31, "SelfScoreDeclared", hours=8)))
    assert (found.how, found.positions) == ("RESTATED", (30, 31))
    assert closed(outline(29, "SelfScoreDeclared", hours=10), whole).found == ()


# --- late bulk changes ----------------------------------------------------------------------------------


def bulk(count: int, *, minutes: float, hours: float = 10, keys: int = 1) -> Looked:
    """Change so many cells, one every so many minutes, from so many hours before the deadline on."""
    told = [
        outline(100 + n, "SelfScoreDeclared", criterion=f"A1.{n}", hours=hours - n * minutes / 60)
        for n in range(count)
    ]
    dues = {phase: [due] for phase, due in DUES.items()}
    signed = [Signed(o, f"key-{n % keys}", "stc-1") for n, o in enumerate(shortly_before(told, dues))]
    return bulk_findings(signed, told, dues)


def test_many_changes_by_one_key_within_an_hour_are_found() -> None:
    """All of the span are named, with who signed and until when there was time."""
    found = only(bulk(THRESHOLDS.bulk_changes, minutes=1))
    assert found.kind is Kind.LATE_BULK
    assert found.positions == tuple(range(100, 100 + THRESHOLDS.bulk_changes))
    assert (found.facts["acts"], found.facts["replaced"]) == (THRESHOLDS.bulk_changes, 0)


@pytest.mark.parametrize(
    ("count", "minutes", "hours", "keys"),
    [(19, 1, 10, 1), (30, 6, 10, 1), (40, 1, 40, 1), (30, 1, 10, 2)],
    ids=["one too few", "spread over hours", "days before", "by two people"],
)
def test_work_at_an_ordinary_pace_is_not_found(count: int, minutes: float, hours: float, keys: int) -> None:
    """One change too few, slower, earlier, or by several keys: nothing."""
    assert bulk(count, minutes=minutes, hours=hours, keys=keys).found == ()


# --- teams ----------------------------------------------------------------------------------------------

TEAMS = {f"D{n}": {AGENCIES[2 * n], AGENCIES[2 * n + 1]} for n in range(6)}


def notes(strict: Sequence[str] = (), by: int = 0) -> list[Gap]:
    """Return gaps of all agencies at twenty criteria, of any size; those of some lie further down (or up)."""
    return [
        Gap(a, f"A{c}", Block.DEPARTMENT, -10_000 * ((i * 7 + c * 5) % 11) + by * (a in strict), 100 * i + c)
        for i, a in enumerate(AGENCIES)
        for c in range(20)
    ]


@pytest.mark.parametrize(("by", "how"), [(-90_000, "LOWER"), (90_000, "HIGHER")])
def test_a_team_that_scores_otherwise_is_found(by: int, how: str) -> None:
    """A team whose notes lie nine hundredths of the maximum off; its notes are the events behind it."""
    gaps = notes(sorted(TEAMS["D2"]), by)
    found = only(team_findings(severities(gaps, TEAMS, Lots("seed"))))
    assert (found.kind, found.how, found.facts["team"]) == (Kind.TEAM_SEVERITY, how, "D2")
    assert found.positions == tuple(sorted(gap.note for gap in gaps if gap.agency in TEAMS["D2"]))
    assert {"difference", "low", "high", "chance", "adjusted", "tests", "by_agency"} <= found.facts.keys()


def test_teams_that_score_alike_are_not_found() -> None:
    """Six teams are compared, and none is shown."""
    looked = team_findings(severities(notes(), TEAMS, Lots("seed")))
    assert (looked.compared, looked.found) == (6, ())


def test_a_team_with_few_cells_is_not_compared() -> None:
    """However far its notes lie off: it is counted among those of which there was too little."""
    few = [
        gap for gap in notes(AGENCIES[:2], -500_000) if gap.agency not in TEAMS["D0"] or gap.criterion < "A12"
    ]
    kept = [gap for gap in few if gap.agency not in TEAMS["D0"] or gap.criterion in ("A0", "A1")]
    looked = team_findings(severities(kept, TEAMS, Lots("seed")))
    assert (looked.compared, looked.too_few) == (5, 1)
    assert "D0" not in {found.facts["team"] for found in looked.found}


def test_a_hard_criterion_counts_against_no_team() -> None:
    """Where everybody's notes of a criterion lie low, those who inspected it are no stricter than others."""
    hard = [
        Gap(g.agency, g.criterion, g.block, g.gap - 300_000 * (g.criterion == "A3"), g.note) for g in notes()
    ]
    assert team_findings(severities(hard, TEAMS, Lots("seed"))).found == ()


# --- favours that come back -----------------------------------------------------------------------------


def favours(
    inspected_by: Mapping[str, set[str]], generous: Sequence[str], rows: Sequence[Leaning] = ()
) -> Looked:
    """Look for chains among notes that are generous to some."""
    homes = {row.member: row.member.upper() for row in rows}
    return favour_findings(Favours(notes(generous, 90_000), inspected_by, rows, homes, Lots("seed")))


def test_two_that_score_each_other_up_are_found() -> None:
    """Both links lie above what others give; the notes of both are behind it."""
    found = only(favours({"S00": {"S01"}, "S01": {"S00"}}, ("S00", "S01")))
    assert (found.kind, found.how, found.facts["chain"]) == (Kind.RECIPROCAL, "MUTUAL", "S00 → S01 → S00")
    assert found.positions == (*range(20), *range(100, 120))


def test_a_chain_of_three_is_found() -> None:
    """A to B to C and back."""
    chain = {"S01": {"S00"}, "S02": {"S01"}, "S00": {"S02"}}
    found = only(favours(chain, ("S00", "S01", "S02")))
    assert (found.how, found.facts["chain"]) == ("CHAIN", "S00 → S01 → S02 → S00")


def test_members_who_lean_can_be_a_link_too() -> None:
    """A note one way and a council member the other way come back to each other."""
    rows = [Leaning("s00", "S01", 10, 10, tuple(range(900, 910)))]
    found = only(favours({"S00": {"S01"}}, ("S00",), rows))
    assert found.positions[-10:] == tuple(range(900, 910))


@pytest.mark.parametrize(
    ("inspected_by", "generous"),
    [
        ({"S00": {"S01"}, "S01": {"S00"}}, ()),
        ({"S00": {"S01"}, "S01": {"S00"}}, ("S00",)),
        ({"S00": {"S01"}, "S02": {"S00"}}, ("S00", "S02")),
    ],
    ids=["both as others", "one way only", "nothing comes back"],
)
def test_what_does_not_come_back_is_not_found(
    inspected_by: Mapping[str, set[str]], generous: Sequence[str]
) -> None:
    """A chain is only as strong as its weakest link."""
    assert favours(inspected_by, generous).found == ()


# --- members --------------------------------------------------------------------------------------------


def cases(member: str, agency: str, *leans: int, first: int = 500) -> list[Said]:
    """Return what a member said about as many cells."""
    return [Said(member, agency, f"A{n}", first + n, lean) for n, lean in enumerate(leans)]


@pytest.mark.parametrize(("lean", "how"), [(1, "UP"), (-1, "DOWN")])
def test_a_member_who_always_leans_one_way_is_found(lean: int, how: str) -> None:
    """Eight cells of one agency, all one way; each act of them is named."""
    told = cases("hd-1", "STC", *[lean] * 8) + cases("hd-2", "STC", 1, -1, 1, -1, 1, -1, 1, -1, first=600)
    found = only(member_findings(leanings(told)))
    assert (found.kind, found.how, found.facts["actor"], found.facts["cases"]) == (
        Kind.ONE_WAY,
        how,
        "hd-1",
        8,
    )
    assert found.positions == tuple(range(500, 508))


@pytest.mark.parametrize("leans", [(1, 1, 1, 1, 1, 1, 1, -1), (1, 1, 1, 1, 1), (0,) * 9])
def test_a_member_who_does_not_is_not_found(leans: Sequence[int]) -> None:
    """Once the other way, too few cases, or never beside the others."""
    assert member_findings(leanings(cases("hd-1", "STC", *leans))).found == ()


def test_a_cell_where_somebody_says_both_is_no_case() -> None:
    """An opinion up and a vote down about one cell say nothing about either."""
    told = [*cases("hd-1", "STC", *[1] * 6), Said("hd-1", "STC", "A0", 700, -1)]
    assert [row.cases for row in leanings(told)] == [5]


# --- directions -----------------------------------------------------------------------------------------


def direction(block: Block, up: int, down: int) -> Direction:
    """Return the adjustments of a block."""
    return Direction(block, up, down, Fraction(up), Fraction(-down), tuple(range(up + down)))


def test_a_block_that_was_moved_another_way_is_found() -> None:
    """Twelve up in one and twelve down in the other: both are unlike the other."""
    rows = beside_others([direction(Block.DEPARTMENT, 12, 0), direction(Block.DISTRICT, 0, 12)], [])
    looked = direction_findings(rows)
    assert [found.facts["block"] for found in looked.found] == ["DEPARTMENT", "DISTRICT"]
    assert all(found.positions for found in looked.found)


def test_blocks_and_members_that_move_alike_are_not_found() -> None:
    """Half up and half down everywhere."""
    moved = [Moved(f"hd-{n % 3}", "STC", "A1", n, 1 if n % 2 else -1) for n in range(24)]
    rows = beside_others([direction(Block.DEPARTMENT, 6, 6), direction(Block.DISTRICT, 5, 5)], moved)
    assert direction_findings(rows).found == ()


# --- large changes with nothing new ---------------------------------------------------------------------


def adjusted(standing: Standing, points: str, *new: Outline) -> Looked:
    """A note gave all of A1.1, and the council decided on these points."""
    criteria = standing.rounds[ROUND].criteria
    most = criteria.by_code["A1.1"].max_points
    note = Step("STC", "A1.1", 10, Stage.VERIFIED, most, counts=True, before=None)
    decided = Step("STC", "A1.1", 20, Stage.DECIDED, most * Fraction(points), counts=True, before=note)
    told = [
        outline(10, "InspectionNoteRecorded", hours=9),
        *new,
        outline(20, "CouncilAdjustmentMade", hours=7),
    ]
    return unsupported_findings([note, decided], told, criteria)


def test_a_large_adjustment_with_nothing_new_is_found(standing: Standing) -> None:
    """From all of the points to three quarters: both acts are behind it."""
    found = only(adjusted(standing, "0.75"))
    assert (found.kind, found.how, found.positions) == (Kind.NOTHING_NEW, "ADJUSTED", (10, 20))
    assert found.facts["part"] == "25.0"


def test_a_small_adjustment_is_not_found(standing: Standing) -> None:
    """Less than a quarter of the maximum."""
    looked = adjusted(standing, "0.76")
    assert (looked.compared, looked.found) == (1, ())


@pytest.mark.parametrize("kind", ["EvidenceSubmitted", "EvidenceReused", "ExplanationSubmitted"])
def test_an_adjustment_after_something_new_is_not_found(standing: Standing, kind: str) -> None:
    """Evidence or an explanation about the cell came between; about another cell it is nothing."""
    assert adjusted(standing, "0.5", outline(15, kind, hours=8)).found == ()
    assert adjusted(standing, "0.5", outline(15, kind, criterion="A1.2", hours=8)).found


# --- how findings are shown -----------------------------------------------------------------------------


def test_findings_stand_in_one_order() -> None:
    """By kind, then by the events behind them, however they were found."""
    late, bulk_, early = (
        Observation(kind=Kind.AFTER_CLOSING, how="LATE", positions=(9,)),
        Observation(kind=Kind.LATE_BULK, how="BULK", positions=(1,)),
        Observation(kind=Kind.AFTER_CLOSING, how="LATE", positions=(2,)),
    )
    assert in_order([bulk_, late, early]) == (early, late, bulk_)


@pytest.mark.parametrize(
    ("value", "written"),
    [("0.03125", "0.0313"), ("-0.03125", "-0.0313"), ("-0.00001", "0.0000"), ("1", "1.0000")],
)
def test_chances_are_written_half_away_from_nothing(value: str, written: str) -> None:
    """Four decimals; nothing is never written with a sign."""
    assert decimals(Fraction(value)) == written


def test_every_kind_stands_on_the_page() -> None:
    """docs/findings.md tells of each kind what is computed, how sure it is, and what it does not say."""
    page = (Path(__file__).parents[2] / "docs" / "findings.md").read_text("utf-8")
    sections = page.split("\n## ")[2:]
    told = {kind for section in sections for kind in Kind if f"`{kind}`" in section.splitlines()[0]}
    assert told == set(Kind)
    parts = ("**Computed.**", "**Uncertainty.**", "**What it does not say.**", "**Example.**")
    assert [section for section in sections if not all(part in section for part in parts)] == []
