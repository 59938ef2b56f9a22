"""What the council of a round stated, read out of the streams in which the rows say that it did."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from api.shares import read_events
from audit.ledger.tables import stored_events
from domain.events import Event
from domain.standing import Standing
from domain.stated import council
from projections.decisions import DECISIONS

KINDS = (
    council.CouncilEstablished,
    council.RecusalDeclared,
    council.OpinionSealed,
    council.OpinionOpened,
    council.MeetingOpened,
    council.MeetingClosed,
    council.MotionPut,
    council.RemarkMade,
    council.VoteCast,
    council.DissentRecorded,
    *DECISIONS,
)


def council_record(connection: Connection, standing: Standing, round_code: str, size: int) -> list[Event]:
    """Return it in the order of the log, up to a size at which the standing holds."""
    wanted = stored_events.c.originator_id.in_(sorted(_streams(standing, round_code)))
    return read_events(connection, wanted, KINDS, size)


def _streams(standing: Standing, code: str) -> Iterator[str]:
    yield code
    for its, name in (*standing.meetings, *standing.disputes):
        if its == code:
            yield f"{code}/{name}"
    for (its, agency), dossier in standing.dossiers.items():
        if its == code and dossier.recused:
            yield f"{code}/{agency}"
    for (its, agency, criterion), cell in standing.cells.items():
        if its == code and (cell.opinions is not None or cell.motion is not None):
            yield f"{code}/{agency}/{criterion}"
