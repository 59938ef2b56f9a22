"""The middle of the story: agencies declare, teams inspect, agencies explain, both sign the minutes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction

from api.acts import Act, File, Ref
from api.example import Example, ExampleAgency, Profile, RoundPlan, TeamPlan, Visit
from api.story_values import ZONE, Calendar, ballots, chance, finding, level
from domain.criteria import Criterion, Section, SurveyRule

_FINDINGS = (
    "Đã đối chiếu tài liệu kiểm chứng với hồ sơ gốc tại cơ quan; số liệu khớp.",
    "Kiểm tra ngẫu nhiên hồ sơ lưu; kết quả phù hợp với báo cáo của đơn vị.",
    "Một phần số liệu chưa có tài liệu kiểm chứng đầy đủ; Đoàn ghi nhận theo phần có tài liệu.",
    "Số liệu báo cáo cao hơn thực tế kiểm tra; Đoàn ghi nhận theo hồ sơ gốc.",
)
_EXPLANATIONS = (
    "Văn bản đã được ban hành đúng hạn nhưng chưa cập nhật lên phần mềm; đơn vị bổ sung bản ký số.",
    "Số liệu chênh lệch do thời điểm chốt báo cáo khác nhau; đơn vị gửi kèm bảng đối chiếu.",
    "Nhiệm vụ được giao bổ sung vào cuối năm nên chưa đưa vào kế hoạch; đơn vị đề nghị xem xét.",
    "Hồ sơ lưu tại đơn vị trực thuộc, nay đã tập hợp đầy đủ để Đoàn kiểm tra.",
)
_RETURNED = "Tài liệu kiểm chứng chưa đủ; đề nghị đơn vị bổ sung."
_AMENDED = "Đơn vị đã giải trình và bổ sung tài liệu; Đoàn điều chỉnh ghi nhận."
_RESERVED = "Đơn vị bảo lưu ý kiến đối với các tiêu chí chưa thống nhất, đề nghị Hội đồng xem xét."


@dataclass(frozen=True, slots=True)
class _Case:
    """One agency in one round, as the story follows it."""

    example: Example
    plan: RoundPlan
    agency: ExampleAgency
    profile: Profile
    criteria: tuple[Criterion, ...]

    def act(self, kind: str, at: datetime, signer: tuple[str, ...], **rest: object) -> Act:
        return Act(
            at=at,
            type=f"{kind}.v1",
            signers=signer,
            round=self.plan.code,
            agency=self.agency.code,
            **rest,  # type: ignore[arg-type]
        )

    def duty(self, duty: str) -> tuple[str, ...]:
        return self.example.of_duty(duty, self.agency.code)[:1]

    def odds(self, criterion: str, what: str, below: int) -> int:
        return chance(self.profile.seed, self.plan.code, criterion, what, below=below)


def assessment(
    example: Example, plan: RoundPlan, *, agencies: int | None = None, cells: int | None = None
) -> Iterator[Act]:
    """Tell a round's self-assessment and, where the round gets that far, its inspection and survey."""
    for number, agency in enumerate(example.agencies[:agencies]):
        main = example.criteria.of_section(Section.MAIN, agency.block)
        declared = tuple(c for c in main if c.is_declared)[:cells]
        case = _Case(example, plan, agency, example.profiles[agency.code], declared)
        yield from _declare(case, number, whole=cells is None)
        if "INSPECTION" in plan.phases:
            yield from _inspect(case)
            yield from _survey(case, main, number)
    if "INSPECTION" in plan.phases:
        yield from _waves(example, plan)


# --- the agency declares --------------------------------------------------------------------------------


def _declare(case: _Case, number: int, *, whole: bool) -> Iterator[Act]:
    due = case.plan.deadlines[0].on or date.max
    first = case.plan.moment("SELF_ASSESSMENT").date() + timedelta(days=number % 4 + 1)
    holidays = frozenset(map(date.fromisoformat, case.plan.holidays))
    calendar = Calendar(first, due - timedelta(days=1 if whole else 14), holidays)
    late = datetime.combine(due, time(8), ZONE) + timedelta(days=case.profile.late_days)
    for place, criterion in enumerate(case.criteria):
        at = calendar.at(Fraction(place, len(case.criteria)))
        if case.profile.late_days and place >= len(case.criteria) - 6:
            at = late + timedelta(minutes=7 * place)
        yield from _evidence(case, criterion, at)
        officer = case.duty("FOCAL_OFFICER") if place % 5 else case.duty("DEPUTY")
        stated = finding(criterion, _declared_level(case, criterion), f"{case.profile.seed}{criterion.code}")
        kind = "SelfScoreDeclared" if "points" in stated else "QuantitiesDeclared"
        yield case.act(kind, at + timedelta(minutes=4), officer, criterion=criterion.code, body=stated)
    if whole:
        at = late + timedelta(hours=7 if not case.profile.late_days else 8, minutes=number)
        body = {"declared": len(case.criteria)}
        yield case.act("SelfAssessmentSubmitted", at, case.duty("AGENCY_HEAD"), body=body)


def _declared_level(case: _Case, criterion: Criterion) -> int:
    """Agencies see themselves somewhat better in a quarter of the cells."""
    truth = level(case.profile, criterion.code)
    hope = 70 if case.odds(criterion.code, "hope", 4) == 0 else 0
    return min(1000, truth + hope)


def _evidence(case: _Case, criterion: Criterion, at: datetime) -> Iterator[Act]:
    """One report for each area, and in half of the cells the table behind it: one file serves many cells."""
    report, table = _documents(case, criterion.area)
    files = [report, table] if case.odds(criterion.code, "evidence", 20) < 11 else [report]
    for file in files:
        yield case.act(
            "EvidenceSubmitted",
            at,
            case.duty("FOCAL_OFFICER"),
            criterion=criterion.code,
            body={"serial": _serial(case, criterion.area)},
            texts={"title": criterion.evidence, "file_names": file.name},
            files=(file,),
        )


def _serial(case: _Case, area: str) -> str:
    return f"{20 + int(area[1:])}/BC-{case.agency.code}"


def _documents(case: _Case, area: str) -> tuple[File, File]:
    serial, year = _serial(case, area), case.plan.evaluated_year
    area_name = next(a.name_vi for a in case.example.criteria.areas if a.code == area)
    report = case.example.templates["bao-cao.txt"].format(
        name=case.agency.name_vi, title="Kết quả thực hiện", year=year, serial=serial, area=area_name
    )
    rows = [case.example.templates["phu-luc.csv"].rstrip("\n")]
    for criterion in (c for c in case.criteria if c.area == area):
        stated = finding(criterion, _declared_level(case, criterion), f"{case.profile.seed}{criterion.code}")
        quantities = stated.get("quantities") or {"điểm": stated.get("points")}
        if isinstance(quantities, dict):
            for name, value in quantities.items():
                rows.append(f"{case.agency.name_vi};{year};{serial};{criterion.code};{name};{value}")
    slug = f"{case.agency.code.lower()}-{area.lower()}-{year}"
    return (
        File(f"bao-cao-{slug}.txt", "text/plain", report.encode()),
        File(f"phu-luc-{slug}.csv", "text/csv", ("\n".join(rows) + "\n").encode()),
    )


# --- the team inspects ----------------------------------------------------------------------------------


def _inspect(case: _Case) -> Iterator[Act]:
    team, visit = _visit(case)
    holidays = frozenset(map(date.fromisoformat, case.plan.holidays))
    calendar = Calendar(date.fromisoformat(visit.since), date.fromisoformat(visit.until), holidays)
    waived = {(w.agency, w.criterion) for w in case.example.decisions.waivers}
    items: list[dict[str, object]] = []
    noted = [c for c in case.criteria if (case.agency.code, c.code) not in waived]
    for place, criterion in enumerate(noted):
        member = (team.members[place % len(team.members)],)
        yield from _note(case, criterion, member, calendar.at(Fraction(place + 1, len(noted) + 1)))
        yield from _answer(case, criterion, member, place)
        disputed = case.odds(criterion.code, "answer", 26) == 1 and not case.profile.late_days
        label = f"note/{case.agency.code}/{criterion.code}"
        concurrence = "DISAGREED" if disputed else "AGREED"
        items.append({"criterion": criterion.code, "note": Ref(label), "concurrence": concurrence})
    yield _minutes(case, team, items)


def _visit(case: _Case) -> tuple[TeamPlan, Visit]:
    return next(
        (team, visit)
        for team in case.example.teams
        for visit in team.inspects
        if visit.agency == case.agency.code
    )


def _note(case: _Case, criterion: Criterion, member: tuple[str, ...], at: datetime) -> Iterator[Act]:
    """Some evidence is handed back first; of that, a third is never mended."""
    code, seed = criterion.code, f"{case.profile.seed}{criterion.code}"
    quality = "SOUND"
    if case.odds(code, "returned", 26) == 3:
        body = {"quality": "INCOMPLETE"}
        earlier = at - timedelta(minutes=50)
        yield case.act(
            "EvidenceReturned", earlier, member, criterion=code, body=body, texts={"reason": _RETURNED}
        )
        if case.odds(code, "mended", 3) == 0:
            quality = "INCOMPLETE"
        else:
            yield from list(_evidence(case, criterion, at - timedelta(minutes=20)))[:1]
    strict = 120 if _explained(case, code) == "amended" else 0
    truth = level(case.profile, code)
    stated = finding(criterion, max(0, truth - strict), seed)
    words = _FINDINGS[3 if strict else case.odds(code, "words", 3)]
    yield case.act(
        "InspectionNoteRecorded",
        at,
        member,
        criterion=code,
        body={"quality": quality, **stated},
        texts={"finding": words},
        label=f"note/{case.agency.code}/{code}",
    )


def _explained(case: _Case, criterion: str) -> str:
    """What became of the agency's word: nothing was said, it was heard, or the note was amended."""
    odds = case.odds(criterion, "answer", 26)
    if odds in (4, 9):
        return "amended"
    return "heard" if odds in (1, 17) else "silent"


def _answer(case: _Case, criterion: Criterion, member: tuple[str, ...], place: int) -> Iterator[Act]:
    outcome, code = _explained(case, criterion.code), criterion.code
    if outcome == "silent":
        return
    label = f"note/{case.agency.code}/{code}"
    late = case.profile.late_days > 1 and outcome == "heard"
    at = case.plan.moment("EXPLANATION") + timedelta(days=8 if late else place % 3, minutes=60 + 9 * place)
    words = _EXPLANATIONS[case.odds(code, "explanation", len(_EXPLANATIONS))]
    yield case.act(
        "ExplanationSubmitted",
        at,
        case.duty("AGENCY_HEAD"),
        criterion=code,
        body={"about": Ref(label)},
        texts={"explanation": words},
        files=_documents(case, criterion.area)[1:],
    )
    if outcome == "amended":
        stated = finding(criterion, level(case.profile, code), f"{case.profile.seed}{code}")
        yield case.act(
            "InspectionNoteAmended",
            at + timedelta(days=1 if at.weekday() < 4 else 3),
            member,
            criterion=code,
            body={"amends": Ref(label), "quality": "SOUND", **stated},
            texts={"finding": _FINDINGS[0], "reason": _AMENDED},
            label=label,
        )


def _minutes(case: _Case, team: TeamPlan, items: list[dict[str, object]]) -> Act:
    at = case.plan.moment("EXPLANATION") + timedelta(days=6, hours=1)
    at += timedelta(minutes=chance(case.profile.seed, "minutes", below=400))
    disagreed = any(item["concurrence"] == "DISAGREED" for item in items)
    return case.act(
        "MinutesSigned",
        at,
        (team.members[0], *case.duty("AGENCY_HEAD")),
        body={"team": team.team, "items": items},
        texts={"reservation": _RESERVED} if disagreed else {},
    )


# --- the survey -----------------------------------------------------------------------------------------


def _waves(example: Example, plan: RoundPlan) -> Iterator[Act]:
    at = plan.moment("EXPLANATION") + timedelta(days=8)
    for number, (group, wave) in enumerate(example.survey.items()):
        body = {
            "group": group,
            "issued": wave.issued,
            "returned": wave.returned,
            "valid": wave.valid,
        }
        yield Act(
            at=at + timedelta(hours=number),
            type="SurveyWaveClosed.v1",
            signers=example.of_duty("SECRETARIAT")[1:2],
            round=plan.code,
            body=body,
        )


def _survey(case: _Case, main: tuple[Criterion, ...], number: int) -> Iterator[Act]:
    at = case.plan.moment("EXPLANATION") + timedelta(days=12, minutes=11 * number)
    valid = {group: wave.valid for group, wave in case.example.survey.items()}
    for place, criterion in enumerate(c for c in main if c.is_survey):
        if isinstance(criterion.rule, SurveyRule):
            at_level = level(case.profile, criterion.code)
            counts = ballots(criterion.rule, valid, at_level, f"{case.profile.seed}{criterion.code}")
            yield case.act(
                "SurveyTallied",
                at + timedelta(minutes=place),
                case.example.of_duty("SECRETARIAT")[1:2],
                criterion=criterion.code,
                body={"counts": counts},
            )
