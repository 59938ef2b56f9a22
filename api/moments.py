"""What a moment stands for that a person names: a size, a time, or a stage of a round."""

from __future__ import annotations

import re

from sqlalchemy import Connection

from api.errors import UnknownSubject
from api.nearest import listed, nearest_of
from api.register import chosen_round, size_at
from api.runtime import Log
from domain.refusals import refuse
from projections.moments import LED_BY, moments
from projections.shares import names

LEADING = names(LED_BY)
NAMED = re.compile(r"[a-z][a-z0-9-]*", re.ASCII)


def moment_of(
    log: Log, connection: Connection, moment: str | None, round_code: str | None
) -> tuple[int, str]:
    """Return the size that a moment stands for, and the round that is asked about then.

    A stage is one of the round that is named, or of the one that is chosen now. Raises UnknownSubject.
    """
    if moment is None or not NAMED.fullmatch(moment):
        size = size_at(log, moment)
        return size, round_code or chosen_round(log, connection, size)
    code = round_code or chosen_round(log, connection, log.size)
    return named(log, connection, code, moment), code


def moments_of(log: Log, connection: Connection, round_code: str) -> dict[str, int]:
    """Return the named moments of a round that have come, as sizes of the log, in their order."""
    told = log.kept.stream(connection, round_code, log.size, LEADING)
    return moments((entry.event for entry in told if entry.event is not None), round_code)


def named(log: Log, connection: Connection, round_code: str, moment: str) -> int:
    """Return the size at which a stage of a round was done; raises UnknownSubject, naming those there are."""
    found = moments_of(log, connection, round_code)
    if moment not in found:
        near = nearest_of(moment, found)
        there = listed(f"{name} ({size})" for name, size in found.items())
        raise UnknownSubject(
            refuse("asked.no_moment", round=round_code, stated=moment, nearest=near, there=there)
        )
    return found[moment]
