"""The code points that Unicode 14.0 leaves unassigned, written out for both verifiers.

`python -m tests.unassigned` runs on a Python that knows Unicode 14.0 (3.11), and makes
`audit/proofs/unassigned.py` and `audit/browser/unassigned.js`.
"""

from __future__ import annotations

import sys
import textwrap
import unicodedata
from pathlib import Path

VERSION = "14.0.0"
ROOT = Path(__file__).parent.parent
PYTHON = ROOT / "audit" / "proofs" / "unassigned.py"
BROWSER = ROOT / "audit" / "browser" / "unassigned.js"
STORY = "The code points that Unicode 14.0 leaves unassigned, in hex: made by `python -m tests.unassigned`."
WHY = (
    "Which text is NFC is settled for good only for assigned characters; a format that followed the newest",
    "Unicode would be read otherwise next year.",
)


def ranges() -> list[tuple[int, int]]:
    """Return the first and last of each run of unassigned code points."""
    found: list[tuple[int, int]] = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) != "Cn":
            continue
        if found and found[-1][1] == code - 1:
            found[-1] = (found[-1][0], code)
        else:
            found.append((code, code))
    return found


def words() -> list[str]:
    """Return the ranges as they are written, in lines."""
    written = " ".join(f"{first:x}" if first == last else f"{first:x}-{last:x}" for first, last in ranges())
    return textwrap.wrap(written, 100, break_on_hyphens=False)


def python_module() -> str:
    """Return the module for Python."""
    lines = "\n".join(f'    "{line} "' for line in words())
    return f'"""{STORY}\n\n{WHY[0]}\n{WHY[1]}\n"""\n\nUNASSIGNED = (\n{lines}\n)\n'


def browser_module() -> str:
    """Return the module for JavaScript."""
    lines = " +\n".join(f'  "{line} "' for line in words())
    return f"/**\n * {STORY}\n *\n * {WHY[0]}\n * {WHY[1]}\n */\nexport const UNASSIGNED =\n{lines};\n"


if __name__ == "__main__":
    if unicodedata.unidata_version != VERSION:
        sys.exit(f"this Python knows Unicode {unicodedata.unidata_version}, not {VERSION}")
    PYTHON.write_text(python_module(), "utf-8")
    BROWSER.write_text(browser_module(), "utf-8")
