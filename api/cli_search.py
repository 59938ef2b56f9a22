"""`minhchung search`: the index is brought up to the log first, where the directory may be written."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from api.cli_options import AsJson, Data, Lang, answer
from api.following import LogSource, bring_up
from api.runtime import reading
from api.screen_search import SearchScreen
from api.search import LONGEST_PAGE, PAGE, Question
from api.search import answer as answer_question
from api.settings import settings
from api.wording import Language

app = typer.Typer()


def _filter(name: str, told: str, metavar: str | None = None) -> object:
    return typer.Option(f"--{name}", help=told, metavar=metavar, show_default=False)


@app.command()
def search(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="Words that must all be there, with or without tone marks; `ngu*`: that begin so.",
            show_default=False,
        ),
    ] = None,
    agency: Annotated[str | None, _filter("agency", "About this agency.")] = None,
    criterion: Annotated[str | None, _filter("criterion", "About this criterion.")] = None,
    actor: Annotated[str | None, _filter("actor", "Signed by this person.")] = None,
    kind: Annotated[str | None, _filter("type", "Of this type, such as DisputeFiled.")] = None,
    stage: Annotated[
        str | None,
        _filter("stage", "Acts of a stage (declared, verified, tallied, decided), or of a phase."),
    ] = None,
    round_code: Annotated[str | None, _filter("round", "In this round.")] = None,
    since: Annotated[str | None, _filter("since", "Since this time.", "TIME")] = None,
    until: Annotated[str | None, _filter("until", "Until this time; a day: to its end.", "TIME")] = None,
    changed_rank: Annotated[
        bool, typer.Option("--changed-rank", help="Only what was followed by another rank of somebody.")
    ] = False,
    after: Annotated[int | None, _filter("after", "Only after this position.", "POSITION")] = None,
    before: Annotated[int | None, _filter("before", "Only before this position.", "POSITION")] = None,
    newest: Annotated[bool, typer.Option("--newest", help="Newest first.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=LONGEST_PAGE, help="So many at most.")] = PAGE,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Search events: by words, agency, criterion, person, type, time, stage; oldest first."""
    question = Question(
        words=" ".join(words or ()),
        round=round_code,
        agency=agency,
        criterion=criterion,
        actor=actor,
        type=kind,
        stage=stage,
        since=since,
        until=until,
        moved_rank=changed_rank,
        after=after,
        before=before,
        newest_first=newest,
        limit=limit,
    )
    where = settings(data)
    for stopped in bring_up(where):
        sys.stderr.write(f"minhchung: {stopped}\n")
    with reading(where) as log, log.database.read() as connection:
        told = answer_question(log, connection, question, LogSource(log).reached(connection, "search"))
    answer(told, SearchScreen(Console(), lang).found, as_json=as_json)
