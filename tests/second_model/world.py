"""A small world for both models: six agencies in three blocks, two teams, five members, short deadlines.

Pseudonyms say what a person does and where: `head-STC`, `focal-STC`, `deputy-STC`, `inspector-STC`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from fractions import Fraction
from itertools import chain
from typing import Any

from domain.criteria import (
    Band,
    BandsRule,
    Block,
    CountRule,
    CriteriaSet,
    Empty,
    ImprovementRule,
    LogRule,
    Measure,
    Part,
    PartsRule,
    RatingClass,
    RatioRule,
    ResultWeights,
    Section,
    Shortcoming,
    StatedRule,
    SurveyRule,
)
from domain.stated import registry as g
from domain.stated.choices import Role
from tests.domain.criteria_sets import criteria_set, criterion, numbers

ZONE = timezone(timedelta(hours=7))
START = datetime(2017, 1, 16, 8, tzinfo=ZONE)
AGENCIES = {
    "SNV": Block.DEPARTMENT,
    "STC": Block.DEPARTMENT,
    "STP": Block.DEPARTMENT,
    "HC": Block.DISTRICT,
    "LC": Block.DISTRICT,
    "CT": Block.CENTRAL,
}
MEMBERS = {"member-1": "SNV", "member-2": "HC", "member-3": None, "member-4": None, "member-5": None}
TEAMS = {"T1": ("inspector-SNV", "inspector-STC"), "T2": ("inspector-HC", "inspector-CT")}
INSPECTED_BY = {"HC": "T1", "LC": "T1", "CT": "T1", "SNV": "T2", "STC": "T2", "STP": "T2"}
GROUPS = ("COUNCIL_DEPUTY", "STAFF")
HOMES: dict[str, str | None] = {
    **{f"{duty}-{code}": code for code in AGENCIES for duty in ("head", "focal", "deputy", "inspector")},
    **MEMBERS,
    "secretary": "SNV",
    "authority": None,
    "spare-1": "STP",
    "spare-2": None,
}
OFFICES: tuple[tuple[str, Role, str | None], ...] = (
    *((f"head-{code}", Role.AGENCY_HEAD, code) for code in AGENCIES),
    ("secretary", Role.SECRETARIAT, None),
    ("authority", Role.APPROVING_AUTHORITY, None),
    *((member, Role.COUNCIL_MEMBER, None) for member in MEMBERS),
)


def _half(rule: Any) -> Part:
    return Part(max_points=Fraction(1), rule=rule)


IN_TIME = LogRule(of=Measure.ON_TIME_ENTRIES, to=Measure.REQUIRED_ENTRIES)
BANDS = (
    Band(at_least=Fraction("0.9"), points=Fraction(3)),
    Band(at_least=Fraction("0.5"), points=Fraction("1.5")),
)
CRITERIA = criteria_set(
    criterion("A1.1", "1", StatedRule(choices=numbers("0", "0.5", "1"))),
    criterion("A1.2", "2", StatedRule()),
    criterion("A1.3", "2", RatioRule(of="done", to="planned", floor=Fraction("0.7"))),
    criterion("A1.4", "2", RatioRule(of="online", to="all", target=Fraction("0.8"), empty=Empty.FULL)),
    criterion("A2.1", "3", BandsRule(of="on_time", to="files", bands=BANDS, empty=Empty.FULL)),
    criterion("A2.2", "2", CountRule(of="reforms", each=Fraction("0.5"))),
    criterion("A2.3", "2", IN_TIME),
    criterion("A2.4", "2", PartsRule(parts=(_half(LogRule(of=Measure.FOCAL_OFFICER)), _half(IN_TIME)))),
    criterion(
        "A2.5",
        "2",
        PartsRule(
            parts=(
                _half(RatioRule(of="mended", to="found", empty=Empty.FULL)),
                _half(CountRule(of="checks", each=Fraction("0.25"))),
            )
        ),
    ),
    criterion(
        "A2.6", "2", PartsRule(parts=(_half(IN_TIME), _half(CountRule(of="visits", each=Fraction(1)))))
    ),
    criterion("A3.1", "3", SurveyRule(groups=GROUPS)),
    criterion("A3.2", "2", ImprovementRule(offset=Fraction(5), span=Fraction(30))),
    criterion("A3.3", "2", StatedRule(), Block.DISTRICT, Block.CENTRAL),
    criterion("A3.4", "1", SurveyRule(groups=("STAFF",)), Block.DEPARTMENT),
    criterion("B1", "3", StatedRule(), section=Section.BONUS),
    criterion("B2", "2", StatedRule(choices=numbers("1", "2")), section=Section.BONUS),
    criterion("D1", "1", LogRule(of=Measure.LATE_REPORTS, each=Fraction("0.25")), section=Section.DEDUCTION),
    criterion(
        "D2", "1", LogRule(of=Measure.FLAWED_EVIDENCE, each=Fraction("0.5")), section=Section.DEDUCTION
    ),
    criterion("D3", "3", StatedRule(), section=Section.DEDUCTION),
    tie_break=("area:A3", "fewer_deductions", "total"),
    classes=tuple(
        RatingClass(code=code, name_vi=code, at_least=Fraction(edge))
        for code, edge in (("VERY_GOOD", 30), ("GOOD", 15), ("OTHER", 0))
    ),
    results=(
        ResultWeights(
            code="ARCHIVES",
            name_vi="Văn thư, lưu trữ",
            name_en="Records and archives",
            weights={"A1.1": Fraction(2), "A2.1": Fraction("0.5"), "A3.3": Fraction(1), "A3.1": Fraction(1)},
        ),
    ),
    shortcomings=(
        Shortcoming(code="NO_PLAN", name_vi="Không có kế hoạch", name_en="No plan"),
        Shortcoming(code="WRONG_SERIAL", name_vi="Sai số hiệu", name_en="Wrong serial"),
    ),
)
"""Every kind of rule in every section, a further result, and ties that are broken late."""
LEAN = replace(
    criteria_set(
        *(CRITERIA.by_code[code] for code in ("A1.1", "A1.2", "A2.2", "A3.1")),
        criterion("A3.3", "2", StatedRule()),
        *(CRITERIA.by_code[code] for code in ("B1", "D1", "D3")),
    ),
    version="2",
    min_ballots=6,
    bonus_ranks=False,
    tie_break=CRITERIA.tie_break,
    classes=CRITERIA.classes,
)
"""A second version with few criteria and coarse points, so that agencies often tie."""


def founding() -> Iterator[tuple[str | tuple[str, ...], Any]]:
    """Yield who states what until everybody is registered and two versions of the set are issued."""
    registrars = ("registrar-1", "registrar-2")
    keys = tuple(g.RegistrarKey(actor=actor, public_key="a2V5", custody="person") for actor in registrars)
    opened = g.LogOpened(
        log_key="bG9n",
        registrars=keys,
        quorum=2,
        witness_policy=g.WitnessPolicy(witnesses=(), quorum=0),
        time_zone="Asia/Ho_Chi_Minh",
        utc_offset="+07:00",
        clock="scripted",
    )
    yield ("log", *registrars), opened
    for code, block in AGENCIES.items():
        since = date(2010, 1, 1)
        yield (
            "registrar-1",
            g.AgencyRegistered(code=code, name_vi=code, name_en=code, block=block, since=since),
        )
    for officer, home in HOMES.items():
        yield "registrar-1", g.OfficerRegistered(officer=officer, home=home)
    for officer, role, agency in OFFICES:
        yield "registrar-2", g.RoleGranted(officer=officer, role=role, agency=agency)
    yield "authority", regulation("1")
    for issued in (CRITERIA, LEAN):
        yield "secretary", issues(issued)


def regulation(version: str) -> g.RegulationIssued:
    """Return a version of the regulation."""
    return g.RegulationIssued(code="QD", version=version, number="1/QĐ-UBND", issued_on=date(2017, 1, 3))


def issues(issued: CriteriaSet) -> g.CriteriaSetIssued:
    """Return the issue of a set under the first version of the regulation."""
    return g.CriteriaSetIssued(regulation="QD", regulation_version="1", criteria_set=issued)


EVERYBODY = tuple(chain(HOMES, ("registrar-1", "nobody")))
