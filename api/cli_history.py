"""The commands about other moments and other decisions: what-if, pivotal, diff."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.answers import Answer
from api.cli_options import AsJson, AsOf, Data, Lang, RoundCode, answer
from api.errors import NotPossible
from api.history import History
from api.moments import moment_of
from api.runtime import reading
from api.screen_history import HistoryScreen
from api.settings import settings
from api.supposing import points, positions
from api.wording import Language, word
from domain.refusals import Malformed

app = typer.Typer()


@app.command("what-if")
def what_if(
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without", metavar="N[,N]", help="Leave these positions out (N-M: a range).", show_default=False
        ),
    ] = None,
    adjust: Annotated[
        list[str] | None,
        typer.Option(
            "--adjust",
            metavar="AGENCY/CRITERION=POINTS",
            help="With these points decided by the council.",
            show_default=False,
        ),
    ] = None,
    uphold: Annotated[
        list[str] | None,
        typer.Option("--uphold", metavar="DISPUTE", help="With this dispute upheld.", show_default=False),
    ] = None,
    criteria: Annotated[
        str | None,
        typer.Option(
            "--criteria",
            metavar="FILE|VERSION",
            help="Under this criteria set: a file, or a version that was issued.",
            show_default=False,
        ),
    ] = None,
    round_code: RoundCode = None,
    as_of: AsOf = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show the ranks of a round as they are, and as they would be with other decisions or criteria."""
    if not (without or adjust or uphold or criteria):
        raise typer.BadParameter("say what would be otherwise: --without, --adjust, --uphold or --criteria")
    if criteria and (adjust or uphold):
        raise typer.BadParameter("--criteria goes with --without, and not with --adjust or --uphold")

    def ask(history: History) -> Answer:
        if criteria:
            return history.under(criteria, positions(without or []))
        return history.supposed(positions(without or []), points(adjust or []), uphold or [])

    _ask(ask, HistoryScreen.supposed, data, round_code, as_of, as_json=as_json, lang=lang)


@app.command()
def pivotal(
    round_code: RoundCode = None,
    as_of: AsOf = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show the decisions whose absence alone changes a rank, and how firmly every agency stands."""
    _ask(History.pivotal, HistoryScreen.pivotal, data, round_code, as_of, as_json=as_json, lang=lang)


@app.command()
def robustness(
    round_code: RoundCode = None,
    as_of: AsOf = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show between which ranks every agency stands without any one decision, and who is nearly tied."""
    _ask(History.robustness, HistoryScreen.robustness, data, round_code, as_of, as_json=as_json, lang=lang)


@app.command()
def diff(
    since: Annotated[str, typer.Argument(metavar="FROM")],
    until: Annotated[str, typer.Argument(metavar="TO")],
    round_code: RoundCode = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show what changed between two moments of a round, and the fewest events that explain each rank."""

    def ask(history: History) -> Answer:
        return history.since(history.moment(since))

    _ask(ask, HistoryScreen.since, data, round_code, until, as_json=as_json, lang=lang)


def _ask(
    ask: Callable[[History], Answer],
    show: Callable[[HistoryScreen, Answer], None],
    data: Path | None,
    round_code: str | None,
    as_of: str | None,
    *,
    as_json: bool,
    lang: Language,
) -> None:
    """Stand at a moment, ask, and show what is answered; or why it cannot be."""
    try:
        with reading(settings(data)) as log, log.database.read() as connection:
            size, code = moment_of(log, connection, as_of, round_code)
            told = ask(History(log, connection, code, size))
    except (NotPossible, Malformed) as wrong:
        refused = wrong.refused if isinstance(wrong, NotPossible) else wrong.refusal
        words = word(refused.rule, refused.facts, lang)
        sys.stderr.write(f"minhchung: {words.what} {words.todo} ({refused.rule})\n")
        raise typer.Exit(1) from None
    screen = HistoryScreen(Console(), lang)
    answer(told, lambda told: show(screen, told), as_json=as_json)
