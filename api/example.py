"""The example of Da Nang 2016 as data: read strictly from its folder; errors name file and field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml

from domain.criteria import Block, CriteriaSet
from domain.deadlines import DeadlineRule
from domain.refusals import Malformed
from domain.shapes import Stated, read
from domain.stated.choices import Outcome, ReasonCategory

T = TypeVar("T")
LABEL = "Số liệu minh họa, không phải điểm thật · invented data, not real scores"


class ExampleError(Exception):
    """A file of the example is missing or says something it cannot."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(f"{file}: {what}; mend it there and run the command again")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleAgency:
    """An agency; `seen` tells whether its name stands in a public source."""

    code: str
    block: Block
    since: str
    seen: bool
    name_vi: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An invented person with a demo key."""

    actor: str
    duty: str
    name: str
    key: int
    home: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One agency that a team inspects, from day to day."""

    agency: str
    since: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamPlan:
    """A cross-inspection team; the first member leads."""

    team: str
    members: tuple[str, ...]
    inspects: tuple[Visit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """How an agency does: `level` in thousandths of the points, scattered by `seed`."""

    level: int
    seed: str
    previous: Stated
    late_days: int = 0
    exceptions: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlan:
    """When what happens in a round."""

    code: str
    evaluated_year: int
    execution_year: int
    opened: str
    phases: Mapping[str, str]
    deadlines: tuple[DeadlineRule, ...]
    holidays: tuple[str, ...]
    meetings: tuple[str, ...]
    proposed: str | None = None
    approved: str | None = None
    published: str | None = None

    def moment(self, phase: str) -> datetime:
        """Return when a phase opens."""
        return datetime.fromisoformat(self.phases[phase])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Control totals of a respondent group."""

    issued: int
    returned: int
    valid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialCase:
    """A claim that a criterion does not fit, and how it ended."""

    agency: str
    criterion: str
    claim: str
    outcome: Outcome
    reason: str
    points: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Initiative:
    """An initiative claimed for bonus points, and what it got."""

    agency: str
    criterion: str
    title: str
    level: str
    claimed: str
    points: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A sector policy put before the council."""

    agency: str
    criterion: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """The council moves a cell to new points, at its `meeting`-th meeting (from 1)."""

    agency: str
    criterion: str
    to: str
    category: ReasonCategory
    reason: str
    meeting: int
    votes_against: int = 0
    abstentions: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeductionPlan:
    """Points off by decision of the council."""

    agency: str
    criterion: str
    points: str
    category: ReasonCategory
    reason: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A declared cell that no team could verify."""

    agency: str
    criterion: str
    category: ReasonCategory
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What the council decides."""

    special_cases: tuple[SpecialCase, ...]
    initiatives: tuple[Initiative, ...]
    policies: tuple[Policy, ...]
    adjustments: tuple[Adjustment, ...]
    deductions: tuple[DeductionPlan, ...]
    waivers: tuple[Waiver, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Everything the story is told from."""

    agencies: tuple[ExampleAgency, ...]
    people: tuple[Person, ...]
    teams: tuple[TeamPlan, ...]
    profiles: Mapping[str, Profile]
    rounds: tuple[RoundPlan, ...]
    survey: Mapping[str, Wave]
    decisions: Decisions
    criteria: CriteriaSet
    templates: Mapping[str, str]

    def of_duty(self, duty: str, home: str | None = None) -> tuple[str, ...]:
        """Return the actors with a duty (of one agency, where it is given)."""
        return tuple(p.actor for p in self.people if p.duty == duty and home in (None, p.home))

    def home(self, actor: str) -> str | None:
        """Return a person's home agency."""
        return next(p.home for p in self.people if p.actor == actor)

    def name(self, agency: str) -> str:
        """Return an agency's name."""
        return next(a.name_vi for a in self.agencies if a.code == agency)


class _Loader(yaml.SafeLoader):
    """YAML in which dates, decimals and words like `on` stay the text they are written as."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":int", ":null", ":merge"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))

FILES = ("agencies", "people", "teams", "profiles", "round", "survey", "decisions", "criteria")


def load_raw(folder: Path) -> dict[str, Any]:
    """Read the YAML files of the example as they are; raises ExampleError."""
    raw: dict[str, Any] = {}
    for name in FILES:
        path = folder / f"{name}.yaml"
        try:
            raw[name] = yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
        except FileNotFoundError:
            raise ExampleError(path.name, f"not found in {folder}") from None
        except yaml.YAMLError as wrong:
            raise ExampleError(path.name, f"is not YAML ({wrong})") from None
    raw["templates"] = {p.name: p.read_text("utf-8") for p in sorted((folder / "evidence").iterdir())}
    return raw


def load_example(folder: Path) -> Example:
    """Read the example of a folder; raises ExampleError naming file and field."""
    return build_example(load_raw(folder))


def build_example(raw: Mapping[str, Any]) -> Example:
    """Make an example of raw values; raises ExampleError."""
    return Example(
        agencies=_read(tuple[ExampleAgency, ...], raw, "agencies"),
        people=_read(tuple[Person, ...], raw, "people"),
        teams=_read(tuple[TeamPlan, ...], raw, "teams"),
        profiles=_read(Mapping[str, Profile], raw, "profiles"),
        rounds=_read(tuple[RoundPlan, ...], raw, "round"),
        survey=_read(Mapping[str, Wave], raw, "survey"),
        decisions=_read(Decisions, raw, "decisions"),
        criteria=_read(CriteriaSet, raw, "criteria"),
        templates=raw["templates"],
    )


def _read(shape: Any, raw: Mapping[str, Any], name: str) -> Any:
    try:
        return read(shape, raw[name], name)
    except Malformed as wrong:
        raise ExampleError(f"{name}.yaml", f"{wrong.refusal.rule} {dict(wrong.refusal.facts)}") from None
