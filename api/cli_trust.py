"""The commands about trust files: `trust advance`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from api.answers import Answer
from api.cli_options import AsJson, Data, Lang, print_json
from api.settings import settings
from api.terms import term
from api.trusting import TrustUnreadable, read_trust
from api.wording import Language, word
from audit.proofs.advancing import Advanced, advance_by, contradiction
from audit.proofs.contradiction import format_contradiction
from audit.proofs.copies import Found, open_copy
from audit.proofs.errors import AuditError, CopyError
from audit.proofs.trust import Trust
from audit.proofs.trust_file import format_trust

app = typer.Typer(no_args_is_help=True, help="What is believed beforehand: trust files.")


@app.command()
def advance(
    trust: Annotated[Path, typer.Option("--trust", help="The trust file; it is written anew.")],
    path: Annotated[
        Path | None, typer.Argument(help="A data directory or an export of the log.", show_default=False)
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Move a trust file on to the newest checkpoint that counts, once it is proved to hold all before it."""
    believed = read_trust(trust)
    try:
        found = open_copy(path or settings(data).data)
    except CopyError as wrong:
        raise TrustUnreadable(str(wrong)) from None
    try:
        advanced = advance_by(believed, found)
    except AuditError as wrong:
        _refuse(trust, believed, found, wrong, lang)
        raise typer.Exit(1) from None
    _put(trust, format_trust(advanced.trust))
    _say(advanced, lang, as_json=as_json)


def _put(path: Path, data: bytes) -> None:
    """The old file or the new one, never half of it."""
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _refuse(path: Path, trust: Trust, found: Found, wrong: AuditError, lang: Language) -> None:
    """Say why not; where both heads are signed and cannot both be, keep the evidence beside the file."""
    words = word(wrong.rule, wrong.facts, lang)
    sys.stderr.write(f"minhchung: {words.what} {words.todo} ({wrong.rule})\n")
    evidence = contradiction(trust, found)
    if evidence is not None:
        kept = path.with_name(f"contradiction-{found.copy.head[0]}.txt")
        kept.write_bytes(format_contradiction(evidence))
        sys.stderr.write(term("trusting", "evidence", lang).format(file=kept) + "\n")


def _say(advanced: Advanced, lang: Language, *, as_json: bool) -> None:
    head, before = advanced.head, advanced.before
    told: Answer = {
        "log": head.origin,
        "before": None if before is None else before.size,
        "size": head.size,
        "root": head.root.hex(),
        "keys": list(advanced.keys),
    }
    if as_json:
        print_json(told)
        return
    how = "begun" if before is None else ("already" if before == head else "advanced")
    sys.stdout.write(term("trusting", how, lang).format(**told) + "\n")
    for key in advanced.keys:
        sys.stdout.write(term("trusting", "key", lang).format(key=key) + "\n")
