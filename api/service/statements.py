"""Statements over HTTP: one envelope, or several of one key together; a receipt for what is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from api.runtime import Runtime
from api.service.errors import Stopped
from api.service.foretelling import foretold
from api.service.problems import language_of, problem
from api.service.queue import Queue
from api.service.wire import MAX_BATCH, MAX_SUBMISSION, read_body, read_json, read_submission, read_together
from api.wording import Language
from audit.ledger.errors import LogStopped
from audit.ledger.submission import Accepted, Outcome, Submission

CONFLICT = "id.conflict"
Read = Callable[[Any, datetime], Sequence[Submission]]


def statements(runtime: Runtime, queue: Queue) -> APIRouter:
    """Return the routes that take statements."""
    router = APIRouter(prefix="/v1/statements")

    @router.post("", status_code=201, responses=RESPONSES)
    async def submit(request: Request) -> Response:
        """Take one signed statement: an envelope, or an envelope with the words behind its commitments.

        201 with the receipt, once nothing can take it back; 200 with the same receipt for the same statement
        again; 409 where its id belongs to another; 422 with the rule and the log's signed refusal.
        """
        (submission,) = await _read(request, MAX_SUBMISSION, lambda body, at: [read_submission(body, at)])
        (outcome,) = await queue.submit([submission], together=False)
        return _answer(outcome, _language(request))

    @router.post("/together", status_code=201, responses=RESPONSES)
    async def submit_together(request: Request) -> Response:
        """Take up to 500 statements of one key, all or nothing."""
        submissions = await _read(request, MAX_BATCH, read_together)
        outcomes = await queue.submit(submissions, together=True)
        taken = [_taken(o) for o in outcomes if isinstance(o, Accepted)]
        if len(taken) == len(outcomes):
            repeated = all(one["repeated"] for one in taken)
            return JSONResponse({"accepted": taken}, 200 if repeated else 201, _NO_STORE)
        return _refused_together(outcomes, _language(request))

    @router.post("/preview")
    async def preview(request: Request) -> Response:
        """Say what would happen to a statement, or to `{"together": [...]}`, and write nothing.

        Between the preview and the statement others may state something: it promises nothing.
        """
        body, at = read_json(await read_body(request.stream(), MAX_BATCH)), runtime.clock()
        together = isinstance(body, dict) and "together" in body
        submissions = read_together(body, at) if together else [read_submission(body, at)]
        try:
            outcomes = await run_in_threadpool(runtime.intake.preview, submissions, together=together)
        except LogStopped:
            raise Stopped from None
        told = list(map(foretold, outcomes))
        return JSONResponse({"together": told} if together else told[0], 200, _NO_STORE)

    async def _read(request: Request, limit: int, read: Read) -> Sequence[Submission]:
        arrived_at = runtime.clock()
        return read(read_json(await read_body(request.stream(), limit)), arrived_at)

    return router


RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "It was in the log already; the same receipt."},
    409: {"description": "Its id belongs to another statement."},
    413: {"description": "The body is longer than any statement."},
    422: {"description": "Refused by a rule; with the log's signed refusal."},
    503: {"description": "Too much is waiting, or the log stopped; nothing was lost, send it again."},
}
_NO_STORE = {"Cache-Control": "no-store"}


def _language(request: Request) -> Language:
    return language_of(request.headers.get("accept-language"))


def answer_one(request: Request, outcome: Outcome) -> Response:
    """Answer what became of one statement, in the language of whoever asked."""
    return _answer(outcome, _language(request))


def _answer(outcome: Outcome, language: Language) -> Response:
    if isinstance(outcome, Accepted):
        return JSONResponse(_taken(outcome), 200 if outcome.repeated else 201, _NO_STORE)
    refusal = outcome.refusal
    status = 409 if refusal.rule == CONFLICT else 422
    return problem(status, refusal.rule, refusal.facts, language, refusal=outcome.line.decode())


def _taken(outcome: Accepted) -> dict[str, Any]:
    return {
        "id": outcome.statement_id,
        "position": outcome.position,
        "repeated": outcome.repeated,
        "receipt": outcome.receipt.decode(),
    }


def _refused_together(outcomes: Sequence[Outcome], language: Language) -> Response:
    """Answer by the first that was refused for itself; each has its own signed refusal."""
    lines = [None if isinstance(o, Accepted) else o.line.decode() for o in outcomes]
    found = [(at, o) for at, o in enumerate(outcomes) if not isinstance(o, Accepted)]
    at, first = next((f for f in found if f[1].refusal.rule != "batch.neighbour_refused"), found[0])
    status = 409 if first.refusal.rule == CONFLICT else 422
    return problem(status, first.refusal.rule, first.refusal.facts, language, index=at, refusals=lines)
