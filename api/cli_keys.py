"""The commands about keys: `keys list`, `keys show`, and over a service `keys invite`, `enrol`, `approve`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.cli_options import AsJson, AsOf, Data, Lang, answer, print_json, refusals
from api.client import Client
from api.clock import real_clock
from api.enrolment import approve as sign_approval
from api.enrolment import enrol as sign_enrolment
from api.enrolment import own_key, waiting
from api.keys import key_list, key_show
from api.log_key import load_key
from api.register import size_at
from api.runtime import reading
from api.screen_keys import KeyScreen
from api.settings import settings
from api.terms import term
from api.wording import Language

Server = Annotated[str, typer.Option("--server", help="The address of the log's service.")]
KeyFile = Annotated[Path, typer.Option("--key", metavar="FILE", help="The file of your own private key.")]
LOCAL = "http://127.0.0.1:8000"
keys = typer.Typer(no_args_is_help=True, help="Who signs with which key, and in what doubt.")


@keys.command("list")
def list_keys(
    as_of: AsOf = None, data: Data = None, as_json: AsJson = False, lang: Lang = Language.VI
) -> None:
    """Show every key the log has had: whose, kept by whom, from where to where, in what state."""
    with reading(settings(data)) as log, log.database.read() as connection:
        told = key_list(log, connection, size_at(log, as_of))
    answer(told, KeyScreen(Console(), lang).list, as_json=as_json)


@keys.command()
def show(
    wanted: Annotated[
        str, typer.Argument(metavar="KEY|ACTOR", help="A key's id or its beginning, or a holder.")
    ],
    as_of: AsOf = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show the life of a key: suspensions, revocation, contested statements, bound certificates."""
    with reading(settings(data)) as log, log.database.read() as connection:
        told = key_show(log, connection, size_at(log, as_of), wanted)
    answer(told, KeyScreen(Console(), lang).show, as_json=as_json)


# --- enrolment over a service ---------------------------------------------------------------------------


@keys.command()
def invite(
    actor: str,
    key: KeyFile,
    server: Server = LOCAL,
    days: Annotated[int, typer.Option("--days", help="How long the code is good for.")] = 7,
    with_registrar: Annotated[
        list[str] | None,
        typer.Option(
            "--registrar", metavar="ACTOR", help="Who will sign (at least a quorum).", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Make a one-time code, as a registrar, with which somebody can have their own key enrolled."""
    with refusals(lang), Client(server, lang.value) as client:
        client.sign_in(load_key(key))
        body = {"actor": actor, "days": days, "registrars": with_registrar or []}
        told = client.ask("POST", "/v1/enrolments", body)
    _tell("invited", told | {"actor": actor}, lang, as_json=as_json)


@keys.command()
def enrol(
    key: KeyFile,
    code: Annotated[str, typer.Option("--code", help="The one-time code that a registrar gave you.")],
    server: Server = LOCAL,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Make your own key (in a file that is not there yet), and ask for its enrolment with a one-time code."""
    with refusals(lang), Client(server, lang.value) as client:
        mine = own_key(key)
        name = sign_enrolment(client, code, mine, real_clock())
    _tell("asked", {"id": name, "key": mine.public_key.id}, lang, as_json=as_json)


@keys.command()
def approve(
    key: KeyFile,
    name: Annotated[
        str | None, typer.Argument(metavar="ID", help="Whose; without it, all are shown.", show_default=False)
    ] = None,
    server: Server = LOCAL,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Sign somebody's enrolment as a registrar; compare the key's id with what its owner tells you first."""
    with refusals(lang), Client(server, lang.value) as client:
        registrar = load_key(key)
        client.sign_in(registrar)
        there = waiting(client)
        chosen = [one for one in there if one.id == name]
        if name is None:
            told: dict[str, Any] = {"waiting": [{"id": w.id, "actor": w.actor, "key": w.key} for w in there]}
            if as_json:
                print_json(told)
            for one in () if as_json else told["waiting"]:
                _tell("waiting", one, lang, as_json=False)
            return
        if not chosen:
            sys.stderr.write(term("enrolment", "none", lang).format(id=name) + "\n")
            raise typer.Exit(1)
        told = sign_approval(client, chosen[0], registrar)
    about = {"id": name, "actor": chosen[0].actor, "key": chosen[0].key}
    _tell("missing" if "missing" in told else "enrolled", told | about, lang, as_json=as_json)


def _tell(sentence: str, told: dict[str, Any], lang: Language, *, as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        typer.echo(term("enrolment", sentence, lang).format(**told))
