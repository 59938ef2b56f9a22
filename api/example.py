"""The example of Da Nang 2016 as data: read strictly from its folder; errors name file and field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from api.errors import ExampleError
from api.example_council import CouncilPlan, Decisions
from api.example_plans import Delegation, DisputePlan, Dossiers, Guidance, RegistryPlan, Results
from domain.criteria import Block, CriteriaSet
from domain.deadlines import DeadlineRule, Phase
from domain.refusals import Malformed
from domain.shapes import Stated, read
from domain.stated.rounds import AwardRule, PublicationPolicy, Timer


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
    """How an agency does: `level` in thousandths of the points, scattered by `seed`; last year's total."""

    level: int
    seed: str
    previous: Stated | None = None
    late_days: int = 0
    exceptions: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A phase is due later, for everyone."""

    phase: Phase
    due: str
    at: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPlan:
    """When a version of the result is proposed, approved, published, and confirmed by an auditor."""

    proposed: str
    approved: str
    published: str
    confirmed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundPlan:
    """When what happens in a round, and by which rules."""

    code: str
    evaluated_year: int
    execution_year: int
    opened: str
    regulation: str
    regulation_version: str
    criteria_version: str
    previous_source: str
    phases: Mapping[str, str]
    deadlines: tuple[DeadlineRule, ...]
    holidays: tuple[str, ...]
    timers: tuple[Timer, ...]
    publication: PublicationPolicy
    awards: AwardRule
    extensions: tuple[Extension, ...] = ()
    versions: tuple[VersionPlan, ...] = ()

    def moment(self, phase: str) -> datetime:
        """Return when a phase opens."""
        return datetime.fromisoformat(self.phases[phase])

    def due(self, phase: Phase) -> date:
        """Return the last day of a phase that has a date of its own, extensions counted."""
        stated = next(rule.on for rule in self.deadlines if rule.phase is phase)
        extended = [date.fromisoformat(e.due) for e in self.extensions if e.phase is phase]
        return max(extended, default=stated or date.max)

    @property
    def days_off(self) -> frozenset[date]:
        """The public holidays of its execution year."""
        return frozenset(map(date.fromisoformat, self.holidays))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Control totals of a respondent group; `upward` where those below rate their superiors."""

    issued: int
    returned: int
    valid: int
    upward: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The sentences that the story picks from."""

    findings: tuple[str, ...]
    strict_finding: str
    explanations: tuple[str, ...]
    explanation_requests: tuple[str, ...]
    evidence_requests: tuple[str, ...]
    returned: str
    amended: str
    reserved: str
    mended: str
    opinions: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Everything the story is told from. `agencies` are those that are ranked."""

    agencies: tuple[ExampleAgency, ...]
    people: tuple[Person, ...]
    teams: tuple[TeamPlan, ...]
    profiles: Mapping[str, Profile]
    registry: RegistryPlan
    rounds: tuple[RoundPlan, ...]
    survey: Mapping[str, Wave]
    guidance: Guidance
    delegations: tuple[Delegation, ...]
    dossiers: Dossiers
    council: CouncilPlan
    decisions: Decisions
    disputes: tuple[DisputePlan, ...]
    results: Results
    criteria_sets: tuple[CriteriaSet, ...]
    phrases: Phrases
    templates: Mapping[str, str]
    documents: Mapping[str, bytes]

    @property
    def criteria(self) -> CriteriaSet:
        """The criteria set of the first round."""
        return self.criteria_of(self.rounds[0])

    def criteria_of(self, plan: RoundPlan) -> CriteriaSet:
        """Return the version of the criteria set that a round names."""
        return next(s for s in self.criteria_sets if s.version == plan.criteria_version)

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

FILES = (
    "agencies",
    "people",
    "teams",
    "profiles",
    "registry",
    "round",
    "survey",
    "guidance",
    "delegations",
    "dossiers",
    "council",
    "decisions",
    "disputes",
    "results",
    "criteria",
    "phrases",
)


def load_raw(folder: Path) -> dict[str, Any]:
    """Read the files of the example as they are; raises ExampleError."""
    raw = {name: _load(folder, f"{name}.yaml") for name in FILES}
    raw["changes"] = [_load(folder, path.name) for path in sorted(folder.glob("criteria-*.yaml"))]
    raw["templates"] = {p.name: p.read_text("utf-8") for p in sorted((folder / "evidence").iterdir())}
    raw["documents"] = {p.name: p.read_bytes() for p in sorted((folder / "documents").iterdir())}
    return raw


def _load(folder: Path, name: str) -> Any:
    try:
        return yaml.load((folder / name).read_text("utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError:
        raise ExampleError(name, f"not found in {folder}") from None
    except yaml.YAMLError as wrong:
        raise ExampleError(name, f"is not YAML ({wrong})") from None


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
        registry=_read(RegistryPlan, raw, "registry"),
        rounds=_read(tuple[RoundPlan, ...], raw, "round"),
        survey=_read(Mapping[str, Wave], raw, "survey"),
        guidance=_read(Guidance, raw, "guidance"),
        delegations=_read(tuple[Delegation, ...], raw, "delegations"),
        dossiers=_read(Dossiers, raw, "dossiers"),
        council=_read(CouncilPlan, raw, "council"),
        decisions=_read(Decisions, raw, "decisions"),
        disputes=_read(tuple[DisputePlan, ...], raw, "disputes"),
        results=_read(Results, raw, "results"),
        criteria_sets=tuple(_criteria_sets(raw)),
        phrases=_read(Phrases, raw, "phrases"),
        templates=raw["templates"],
        documents=raw["documents"],
    )


def _criteria_sets(raw: Mapping[str, Any]) -> Iterator[CriteriaSet]:
    """The first version is written out; a later one says what is otherwise, and builds on the one before."""
    stated = raw["criteria"]
    yield _read(CriteriaSet, raw, "criteria")
    for changes in raw["changes"]:
        name = f"criteria-{changes['version']}"
        changed = {criterion["code"]: criterion for criterion in changes["criteria"]}
        if unknown := changed.keys() - {criterion["code"] for criterion in stated["criteria"]}:
            raise ExampleError(f"{name}.yaml", f"changes what is not there: {', '.join(sorted(unknown))}")
        criteria = [criterion | changed.get(criterion["code"], {}) for criterion in stated["criteria"]]
        stated = stated | {"version": changes["version"], "criteria": criteria}
        yield _read(CriteriaSet, {name: stated}, name)


def _read(shape: Any, raw: Mapping[str, Any], name: str) -> Any:
    try:
        return read(shape, raw[name], name)
    except Malformed as wrong:
        raise ExampleError(f"{name}.yaml", f"{wrong.refusal.rule} {dict(wrong.refusal.facts)}") from None
