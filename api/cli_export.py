"""Commands that write what others can check without this site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.cli_options import AsJson, Data, Lang, print_json, progress_bar, refusals
from api.runtime import reading
from api.settings import settings
from api.terms import term
from api.wording import Language
from audit.ledger.export import export_log

app = typer.Typer(help="Write what others can check without this site.", no_args_is_help=True)


@app.command()
def log(
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write; a new one.")],
    hashes_only: Annotated[
        bool, typer.Option("--hashes-only", help="What everybody may have: hashes, checkpoints.")
    ] = False,
    words: Annotated[bool, typer.Option("--words", help="With the words: for who may read them.")] = False,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Write the log as static tiles and entry bundles (C2SP tlog-tiles), to be kept and checked elsewhere."""
    with (
        refusals(lang),
        reading(settings(data)) as opened,
        opened.database.read() as connection,
        progress_bar("Xuất sổ" if lang is Language.VI else "Exporting") as bar,
    ):
        words = words and not hashes_only
        size = export_log(connection, output, entries=not hashes_only, words=words, progress=bar)
    told = {"size": size, "into": str(output), "entries": not hashes_only, "words": words}
    if as_json:
        print_json(told)
    else:
        sys.stdout.write(term("storage", "exported", lang).format(**told) + "\n")
