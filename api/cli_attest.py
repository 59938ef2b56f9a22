"""The group `attest`: attested results shown, proved item by item, checked, confirmed by auditors."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from api import attestations
from api.answers import Answer
from api.cli_options import AsJson, Data, Lang, RoundCode, print_json
from api.errors import AttestationsDiffer
from api.log_key import load_key
from api.nearest import unreadable
from api.register import chosen_round
from api.runtime import reading, writing
from api.settings import settings
from api.terms import term
from api.wording import Language, word
from audit.ledger.submission import Accepted
from audit.proofs.attested import AttestedItem, parse_attested_item
from audit.proofs.errors import AuditError
from audit.proofs.statement import parse_statement
from audit.proofs.trust_file import parse_trust

attest = typer.Typer(
    no_args_is_help=True, help="What the log attested of its results, proved cell by cell and confirmed."
)
Version = Annotated[
    int | None,
    typer.Option("--version", help="The version of the result; else the newest.", show_default=False),
]


@attest.command()
def show(
    round_code: RoundCode = None, data: Data = None, as_json: AsJson = False, lang: Lang = Language.VI
) -> None:
    """Show what the log attested of each published version, and which auditors confirmed it."""
    with reading(settings(data)) as log, log.database.read() as connection:
        code = round_code or chosen_round(log, connection, log.size)
        told = attestations.shown(attestations.folded(log, connection), code)
    if as_json:
        print_json(told)
        return
    for version in told["versions"]:
        made = version["attested_at"] is not None
        _say("version" if made else "unattested", lang, **version)
        for auditor in version["confirmed_by"]:
            _say("confirmed_by", lang, actor=auditor)


@attest.command()
def prove(
    agency: str,
    of: Annotated[
        str, typer.Argument(metavar="[CRITERION|total|rank]", help="Which item.", show_default=False)
    ] = "total",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to write the proof.", show_default=False)
    ] = None,
    round_code: RoundCode = None,
    version: Version = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Write the proof of one cell, total or rank, or that there is none, into a file that proves it alone."""
    with reading(settings(data)) as log, log.database.read() as connection:
        code = round_code or chosen_round(log, connection, log.size)
        register = attestations.folded(log, connection)
        about = f"{agency}/{of}"
        written, told = attestations.prove(log, connection, register, code, version, about)
    path = output or Path(f"{code}-{agency}-{of}.attested.json")
    path.write_bytes(written)
    _tell(told | {"file": str(path)}, lang, as_json=as_json, also=("written",))


@attest.command()
def check(
    file: Annotated[Path, typer.Argument(help="An attested item.")],
    trust: Annotated[
        Path | None,
        typer.Option("--trust", help="The trust file; else the log at hand is asked.", show_default=False),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Check an attested item against a trust file alone, or against the log at hand, with all its events."""
    with _findings(lang, as_json=as_json):
        found = parse_attested_item(file.read_bytes())
        told = _by_trust(found, trust) if trust is not None else _by_log(found, data)
    _tell({"ok": told.get("complete", True)} | told, lang, as_json=as_json, also=("checked",))
    raise typer.Exit(0 if told.get("complete", True) else 1)


def _by_trust(found: AttestedItem, path: Path) -> Answer:
    trust = parse_trust(path.read_bytes())
    log = trust.log(parse_statement(found.envelope.payload).log)
    return attestations.check(found, log.vkeys, trust.policy) | {"checked_by": "trust"}


def _by_log(found: AttestedItem, data: Path | None) -> Answer:
    with reading(settings(data)) as log, log.database.read() as connection:
        register = attestations.folded(log, connection)
        origin = register.keyring.genesis.origin
        told = attestations.check(found, attestations.keys_of(register, origin))
        return {**told, "checked_by": "log", **attestations.complete(found, log)}


@attest.command()
def confirm(
    key: Annotated[Path, typer.Option("--key", help="The auditor's key file.")],
    round_code: RoundCode = None,
    version: Version = None,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Fold the log again; where it comes to what was attested, state so as an auditor."""
    signer = load_key(key)
    try:
        with writing(settings(data)) as runtime:
            with runtime.log.database.read() as connection:
                code = round_code or chosen_round(runtime.log, connection, runtime.log.size)
            told, outcome = attestations.confirm(runtime, signer, code, version)
    except AttestationsDiffer as wrong:
        sys.stderr.write(f"minhchung: {wrong}\n")
        raise typer.Exit(1) from None
    if not isinstance(outcome, Accepted):
        words = word(outcome.refusal.rule, outcome.refusal.facts, lang)
        sys.stderr.write(f"minhchung: {words.what} {words.todo} ({outcome.refusal.rule})\n")
        raise typer.Exit(1)
    told |= {"position": outcome.position}
    if as_json:
        print_json(told)
    else:
        _say("confirmed", lang, **told)


# --- answers --------------------------------------------------------------------------------------------


def _tell(told: Answer, lang: Language, *, as_json: bool, also: tuple[str, ...]) -> None:
    """Answer in JSON, or say what the proof says and what was done with it."""
    if as_json:
        print_json(told)
        return
    _say("attested" if told["present"] else "absent", lang, **told)
    for name, value in told.get("value", {}).items():
        sys.stdout.write(f"  {term('attest', name, lang)}: {value or '-'}\n")
    if told["present"]:
        _say("behind", lang, acts=_listed(told["made_by"]), events=_listed(told["events"]))
    for name in (*also, *(name for name in ("missing", "foreign") if told.get(name))):
        _say(f"{name} by {told['checked_by']}" if name == "checked" else name, lang, **told)


def _listed(positions: list[int]) -> str:
    return ", ".join(map(str, positions)) or "-"


def _say(sentence: str, lang: Language, **facts: object) -> None:
    sys.stdout.write(term("attest", sentence, lang).format(**facts) + "\n")


@contextmanager
def _findings(lang: Language, *, as_json: bool) -> Iterator[None]:
    """Say why a file proves nothing, and end with 1."""
    try:
        yield
    except OSError as wrong:
        raise unreadable(Path(wrong.filename), wrong) from None
    except AuditError as wrong:
        if as_json:
            print_json(
                {"ok": False, "rule": wrong.rule, "facts": {k: str(v) for k, v in wrong.facts.items()}}
            )
        else:
            words = word(wrong.rule, wrong.facts, lang)
            sys.stdout.write(f"✗ {words.what} {words.todo} ({wrong.rule})\n")
        raise typer.Exit(1) from None
