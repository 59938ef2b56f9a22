"""The inbox as a command: what awaits whom, by when."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from api.cli_options import Asked, about_a_round, answer
from api.moments import moment_of
from api.review import Review
from api.runtime import reading
from api.screen_inbox import InboxScreen
from api.settings import settings
from projections.pending import Office

app = typer.Typer()


@app.command()
@about_a_round
def inbox(
    asked: Asked,
    actor: Annotated[
        str | None, typer.Argument(help="What this officer may state (a pseudonym).", show_default=False)
    ] = None,
    agency: Annotated[
        str | None, typer.Option("--agency", help="What is stated for this agency.", show_default=False)
    ] = None,
    role: Annotated[
        Office | None, typer.Option("--role", help="What belongs to this office.", show_default=False)
    ] = None,
) -> None:
    """Show what awaits whom in a round: acts that are open, until when, and since which statement."""
    with reading(settings(asked.data)) as log, log.database.read() as connection:
        size, code = moment_of(log, connection, asked.as_of, asked.round_code)
        told = Review(log, connection, code, size).inbox(actor, agency, role)
    answer(told, InboxScreen(Console(), asked.lang).inbox, as_json=asked.as_json)
