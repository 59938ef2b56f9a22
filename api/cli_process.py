"""The commands about the process: progress, conflicts, changes, and the groups council and dispute."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.answers import Answer
from api.cli_options import AsJson, AsOf, Data, Lang, RoundCode, answer
from api.moments import moment_of
from api.review import Review
from api.runtime import reading
from api.screen_process import ProcessScreen
from api.settings import settings
from api.wording import Language
from domain.stated.choices import Matter

process = typer.Typer()
council = typer.Typer(
    no_args_is_help=True, help="What the appraisal council has before it, and what it decided."
)
dispute = typer.Typer(no_args_is_help=True, help="Disputes over published results.")

Ask = Callable[[Review], Answer]
Show = Callable[[ProcessScreen, Answer], None]


def _ask(
    ask: Ask,
    show_it: Show,
    data: Path | None,
    round_code: str | None,
    as_of: str | None,
    *,
    as_json: bool,
    lang: Language,
) -> None:
    """Fold the log up to a moment, ask the review, and show what it answers."""
    with reading(settings(data)) as log, log.database.read() as connection:
        size, code = moment_of(log, connection, as_of, round_code)
        told = ask(Review(log, connection, code, size))
    screen = ProcessScreen(Console(), lang)
    answer(told, lambda told: show_it(screen, told), as_json=as_json)


@process.command()
def progress(
    round_code: RoundCode = None,
    as_of: AsOf = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show where every agency of a round stands: declared, missing, late, returned, silent."""
    _ask(Review.progress, ProcessScreen.progress, data, round_code, as_of, as_json=as_json, lang=lang)


@process.command()
def conflicts(
    round_code: RoundCode = None,
    as_of: AsOf = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show every act and seat where an office and a home agency meet."""
    _ask(Review.conflicts, ProcessScreen.conflicts, data, round_code, as_of, as_json=as_json, lang=lang)


@process.command()
def changes(
    round_code: RoundCode = None,
    as_of: AsOf = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show what changed between the published versions of a result, and which acts did it."""
    _ask(Review.changes, ProcessScreen.changes, data, round_code, as_of, as_json=as_json, lang=lang)


@council.command()
def agenda(
    round_code: RoundCode = None,
    as_of: AsOf = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show what is ready for a meeting, what members disagree on most first."""
    _ask(Review.agenda, ProcessScreen.agenda, data, round_code, as_of, as_json=as_json, lang=lang)


@council.command()
def decisions(
    round_code: RoundCode = None,
    as_of: AsOf = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show every motion with its votes, reason, dissents and effect; who took part; how points moved."""
    _ask(Review.decisions, ProcessScreen.decisions, data, round_code, as_of, as_json=as_json, lang=lang)


@council.command()
def precedents(
    criterion: Annotated[str | None, typer.Argument(show_default=False)] = None,
    matter: Annotated[Matter | None, typer.Option("--matter", show_default=False)] = None,
    round_code: RoundCode = None,
    as_of: AsOf = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show earlier decisions on the same criterion, then on its area, of every round; without one, all."""
    _ask(
        lambda review: review.precedents(criterion, matter),
        ProcessScreen.precedents,
        data,
        round_code,
        as_of,
        as_json=as_json,
        lang=lang,
    )


@dispute.command("list")
def list_disputes(
    round_code: RoundCode = None,
    as_of: AsOf = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show the docket: every dispute with its state and clocks."""
    _ask(Review.disputes, ProcessScreen.disputes, data, round_code, as_of, as_json=as_json, lang=lang)


@dispute.command()
def show(
    name: str,
    round_code: RoundCode = None,
    as_of: AsOf = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show one dispute (such as dispute-1): its events, parties, clocks and decision."""
    _ask(
        lambda review: review.dispute(name),
        ProcessScreen.dispute,
        data,
        round_code,
        as_of,
        as_json=as_json,
        lang=lang,
    )
