"""Commands that write what others can check without this site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.cli_options import AsJson, Data, Lang, RoundCode, print_json, progress_bar, refusals
from api.dossier import Reader, Request, dossier_bytes, make_dossier, told_of
from api.dossier_contents import Subject
from api.dossier_page import dossier_page
from api.register import chosen_round
from api.runtime import reading
from api.settings import settings
from api.terms import term
from api.trusting import read_trust
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


@app.command()
def dossier(
    output: Annotated[Path, typer.Option("-o", "--output", help="FILE.json, or FILE.html with its page.")],
    agency: Annotated[str | None, typer.Option("--agency", show_default=False)] = None,
    criterion: Annotated[str | None, typer.Option("--criterion", show_default=False)] = None,
    dispute: Annotated[
        str | None, typer.Option("--dispute", help="Such as dispute-1.", show_default=False)
    ] = None,
    round_code: RoundCode = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="With every entry, so that all is folded again.")
    ] = False,
    reader: Annotated[
        Reader | None,
        typer.Option("--reader", help="Who may see it; of a whole one the auditor.", show_default=False),
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option("--trust", help="The trust file to put in; else the demo's.", show_default=False),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Write a case with its proof into one file, which proves itself anywhere (docs/formats/dossier.md)."""
    where = settings(data)
    believed = read_trust(trust or where.trust) if trust or where.trust.is_file() else None
    whole = whole or not (agency or dispute)
    for_whom = reader or (Reader.AUDITOR if whole else Reader.AGENCY)
    with reading(where) as opened, opened.database.read() as connection:
        code = round_code or chosen_round(opened, connection, opened.size)
        about = Subject(code, agency, criterion, dispute)
        made = make_dossier(opened, connection, Request(about, for_whom.value, whole, believed))
    written = dossier_bytes(made)
    output.write_bytes(dossier_page(written) if output.suffix == ".html" else written)
    told = {**told_of(made), "bytes": len(written), "into": str(output)}
    if as_json:
        print_json(told)
    else:
        sys.stdout.write(term("storage", "dossier", lang).format(**told) + "\n")
