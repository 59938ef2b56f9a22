"""Dossiers: how large a cell's is, how fast they are verified in Python and Chromium, both under fuzz."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter
from typing import Any

from api.dossier import Request, dossier_bytes, make_dossier
from api.dossier_contents import Subject
from api.dossier_page import dossier_page
from api.dossier_verification import verdict_on_dossier
from api.runtime import reading
from api.settings import Settings
from api.trusting import read_trust
from audit.proofs.dossier import Dossier
from audit.proofs.dossier_verdict import dossier_verdict
from audit.proofs.dossier_verifier import verify_dossier
from benchmarks.measure import Line, within
from tests.changing import DEPTHS

CELL_LIMIT = 200 * 1024
EVENTS, EVENTS_LIMIT = 5_000, 2.0
ROUND_LIMIT = 5.0
FUZZ_SECONDS = 600
FEW = ("--signers", "300", "--agencies", "40", "--criteria", "30")
"""Mostly events of a round: not, as in the largest logs, of keys."""


class NoChromium(RuntimeError):
    """There is no browser to measure in."""


def of_the_demo(data: Path, folder: Path, rounds: int) -> Iterator[Line]:
    """Measure the dossiers of the demo; `minhchung synth` makes the one of 5,000 events."""
    cell = dossier_bytes(_made(data, Subject("2016", "SNV", "A1.2"), "agency"))
    size = len(cell)
    ratio = f"{size / CELL_LIMIT:.2f} of the limit"
    yield Line("a cell's dossier", f"{size / 1024:.0f} KiB", "limit: 200 KiB", ratio, size <= CELL_LIMIT)
    whole = dossier_bytes(_made(data, Subject("2016"), "auditor", whole=True))
    yield within("whole round, verified and folded in Python", _timed(lambda: verdict_on_dossier(whole)), 60)
    yield from _in_chromium(folder, {"round": whole, "events": _synthetic(folder)}, rounds)


def _timed(work: Any) -> float:
    started = perf_counter()
    assert work()["ok"]
    return perf_counter() - started


def _made(data: Path, subject: Subject, reader: str, *, whole: bool = False) -> Dossier:
    where = Settings(data)
    trust = read_trust(where.trust) if where.trust.is_file() else None
    with reading(where) as log, log.database.read() as connection:
        return make_dossier(log, connection, Request(subject, reader, whole, trust))


def _synthetic(folder: Path) -> bytes:
    """A made-up log of 5,000 events, all of it in one dossier."""
    data = folder / "synth-dossier"
    command = [str(Path(sys.executable).parent / "minhchung"), "synth", "--data", str(data)]
    subprocess.run([*command, "--events", str(EVENTS), *FEW], check=True, capture_output=True)
    with reading(Settings(data)) as log:
        code = next(r.statement.round for r in log.entries() if r.statement.round is not None)
    return dossier_bytes(_made(data, Subject(code), "auditor", whole=True))


def _in_chromium(folder: Path, dossiers: dict[str, bytes], rounds: int) -> Iterator[Line]:
    """Open each page so often, from disk, and take the time that the page itself took for its verdict."""
    try:
        from playwright.sync_api import sync_playwright  # what no other benchmark needs
    except ImportError:
        raise NoChromium("Playwright is not installed") from None
    from tests.chromium import ARGUMENTS, executable

    if (found := executable()) is None:
        raise NoChromium("no Chromium is installed")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        times = {name: _opened(browser, folder, name, data, rounds) for name, data in dossiers.items()}
        browser.close()
    yield within("whole round, verified and refolded in Chromium", times["round"], ROUND_LIMIT)
    yield within(f"dossier of {EVENTS:,} events in Chromium", times["events"], EVENTS_LIMIT)


def _opened(browser: Any, folder: Path, name: str, dossier: bytes, rounds: int) -> float:
    path = folder / f"{name}.html"
    path.write_bytes(dossier_page(dossier))
    taken = []
    for _ in range(rounds):
        page = browser.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-checked]", timeout=300_000)
        assert page.inner_text("#judgement").startswith("✓")
        taken.append(float(page.get_attribute("html", "data-checked")) / 1000)
        page.close()
    return median(taken)


def fuzz(data: Path, seconds: float = FUZZ_SECONDS) -> Line:
    """Change a dossier in one way after another for so long; both verifiers find the same, every time."""
    from tests.audit.browser.asked import Node

    dossier = dossier_bytes(_made(data, Subject("2016", dispute="dispute-1"), "agency"))
    seed = random.SystemRandom().randrange(2**32)
    count, depths, until = Counter[str](), list(DEPTHS), monotonic() + seconds
    with Node() as node:
        for number in itertools.count():
            if monotonic() >= until:
                break
            depth = depths[number % len(depths)]
            changed = DEPTHS[depth](dossier, random.Random(f"{seed} {number}"))  # noqa: S311 - not for keys
            if changed == dossier:
                continue  # two values that were the same changed places
            ours, theirs = dossier_verdict(verify_dossier(changed)), node("dossier", changed, None)
            assert ours["findings"] == theirs["findings"], (depth, seed, number)
            assert ours["ok"] == theirs["ok"], (depth, seed, number)
            assert not ours["ok"] or depth == "value", (depth, seed, number)
            count[depth] += 1
            count["left out, and still a case"] += ours["ok"]
    told = ", ".join(f"{name} {count[name]:,}" for name in count)
    return Line("changes at random, both verifiers asked", told, "no disagreement", "", met=True)
