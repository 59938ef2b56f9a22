"""The fold in JavaScript comes to what the fold in Python comes to, byte for byte: over whole logs."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from api import answers
from api.runtime import reading
from api.settings import DATABASE_VARIABLE, Settings
from api.synth import build_synth
from api.synth_script import Shape
from audit.ledger.codec import read_entry
from audit.proofs.keyring import KEY_EVENTS
from domain.events import CATALOGUE, Event
from domain.stated.assessment import InspectionNoteRecorded, QuantitiesDeclared
from domain.stated.choices import Outcome, Quality
from domain.stated.rounds import ResultPublished
from tests.audit.browser.fold.folding import (
    ROOT,
    Ask,
    Told,
    agree,
    agree_on,
    compare,
    digest,
    events_of,
    folded,
    told,
)
from tests.domain import world
from tests.domain.contesting import DISPUTE, ends
from tests.domain.sitting import adjusts, decide
from tests.domain.specification import Story, states
from tests.domain.stating import amounts
from tests.domain.test_contesting_special_cases import contested_case, decided_case
from tests.domain.whole_round import whole_round

pytestmark = pytest.mark.node

PUBLISHED = "ResultPublished.v1"
NEEDED = frozenset(
    {
        "LogOpened.v1",
        "AgencyRegistered.v1",
        "CriteriaSetIssued.v1",
        "RoundOpened.v1",
        "ResultPublished.v1",
    }
)
"""What other statements stand on; without these there is nothing to fold."""


@pytest.fixture(autouse=True)
def _on_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)


def read_log(data: Path) -> list[Told]:
    """Read all statements of a data directory."""
    with sqlite3.connect(f"file:{data / 'minhchung.db'}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT position, state FROM stored_events ORDER BY position").fetchall()
    return [_told(position, bytes(state)) for position, state in rows]


def _told(position: int, state: bytes) -> Told:
    entry, _, _ = read_entry(state, position)
    return {
        "position": position,
        "arrived_at": entry.arrived_at,
        "received_at": entry.received_at,
        "statement": json.loads(entry.envelope.payload),
    }


@pytest.fixture(scope="module")
def demo(demo_data: Path, ask: Ask) -> tuple[list[Told], list[Event]]:
    """The whole Da Nang log, which Node knows as `demo`."""
    log = read_log(demo_data)
    ask("log", name="demo", statements=log)
    return log, events_of(log)


def around(log: Sequence[Told], *kinds: str) -> set[int]:
    """Return the sizes just before and just after each statement of these kinds."""
    return {one["position"] + more for one in log if one["statement"]["type"] in kinds for more in (0, 1)} - {
        0
    }


def test_whole_log_comes_to_the_same_at_any_size(demo: tuple[list[Told], list[Event]], ask: Ask) -> None:
    """Cells, totals, ranks and the positions behind them agree at many sizes, and around each publication."""
    log, events = demo
    sizes = {1, len(log), *range(400, len(log), 600)} | around(log, PUBLISHED, "RoundOpened.v1")
    agree_on(ask, "demo", events, (), sorted(sizes))


def test_ranks_are_what_the_command_answers(
    demo: tuple[list[Told], list[Event]], demo_data: Path, ask: Ask
) -> None:
    """`rank --json` of each round, at sizes along the log, is what the fold says, field by field."""
    log, _ = demo
    for code in ("2016", "2017"):
        opened = next(
            one["position"]
            for one in log
            if one["statement"]["type"] == "RoundOpened.v1" and one["statement"]["round"] == code
        )
        sizes = sorted({opened + 1, len(log), *range(opened + 1, len(log), 1200)} | _published(log, code))
        its = ask("fold", name="demo", at=sizes, ranks=[code])["at"]
        assert [one["ranks"][0] for one in its] == answered(demo_data, code, sizes)


def _published(log: Sequence[Told], code: str) -> set[int]:
    return {
        one["position"] + 1
        for one in log
        if one["statement"]["type"] == PUBLISHED and one["statement"]["round"] == code
    }


def answered(data: Path, code: str, sizes: Sequence[int]) -> list[str]:
    """Return what `rank --json` answers at each of these sizes."""
    with reading(Settings(data)) as log, log.database.read() as connection:
        return [_json(answers.ranking(log, connection, code, None, size)) for size in sizes]


def _json(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def test_leaving_out_a_statement_of_each_kind_agrees(demo: tuple[list[Told], list[Event]], ask: Ask) -> None:
    """A what-if over the Da Nang log agrees, with some statements of every kind that acts left out."""
    log, events = demo
    acting = set(ask("kinds")["acting"]) - NEEDED
    for seed in range(3):
        left = [
            _dealt(seed, [one["position"] for one in log if one["statement"]["type"] == kind])[0]
            for kind in sorted(acting & {one["statement"]["type"] for one in log})
        ]
        agree_on(ask, "demo", events, left, [len(log)])


def test_any_part_of_the_log_agrees(demo: tuple[list[Told], list[Event]], ask: Ask) -> None:
    """What is left after most statements about cells were taken out at random comes to the same."""
    log, events = demo
    about_cells = [one["position"] for one in log if one["statement"].get("criterion")]
    filed = {one["position"] for one in log if one["statement"]["type"] in NEEDED}
    for seed, share in ((1, 0.1), (2, 0.5), (3, 0.9)):
        left = set(_dealt(seed, about_cells)[: int(share * len(about_cells))]) - filed
        agree_on(ask, "demo", events, left, [len(log)])


def test_other_codes_of_agencies_change_nothing_else(demo: tuple[list[Told], list[Event]], ask: Ask) -> None:
    """With the codes of all agencies dealt out anew, both folds agree; only shared ranks stand otherwise."""
    log, _ = demo
    codes = [o["statement"]["body"]["code"] for o in log if o["statement"]["type"] == "AgencyRegistered.v1"]
    dealt = dict(zip(codes, _dealt(7, codes), strict=True))
    agree(ask, [renamed(one, dealt) for one in log])


def _dealt(seed: int, things: Sequence[Any]) -> list[Any]:
    return Random(seed).sample(things, len(things))  # noqa: S311 - the same every time


def renamed(value: Any, names: dict[str, str]) -> Any:
    """Write a value with other names in it, wherever one stands."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    if isinstance(value, dict):
        return {key: renamed(item, names) for key, item in value.items()}
    return value


def test_it_tells_how_far_it_is(demo: tuple[list[Told], list[Event]], ask: Ask) -> None:
    """Whoever hands all statements in at once is told every 256 of them, and at the end."""
    log, events = demo
    its = ask("progress", name="demo")
    assert its["told"] == [*range(256, len(log) + 1, 256), len(log)]
    assert its["size"] == len(log)
    assert its["lines"] == digest(folded(events, (), [len(log)])[0][0])


@pytest.mark.parametrize(
    ("agencies", "criteria", "signers", "events"),
    [(2, 1, 10, 0), (3, 12, 13, 0), (12, 25, 60, 1400), (5, 8, 30, 700)],
    ids=["smallest", "one round", "open round", "several rounds"],
)
def test_made_up_logs_agree(
    agencies: int, criteria: int, signers: int, events: int, tmp_path: Path, ask: Ask
) -> None:
    """Logs of other shapes agree: a round is whole or still open, or there are several."""
    build_synth(Settings(tmp_path / "data"), Shape(agencies, criteria, signers, events, seed=3))
    log = read_log(tmp_path / "data")
    agree(ask, log, at=sorted({len(log), len(log) // 2, *around(log, PUBLISHED)}))


def test_small_log_agrees_at_every_size(small_log: Path, ask: Ask) -> None:
    """The small log agrees after each of its statements."""
    log = read_log(small_log)
    agree(ask, log, at=range(1, len(log) + 1))


def whole() -> list[Told]:
    """Return one round in which every kind of event is stated."""
    return [told(event) for event in whole_round().events]


def test_round_of_every_kind_agrees_at_every_size(ask: Ask) -> None:
    """The round with every kind of event agrees after each of them."""
    log = whole()
    assert {one["statement"]["type"] for one in log} == CATALOGUE.keys()
    agree(ask, log, at=range(1, len(log) + 1))


def test_round_without_any_one_statement_agrees(ask: Ask) -> None:
    """Whatever single statement is left out of the round, both come to the same, if Python can fold it."""
    log = whole()
    ask("log", name="whole", statements=log)
    events, refused = events_of(log), set()
    for one in log:
        left = [one["position"]]
        try:
            mine = folded(events, left, [len(log)])
        except LookupError:  # what a later statement stands on is missing
            refused.add(one["statement"]["type"])
        else:
            compare(ask, "whole", mine, left, [len(log)])
    assert refused <= {
        *NEEDED,
        "DelegationGranted.v1",
        "OfficerRegistered.v1",
        "TeamFormed.v1",
        "GuidanceIssued.v1",
        "SurveyWaveOpened.v1",
        "MeetingOpened.v1",
    }


# --- the closed set -------------------------------------------------------------------------------------


def test_every_kind_is_known_to_both(ask: Ask) -> None:
    """The fold in JavaScript knows each kind once: acted upon, or moving no score, or about keys."""
    kinds = ask("kinds")
    assert sorted([*kinds["acting"], *kinds["without"]]) == sorted(CATALOGUE)
    assert sorted(kinds["keys"]) == sorted(KEY_EVENTS)


PAGE = (ROOT / "docs" / "formats" / "fold.md").read_text("utf-8")


def test_page_tells_of_each_kind_that_acts(ask: Ask) -> None:
    """The table of the page has the kinds that the fold acts upon, and no other."""
    table = PAGE.partition("### What each kind does")[2].partition("All other kinds")[0]
    cells = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    names = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    assert {f"{name}.v1" for name in names} == set(ask("kinds")["acting"])


def test_example_of_the_page_is_what_both_make(ask: Ask) -> None:
    """The three acts of the example come to the item that stands below them."""
    needed = {"LogOpened.v1", "AgencyRegistered.v1", "CriteriaSetIssued.v1"}
    registry = [event for event in world.registered().events if event.kind.name in needed]
    events = [replace(event, position=n) for n, event in enumerate(registry)]
    for body, about, position, late in (
        (world.opening().body, "", len(events), False),
        (QuantitiesDeclared(quantities=amounts(done=18, planned=20)), "STC/A1.3", 40, True),
        (_noted(), "STC/A1.3", 61, False),
        (adjusts("1.7", "2"), "STC/A1.3", 90, False),
        (ResultPublished(version=1), "", 91, False),
    ):
        event = Story().event(states("somebody", body, about))
        arrived = event.arrived_at + timedelta(365 if late else 0)
        events.append(replace(event, position=position, arrived_at=arrived))
    agree(ask, [told(event) for event in events])
    ((_, _, _, lines),) = folded(events)[1]
    (line,) = [line for line in lines if '"2016/STC/A1.3"' in line]
    assert line in PAGE


def _noted() -> InspectionNoteRecorded:
    return InspectionNoteRecorded(quality=Quality.INCOMPLETE, quantities=amounts(done=17, planned=20))


def test_another_kind_is_an_error(ask: Ask) -> None:
    """A statement of a kind outside the closed set stops the fold, and the error names it."""
    one = whole()[0]
    one["statement"]["type"] = "Unheard.v1"
    its = ask("thrown", statements=[one])
    assert (its["name"], its["rule"]) == ("FoldError", "fold.unknown_kind")
    assert its["facts"] == {"position": 0, "kind": "Unheard.v1"}
    for name in ("toString", "__proto__", "SelfScoreDeclared.v2"):
        one["statement"]["type"] = name
        assert ask("thrown", statements=[one])["rule"] == "fold.unknown_kind"


@pytest.mark.parametrize("left", ["LogOpened.v1", "CriteriaSetIssued.v1", "RoundOpened.v1"])
def test_what_stands_on_nothing_has_no_effect(left: str, ask: Ask) -> None:
    """Without what all else stands on, the log is folded to its end, and there is nothing to show."""
    log = whole()
    ask("log", name="nothing", statements=log)
    leave = [one["position"] for one in log if one["statement"]["type"] == left]
    its = ask("fold", name="nothing", leave=leave, at=[len(log)], whole=True)
    assert its == {"at": [{"lines": [], "ranks": []}], "versions": []}


def test_decision_of_a_dispute_stands_without_its_filing(ask: Ask) -> None:
    """With the filing left out of the fold, what the council decided is still an act of its own."""
    log = whole()
    filed = [one["position"] for one in log if one["statement"]["type"] == "DisputeFiled.v1"]
    assert filed
    ask("log", name="disputed", statements=log)
    compare(ask, "disputed", folded(events_of(log), filed, [len(log)]), filed, [len(log)])


@pytest.mark.parametrize(
    ("outcome", "points", "counts"),
    [("ACCEPTED", None, "false"), ("PARTLY", "1.75", "true"), ("REJECTED", None, "true")],
)
def test_dispute_over_a_special_case_agrees(ask: Ask, outcome: str, points: str | None, counts: str) -> None:
    """Upheld takes the criterion out of the denominator, with its filing or without."""
    story = contested_case(decided_case())
    decide(story, ends(Outcome(outcome), points), DISPUTE)
    if outcome != "REJECTED":
        story.publish()
    log = [told(event) for event in story.events]
    agree(ask, log, at=range(len(log) - 12, len(log) + 1))
    filed = [one["position"] for one in log if one["statement"]["type"] == "DisputeFiled.v1"]
    ask("log", name=outcome, statements=log)
    compare(ask, outcome, folded(events_of(log), filed, [len(log)]), filed, [len(log)])
    lines = ask("fold", name=outcome, leave=filed, at=[len(log)], whole=True)["at"][0]["lines"]
    its = [json.loads(line) for line in lines]
    assert [i["value"]["counts"] for i in its if i["key"] == "2016/STC/A1.2"] == [counts]


def test_unknown_round_is_an_error(ask: Ask) -> None:
    """Whoever asks for the ranks of a round that was never opened is told so."""
    assert ask("thrown", statements=whole(), round="1999")["rule"] == "fold.unknown_round"
