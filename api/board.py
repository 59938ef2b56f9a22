"""The auditor's board: one round at a size of the log, and what there is to be found in it.

Points come from the history rows, times from the outside of the entries; only the registry, the round and the
council's statements are read in full. The log is not folded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection

from api.board_people import look_for_conflicts, look_for_doubt
from api.outlines import RoundReader
from api.register import Register, read_register
from api.runtime import Log
from domain import deadlines
from domain.deadlines import Phase
from domain.events import Event
from domain.standing import Round, Team
from domain.stated.council import CouncilAdjustmentMade, MotionPut, OpinionOpened, OpinionsClosed, VoteCast
from domain.stated.rounds import DeadlineExtended, RoundOpened
from projections.bursts import Signed, bulk_findings, shortly_before
from projections.closing import closing_findings
from projections.comparison import Lots
from projections.decisions import decisions
from projections.directions import Beside, beside_others, direction_findings
from projections.fairness import Direction, directions
from projections.favours import Favours, favour_findings
from projections.findings import Kind, Looked
from projections.leanings import Leaning, Moved, Said, leanings, member_findings, points_before, said
from projections.outlines import Outline
from projections.severity import Gap, Severity, gaps, severities, team_findings
from projections.steps import Step, steps
from projections.unsupported import unsupported_findings

SEED = "minhchung.findings/v1"
_COUNCIL = (MotionPut, VoteCast, OpinionOpened, OpinionsClosed, CouncilAdjustmentMade)


class Board:
    """Everything is read when it is first looked at, and once."""

    def __init__(self, log: Log, connection: Connection, round_code: str, size: int) -> None:
        self.connection = connection
        self.size = size
        self.above: list[Event] = []
        """The events of the registry and of the round's own stream."""
        self.register: Register = read_register(log, connection, size, round_code, self.above.append)
        self.round: Round = self.register.round(round_code)
        self.reader = RoundReader(log, connection, round_code, size)
        self._lots = Lots(f"{SEED}/{round_code}")

    def look(self, kind: Kind) -> Looked:
        """Look for findings of a kind."""
        return self._LOOKS[kind](self)

    # --- teams and members ------------------------------------------------------------------------------

    @cached_property
    def severities(self) -> tuple[Severity, ...]:
        """The teams beside each other."""
        return severities(self._gaps, {name: team.inspects for name, team in self.teams.items()}, self._lots)

    @cached_property
    def directions(self) -> tuple[Direction, ...]:
        """The council's adjustments by block."""
        return directions(self.register.standing, self.round.code, decisions(self._council))

    @cached_property
    def beside(self) -> tuple[Beside, ...]:
        """The blocks, and the members, beside each other."""
        return beside_others(self.directions, self._said[1])

    @cached_property
    def teams(self) -> Mapping[str, Team]:
        """The teams of the round, by name."""
        found = self.register.standing.teams
        return {name: team for (code, name), team in found.items() if code == self.round.code}

    def house(self, actor: str) -> str | None:
        """Return the agency that an actor belongs to, or the one that it was merged into."""
        standing = self.register.standing
        return standing.house(standing.home_of(actor))

    def _favours(self) -> Favours:
        inspected_by = {
            agency: {home for member in team.members if (home := self.house(member))}
            for team in self.teams.values()
            for agency in team.inspects
        }
        members = self.round.council.members if self.round.council else frozenset[str]()
        homes = {member: home for member in members if (home := self.house(member))}
        return Favours(self._gaps, inspected_by, self._leanings, homes, self._lots)

    # --- what is read -----------------------------------------------------------------------------------

    @cached_property
    def _outlines(self) -> list[Outline]:
        return self.reader.outlines()

    @cached_property
    def _steps(self) -> list[Step]:
        return steps(self.connection, self.round.code, self.size)

    @cached_property
    def _council(self) -> list[Event]:
        return self.reader.events(_COUNCIL)

    @cached_property
    def _said(self) -> tuple[list[Said], list[Moved]]:
        return said(self._council, points_before(self._steps))

    @cached_property
    def _leanings(self) -> tuple[Leaning, ...]:
        return leanings(self._said[0])

    @cached_property
    def _gaps(self) -> list[Gap]:
        return gaps(self._steps, self.round.criteria, self.round.agencies)

    # --- closings and late changes ----------------------------------------------------------------------

    def _closed(self) -> Looked:
        moved = [e for e in self._of_round if isinstance(e.body, DeadlineExtended)]
        first, now = self._first_due, self.round.due
        extended = {
            phase: [e.position for e in moved if e.body.phase is phase] or [e.position for e in moved]
            for phase in now
            if first[phase] != now[phase]
        }
        return closing_findings(self._outlines, first, now, extended)

    @property
    def _of_round(self) -> list[Event]:
        return [event for event in self.above if event.round == self.round.code]

    @cached_property
    def _first_due(self) -> Mapping[Phase, datetime]:
        """The deadlines as the round was opened with them."""
        opened = next(e.body for e in self._of_round if isinstance(e.body, RoundOpened))
        resolved = deadlines.resolve(opened.deadlines, frozenset(opened.holidays))
        return {phase: deadlines.end_of(its.due, self.round.zone) for phase, its in resolved.items()}

    def _bulk(self) -> Looked:
        dues = {phase: sorted({due, self._first_due[phase]}) for phase, due in self.round.due.items()}
        near = {outline.position: outline for outline in shortly_before(self._outlines, dues)}
        signed = [
            Signed(near[recorded.position], recorded.statement.key, recorded.statement.named_actors[0])
            for recorded in self.reader.recorded(near)
            if recorded.statement.key is not None
        ]
        return bulk_findings(signed, self._outlines, dues)

    _LOOKS: Mapping[Kind, Callable[[Board], Looked]] = {
        Kind.AFTER_CLOSING: _closed,
        Kind.LATE_BULK: _bulk,
        Kind.TEAM_SEVERITY: lambda board: team_findings(board.severities),
        Kind.RECIPROCAL: lambda board: favour_findings(board._favours()),
        Kind.ONE_WAY: lambda board: member_findings(board._leanings),
        Kind.SECRETARIAT: lambda board: look_for_conflicts(
            board.register, board.round, board.reader, board.above
        ),
        Kind.NOTHING_NEW: lambda board: unsupported_findings(
            board._steps, board._outlines, board.round.criteria
        ),
        Kind.CONTESTED_KEY: lambda board: look_for_doubt(board.register, board.round, board.reader),
        Kind.DIRECTION: lambda board: direction_findings(board.beside),
    }
