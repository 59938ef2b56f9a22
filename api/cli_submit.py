"""The commands that send statements and evidence files to a log's service, and keep what proves them."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from api.cli_options import AsJson, Lang, print_json, refusals
from api.client import Client, Refused, Taken, refused_by
from api.clock import real_clock
from api.errors import CommandError
from api.log_key import load_key
from api.outbox import TRIES, Outbox, Sent
from api.terms import term
from api.trusting import read_trust
from api.wording import Language
from audit.proofs.keys import Signer

app = typer.Typer()
LASTS = timedelta(hours=1)
"""How long a file may be under way."""


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


@app.command()
def upload(
    files: Annotated[
        list[Path], typer.Argument(help="Evidence files, before the statement that names them.")
    ],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The file of your own private key.")],
    server: Annotated[str, typer.Option("--server", help="The address of the log's service.")] = (
        "http://127.0.0.1:8000"
    ),
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Send evidence files; where the line broke before, they are gone on with."""
    with refusals(lang), Client(server, lang.value) as client:
        signer, sent = load_key(key), []
        for path in files:
            until = real_clock() + LASTS
            sha256 = send_file(client, path, signer, client.origin(), until)
            sent.append({"path": str(path), "sha256": sha256, "size": path.stat().st_size})
            if not as_json:
                typer.echo(term("submit", "uploaded", lang).format(**sent[-1]))
    if as_json:
        print_json({"uploaded": sent})


def send_file(client: Client, path: Path, signer: Signer, origin: str, until: datetime) -> str:
    """Send a file, several times where the line breaks; return its digest. Raises CommandError."""
    for left in reversed(range(TRIES)):
        try:
            return client.upload(path, signer, origin, until)
        except httpx.HTTPStatusError as refused:
            raise refused_by(refused.response) from None
        except httpx.HTTPError as wrong:
            if left == 0:
                raise NotSent(path, wrong) from None
    raise AssertionError("a loop that ends by itself")


class NotSent(CommandError):
    """A file did not get through; what came of it is kept by the service."""

    def __init__(self, path: Path, wrong: Exception) -> None:
        super().__init__(f"{path}: {type(wrong).__name__}: {wrong}; send it again, it goes on where it broke")


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
