"""Run all benchmarks and print what they came to; exit status 1 when a limit is missed."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import (
    admission,
    checks,
    commands,
    dossiers,
    history,
    intake,
    own_write,
    pages,
    peers,
    projection_runner,
    rebuild,
    recorder,
    replay,
    scale,
    service,
    service_memory,
    service_reads,
    state,
)
from benchmarks.databases import NoPostgres, postgres_server
from benchmarks.measure import Line

WIDTH = 120
"""Lines of the table are not broken, wherever it is printed."""

SMALLER = 50_000
"""Events of the larger log, where `--scale` does not ask for the whole million."""

MANY = 100_000
"""Events of the log over many rounds that one value is looked for in."""

console = Console(stderr=True)


def lines(folder: Path, *, quick: bool) -> Iterator[Line]:
    """Measure story after story; the demo that the first one builds is what the later ones stand on."""
    demo = folder / "demo"
    console.print("commands ...")
    yield from commands.demo_and_verify(demo, 1 if quick else 3)
    console.print("replay ...")
    yield from replay.whole_log(demo, 3 if quick else 7)
    console.print("state ...")
    yield from state.root(15 if quick else 40)
    console.print("admission ...")
    yield from admission.one_statement(demo, 1 if quick else 3)
    console.print("history ...")
    yield from history.questions(demo)
    yield from history.larger_round(folder, 52, 60, 0.1)  # of 10,000 events
    yield from history.longer_log(folder, (10_000, SMALLER if quick else MANY))
    if not quick:
        yield from history.larger_round(folder, 420, 150, 0.3)  # of 200,000
    console.print("intake ...")
    yield from intake.one_statement(demo, folder, 10 if quick else 40)
    yield from own_write.after_a_receipt(demo, folder, 20 if quick else 60)
    console.print("service ...")
    yield from service.deadline_hour(folder, quick=quick)
    yield from service_reads.rankings_meanwhile(folder, quick=quick)
    yield from service_memory.under_uploads(folder, quick=quick)
    console.print("pages ...")
    yield from pages.of_a_copy(demo, folder)
    console.print("a larger log ...")
    yield from scale.large_log(folder / "synth", SMALLER // 5 if quick else SMALLER)
    console.print("rebuild ...")
    yield from rebuild.whole(folder / "synth")
    yield from rebuild.memory(folder, (SMALLER, MANY) if quick else (MANY, scale.MILLION))
    console.print("dossiers ...")
    try:
        yield from dossiers.of_the_demo(demo, folder, 1 if quick else 5)
        yield from checks.of_the_demo(demo, folder, 1 if quick else 5)
    except dossiers.NoChromium as wrong:
        console.print(f"dossiers in Chromium left out: {wrong}")
    if shutil.which("node"):
        yield dossiers.fuzz(demo, 10 if quick else dossiers.FUZZ_SECONDS)
    rounds = 30 if quick else 150
    console.print("recorder ...")
    yield recorder.on_sqlite(folder, rounds)
    try:
        with postgres_server() as url:
            yield recorder.on_postgres(url, rounds)
            yield from projection_runner.beside_theirs(url, folder, 1000 if quick else 5000)
            console.print("intake on PostgreSQL ...")
            yield from peers.beside_eventsourcing(folder, url, 5 if quick else 9)
    except NoPostgres as wrong:
        console.print(f"recorder and rebuild on PostgreSQL left out: {wrong}")


def main() -> int:
    """Print the table; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument(
        "--scale",
        nargs="?",
        type=int,
        const=scale.MILLION,
        metavar="N",
        help=f"only a large log, of {scale.MILLION:,} events or of N",
    )
    parser.add_argument("--data", type=Path, help="a log that `minhchung synth` made, for --scale")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="minhchung-bench-") as folder:
        if chosen.scale is None:
            measured = list(lines(Path(folder), quick=chosen.quick))
        else:
            console.print("a large log ...")
            measured = []
            for line in scale.large_log(chosen.data or Path(folder) / "synth", chosen.scale):
                console.print(f"{line.what}: {line.ours}; {line.other}; {line.ratio}")
                measured.append(line)
    table = Table(
        "what",
        "ours",
        "other side or limit",
        "ratio",
        "",
        title=f"Medians of one interleaved run: {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}",
    )
    for line in measured:
        verdict = "[green]ok[/]" if line.met else "[red]short[/]"
        table.add_row(line.what, line.ours, line.other, line.ratio, verdict)
    screen = Console()
    screen.width = max(screen.width, WIDTH)
    screen.print(table)
    return 0 if all(line.met for line in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
