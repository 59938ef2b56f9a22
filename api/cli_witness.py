"""Commands about those who watch a log: run a witness, and ask witnesses to cosign."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.answers import Answer
from api.cli_options import AsJson, Data, Lang, print_json, refusals
from api.cosigning import Answer as Asked
from api.cosigning import cosign_log
from api.errors import CommandError
from api.runtime import writing
from api.settings import settings
from api.terms import term
from api.trusting import read_trust
from api.witness_store import WitnessStopped
from api.wording import Language, word
from audit.proofs.errors import AuditError

app = typer.Typer()

TrustFile = Annotated[Path, typer.Option("--trust", help="The trust file that names the witnesses.")]


@app.command()
def witness(
    config: Annotated[Path, typer.Option("--config", help="The witness's file (docs/formats/witness.md).")],
    port: Annotated[int, typer.Option("--port", help="The port to listen on.")] = 8766,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    begin: Annotated[
        bool, typer.Option("--begin", help="Begin to remember logs of which nothing is remembered yet.")
    ] = False,
) -> None:
    """Run a witness: cosign what has only grown, and keep the evidence where a log contradicts itself."""
    from api.witness import run_witness  # the HTTP side, which no other command needs

    try:
        run_witness(config, port, host=host, begin=begin)
    except (WitnessStopped, AuditError, OSError) as wrong:
        raise CommandError(f"{config}: {wrong}") from None


@app.command()
def cosign(
    trust: TrustFile,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Ask the witnesses of a trust file to cosign the newest checkpoint, and keep what they sign."""
    with refusals(lang):
        policy = read_trust(trust).policy
        with writing(settings(data)) as runtime:
            size, answers, met = cosign_log(runtime.log.database, policy)
    told: Answer = {"size": size, "met": met, "quorum": policy.quorum, "witnesses": [*map(_answer, answers)]}
    if as_json:
        print_json(told)
    else:
        _print(told, lang)
    raise typer.Exit(0 if met else 1)


def _answer(asked: Asked) -> Answer:
    facts = {name: str(value) for name, value in asked.facts.items()}
    who = {"name": asked.witness.name, "operator": asked.witness.operator}
    return {**who, "cosigned": asked.rule is None, "rule": asked.rule, "facts": facts}


def _print(told: Answer, lang: Language) -> None:
    for one in told["witnesses"]:
        said = "cosigned" if one["cosigned"] else "not_cosigned"
        why = "" if one["cosigned"] else f"{word(one['rule'], one['facts'], lang).what} ({one['rule']})"
        sys.stdout.write(term("cosigning", said, lang).format(**one, size=told["size"], why=why) + "\n")
    sys.stdout.write(term("cosigning", "met" if told["met"] else "not_met", lang).format(**told) + "\n")
