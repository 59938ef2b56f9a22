"""A real Chromium for tests and screenshots: the one of the system, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-background-networking")


def executable() -> str | None:
    """Return the Chromium that is given or installed, if there is one."""
    return os.environ.get("MINHCHUNG_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium(*, offline: bool = True) -> Iterator[Any]:
    """Run Chromium, offline unless it is to ask a service here; skip with a reason where there is none."""
    driver = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    found = executable()
    if found is None:
        pytest.skip("no Chromium is installed; MINHCHUNG_CHROMIUM names one")
    with driver.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        context = browser.new_context(offline=offline, viewport={"width": 1100, "height": 900})
        yield context
        browser.close()
