"""What agencies and their inspectors are waited for: letters, evidence, notes, minutes, promises."""

from __future__ import annotations

from collections.abc import Iterator

from domain.deadlines import Phase
from domain.dossiers import Cell, Dossier
from domain.stated import assessment as a
from domain.stated.choices import Path, Step, TeamRole
from domain.stated.disputes import DisputeFiled
from projections.pending import Desk, Office, Pending

_INSPECTED = (Phase.INSPECTION, Phase.EXPLANATION)


def of_agencies(desk: Desk) -> Iterator[Pending]:
    """What every ranked agency has before it, and the team that inspects it."""
    for agency in sorted(desk.round.agencies):
        yield from of_agency(desk, agency)


def of_agency(desk: Desk, agency: str) -> Iterator[Pending]:
    """What one agency has before it."""
    return _Agency(desk, agency).pending()


class _Agency:
    """One agency: its dossier, its cells, and who may act for it."""

    def __init__(self, desk: Desk, agency: str) -> None:
        code, standing = desk.round.code, desk.standing
        self._desk = desk
        self._code = agency
        self._dossier: Dossier = standing.dossier(code, agency)
        self._cells: dict[str, Cell] = {
            criterion: standing.cell(code, agency, criterion) for criterion in desk.round.criteria.by_code
        }
        focal = (self._dossier.focal, self._dossier.deputy)
        self._focal = tuple(o for o in focal if o is not None and standing.at_home(o, agency))
        self._its = {"party": agency, "agency": agency}

    def pending(self) -> Iterator[Pending]:
        phase = self._desk.round.phase
        yield from self._letters()
        if self._dossier.focal is None and phase is not Phase.PUBLISHED:
            due = self._desk.by_phase(Phase.PREPARATION)
            yield self._by_head(a.FocalOfficerAssigned, self._desk.round.position, **due)
        if phase is Phase.SELF_ASSESSMENT:
            yield from self._declarations()
        if phase.place <= Phase.EXPLANATION.place and self._dossier.compiled is None:
            yield from self._asked()
        if phase in _INSPECTED and self._dossier.compiled is None:
            yield from self._inspection()
        yield from self._promises()
        if phase is Phase.PUBLISHED:
            yield from self._contest()

    def _by_head(self, act: type[object], since: int, **what: object) -> Pending:
        heads = self._desk.heads(self._code)
        return self._desk.pending(act, Office.AGENCY_HEAD, heads, since=since, **self._its, **what)

    def _by_focal(self, act: type[object], since: int, **what: object) -> Pending:
        return self._desk.pending(act, Office.FOCAL_OFFICER, self._focal, since=since, **self._its, **what)

    def _letters(self) -> Iterator[Pending]:
        actors = (*self._desk.heads(self._code), *self._focal)
        for (code, position), letter in self._desk.standing.guidance.items():
            if code == self._desk.round.code and self._code in letter.waiting:
                due = {} if letter.due is None else {"due": letter.due}
                yield self._desk.pending(
                    a.GuidanceReceived, Office.FOCAL_OFFICER, actors, since=position, **self._its, **due
                )

    def _declarations(self) -> Iterator[Pending]:
        found, due = self._desk.round, self._desk.by_phase(Phase.SELF_ASSESSMENT)
        since = self._desk.since(Phase.SELF_ASSESSMENT)
        codes = found.criteria.declared(found.agencies[self._code])
        missing = [c for c in codes if self._cells[c].declared is None and self._cells[c].excluded is None]
        points = tuple(code for code in missing if found.criteria.by_code[code].is_stated)
        quantities = tuple(code for code in missing if code not in points)
        if points:
            yield self._by_focal(a.SelfScoreDeclared, since, criteria=points, **due)
        if quantities:
            yield self._by_focal(a.QuantitiesDeclared, since, criteria=quantities, **due)
        if self._dossier.submitted is None:
            yield self._by_head(a.SelfAssessmentSubmitted, since, **due)

    def _asked(self) -> Iterator[Pending]:
        """Evidence that was asked for or handed back, and explanations."""
        due = self._desk.by_phase(Phase.EXPLANATION)
        for code, cell in self._cells.items():
            asked = max((*cell.requested, *cell.returned), default=-1)
            if cell.supplied < asked:
                day = self._desk.by_day(self._desk.marks.asked.get(asked))
                yield self._by_focal(a.EvidenceSubmitted, asked, criteria=(code,), **(day or due))
            if cell.questions and max(cell.explained, default=-1) < cell.questions[-1]:
                yield self._by_head(a.ExplanationSubmitted, cell.questions[-1], criteria=(code,), **due)

    def _inspection(self) -> Iterator[Pending]:
        """Notes of the team, and the minutes that its leader and the head sign together."""
        team = self._desk.standing.teams.get((self._desk.round.code, self._dossier.team or ""))
        if team is None:
            return
        able = {m: role for m, role in team.members.items() if not self._at_home(m)}
        unseen = tuple(code for code, cell in sorted(self._cells.items()) if _unverified(cell))
        noted = max((note for cell in self._cells.values() for note in cell.notes), default=None)
        about = {"agency": self._code, "matter": team.name}
        if unseen:
            since = max(self._desk.since(Phase.INSPECTION), self._dossier.submitted or -1)
            due = self._desk.by_phase(Phase.INSPECTION)
            yield self._desk.pending(
                a.InspectionNoteRecorded,
                Office.INSPECTOR,
                sorted(able),
                since=since,
                criteria=unseen,
                **about,
                **due,
            )
        if noted is not None and self._dossier.minutes is None:
            due = self._desk.by_phase(Phase.EXPLANATION)
            leaders = sorted(member for member, role in able.items() if role is TeamRole.LEADER)
            yield self._by_head(a.MinutesSigned, noted, matter=team.name, **due)
            yield self._desk.pending(a.MinutesSigned, Office.INSPECTOR, leaders, since=noted, **about, **due)

    def _at_home(self, actor: str) -> bool:
        return self._desk.standing.at_home(actor, self._code)

    def _promises(self) -> Iterator[Pending]:
        for code, cell in self._cells.items():
            for promise in cell.promises:
                if promise.kept is None:
                    due = self._desk.by_day(promise.due)
                    yield self._by_head(a.ImprovementReported, promise.position, criteria=(code,), **due)

    def _contest(self) -> Iterator[Pending]:
        """While the clock for filing runs since the newest version, a result may be contested."""
        newest = self._desk.round.versions[-1]
        for path in Path:
            due = self._desk.by_timer(path, Step.FILE, newest.at)
            if due and self._desk.now < due["due"]:
                yield self._by_head(DisputeFiled, newest.position, matter=path.value, owed=False, **due)


def _unverified(cell: Cell) -> bool:
    done = cell.verified is not None or cell.waived is not None or cell.excluded is not None
    return cell.declared is not None and not done
