"""The pages of auditors: the findings of a round with charts, fairness, conflicts, and who read what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import Answer
from api.pages import board_charts
from api.pages.asking import Asking
from api.pages.charts import chart as chart_answer
from api.pages.deliberation import Deliberation
from api.pages.look import page, spoken
from api.pages.overseen import Overseen
from api.pages.present import about
from api.pages.refused import Choice, NotAmong
from api.pages.speech import Speech
from api.runtime import Runtime
from api.service.answering import NOT_AT_ALL, confidential, table
from api.service.guard import Guard

PAGE = 50
_FINDINGS = ("kind", "how", "explanation_vi", "explanation_en", "positions")
_FAIRNESS = ("of", "name", "up", "down", "points_up", "points_down", "chance", "adjusted", "positions")
_CONFLICTS = ("position", "conflict", "actor", "agency", "criterion", "kind", "others")
_READS = ("number", "at", "actor", "token", "asked", "allowed")
_NONE: Mapping[str, Any] = dict.fromkeys(_FAIRNESS)


def oversight_pages(runtime: Runtime, guard: Guard, deliberation: Deliberation) -> APIRouter:
    """Return the routes; all are auditors' alone."""
    router, ask = APIRouter(include_in_schema=False), Asking(runtime, guard)
    overseen = Overseen(runtime, deliberation)

    def show(request: Request, template: str, told: Answer) -> Response:
        return page(request, template, NOT_AT_ALL, caller=request.state.caller, **told)

    async def looked(code: str, *parts: str) -> Answer:
        found = ask.round(code)

        def question(connection: Connection) -> Answer:
            its, told = overseen.told(connection, code), about(runtime, connection, found)
            for part in parts:
                told |= its[part]
            return told

        return await ask(question)

    # --- findings ---------------------------------------------------------------------------------------

    @router.get("/rounds/{code}/findings.json")
    async def findings_data(request: Request, code: str) -> Response:
        """Answer with every finding, and what was looked at without any."""
        return confidential(request, await looked(code, "findings"))

    @router.get("/rounds/{code}/findings.csv")
    async def findings_table(request: Request, code: str) -> Response:
        """Answer with the findings as a table."""
        return table(request, _FINDINGS, (await looked(code, "findings"))["findings"])

    @router.get("/rounds/{code}/findings")
    async def findings_page(request: Request, code: str) -> Response:
        """Show the board: findings by kind, with what each does not show, and three charts with tables."""
        return show(request, "findings.html", await looked(code, "fairness", "findings"))

    @router.get("/rounds/{code}/findings/{chart}.svg")
    async def chart(request: Request, code: str, chart: str) -> Response:
        """Draw a chart: `teams`, `blocks` or `members`."""
        told, speech = await looked(code, "fairness"), Speech(spoken(request))
        title = speech.say(f"chart_{chart}", round=code) if chart in ("teams", "blocks", "members") else ""
        if chart == "teams":
            level, axis = float(told["level"]), speech.say("severity_axis")
            return chart_answer(board_charts.teams(told["teams"], level, axis, title))
        if chart == "blocks":
            rows = [{**row, "name": speech.term("block", row["block"])} for row in told["adjustments"]]
        elif chart == "members":
            rows = [{**row, "name": row["actor"]} for row in told["members"]]
        else:
            start = f"/rounds/{code}/findings"
            raise NotAmong("chart", chart, [Choice(f"{start}/teams.svg", "teams"), Choice(start, "findings")])
        return chart_answer(board_charts.directions(rows, speech.say("direction_axis"), title))

    # --- fairness and conflicts -------------------------------------------------------------------------

    @router.get("/rounds/{code}/fairness.json")
    async def fairness_data(request: Request, code: str) -> Response:
        """Answer with adjustments by block and member, bonus by block, and teams beside each other."""
        return confidential(request, await looked(code, "fairness"))

    @router.get("/rounds/{code}/fairness.csv")
    async def fairness_table(request: Request, code: str) -> Response:
        """Answer with adjustments by block, motions by member, and notes by team, as one table."""
        told = await looked(code, "fairness")
        blocks = [{**_NONE, **row, "of": "BLOCK", "name": row["block"]} for row in told["adjustments"]]
        members = [{**_NONE, **row, "of": "MEMBER", "name": row["actor"]} for row in told["members"]]
        teams = [
            {**_NONE, "of": "TEAM", "name": row["team"], "up": row["higher"], "down": row["lower"]}
            | {"chance": row["compared"] and row["compared"]["chance"], "adjusted": row["adjusted"]}
            for row in told["teams"]
        ]
        return table(request, _FAIRNESS, [*blocks, *members, *teams])

    @router.get("/rounds/{code}/fairness")
    async def fairness_page(request: Request, code: str) -> Response:
        """Show the same."""
        return show(request, "fairness.html", await looked(code, "fairness"))

    @router.get("/rounds/{code}/conflicts.json")
    async def conflicts_data(request: Request, code: str) -> Response:
        """Answer with every act and seat where an office and a home agency meet."""
        return confidential(request, await looked(code, "conflicts"))

    @router.get("/rounds/{code}/conflicts.csv")
    async def conflicts_table(request: Request, code: str) -> Response:
        """Answer with the same as a table."""
        told = await looked(code, "conflicts")
        return table(
            request, _CONFLICTS, [{**one, "others": list(one["others"])} for one in told["conflicts"]]
        )

    @router.get("/rounds/{code}/conflicts")
    async def conflicts_page(request: Request, code: str) -> Response:
        """Show the same."""
        return show(request, "conflicts.html", await looked(code, "conflicts"))

    # --- who read what ----------------------------------------------------------------------------------

    async def noted(request: Request) -> Answer:
        asked = request.query_params
        actor, before = asked.get("actor", "").strip() or None, asked.get("before", "").strip()
        if before and not (before.isascii() and before.isdigit() and len(before) < 19):
            raise NotAmong("read", before, [Choice("/reads", "/reads")])
        cursor = int(before) if before else None
        found = await run_in_threadpool(guard.access.noted_before, cursor, PAGE + 1, actor)
        rows = [dict(row._mapping) for row in found]
        told = await ask(lambda connection: about(runtime, connection))
        return {
            **told,
            "actor": actor,
            "reads": rows[:PAGE],
            "older": rows[PAGE - 1]["number"] if len(rows) > PAGE else None,
        }

    @router.get("/reads.json")
    async def reads_data(request: Request) -> Response:
        """Answer with who asked for what that is confidential, newest first."""
        return confidential(request, await noted(request))

    @router.get("/reads.csv")
    async def reads_table(request: Request) -> Response:
        """Answer with the same as a table."""
        return table(request, _READS, (await noted(request))["reads"])

    @router.get("/reads")
    async def reads_page(request: Request) -> Response:
        """Show the same."""
        return show(request, "reads.html", await noted(request))

    return router
