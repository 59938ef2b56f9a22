"""`minhchung synth`: a made-up log of any size, for tests and measurements."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli_options import AsJson, Data, Lang, print_json, progress_bar
from api.settings import settings
from api.wording import Language

app = typer.Typer()


@app.command()
def synth(
    agencies: Annotated[int, typer.Option(help="How many agencies are ranked in each round.")] = 150,
    criteria: Annotated[int, typer.Option(help="How many criteria each of them declares.")] = 60,
    signers: Annotated[int, typer.Option(help="How many people have a key.")] = 2000,
    events: Annotated[
        int, typer.Option(help="How many events, over as many rounds as that takes; 0: one whole round.")
    ] = 0,
    seed: Annotated[int, typer.Option(help="The same seed makes the same log.")] = 1,
    no_history: Annotated[
        bool, typer.Option("--no-history", help="Of scores and ranks, only what holds at the end: faster.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Make up a lawful signed log of any size in a new data directory: for tests, with keys everybody has."""
    from api.synth import build_synth  # what no other command waits for
    from api.synth_script import Shape

    where, shape = settings(data), Shape(agencies, criteria, signers, events, seed)
    with progress_bar("Dựng sổ thử" if lang is Language.VI else "Making up a log") as bar:
        size = build_synth(where, shape, bar, history=not no_history)
    if as_json:
        print_json({"log": shape.origin, "size": size, "data": str(where.data)})
    elif lang is Language.VI:
        typer.echo(f"{where.data}: {size} sự kiện của {shape.origin}, dựng để thử; khóa nào ai cũng có.")
    else:
        typer.echo(f"{where.data}: {size} events of {shape.origin}, made up; everybody has its keys.")
