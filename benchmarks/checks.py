"""Checks in the browser, from the page's first question to its verdict: a score, and a whole round."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from api.clock import ScriptedClock
from api.runtime import open_runtime
from api.settings import Settings
from benchmarks.dossiers import NoChromium
from benchmarks.measure import Line, within

SCORE_LIMIT, ROUND_LIMIT = 0.3, 5.0
AUDITOR = "kt-1"
PATHS = {"score": "/check?round=2016&agency=SNV&criterion=A3.2", "round": "/check?round=2016"}


def of_the_demo(demo: Path, folder: Path, rounds: int) -> Iterator[Line]:
    """Serve the demo, and check it in Chromium; raises NoChromium.

    That is the whole way: the service makes the dossier, the worker fetches it, verifies, refolds. The code
    of the check is in the browser's cache, as on every visit but the first.
    """
    try:
        from playwright.sync_api import sync_playwright  # what no other benchmark needs
    except ImportError:
        raise NoChromium("Playwright is not installed") from None
    from tests.api.service.people import sign_in
    from tests.api.service.serving import serving
    from tests.chromium import ARGUMENTS, executable
    from tests.tour_pages import key_of
    from tests.worlds import NOW, World

    if (found := executable()) is None:
        raise NoChromium("no Chromium is installed")
    data = folder / "checked"
    shutil.copytree(demo, data, ignore=shutil.ignore_patterns("*.lock"))
    world = World(open_runtime(Settings(data)), ScriptedClock(NOW))
    with serving(world, Settings(data)) as client, sync_playwright() as running:
        browser = running.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        context = browser.new_context()
        site = f"http://localhost:{client.port}"
        name, _, value = sign_in(client, key_of(world.runtime, AUDITOR)).headers["Cookie"].partition("=")
        context.add_cookies([{"name": name, "value": value, "url": site}])
        score = [_checked(context, f"{site}{PATHS['score']}") for _ in range(2 * rounds + 2)][2:]
        whole = [_checked(context, f"{site}{PATHS['round']}") for _ in range(rounds)]
        browser.close()
    world.close()
    yield _within("a score checked in Chromium", score, SCORE_LIMIT, milliseconds=True)
    yield _within("the whole round checked in Chromium", whole, ROUND_LIMIT)


def _checked(context: Any, address: str) -> tuple[float, float]:
    """Return the seconds that a check took, and how many of them were verifying."""
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-checked]", timeout=300_000)
    assert page.inner_text("#judgement").startswith("✓")
    taken = (page.get_attribute("html", "data-checked"), page.get_attribute("html", "data-judged"))
    page.close()
    return float(taken[0]) / 1000, float(taken[1]) / 1000


def _within(what: str, taken: list[tuple[float, float]], limit: float, *, milliseconds: bool = False) -> Line:
    judged = median(verified for _, verified in taken)
    told = f"{judged * 1000:.0f} ms" if milliseconds else f"{judged:.2f} s"
    return within(
        f"{what} ({told} of it verifying)",
        median(all_ for all_, _ in taken),
        limit,
        milliseconds=milliseconds,
    )
