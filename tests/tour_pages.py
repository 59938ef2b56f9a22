"""Screenshots of the service's pages, taken from the demo: `python -m tests.tour_pages DATA [FOLDER]`.

DATA is a data directory that `minhchung demo --data DATA --no-serve` built, which is copied; FOLDER is
`docs/tour`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api.runtime import Runtime, open_runtime
from api.settings import Settings
from audit.proofs.keys import DEMO_KEYS, SigningKey, demo_signing_key
from tests.api.service.people import sign_in
from tests.api.service.serving import serving
from tests.chromium import chromium
from tests.worlds import World

ROOT = Path(__file__).parent.parent
WIDE, NARROW = (1180, 1100), (360, 900)
EVERY_WAY = ("result", "score", "agency", "entry", "dispute", "findings")
AUDITOR = "kt-1"
SCORE = "/rounds/2016/agencies/SNV/criteria"
INSIDE: Mapping[str, str] = {
    "ranking": "/rounds/2016/ranking?as_of=published-v2&since=published-v1&agency=SGTVT&intervals=true",
    "bump": "/rounds/2016/ranking?agency=SGTVT#block-department-moves",
    "agency": "/rounds/2016/agencies/STC",
    "what-if": "/rounds/2016/agencies/SGTVT?win=A1.2#win",
    "score": f"{SCORE}/A3.2",
}
LOOKED_INTO: Mapping[str, str] = {
    "log": "/log",
    "entry": "/log/8555",
    "search": "/search?q=giai+trinh&type=ExplanationSubmitted.v1",
    "dispute": "/rounds/2016/disputes/dispute-1",
    "council": "/rounds/2016/council",
    "decisions": "/rounds/2016/council/decisions",
    "minutes": "/rounds/2016/council/meetings/meeting-3",
    "findings": "/rounds/2016/findings",
}
PUBLIC: Mapping[str, str] = {
    "rounds": "/",
    "result": "/rounds/2016",
    "missing": "/rounds/2061",
    "sign-in": "/sign-in",
}


def main(data: str, folder: str = "docs/tour") -> None:
    """Take all screenshots: in the light and in the dark, wide and narrow."""
    into = ROOT / folder
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "data"
        shutil.copytree(data, copy, ignore=shutil.ignore_patterns("*.lock"))
        runtime = open_runtime(Settings(copy))
        world = World(runtime, runtime.clock)  # type: ignore[arg-type]
        with serving(world, Settings(copy)) as client, chromium(offline=False) as context:
            page = context.new_page()
            for name, path in PUBLIC.items():
                take(page, f"http://localhost:{client.port}{path}", into, name)
            name, _, value = sign_in(client, key_of(runtime, AUDITOR)).headers["Cookie"].partition("=")
            context.add_cookies([{"name": name, "value": value, "url": f"http://localhost:{client.port}"}])
            for name, path in {**INSIDE, **LOOKED_INTO}.items():
                take(page, f"http://localhost:{client.port}{path}", into, name)
        world.close()


def key_of(runtime: Runtime, actor: str) -> SigningKey:
    """Return the demo key that somebody signs with."""
    keys = {key: its.actor for key, its in runtime.intake.keyring.records.items() if its.ended_at is None}
    made = (demo_signing_key(number) for number in range(DEMO_KEYS))
    return next(key for key in made if keys.get(key.public_key.id) == actor)


def take(page: Any, address: str, into: Path, name: str) -> None:
    """Take one page in the light, and those that matter most in the dark and on a telephone too."""
    ways = [("light", WIDE, "vi"), ("dark", WIDE, "en"), ("light", NARROW, "vi")]
    for scheme, size, lang in ways if name in EVERY_WAY else ways[:1]:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=scheme)
        where, _, part = address.partition("#")
        page.goto(f"{where}{'&' if '?' in where else '?'}lang={lang}#{part}", wait_until="networkidle")
        how = "narrow" if size is NARROW else scheme
        page.screenshot(path=into / f"page-{name}-{how}.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
