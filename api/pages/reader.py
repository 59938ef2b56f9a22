"""A round's record as the pages of those signed in show it: who may read what, at which moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from api.answers import Answer
from api.moments import moments_of
from api.pages.asking import Asking
from api.pages.look import page, with_modules
from api.pages.reckoned import Reckoned
from api.pages.refused import Choice, NotAmong
from api.runtime import Runtime
from api.service.answering import NOT_AT_ALL
from api.service.caller import Reach
from api.service.guard import Guard
from audit.proofs.keys import DEMO_ORIGIN
from domain.standing import Round

AsOf = Annotated[
    str | None,
    Query(alias="as_of", description="A size of the log, a time, or a stage such as published-v1."),
]
ROUND = "/rounds/{code}"
Found = Callable[[Connection, int], Answer]


class Record:
    """A round's record as pages show it: who may read what, at which moment."""

    def __init__(self, runtime: Runtime, guard: Guard) -> None:
        self.runtime = runtime
        self.guard = guard
        self.ask = Asking(runtime, guard)
        self.reckoned = Reckoned(runtime.log)

    def reader(self, request: Request, code: str) -> tuple[Round, Reach]:
        """Return a round, and what of it may be read; raises NotAmong."""
        return self.ask.round(code), self.guard.reach(request, code)

    def agency(self, found: Round, reach: Reach, agency: str) -> None:
        """Raise NotAmong for an agency that may not be read; it names only those that may be."""
        theirs = [one for one in found.agencies if reach.covers(one)]
        if agency not in theirs:
            names = self.runtime.intake.standing.agencies
            there = [
                Choice(f"/rounds/{found.code}/agencies/{one}", f"{one} · {names[one].name_vi}", one)
                for one in theirs
            ]
            raise NotAmong("agency", agency, there)

    async def at(self, found: Round, moment: str | None, address: str, question: Found) -> Answer:
        """Answer a question about a moment, with what the as-of bar shows; raises NotAmong."""

        def asked(connection: Connection) -> Answer:
            size = self.ask.size(connection, found.code, moment, address)
            return {
                **question(connection, size),
                "address": address,
                "moments": moments_of(self.runtime.log, connection, found.code),
                "first": found.position + 1,
                "newest": self.runtime.intake.size,
                "chosen": size,
            }

        return await self.ask(asked)

    def show(self, request: Request, template: str, told: Mapping[str, Any]) -> Response:
        """Answer with a page that nobody keeps."""
        demo, caller = self.runtime.origin == DEMO_ORIGIN, request.state.caller
        return with_modules(page(request, template, NOT_AT_ALL, caller=caller, demo=demo, **told))
