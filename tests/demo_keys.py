"""How the keys that everybody can make begin, written out for the verifier in JavaScript.

`python -m tests.demo_keys` makes `audit/browser/demo_keys.js`.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

from audit.proofs.keys import DEMO_KEYS, demo_signing_key

BROWSER = Path(__file__).parent.parent / "audit" / "browser" / "demo_keys.js"
BEGINNING = 4
"""Bytes of a key: few enough to be carried in every page, and enough to tell a thousand apart."""
STORY = """/**
 * How the keys that everybody can make begin, in hex, by their number: made by `python -m tests.demo_keys`.
 *
 * To make all of them in a browser takes longer than to verify a case; so only that one is made, with which
 * a key begins alike.
 */
"""


def beginnings() -> list[str]:
    """Return the first bytes of each demo key, all of them different."""
    found = [demo_signing_key(number).public_key.raw[:BEGINNING].hex() for number in range(DEMO_KEYS)]
    assert len(set(found)) == DEMO_KEYS
    return found


def browser_module() -> str:
    """Return the module."""
    lines = " +\n".join(f'  "{line} "' for line in textwrap.wrap(" ".join(beginnings()), 108))
    return f"{STORY}export const DEMO_BEGINNINGS =\n{lines};\n"


if __name__ == "__main__":
    BROWSER.write_text(browser_module(), "utf-8")
