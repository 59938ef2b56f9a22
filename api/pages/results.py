"""What everybody may read of rounds: each published version, what changed, how it was computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from api import publication
from api.answers import Answer, ranking
from api.pages.reckoned import Reckoned
from api.runtime import Runtime
from audit.proofs.keys import DEMO_ORIGIN
from domain.criteria import Block, Section
from domain.deadlines import Phase
from domain.points import write
from domain.standing import Round, Version

_ALL_PLACES = ("rank", "shared", "agency", "name_vi", "name_en", "score", "total", "class")


class Results:
    """The rounds of a log as they stand in memory, and their published places as rows held them.

    A version that was published never changes, so what was read of one is kept.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._known: dict[tuple[str, int], Answer] = {}
        self._reckoned = Reckoned(runtime.log)

    @property
    def log(self) -> Answer:
        """Which log this is."""
        genesis = self._runtime.intake.keyring.genesis
        return {"log": genesis.origin, "clock": genesis.clock, "demo": genesis.origin == DEMO_ORIGIN}

    @property
    def codes(self) -> list[str]:
        """The rounds there are, newest first."""
        return sorted(self._runtime.intake.standing.rounds, reverse=True)

    def rounds(self) -> Answer:
        """Answer with every round: its year, where it stands, and when it was last published."""
        return {**self.log, "rounds": [_outline(self._runtime.intake.standing.rounds[c]) for c in self.codes]}

    def about(self, connection: Connection, found: Round, number: int | None) -> Answer:
        """Answer with all that the public is told of a round, with a version's places (the newest's)."""
        chosen = next((v for v in found.versions if v.number == (number or found.published)), None)
        return {
            **self.log,
            **_outline(found),
            "deadlines": [_deadline(found, phase) for phase in found.deadlines],
            "policy": {
                "public_places": found.publication.public_places,
                "public_scores": found.publication.public_scores,
            },
            "version": chosen
            and {"number": chosen.number, "position": chosen.position, "at": _time(found, chosen)},
            "blocks": self._blocks(connection, found, chosen),
            "versions": list(self._versions(connection, found)),
            "computed": _computed(found),
        }

    # --- versions ---------------------------------------------------------------------------------------

    def _shown(self, connection: Connection, found: Round, version: Version) -> Answer:
        key = found.code, version.number
        if key not in self._known:
            whole = ranking(self._runtime.log, connection, found.code, None, version.position + 1)
            self._known[key] = publication.public(whole, found.publication)
        return self._known[key]

    def _blocks(self, connection: Connection, found: Round, version: Version | None) -> list[Answer]:
        sizes = Counter(found.agencies.values())
        if version is None:
            return [
                {"block": block.value, "agencies": sizes[block], "places": []}
                for block in Block
                if sizes[block]
            ]
        return [
            {"block": block["block"], "agencies": sizes[Block(block["block"])], "places": block["places"]}
            for block in self._shown(connection, found, version)["blocks"]
            if sizes[Block(block["block"])]
        ]

    def _versions(self, connection: Connection, found: Round) -> Iterator[Answer]:
        """Yield every version, newest first, with what its shown places changed over the one before."""
        before = {v.number: last for last, v in pairwise(found.versions)}
        for version in reversed(found.versions):
            last, changes, moved = before.get(version.number), None, []
            if last is not None:
                was, now = self._places(connection, found, last), self._places(connection, found, version)
                sizes = last.position + 1, version.position + 1
                moved = self._reckoned.since(connection, found.code, *sizes)["ranks"]
                changes = list(_changes(was, now, {one["agency"]: _acts([one]) for one in moved}))
            yield {
                "number": version.number,
                "position": version.position,
                "at": _time(found, version),
                "entries_since": last and version.position - last.position,
                "changes": changes,
                "decided": _acts(moved),
            }

    def _places(self, connection: Connection, found: Round, version: Version) -> dict[str, Answer]:
        blocks = self._shown(connection, found, version)["blocks"]
        return {place["agency"]: place for block in blocks for place in block["places"]}


def table_rows(about: Mapping[str, Any]) -> tuple[tuple[str, ...], list[Answer]]:
    """Return the shown places as a table: its columns, and a row for each."""
    shown = [
        name
        for name in _ALL_PLACES
        if about["policy"]["public_scores"] or name not in ("score", "total", "class")
    ]
    rows = [{**place, "block": block["block"]} for block in about["blocks"] for place in block["places"]]
    return ("block", *shown), rows


def _acts(moved: Sequence[Answer]) -> list[Answer]:
    """Return the statements that moved ranks, by kind and position alone, in the order of the log."""
    kinds = {event["position"]: event["type"] for one in moved for event in one["because"]}
    return [{"position": position, "type": kinds[position]} for position in sorted(kinds)]


def _changes(
    before: Mapping[str, Answer], after: Mapping[str, Answer], acts: Mapping[str, list[Answer]]
) -> Iterator[Answer]:
    """Yield which agencies came, moved or left among the places shown, and by which acts."""
    for agency, place in {**after, **before}.items():
        was, now = before.get(agency, {}).get("rank"), after.get(agency, {}).get("rank")
        if was != now:
            kind = "came" if was is None else "left" if now is None else "moved"
            names = {name: place[name] for name in ("agency", "name_vi", "name_en")}
            yield {**names, "kind": kind, "before": was, "after": now, "because": acts.get(agency, [])}


def _outline(found: Round) -> Answer:
    newest = found.versions[-1] if found.versions else None
    return {
        "round": found.code,
        "evaluated_year": found.evaluated_year,
        "phase": found.phase.value,
        "agencies": len(found.agencies),
        "published_version": found.published,
        "published_at": newest and _time(found, newest),
    }


def _time(found: Round, version: Version) -> str:
    return version.at.astimezone(found.zone).isoformat()


def _deadline(found: Round, phase: Phase) -> Answer:
    its = found.deadlines[phase]
    end: datetime = found.due[phase]
    return {"phase": phase.value, "due": its.due.isoformat(), "hard": its.hard, "ends": end.isoformat()}


def _computed(found: Round) -> Answer:
    its = found.criteria
    main = [criterion for criterion in its.criteria if criterion.section is Section.MAIN]
    areas = [
        {
            "area": area.code,
            "name_vi": area.name_vi,
            "name_en": area.name_en,
            "maximum": write(Fraction(area.max_points)),
            "criteria": [
                {
                    "criterion": c.code,
                    "name_vi": c.name_vi,
                    "name_en": c.name_en,
                    "maximum": write(c.max_points),
                }
                for c in main
                if c.area == area.code
            ],
        }
        for area in its.areas
    ]
    return {
        "criteria_set": its.code,
        "criteria_version": its.version,
        "name_vi": its.name_vi,
        "name_en": its.name_en,
        "regulation": " ".join(found.regulation),
        "bonus_max": write(its.bonus_max),
        "bonus_ranks": its.bonus_ranks,
        "deduction_max": write(its.deduction_max),
        "classes": [{"class": one.code, "at_least": write(one.at_least)} for one in its.classes],
        "areas": areas,
        "maximum": write(sum((Fraction(area.max_points) for area in its.areas), Fraction())),
    }
