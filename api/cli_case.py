"""The story of a case as a command: a cell, or a dispute, from the first statement about it to the last."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from api.cli_options import Asked, about_a_round, answer
from api.moments import moment_of
from api.review import Review
from api.runtime import reading
from api.screen_case import CaseScreen
from api.settings import settings

app = typer.Typer()


@app.command()
@about_a_round
def case(
    asked: Asked,
    subject: Annotated[
        str, typer.Argument(metavar="AGENCY|DISPUTE", help="An agency, or a dispute such as dispute-1.")
    ],
    criterion: Annotated[
        str | None, typer.Argument(help="Of an agency: which of its cells.", show_default=False)
    ] = None,
) -> None:
    """Tell a cell with its disputes as one story: what happened, who signed, what it changed."""
    with reading(settings(asked.data)) as log, log.database.read() as connection:
        size, code = moment_of(log, connection, asked.as_of, asked.round_code)
        told = Review(log, connection, code, size).case(subject, criterion)
    answer(told, CaseScreen(Console(), asked.lang).case, as_json=asked.as_json)
