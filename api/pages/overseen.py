"""What an auditor is shown of a round, looked for once: it stays the same until the log has another entry."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock

from sqlalchemy import Connection

from api.answers import Answer
from api.board import Board
from api.board_people import secretariat_homes
from api.findings import fairness, findings
from api.pages.deliberation import Deliberation
from api.pages.present import about
from api.review import plain
from api.runtime import Runtime
from domain.standing import Standing
from domain.stated.choices import Matter
from domain.stated.council import RecusalDeclared
from projections.conflicts import Conflict, Line, conflicts
from projections.decisions import Decision

KEPT = 8
"""So many rounds at a size are kept."""


class Overseen:
    """The findings, the fairness report and the conflicts of each round; any thread may ask."""

    def __init__(self, runtime: Runtime, deliberation: Deliberation) -> None:
        self._runtime = runtime
        self._deliberation = deliberation
        self._turn = Lock()
        self._kept: OrderedDict[tuple[str, int], dict[str, Answer]] = OrderedDict()

    def told(self, connection: Connection, code: str) -> dict[str, Answer]:
        """Return all three, as the log is now: under `findings`, `fairness` and `conflicts`."""
        subject = code, about(self._runtime, connection)["size"]
        with self._turn:
            if subject not in self._kept:
                self._kept[subject] = self._look(connection, *subject)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return self._kept[subject]

    def _look(self, connection: Connection, code: str, size: int) -> dict[str, Answer]:
        board = Board(self._runtime.log, connection, code, size)
        return {
            "findings": findings(board),
            "fairness": fairness(board),
            "conflicts": {"conflicts": self._conflicts(board)},
        }

    # --- conflicts --------------------------------------------------------------------------------------

    def _conflicts(self, board: Board) -> list[Answer]:
        """Tell where an office and a home agency meet, with the names of people."""
        people, standing = board.register.names, board.register.standing
        told = []
        for line in self._lines(board):
            person = {
                "actor": line.actor,
                "name": people.get(line.actor),
                "home": standing.home_of(line.actor),
            }
            told.append({**plain(line, board.round.zone), "person": person})
        return told

    def _lines(self, board: Board) -> list[Line]:
        """Return the lines in which somebody acted, in the order of the log, then those that hold now.

        Read are the registry, the round, recusals, and what is stated about agencies that were home to the
        secretariat: no other statement makes a line, but votes on disputes, which are told by themselves.
        """
        connection, code = board.connection, board.round.code
        own = secretariat_homes(board.register, board.round, board.above)
        recusals = [
            e for e in self._deliberation.events(connection, code) if isinstance(e.body, RecusalDeclared)
        ]
        about_own = board.reader.about(own) if own else []
        read = {e.position: e for e in (*board.above, *about_own, *recusals)}
        lines = conflicts([read[position] for position in sorted(read)], code)
        kept = [line for line in lines if line.conflict is not Conflict.MEMBER_OF_PARTY]
        votes = self._votes(connection, board)
        acted = sorted((*(one for one in kept if one.position is not None), *votes), key=_place)
        return [*acted, *(line for line in kept if line.position is None)]

    def _votes(self, connection: Connection, board: Board) -> Iterator[Line]:
        """Yield the votes on disputes that could move the rank of the member's own agency."""
        standing = self._runtime.intake.standing
        disputes = [d for (code, _), d in list(standing.disputes.items()) if code == board.round.code]
        every = self._deliberation.decisions(connection)
        its = [one for one in every if one.round == board.round.code and one.matter is Matter.DISPUTE]
        for motion in its:
            filed = [d for d in disputes if (d.agency, d.criterion) == (motion.agency, motion.criterion)]
            before = [d for d in filed if d.filed < motion.motion]
            affected = max(before, key=lambda d: d.filed).affected if before else frozenset[str]()
            yield from self._voted(connection, standing, motion, affected)

    def _voted(
        self, connection: Connection, standing: Standing, motion: Decision, affected: frozenset[str]
    ) -> Iterator[Line]:
        for member, position in self._deliberation.votes(connection, motion.motion).items():
            home = standing.house(_home_at(standing, member, position))
            homes = tuple(p for p in sorted(affected) if home is not None and standing.house(p) == home)
            if homes:
                yield Line(
                    conflict=Conflict.MEMBER_OF_PARTY,
                    actor=member,
                    agency=motion.agency,
                    position=position,
                    kind="VoteCast.v1",
                    criterion=motion.criterion,
                    others=homes,
                )


def _home_at(standing: Standing, actor: str, position: int) -> str | None:
    """Return whose somebody was when the log had so many entries."""
    officer = standing.officers.get(actor)
    if officer is None:
        return None
    left = [(until, home) for home, until in officer.left if until > position]
    return min(left)[1] if left else officer.home


def _place(line: Line) -> int:
    return -1 if line.position is None else line.position
