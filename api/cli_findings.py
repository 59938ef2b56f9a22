"""The commands of the auditor's board: findings, and the fairness report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api import findings as board_answers
from api.answers import Answer
from api.board import Board
from api.cli_options import AsJson, AsOf, Data, Lang, RoundCode, answer
from api.moments import moment_of
from api.runtime import reading
from api.screen_findings import FindingsScreen
from api.settings import settings
from api.wording import Language
from projections.findings import Kind

app = typer.Typer()


@app.command()
def findings(
    kind: Annotated[Kind | None, typer.Option("--kind", help="Only this kind.", show_default=False)] = None,
    round_code: RoundCode = None,
    as_of: AsOf = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show what an auditor may want to look at, with the events behind it and how far chance goes."""

    def ask(board: Board) -> Answer:
        return board_answers.findings(board, kind)

    _ask(ask, FindingsScreen.findings, data, round_code, as_of, as_json=as_json, lang=lang)


@app.command()
def fairness(
    round_code: RoundCode = None,
    as_of: AsOf = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show adjustments and bonus by block and direction, and how strictly teams verified."""
    _ask(board_answers.fairness, FindingsScreen.fairness, data, round_code, as_of, as_json=as_json, lang=lang)


def _ask(
    ask: Callable[[Board], Answer],
    show: Callable[[FindingsScreen, Answer], None],
    data: Path | None,
    round_code: str | None,
    as_of: str | None,
    *,
    as_json: bool,
    lang: Language,
) -> None:
    """Stand at a moment, look, and show what is there."""
    with reading(settings(data)) as log, log.database.read() as connection:
        size, code = moment_of(log, connection, as_of, round_code)
        told = ask(Board(log, connection, code, size))
    screen = FindingsScreen(Console(), lang)
    answer(told, lambda told: show(screen, told), as_json=as_json)
