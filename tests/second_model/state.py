"""What the second model remembers: dictionaries of dictionaries, and the few questions asked of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cached_property
from typing import Any

from domain.events import Event
from tests.second_model.catalogue import CATALOGUE, Line

Facts = dict[str, Any]
LAST_DAY = date(9000, 12, 31)


def blank() -> Facts:
    """Return what is remembered before anything was stated."""
    return {
        "size": 0,
        "streams": {},
        "registrars": set(),
        "quorum": 0,
        "words": {},
        "gone": set(),
        "zone": None,
        "agencies": {},
        "people": {},
        "regulations": set(),
        "sets": {},
        "rounds": {},
        "delegations": {},
        "tokens": set(),
        "batches": set(),
    }


def blank_dossier() -> Facts:
    """Return the dossier of an agency that nothing was stated about."""
    return {
        "focal": None,
        "deputy": None,
        "named": None,
        "last_year": None,
        "team": None,
        "owed": [],
        "declared": set(),
        "serials": {},
        "statements": 0,
        "frozen": False,
        "recused": set(),
        "award": False,
        "cells": {},
    }


def blank_cell() -> Facts:
    """Return the cell of a criterion that nothing was stated about."""
    return {
        "acts": {},
        "tally": None,
        "out": None,
        "waived": False,
        "evidence": [],
        "handed_back": False,
        "notes": [],
        "special": None,
        "initiative": None,
        "settled": set(),
        "opinions": None,
        "motion": None,
        "promises": {},
        "dispute": None,
    }


# --- people and houses ----------------------------------------------------------------------------------


def home(state: Facts, actor: str | None) -> str | None:
    """Return the agency that a person belongs to."""
    person = state["people"].get(actor)
    return person["home"] if person else None


def house(state: Facts, agency: str | None) -> str | None:
    """Return the agency that does this one's work since any mergers."""
    seen = state["agencies"].get(agency)
    return agency if seen is None or seen["into"] is None else house(state, seen["into"])


def belongs(state: Facts, actor: str | None, agency: str | None) -> bool:
    """Whether somebody is of an agency's house."""
    own = home(state, actor)
    return own is not None and house(state, own) == house(state, agency)


def holds(state: Facts, actor: str | None, role: str, agency: str | None = None) -> bool:
    """Whether somebody holds an office."""
    person = state["people"].get(actor)
    return person is not None and (role, agency) in person["offices"]


def is_head(state: Facts, actor: str | None, agency: str | None) -> bool:
    """Whether somebody heads an agency or the one that took it over."""
    return any(holds(state, actor, "AGENCY_HEAD", code) for code in (agency, house(state, agency)))


# --- days -----------------------------------------------------------------------------------------------


def midnight_after(day: date, zone: tzinfo) -> datetime:
    """Return the first moment that is too late for a day."""
    return datetime.combine(day, time(), zone) + timedelta(days=1)


def working_day(start: date, count: int, holidays: Iterable[date]) -> date:
    """Return the so-many-th working day after a day."""
    free, day = set(holidays), start
    for _ in range(count):
        day += timedelta(days=1)
        while day.isoweekday() > 5 or day in free:
            day += timedelta(days=1)
    return day


def calendar(rules: Iterable[Any], holidays: Iterable[date]) -> dict[str, tuple[date, bool]] | None:
    """Return the last day of each phase and whether it is hard; nothing where the rules make no sense."""
    days: dict[str, tuple[date, bool]] = {}
    for rule in rules:
        if rule.on is not None:
            sensible, day = rule.after is None and rule.working_days is None, rule.on
        else:
            sensible = rule.after in days and rule.working_days in range(1, 367)
            day = working_day(days[rule.after][0], rule.working_days, holidays) if sensible else LAST_DAY
        if not sensible or rule.phase in days or day > LAST_DAY:
            return None
        days[rule.phase] = (day, rule.hard)
    return days


def late(found: Facts, phase: str, at: datetime) -> bool:
    """Whether something due with a phase came after its last day."""
    return phase in found["days"] and at >= midnight_after(found["days"][phase][0], found["zone"])


# --- one statement before the rules ---------------------------------------------------------------------


class Case:
    """One statement before the rules: who, what about, and the corner of the state it touches."""

    def __init__(self, state: Facts, event: Event) -> None:
        self.state, self.event, self.body = state, event, event.body
        self.kind = type(event.body).__name__
        self.line: Line = CATALOGUE[self.kind]
        self.signers, self.signer = event.signed_by, event.signed_by[0]
        self.actor = event.on_behalf_of or self.signer
        self.agency, self.at = event.agency, event.arrived_at

    @cached_property
    def round(self) -> Any:
        """The round it is about."""
        return self.state["rounds"].get(self.event.round)

    @cached_property
    def dossier(self) -> Any:
        """The dossier it is about."""
        return self.round["dossiers"][self.agency]

    @cached_property
    def cell(self) -> Any:
        """The cell it is about."""
        return self.dossier["cells"].setdefault(self.event.criterion, blank_cell())

    @cached_property
    def criterion(self) -> Any:
        """The criterion it is about, as the set says it."""
        return next(c for c in self.round["set"].criteria if c.code == self.event.criterion)

    @cached_property
    def motion(self) -> Any:
        """The newest motion about the cell."""
        return self.cell["motion"]

    @cached_property
    def council(self) -> Any:
        """The council of the round."""
        return self.round["council"]

    @cached_property
    def dispute(self) -> Any:
        """The dispute it is about, if there is one about this very cell."""
        found = self.round["disputes"].get(self.event.matter)
        same = found and (found["agency"], found["criterion"]) == (self.agency, self.event.criterion)
        return found if same else None

    @property
    def stream(self) -> str:
        """The name of the stream whose next version it is."""
        e = self.event
        about = [e.matter] if e.matter else [e.agency, e.criterion]
        return "/".join(part for part in (e.round, *about) if part) or "registry"


Follow = Callable[[Case], Any]
"""What follows from an admitted statement."""


def runs_out(c: Case, path: Any, step: str, start: datetime) -> datetime | None:
    """Return when a clock of a dispute has run out that began then; nothing without one."""
    if (path, step) not in c.round["clocks"]:
        return None
    days, working = c.round["clocks"][path, step]
    first = start.astimezone(c.round["zone"]).date()
    last = working_day(first, days, c.round["holidays"]) if working else first + timedelta(days=days)
    return midnight_after(last, c.round["zone"])
