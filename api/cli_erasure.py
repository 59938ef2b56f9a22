"""The command that erases words beside the log, `erase`: it shows what would go, and does it with `--yes`."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli_options import AsJson, Data, Lang, print_json, refusals
from api.erasure import Wanted, state_erasure, wanted
from api.log_key import load_key
from api.runtime import reading, writing
from api.settings import settings
from api.terms import event_name, term
from api.wording import Language, tell
from domain.stated.choices import ErasureCategory

app = typer.Typer()
SHOWN = 60
"""How much of the words is shown."""


@app.command()
def erase(
    texts: Annotated[
        list[str] | None,
        typer.Argument(metavar="[POSITION[:FIELD]]...", help="Texts of entries.", show_default=False),
    ] = None,
    person: Annotated[
        list[str] | None,
        typer.Option("--person", metavar="PSEUDONYM", help="The name of a person.", show_default=False),
    ] = None,
    category: Annotated[ErasureCategory, typer.Option("--category", help="Why.")] = (
        ErasureCategory.SUBJECT_REQUEST
    ),
    authority: Annotated[
        str | None,
        typer.Option("--authority", help="On whose authority; stays for good.", show_default=False),
    ] = None,
    registrar_key: Annotated[
        list[Path] | None,
        typer.Option("--registrar-key", metavar="FILE", help="A registrar's key.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Erase; without it, only show what would go.")] = False,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Erase words behind commitments, names among them; statements, proofs and scores stay."""
    where = settings(data)
    if yes and not (authority and registrar_key):
        raise typer.BadParameter("--yes needs --authority and the registrars' keys (--registrar-key)")
    with reading(where) as log, log.database.read() as connection:
        found = wanted(log, connection, texts or [], person or [])
    positions: tuple[int, ...] = ()
    if yes and found:
        with refusals(lang), writing(where) as runtime:
            keys = [load_key(path) for path in registrar_key or []]
            positions = state_erasure(runtime, found, category, authority or "", keys)
    if positions:
        found = tuple(replace(text, words=None) for text in found)  # they are gone, from here too
    answer = {
        "category": category.value,
        "erased": bool(positions),
        "positions": list(positions),
        "texts": [asdict(text) for text in found],
    }
    if as_json:
        print_json(answer)
    else:
        _show(answer, found, lang)


def _show(answer: dict[str, Any], found: tuple[Wanted, ...], lang: Language) -> None:
    for text in found:
        words = "" if text.words is None else f": “{text.words[:SHOWN]}”"
        named = f"{event_name(text.type, lang)} · {tell('field', text.field, lang)}"
        sys.stdout.write(f"#{text.position} {named}{words}\n")
    sentence = "nothing" if not found else "erased" if answer["erased"] else "would be"
    told = {
        "count": len(found),
        "positions": ", ".join(map(str, answer["positions"])),
        "category": tell("category", answer["category"], lang),
    }
    sys.stdout.write(term("erasure", sentence, lang).format(**told) + "\n")
