"""What holds now, copied out of the memory of the process that writes: a page folds and replays nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from api.answers import Answer
from api.clock import real_clock
from api.runtime import Runtime
from audit.ledger.tables import head
from audit.proofs.keys import DEMO_ORIGIN
from domain.standing import Meeting, Round, Standing
from domain.stated.choices import Matter

_ABOVE = ("log", "agencies", "officers", "rounds")


def copied(standing: Standing, *tables: str) -> Standing:
    """Return some tables as they are at once: others write into the originals while a page reads."""
    return Standing(**{name: dict(getattr(standing, name)) for name in (*_ABOVE, *tables)})


def about(runtime: Runtime, connection: Connection, found: Round | None = None) -> Answer:
    """Say which log, and which round of it, a page is about, and how many entries there are."""
    genesis = runtime.intake.keyring.genesis
    told: Answer = {
        "log": genesis.origin,
        "clock": genesis.clock,
        "utc_offset": runtime.intake.standing.log["genesis"].utc_offset,
        "demo": genesis.origin == DEMO_ORIGIN,
        "size": connection.execute(select(head.c.size)).scalar_one(),
    }
    if found is not None:
        told |= {"round": found.code, "evaluated_year": found.evaluated_year, "phase": found.phase.value}
    return told


def now(runtime: Runtime) -> datetime:
    """Return the present; of a scripted log the moment of its newest entry."""
    genesis, last = runtime.intake.keyring.genesis, runtime.intake.last_received
    return real_clock() if genesis.clock == "real" or last is None else last


def named(standing: Standing, agency: str) -> Answer:
    """Return an agency by code and names."""
    known = standing.agencies[agency]
    return {"agency": agency, "name_vi": known.name_vi, "name_en": known.name_en}


def meetings(standing: Standing, code: str) -> Iterator[Meeting]:
    """Yield the meetings of a round's council, in the order in which they were opened."""
    its = [meeting for (round_code, _), meeting in list(standing.meetings.items()) if round_code == code]
    yield from sorted(its, key=lambda meeting: meeting.position)


def disputed(standing: Standing, code: str, agency: str, criterion: str) -> str | None:
    """Return the dispute that the newest motion about a cell would decide, if that is what it is about."""
    motion = standing.cell(code, agency, criterion).motion
    return motion.dispute if motion is not None and motion.matter is Matter.DISPUTE else None
