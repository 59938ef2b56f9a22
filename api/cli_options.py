"""What the commands share: their options, how they answer, and the bar that long work shows."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.answers import Answer
from api.wording import Language, word
from audit.ledger.errors import LogStopped, StorageRefused

Data = Annotated[
    Path | None,
    typer.Option("--data", help="The data directory; else MINHCHUNG_DATA, else ./data.", show_default=False),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Lang = Annotated[Language, typer.Option("--lang", envvar="MINHCHUNG_LANG", help="Language of the answer.")]
RoundCode = Annotated[
    str | None,
    typer.Option("--round", help="The round; else the newest published one.", show_default=False),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="A size of the log, a time such as 2017-06-01T08:00, or a stage such as published-v1.",
        show_default=False,
    ),
]


def answer(told: Answer, show: Callable[[Answer], None], *, as_json: bool) -> None:
    """Print an answer, for a program or for a person."""
    if as_json:
        print_json(told)
    else:
        show(told)


def print_json(told: Answer) -> None:
    """Print an answer as JSON."""
    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on the error stream while something long is done, on a terminal only."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


@contextmanager
def refusals(lang: Language) -> Iterator[None]:
    """Say why not, and what to do, on the error stream; end with 1."""
    try:
        yield
    except StorageRefused as refused:
        words = word(refused.rule, refused.facts, lang)
        sys.stderr.write(f"minhchung: {words.what} {words.todo} ({refused.rule})\n")
        raise typer.Exit(1) from None
    except LogStopped as stopped:
        sys.stderr.write(f"minhchung: {stopped}\n")
        raise typer.Exit(1) from None


# --- questions about a round ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is said of every question about a round: which, as of when, of which log, how to answer."""

    round_code: RoundCode = None
    as_of: AsOf = None
    data: Data = None
    as_json: AsJson = False
    lang: Lang = Language.VI


def about_a_round(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `Asked` after its own, and hand them on as one."""
    own = [p for p in signature(command, eval_str=True).parameters.values() if p.name != "asked"]
    hints = get_type_hints(Asked, include_extras=True)
    shared = [
        Parameter(f.name, Parameter.POSITIONAL_OR_KEYWORD, default=f.default, annotation=hints[f.name])
        for f in fields(Asked)
    ]

    @wraps(command)
    def run(**options: Any) -> None:
        said = {parameter.name: options.pop(parameter.name) for parameter in shared}
        command(asked=Asked(**said), **options)

    every = [*own, *shared]
    run.__dict__["__signature__"] = Signature(every)
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in every}
    return run
