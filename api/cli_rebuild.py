"""The command that makes the tables of scores and ranks anew from the log: `rebuild`."""

from __future__ import annotations

import sys
from dataclasses import asdict

import typer

from api.answers import Answer
from api.cli_options import AsJson, Data, Lang, answer, progress_bar
from api.errors import RebuildStopped
from api.following import FOLLOWED, another_file, rebuilding
from api.settings import settings
from api.terms import term
from api.uncollected import uncollected
from api.wording import Language
from projections.beside import InUse
from projections.elsewhere import Failed
from projections.follower import Stopped
from projections.rebuild import Rebuilt
from projections.rebuild import rebuild as make_anew

app = typer.Typer()
SHOWN = 20
"""So many differences are shown."""


@app.command()
def rebuild(data: Data = None, as_json: AsJson = False, lang: Lang = Language.VI) -> None:
    """Make all tables of results anew from the log, compare them with those served, and swap them in."""
    where = settings(data)
    try:
        with (
            progress_bar(term("rebuild", "bar", lang)) as bar,
            uncollected(),
            rebuilding(where) as source,
            another_file(where, source) as elsewhere,
        ):
            told = _told(make_anew(source, FOLLOWED, bar, elsewhere))
    except Stopped as stopped:
        raise RebuildStopped(f"{stopped}; the tables are as they were") from None
    except Failed as wrong:
        raise RebuildStopped(f"the other process ended ({wrong}); the tables are as they were") from None
    except InUse as wrong:
        raise RebuildStopped(f"the tables are read without a pause, and are as they were: {wrong}") from None
    answer(told, lambda its: _show(its, lang), as_json=as_json)


def _told(done: Rebuilt) -> Answer:
    return {
        "size": done.size,
        "same": done.same,
        "tables": [asdict(table) for table in done.tables],
        "healed": [asdict(found) for found in done.differences],
    }


def _show(told: Answer, lang: Language) -> None:
    for table in told["tables"]:
        mark = "✓" if table["served"] == table["folded"] else "✗"
        sys.stdout.write(f"{mark} {table['table']}: {term('rebuild', 'rows', lang).format(**table)}\n")
    for found in told["healed"][:SHOWN]:
        sys.stdout.write(f"  {term('rebuild', 'healed', lang).format(**found)}\n")
    if (more := len(told["healed"]) - SHOWN) > 0:
        sys.stdout.write(f"  {term('rebuild', 'more', lang).format(count=more)}\n")
    sentence = "same" if told["same"] else "differed"
    sys.stdout.write(term("rebuild", sentence, lang).format(**told) + "\n")
