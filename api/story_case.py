"""One agency in one round, as the story follows it: its criteria, numbers, and documents by version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import Any

from api.acts import Act, File, Ref
from api.example import ExampleAgency, Profile
from api.story_cast import Cast
from api.story_values import chance, finding, level
from domain.criteria import Criterion


class Paper(Enum):
    """The two documents that an agency has for each area."""

    REPORT = "BC"
    TABLE = "PL"


@dataclass(frozen=True)
class Case:
    """An agency with what it declares; `papers` counts the versions of each document submitted so far."""

    cast: Cast
    agency: ExampleAgency
    criteria: tuple[Criterion, ...]
    papers: dict[str, int] = field(default_factory=dict)
    held: set[tuple[str, str]] = field(default_factory=set)
    """(criterion, document) pairs that are together already."""

    @cached_property
    def profile(self) -> Profile:
        """How the agency does."""
        return self.cast.example.profiles[self.agency.code]

    def act(self, kind: str, at: datetime, signers: tuple[str, ...], **rest: Any) -> Act:
        """Return an act of somebody else about the agency."""
        return self.cast.act(kind, at, signers, agency=self.agency.code, **rest)

    def own(self, kind: str, at: datetime, duty: str = "AGENCY_HEAD", **rest: Any) -> Act:
        """Return an act of the agency."""
        return self.cast.by_agency(kind, at, self.agency.code, duty, **rest)

    def odds(self, criterion: str, what: str, below: int) -> int:
        """Return a number up to `below` that the agency, the round and the criterion make."""
        return chance(self.profile.seed, self.cast.plan.code, criterion, what, below=below)

    def found(self, criterion: Criterion, at: int) -> dict[str, object]:
        """Return points or quantities of about this level."""
        return finding(criterion, at, f"{self.profile.seed}{criterion.code}")

    def truth(self, criterion: Criterion) -> int:
        """Return how much of the cell's points the agency earns, in thousandths."""
        return level(self.profile, criterion.code)

    def hope(self, criterion: Criterion) -> int:
        """Agencies see themselves somewhat better in a quarter of the cells."""
        hoped = 70 if self.odds(criterion.code, "hope", 4) == 0 else 0
        return min(1000, self.truth(criterion) + hoped)

    # --- documents --------------------------------------------------------------------------------------

    def submit(self, criterion: Criterion, paper: Paper, at: datetime) -> Act:
        """A document is uploaded where it is first needed; every other cell reuses it (R41)."""
        serial = self._serial(criterion.area, paper)
        if serial not in self.papers:
            return self.mend(criterion, paper, at)
        self.held.add((criterion.code, serial))
        body = {"source": Ref(self._label(serial))}
        return self.own("EvidenceReused", at, "FOCAL_OFFICER", criterion=criterion.code, body=body)

    def mend(self, criterion: Criterion, paper: Paper, at: datetime) -> Act:
        """The document's next version, with other bytes."""
        serial = self._serial(criterion.area, paper)
        self.papers[serial] = version = self.papers.get(serial, 0) + 1
        self.held.add((criterion.code, serial))
        file = self.file(criterion.area, paper, version)
        return self.own(
            "EvidenceSubmitted",
            at,
            "FOCAL_OFFICER",
            criterion=criterion.code,
            body={"serial": serial, "version": version},
            texts={"title": criterion.evidence, "file_names": file.name},
            files=(file,),
            label=self._label(serial),
        )

    def holds(self, criterion: Criterion, paper: Paper) -> bool:
        """Whether a cell has a document already."""
        return (criterion.code, self._serial(criterion.area, paper)) in self.held

    def file(self, area: str, paper: Paper, version: int = 1) -> File:
        """Return a version of a document as a file."""
        slug = f"{self.agency.code.lower()}-{area.lower()}-{self.cast.plan.evaluated_year}"
        slug += f"-v{version}" if version > 1 else ""
        if paper is Paper.REPORT:
            return File(f"bao-cao-{slug}.txt", "text/plain", self._report(area, version).encode())
        return File(f"phu-luc-{slug}.csv", "text/csv", self._table(area, version).encode())

    def _serial(self, area: str, paper: Paper) -> str:
        return f"{20 + int(area[1:])}/{paper.value}-{self.agency.code}"

    def _label(self, serial: str) -> str:
        return f"evidence/{self.cast.plan.code}/{self.agency.code}/{serial}"

    def _mended(self, version: int) -> str:
        mended = self.cast.example.phrases.mended
        return "\n".join(mended.format(times=times) for times in range(1, version))

    def _report(self, area: str, version: int) -> str:
        name = next(a.name_vi for a in self.cast.example.criteria.areas if a.code == area)
        report = self.cast.example.templates["bao-cao.txt"].format(
            name=self.agency.name_vi,
            title="Kết quả thực hiện",
            year=self.cast.plan.evaluated_year,
            serial=self._serial(area, Paper.REPORT),
            area=name,
        )
        return report + (f"\n{self._mended(version)}\n" if version > 1 else "")

    def _table(self, area: str, version: int) -> str:
        rows = [self.cast.example.templates["phu-luc.csv"].rstrip("\n")]
        serial, year = self._serial(area, Paper.TABLE), self.cast.plan.evaluated_year
        for criterion in (c for c in self.criteria if c.area == area):
            stated = self.found(criterion, self.hope(criterion))
            values = stated.get("quantities") or {"điểm": stated.get("points")}
            if isinstance(values, Mapping):
                rows += [
                    f"{self.agency.name_vi};{year};{serial};{criterion.code};{name};{value}"
                    for name, value in values.items()
                ]
        return "\n".join([*rows, *filter(None, [self._mended(version)])]) + "\n"
