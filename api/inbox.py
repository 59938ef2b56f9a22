"""What awaits whom: where it was stated that something is waited for, and who can be asked about."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from api.errors import UnknownSubject
from api.nearest import listed, nearest_of, not_ranked
from api.shares import read_events
from audit.ledger.tables import stored_events
from domain.refusals import refuse
from domain.standing import Standing
from domain.stated.assessment import EvidenceRequested
from domain.stated.disputes import AffectedNotified, ReviewerAssigned
from domain.stated.rounds import ApprovalProposed, DeadlineExtended, PhaseOpened, ResultApproved
from domain.stated.survey import SurveyWaveClosed, SurveyWaveOpened
from projections.pending import Marks, marks

_MARKING = (
    PhaseOpened,
    DeadlineExtended,
    ApprovalProposed,
    ResultApproved,
    SurveyWaveOpened,
    SurveyWaveClosed,
    AffectedNotified,
    ReviewerAssigned,
    EvidenceRequested,
)


def marks_of(connection: Connection, standing: Standing, round_code: str, size: int) -> Marks:
    """Read it in the streams of the round, of open disputes, and of cells that evidence was asked for."""
    wanted = stored_events.c.originator_id.in_(sorted(_streams(standing, round_code)))
    return marks(read_events(connection, wanted, _MARKING, size), round_code)


def _streams(standing: Standing, code: str) -> Iterator[str]:
    yield code
    for (its, name), dispute in standing.disputes.items():
        if its == code and dispute.open:
            yield f"{code}/{name}"
    for (its, agency, criterion), cell in standing.cells.items():
        if its == code and cell.requested and cell.supplied < cell.requested[-1]:
            yield f"{code}/{agency}/{criterion}"


def known(standing: Standing, round_code: str, actor: str | None, agency: str | None) -> None:
    """Raise UnknownSubject for an actor or an agency that is not there, naming the nearest that are."""
    if actor is not None and actor not in standing.officers:
        there = [*standing.officers]
        near, all_of_them = nearest_of(actor, there), listed(there)
        raise UnknownSubject(
            refuse("asked.not_there", kind="actor", stated=actor, nearest=near, there=all_of_them)
        )
    ranked = [*standing.rounds[round_code].agencies]
    if agency is not None and agency not in ranked:
        raise not_ranked(agency, round_code, ranked)
