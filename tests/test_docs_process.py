"""The pages on opinions, disputes and phases: their examples verify, and their tables are the rules."""

from __future__ import annotations

import hashlib
import json
import re

import pytest

from audit.proofs import key_events
from domain.admission import RULES
from domain.deadlines import Phase
from domain.events import CATALOGUE
from domain.stated.choices import Ground, Path, ReasonCategory, Step
from domain.visibility import KEY_BODY, KEY_TEXTS
from projections.docket import State
from tests.pages import code, page_log
from tests.test_docs import AT, page, table, words

KINDS = {name.partition(".")[0]: kind for name, kind in CATALOGUE.items()}


# --- opinions -------------------------------------------------------------------------------------------


def test_the_opinion_on_the_page_opens_its_seal() -> None:
    """Salt and lines as the page shows them hash to the seal that the same member stated before."""
    sealed, opened = (json.loads(code("opinion.md", f"{name} opinion")) for name in ("sealed", "opened"))
    salt, text = bytes.fromhex(opened["body"]["salt"]), code("opinion.md", "what is sealed")
    assert hashlib.sha256(salt + text.encode()).hexdigest() == sealed["body"]["seal"]
    first, *bound, points, category, end = text.split("\n")
    assert (first, end) == ("minhchung.opinion/v1", "")
    assert bound == [sealed["round"], sealed["agency"], sealed["criterion"], sealed["actor"]]
    assert (points, category) == (opened["body"]["points"], opened["body"]["category"])
    assert sealed["actor"] == opened["actor"]


def test_one_changed_point_is_another_seal() -> None:
    """The example does not fit by accident: other points hash to something else."""
    sealed, opened = (json.loads(code("opinion.md", f"{name} opinion")) for name in ("sealed", "opened"))
    lines = code("opinion.md", "what is sealed").split("\n")
    lines[5] = "0.5"
    changed = bytes.fromhex(opened["body"]["salt"]) + "\n".join(lines).encode()
    assert hashlib.sha256(changed).hexdigest() != sealed["body"]["seal"]


def test_the_grammar_of_a_seal_has_the_lines_of_the_example() -> None:
    """Seven lines are listed, and seven are hashed."""
    listed = re.search(
        r"```text\n(minhchung\.opinion/v1\n.*?)```", page("opinion.md").split("## Grammar")[1], re.S
    )
    assert listed is not None
    assert len(listed[1].splitlines()) == len(code("opinion.md", "what is sealed").splitlines()) == 7


def test_the_page_tells_of_an_opinion_that_is_void() -> None:
    """Three members sealed in the small log and two opened, as the page says."""
    sealed = [name for name in AT if name.startswith("opinion hd")]
    opened = [name for name in AT if name.startswith("opened hd")]
    assert (len(sealed), len(opened)) == (3, 2)
    assert all(AT[name] < AT["opened hd-4"] for name in sealed)
    assert AT["opinions closed"] > max(AT[name] for name in opened)


# --- disputes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "closed"),
    [("`path`", Path), ("`ground`", Ground), ("`step`", Step)],
    ids=["paths", "grounds", "clocks"],
)
def test_the_dispute_page_has_the_closed_sets(head: str, closed: type[Path | Ground | Step]) -> None:
    """A new path, ground or clock without a line fails here."""
    assert [words(row[0])[0] for row in table(page("dispute.md"), head)] == list(closed)


def test_every_state_and_step_of_a_dispute_is_on_the_page() -> None:
    """All states are named, and every statement of a dispute has its step."""
    told = page("dispute.md")
    assert all(f"`{state}`" in told for state in State)
    stated = {name for row in table(told, "step") for name in words(row[1])}
    disputes = {name for name, kind in CATALOGUE.items() if "dispute" in kind.scope}
    assert disputes <= stated


def test_the_dispute_on_the_page_runs_from_one_version_to_the_next() -> None:
    """The course on the page begins with the version that is contested and ends with the corrected one."""
    rows = table(page("dispute.md"), "position")
    assert [int(row[0]) for row in rows] == list(range(AT["published 1"], AT["published 2"] + 1))
    assert (rows[0][1], rows[0][3]) == ("`ResultPublished.v1`", "version 1")
    assert (rows[-1][1], rows[-1][3]) == ("`ResultPublished.v1`", "version 2")


def test_those_notified_on_the_page_are_those_affected() -> None:
    """What is computed and what was stated agree: all whose rank could move, but for the agency itself."""
    docket, filed = json.loads(code("dispute.md", "docket")), json.loads(code("dispute.md", "dispute"))
    assert docket == json.loads(json.dumps(page_log().dispute))
    assert set(docket["affected"]) - {filed["agency"]} == set(docket["notified"]) == {"STC"}
    assert not docket["late"]


# --- phases ---------------------------------------------------------------------------------------------


def test_the_process_page_says_of_every_phase_what_can_be_stated_in_it() -> None:
    """The two tables are the rules: no statement stands in a phase too many, or misses one."""
    shown = {(name, Phase(row[0])) for row in table(page("process.md"), "phase") for name in words(row[2])}
    ever = {name for row in table(page("process.md"), "office") for name in words(row[1])}
    shown |= {(name, phase) for name in ever for phase in Phase}
    assert shown == {(name, phase) for name, kind in KINDS.items() for phase in RULES[kind.body].phases}


def test_what_is_due_with_a_phase_is_bold() -> None:
    """A deadline of the rules is a bold name of the table, where the statement is open in that phase."""
    bold = {
        (name, Phase(row[0]))
        for row in table(page("process.md"), "phase")
        for name in re.findall(r"\*\*`(\w+)`\*\*", row[2])
    }
    due = {(name, rule.until) for name, kind in KINDS.items() if (rule := RULES[kind.body]).until}
    assert bold == due


def test_phases_stand_in_their_order_and_the_example_at_its_positions() -> None:
    """The line of phases is the closed list, and the positions in the text are those of the small log."""
    assert " ► ".join(Phase) in page("process.md")
    told = page("process.md").split("## Grammar")[0]
    at = [AT[label] for label in ("round", "SELF_ASSESSMENT", "COUNCIL", "published 1", "published 2")]
    assert [int(n) for n in re.findall(r"(?:at position|from|at) ([0-9]+)", told)] == at


def test_every_reason_category_can_be_sealed() -> None:
    """The example's category is one of the closed list."""
    assert code("opinion.md", "what is sealed").split("\n")[6] in set(ReasonCategory)


# --- visibility -----------------------------------------------------------------------------------------


def test_every_field_of_a_key_statement_has_a_class() -> None:
    """What the keyring reads in a body, or knows as a committed text, has a class; nothing else has one."""
    read = {name for required, optional in key_events.BODIES.values() for name in (*required, *optional)}
    assert read == KEY_BODY.keys()
    assert set(key_events.KEY_TEXTS.values()) == KEY_TEXTS.keys()
