"""A standing is forked cheaply: what a fork changes stays apart until it settles, or is dropped."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from domain.admission import follow
from domain.dossiers import NO_CELL, NO_DOSSIER
from domain.standing import Agency, Standing
from domain.stated.choices import Role
from tests.domain.specification import ROUND, fold
from tests.domain.whole_round import whole_round


def tables(standing: Standing) -> dict[str, dict[Any, Any]]:
    """All tables, as plain dictionaries."""
    return {f.name: dict(getattr(standing, f.name)) for f in fields(standing)}


def test_fork_sees_its_parent_and_keeps_its_changes_apart() -> None:
    """Until it settles the parent knows nothing of what a fork did."""
    events = whole_round().events
    parent = fold(events[:90])
    before = tables(parent)
    fork = parent.fork()
    assert tables(fork) == before
    for event in events[90:]:
        follow(fork, event)
    assert tables(parent) == before
    assert tables(fork) == tables(fold(events))
    fork.settle()
    assert tables(parent) == tables(fork) == tables(fold(events))


def test_dropped_fork_leaves_no_trace() -> None:
    """A batch that is rolled back is simply forgotten, and the next one starts clean."""
    events = whole_round().events
    parent = fold(events[:90])
    dropped = parent.fork()
    for event in events[90:100]:
        follow(dropped, event)
    again = parent.fork()
    assert tables(again) == tables(parent) == tables(fold(events[:90]))


def test_forks_settle_one_into_the_other() -> None:
    """A fork of a fork settles into that fork first; a neighbour that is dropped takes nothing along."""
    events = whole_round().events
    parent = fold(events[:60])
    middle = parent.fork()
    for event in events[60:80]:
        follow(middle, event)
    dropped, inner = middle.fork(), middle.fork()
    for event in events[80:]:
        follow(inner, event)
    follow(dropped, events[80])
    inner.settle()
    assert tables(middle) == tables(fold(events))
    assert tables(parent) == tables(fold(events[:60]))
    middle.settle()
    assert tables(parent) == tables(fold(events))


def test_settled_fork_can_go_on() -> None:
    """After settling a fork is empty and still sees everything."""
    events = whole_round().events
    parent = Standing()
    fork = parent.fork()
    for event in events:
        follow(fork, event)
        fork.settle()
        assert not any(getattr(fork, f.name).maps[0] for f in fields(fork))
    assert tables(parent) == tables(fold(events))


def test_fork_answers_for_what_is_nowhere() -> None:
    """A key that no layer has gives the default, or a KeyError where one is asked for plainly."""
    fork = Standing().fork().fork()
    nothing = object()
    assert fork.agencies.get("STC") is None
    assert fork.versions.get("registry", 7) == 7
    assert fork.rounds.get("2016", nothing) is nothing
    assert "STC" not in fork.agencies


def test_newest_layer_answers_first() -> None:
    """What a fork changed hides what its parent holds."""
    parent = whole_round().standing
    fork = parent.fork()
    old = parent.agencies["STC"]
    fork.agencies["STC"] = Agency("STC", "mới", "new", old.block, old.since)
    assert fork.agencies["STC"].name_en == "new"
    assert (found := fork.agencies.get("STC")) is not None
    assert found.name_en == "new"
    assert parent.agencies["STC"] == old


def test_empty_answers() -> None:
    """Before anything was stated a dossier and a cell are empty, and nobody holds an office."""
    standing = Standing()
    assert standing.dossier(ROUND, "STC") is NO_DOSSIER
    assert standing.cell(ROUND, "STC", "A1.1") is NO_CELL
    assert standing.home_of("head-STC") is None
    assert not standing.holds("head-STC", Role.AGENCY_HEAD, "STC")
