"""The command line: `minhchung`. Each command reads or writes one data directory and can answer in JSON.

Exit status: 0 fine, 1 verification failed or refused, 2 usage.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import Annotated

import typer
from eventsourcing.persistence import PersistenceError
from rich.console import Console
from sqlalchemy.exc import DatabaseError

from api import answers, publication
from api.answers import Answer
from api.cli_later import Commands
from api.cli_options import AsJson, AsOf, Data, Lang, RoundCode, answer, print_json, progress_bar, refusals
from api.errors import CommandError, DemoRefused, DossierUnreadable, RebuildStopped, UnknownSubject
from api.exported import examine_export, is_export
from api.following import bring_up
from api.moments import moment_of
from api.runtime import reading
from api.screen import Screen
from api.screen_dossier import DossierScreen
from api.settings import Settings, settings
from api.timing import add_times, read_stamps
from api.trusting import read_trust
from api.verdict import unreadable, verdict_on_log
from api.verification import examine
from api.wording import Language
from audit.ledger.errors import LedgerError, LogStopped
from audit.proofs.errors import AuditError, StoredError
from audit.proofs.finding import Finding
from audit.proofs.trust import Trust
from domain.criteria import Block
from projections.mentions import Mentions

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    help="Minh Chứng: vết kiểm toán của việc chấm điểm, xếp hạng cải cách hành chính.",
)


@app.command()
def demo(
    data: Data = None,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End after the verdict.")] = False,
    port: Annotated[
        int, typer.Option("--port", help="Where to serve it; the next free one, if in use.")
    ] = 8000,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Build the Da Nang 2016 example as signed events, rank it, verify it; then serve it."""
    from api.demo import build_demo, example_folder  # what no other command waits for
    from api.example import load_example

    where = settings(data)
    with progress_bar("Dựng ví dụ Đà Nẵng 2016" if lang is Language.VI else "Building Da Nang 2016") as bar:
        size = build_demo(where, load_example(example_folder()), bar)
    with reading(where) as log, log.database.read() as connection:
        ranked = answers.ranking(log, connection, "2016", None, size)
    verified = _verdict(where.data, lang)
    screen = Screen(Console(), lang)
    if as_json:
        print_json({"size": size, "ranking": ranked, "verdict": verified})
    else:
        screen.ranking(ranked)
        screen.verdict(verified)
        screen.next_steps(where.trust)
    if as_json or no_serve or not verified["ok"]:
        raise typer.Exit(0 if verified["ok"] else 1)
    _serve_demo(where, port, lang)


def _serve_demo(where: Settings, port: int, lang: Language) -> None:
    """Serve what was built, and say what to look at first; a program that asked in JSON goes on without."""
    from api.cli_serve import listening, serve_log
    from api.tour import tour

    with refusals(lang), listening("127.0.0.1", port, lang, others=9) as ears:
        site = f"http://localhost:{ears.getsockname()[1]}"
        serve_log(where, ears, site, lang, last=tour(site, lang))


@app.command()
def rank(
    round_code: RoundCode = None,
    block: Annotated[Block | None, typer.Option("--block", show_default=False)] = None,
    as_of: AsOf = None,
    as_public: Annotated[bool, typer.Option("--public", help="What the public sees.")] = False,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show the ranking of a round, block by block, now or as of any moment."""
    with reading(settings(data)) as log, log.database.read() as connection:
        size, found = moment_of(log, connection, as_of, round_code)
        rank_it = publication.published if as_public else answers.ranking
        told = rank_it(log, connection, found, block, size)
    answer(told, Screen(Console(), lang).ranking, as_json=as_json)


@app.command()
def trace(
    agency: str,
    criterion: Annotated[str | None, typer.Argument(show_default=False)] = None,
    round_code: RoundCode = None,
    as_of: AsOf = None,
    own: Annotated[bool, typer.Option("--own", help="Only what the agency itself sees of it.")] = False,
    trust: Annotated[
        Path | None,
        typer.Option("--trust", help="Whose word on times counts; of the demo, its own.", show_default=False),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show every event that made an agency's number (or one cell's), oldest first."""
    where = settings(data)
    believed = read_trust(trust or where.trust) if trust or where.trust.is_file() else None
    for stopped in bring_up(where, (Mentions(),)):
        sys.stderr.write(f"minhchung: {stopped}\n")
    with reading(where) as log, log.database.read() as connection:
        size, found = moment_of(log, connection, as_of, round_code)
        told = answers.trace(log, connection, found, agency, criterion, size)
        told = add_times(log, told, read_stamps(connection, believed).stamps)
        if own:
            told = publication.own_record(told, publication.policy_of(log, connection, found, size))
    answer(told, Screen(Console(), lang).trace, as_json=as_json)


@app.command()
def verify(
    path: Annotated[
        Path | None,
        typer.Argument(help="A data directory, an export, a dossier or a receipt.", show_default=False),
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option("--trust", help="A trust file, kept apart from the log.", show_default=False),
    ] = None,
    projections: Annotated[
        bool,
        typer.Option("--projections", help="Also compare every row of the tables' history with the log."),
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Check every signature, hash, rule and number of a log; by a trust file, that it is the known one."""
    believed = read_trust(trust) if trust else None
    if path is not None and path.is_file() and path.suffix == ".receipt":
        from api.receipts import say_receipt, verdict_on_receipt  # what a log does not wait for

        verified = verdict_on_receipt(path, believed)
        answer(verified, lambda told: say_receipt(told, lang), as_json=as_json)
    elif path is not None and path.is_file():
        verified = _of_dossier(path, lang, believed)
        answer(verified, DossierScreen(Console(), lang).verdict, as_json=as_json)
    else:
        verified = _verdict(path or settings(data).data, lang, believed, projections=projections)
        answer(verified, Screen(Console(), lang).verdict, as_json=as_json)
    raise typer.Exit(0 if verified["ok"] else 1)


# --- what the commands share ----------------------------------------------------------------------------


def _of_dossier(path: Path, lang: Language, trust: Trust | None) -> Answer:
    from api.dossier_verification import read_dossier, verdict_on_dossier  # what a log does not wait for

    try:
        with progress_bar("Kiểm tra" if lang is Language.VI else "Verifying") as bar:
            return verdict_on_dossier(read_dossier(path), trust, progress=bar)
    except (OSError, AuditError) as wrong:
        raise DossierUnreadable(f"{path}: {wrong}") from None


def _verdict(path: Path, lang: Language, trust: Trust | None = None, *, projections: bool = False) -> Answer:
    try:
        with progress_bar("Kiểm tra" if lang is Language.VI else "Verifying") as bar:
            if is_export(path):
                return verdict_on_log(examine_export(path, bar, trust))
            return verdict_on_log(examine(path, bar, trust, histories=projections))
    except StoredError as wrong:
        return unreadable(*wrong.findings)
    except (DatabaseError, PersistenceError, sqlite3.DatabaseError) as wrong:
        reason = {"reason": str(getattr(wrong, "orig", wrong))}
        return unreadable(Finding("storage", None, "database.unreadable", reason))


def main() -> None:
    """Run a command; what cannot be answered is said on the error stream."""
    try:
        app()
    except (CommandError, LedgerError) as wrong:
        sys.stderr.write(f"minhchung: {wrong.told() if isinstance(wrong, UnknownSubject) else wrong}\n")
        sys.exit(1 if isinstance(wrong, DemoRefused | LogStopped | RebuildStopped) else 2)


if __name__ == "__main__":
    main()
