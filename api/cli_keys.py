"""The commands about keys: `keys list`, `keys show`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from api.cli_options import AsJson, AsOf, Data, Lang, answer
from api.keys import key_list, key_show
from api.register import size_at
from api.runtime import reading
from api.screen_keys import KeyScreen
from api.settings import settings
from api.wording import Language

keys = typer.Typer(no_args_is_help=True, help="Who signs with which key, and in what doubt.")


@keys.command("list")
def list_keys(
    as_of: AsOf = None, data: Data = None, as_json: AsJson = False, lang: Lang = Language.VI
) -> None:
    """Show every key the log has had: whose, kept by whom, from where to where, in what state."""
    with reading(settings(data)) as log, log.database.read() as connection:
        told = key_list(log, connection, size_at(log, as_of))
    answer(told, KeyScreen(Console(), lang).list, as_json=as_json)


@keys.command()
def show(
    wanted: Annotated[
        str, typer.Argument(metavar="KEY|ACTOR", help="A key's id or its beginning, or a holder.")
    ],
    as_of: AsOf = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show the life of a key: suspensions, revocation, contested statements, bound certificates."""
    with reading(settings(data)) as log, log.database.read() as connection:
        told = key_show(log, connection, size_at(log, as_of), wanted)
    answer(told, KeyScreen(Console(), lang).show, as_json=as_json)
