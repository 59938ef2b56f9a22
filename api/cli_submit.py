"""The command that sends signed statements to a log's service, and keeps what proves that they are in it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli_options import AsJson, Lang, print_json
from api.client import Client, Refused, Taken
from api.outbox import Outbox, Sent
from api.terms import term
from api.trusting import read_trust
from api.wording import Language

app = typer.Typer()


@app.command()
def submit(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Signed statements; without any, what is still waiting.", show_default=False),
    ] = None,
    server: Annotated[str, typer.Option("--server", help="The address of the log's service.")] = (
        "http://127.0.0.1:8000"
    ),
    outbox: Annotated[Path, typer.Option("--outbox", help="Where what is sent is kept.")] = Path("outbox"),
    trust: Annotated[
        Path | None,
        typer.Option("--trust", help="Whose receipts are believed (a trust file).", show_default=False),
    ] = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Send signed statements; what got no answer is kept, and sent again the next time."""
    box = Outbox(outbox, read_trust(trust) if trust else None)
    for path in files or ():
        box.keep(path)
    with Client(server, lang.value) as client:
        sent = list(box.send(client))
    left = len(box.waiting())
    if as_json:
        print_json({"sent": list(map(_told, sent)), "waiting": left})
    else:
        for one in sent:
            _say(one, lang)
    raise typer.Exit(0 if all(isinstance(one.answered, Taken) for one in sent) and not left else 1)


def _told(sent: Sent) -> dict[str, Any]:
    answered, told = sent.answered, {"id": sent.statement}
    if isinstance(answered, Taken):
        return told | {"state": "TAKEN", "position": answered.position, "repeated": answered.repeated}
    if isinstance(answered, Refused):
        return told | {"state": "REFUSED", "rule": answered.rule, "detail": answered.detail}
    return told | {"state": "WAITING", "reason": answered.reason}


def _say(sent: Sent, lang: Language) -> None:
    answered = sent.answered
    if isinstance(answered, Taken):
        told = term("submit", "taken", lang).format(id=sent.statement, position=answered.position)
        typer.echo(told)
    elif isinstance(answered, Refused):
        told = term("submit", "refused", lang).format(id=sent.statement, rule=answered.rule)
        sys.stderr.write(f"{told} {answered.detail} {answered.todo}\n")
    else:
        told = term("submit", "waiting", lang).format(id=sent.statement, reason=answered.reason)
        sys.stderr.write(f"{told}\n")
