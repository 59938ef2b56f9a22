"""Screenshots of what a reader sees, taken from the demo: `python -m tests.tour DATA [FOLDER]`.

DATA is a data directory that `minhchung demo --data DATA --no-serve` built; FOLDER is `docs/tour`.
"""

from __future__ import annotations

import html
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.chromium import chromium

ROOT = Path(__file__).parent.parent
TERMINAL = (
    "<!doctype html><meta charset=utf-8><body style='margin:0'><pre style=\"margin:0;padding:1.4rem 1.6rem;"
    "background:#1d2433;color:#e8ebf1;font:15px/1.45 'DejaVu Sans Mono',monospace;width:max-content\">"
    "<span style='color:#9fb2c8'>$ {command}</span>\n{told}</pre>"
)


def minhchung(*arguments: str) -> str:
    """Run the command, and return what it prints."""
    found = subprocess.run(
        [str(Path(sys.executable).parent / "minhchung"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "96", "LANG": "C.UTF-8", "NO_COLOR": "1"},
    )
    return found.stdout


def damaged(dossier: str, position: int) -> str:
    """Change one digit inside an entry's bytes: a time becomes another day."""
    start = dossier.rindex('{"entry"', 0, dossier.index(f'"position":{position}'))
    place = dossier.index("received_at", start) + len('received_at\\":\\"2017-08-0')
    digit = "7" if dossier[place] != "7" else "6"
    return dossier[:place] + digit + dossier[place + 1 :]


@contextmanager
def shown(context: Any, path: Path, *, english: bool = False) -> Iterator[Any]:
    """Open a page from disk, and wait for its verdict."""
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-checked]", timeout=120_000)
    if english:
        page.click("#language")
    yield page
    page.close()


def main(data: str, folder: str = "docs/tour") -> None:
    """Take all screenshots."""
    into = ROOT / folder
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, chromium() as context:
        where = Path(place)
        export = ("export", "dossier", "--data", data)
        minhchung(*export, "--agency", "SNV", "-o", str(where / "snv.html"))
        minhchung(*export, "--dispute", "dispute-1", "-o", str(where / "d.html"))
        minhchung(*export, "--dispute", "dispute-1", "-o", str(where / "d.json"))
        minhchung(*export, "--whole", "-o", str(where / "round.html"))
        (where / "bad.html").write_text(damaged((where / "d.html").read_text("utf-8"), 8521), "utf-8")
        take(context, where, into)
        terminal(context, where, into, data)


def take(context: Any, where: Path, into: Path) -> None:
    """Take the pages."""
    with shown(context, where / "snv.html") as page:
        page.screenshot(path=into / "dossier-agency.png")
    with shown(context, where / "d.html") as page:
        page.screenshot(path=into / "dossier-green.png")
        page.locator("#entry-8521").scroll_into_view_if_needed()
        page.evaluate("document.getElementById('entry-8521').scrollIntoView()")
        page.screenshot(path=into / "dossier-story.png")
        page.evaluate("document.getElementById('evidence').scrollIntoView()")
        page.screenshot(path=into / "dossier-reach.png")
    with shown(context, where / "bad.html") as page:
        page.screenshot(path=into / "dossier-red.png")
    with shown(context, where / "round.html", english=True) as page:
        page.screenshot(path=into / "dossier-round.png")


def terminal(context: Any, where: Path, into: Path, data: str) -> None:
    """Take what the command says of the same two files, by a trust file of one's own."""
    trust = ["--trust", str(Path(data) / "trust.json")]
    for name, file in (("verify-green", "d.json"), ("verify-red", "bad.html")):
        told = minhchung("verify", str(where / file), *trust, "--lang", "en")
        command = f"minhchung verify {file} --trust trust.json --lang en"
        page = context.new_page()
        page.set_content(TERMINAL.format(command=command, told=html.escape(told)))
        page.locator("pre").screenshot(path=into / f"{name}.png")
        page.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
