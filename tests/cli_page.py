"""The samples of docs/cli.md, from real commands: `python -m tests.cli_page DIR` writes those of a demo."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.commands import commands
from tests.pages import BLOCK

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "cli.md"
DAMAGED = 4000
"""The position whose entry loses a bit in the sample of a damaged log."""
OPEN_MAPPINGS = ("body", "texts", "erased", "facts", "votes", "dissents", "value")
"""Objects whose names depend on what they tell about."""


def run(data: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `minhchung` on a data directory, as on a terminal of 100 columns, with more of an environment."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MINHCHUNG_")}
    environment |= {"MINHCHUNG_DATA": str(data), "COLUMNS": "100"}
    environment |= variables
    return commands().run(words, environment)


def said(data: Path, status: int, *words: str) -> str:
    """Return what a command wrote; it must end with this status."""
    ended = run(data, *words)
    assert ended.returncode == status, (words, ended.returncode, ended.stderr)
    return ended.stdout


def damage(data: Path, copy: Path) -> Path:
    """Copy a log and flip one bit of one stored entry."""
    shutil.copytree(data, copy)
    with sqlite3.connect(copy / "minhchung.db") as connection:
        here = "FROM stored_events WHERE position = ?"
        (state,) = connection.execute(f"SELECT state {here}", (DAMAGED,)).fetchone()
        flipped = bytes([*state[:100], state[100] ^ 1, *state[101:]])
        connection.execute("UPDATE stored_events SET state = ? WHERE position = ?", (flipped, DAMAGED))
    connection.close()
    return copy


COMMANDS: Mapping[str, tuple[str, ...]] = {
    "rank": ("rank", "--round", "2016", "--block", "CENTRAL"),
    "trace": ("trace", "SNV", "A1.2"),
    "verify": ("verify",),
    "trusted": ("verify", "--trust", "{data}/trust.json"),
    "progress": ("progress",),
    "inbox": ("inbox", "--round", "2016", "--as-of", "2017-02-13"),
    "case": ("case", "dispute-1"),
    "conflicts": ("conflicts",),
    "findings": ("findings",),
    "fairness": ("fairness",),
    "search": ("search", "quy", "che", "phoi", "hop", "--agency", "SGTVT", "--limit", "2"),
    "rebuild": ("rebuild",),
    "changes": ("changes",),
    "what-if": ("what-if", "--without", "8175"),
    "reweighed": ("what-if", "--criteria", "2.0.0"),
    "pivotal": ("pivotal",),
    "robustness": ("robustness",),
    "diff": ("diff", "published-v1", "published-v2"),
    "agenda": ("council", "agenda", "--round", "2016", "--as-of", "2017-04-17"),
    "decisions": ("council", "decisions"),
    "precedents": ("council", "precedents", "A3.10", "--matter", "SPECIAL_CASE"),
    "disputes": ("dispute", "list"),
    "dispute": ("dispute", "show", "dispute-1"),
    "keys": ("keys", "list"),
    "key": ("keys", "show", "stttt-2"),
    "attested": ("attest", "show"),
    "proved": ("attest", "prove", "SNV", "A1.2", "-o", os.devnull),
}
"""The commands whose answers the page shows, by the name of the sample."""
LONG = {
    "case",
    "reweighed",
    "robustness",
    "progress",
    "pivotal",
    "conflicts",
    "findings",
    "fairness",
    "rebuild",
    "decisions",
    "keys",
}
"""Answers too long to be printed on the page as a terminal shows them."""
PLAIN = [name for name in COMMANDS if name not in LONG]
JSON = [f"{name} json" for name in COMMANDS]
DAMAGED_JSON = "damaged json"


def words_of(name: str, data: Path) -> tuple[str, ...]:
    """Return the words of a command, about a data directory."""
    return tuple(word.format(data=data) for word in COMMANDS[name])


def _of_damaged(data: Path, *words: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return said(damage(data, Path(folder) / "copy"), 1, "verify", *words)


def shortened(value: Any) -> Any:
    """Cut every list of a JSON value to its first item."""
    if isinstance(value, list):
        return [shortened(item) for item in value[:1]]
    if isinstance(value, dict):
        return {name: shortened(item) for name, item in value.items()}
    return value


def shape(value: Any) -> Any:
    """Return the names and kinds of a JSON value without what it says."""
    if isinstance(value, dict):
        return {name: "object" if name in OPEN_MAPPINGS else shape(item) for name, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return "nothing or text" if value is None or isinstance(value, str) else type(value).__name__


def skeleton(text: str) -> list[str]:
    """Return the words of an output line by line, without numbers and frames."""
    lines = (re.sub(r"[^\w\s:·#✓✗◀-]|[0-9a-f]{40,}|\d+", " ", line) for line in text.splitlines())
    return [" ".join(line.split()) for line in lines if line.strip()]


def samples() -> dict[str, str]:
    """Return the samples that the page shows, by name."""
    found = BLOCK.findall(PAGE.read_text("utf-8"))
    return {name: re.sub(r"^\n```[a-z]*\n|```\n\n$", "", inner) for _, name, inner, _ in found}


def _block(data: Path, name: str) -> str:
    if name in PLAIN:
        told = "\n".join(line.rstrip() for line in said(data, 0, *words_of(name, data)).splitlines())
        return f"\n```text\n{told}\n```\n\n"
    answer = _of_damaged(data, "--json") if name == DAMAGED_JSON else _json(data, name)
    told = json.dumps(shortened(json.loads(answer)), ensure_ascii=False, indent=2)
    return f"\n```json\n{told}\n```\n\n"


def _json(data: Path, name: str) -> str:
    return said(data, 0, *words_of(name.removesuffix(" json"), data), "--json")


def write_page(data: Path) -> None:
    """Write every sample of the page anew."""
    text = PAGE.read_text("utf-8")
    PAGE.write_text(BLOCK.sub(lambda found: found[1] + _block(data, found[2]) + found[4], text), "utf-8")


if __name__ == "__main__":
    write_page(Path(sys.argv[1]))
