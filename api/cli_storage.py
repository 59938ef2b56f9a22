"""The commands that keep a log: `backup`, `restore`, `seal-evidence`, `anchor`, `log-key`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli_options import AsJson, Data, Lang, refusals
from api.epoch import begin_epoch
from api.evidence import evidence_of, keep_evidence_key
from api.log_key import encrypt_key, is_encrypted, load_key, make_next_key, rotation, take_over
from api.runtime import keyring_of, reading, writing
from api.settings import Settings, settings
from api.storage import backup as make_backup
from api.storage import restore as put_back
from api.terms import term
from api.wording import Language
from audit.ledger.anchor import Anchor
from audit.ledger.backup import BackedUp
from audit.ledger.errors import LogStopped
from audit.ledger.submission import Accepted
from audit.proofs.note import vkey

app = typer.Typer()
Answer = dict[str, Any]


@app.command()
def backup(
    into: Annotated[Path, typer.Argument(metavar="DIR", help="A new directory for the copy.")],
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Copy the log and its evidence, consistent while others read and write; not its key, not its anchor."""
    with refusals(lang):
        made = make_backup(settings(data), into)
    _say(_backed_up(made, into), "backed_up", lang, as_json=as_json)
    raise typer.Exit(1 if made.evidence_missing else 0)


def _backed_up(made: BackedUp, into: Path) -> Answer:
    return {
        "into": str(into),
        "size": made.size,
        "root": made.root.hex(),
        "evidence_files": made.evidence,
        "evidence_missing": list(made.evidence_missing),
    }


@app.command()
def seal_evidence(data: Data = None, as_json: AsJson = False, lang: Lang = Language.VI) -> None:
    """Seal the evidence files that lie in the clear, from before there was a key."""
    where = settings(data)
    with refusals(lang):
        keep_evidence_key(where)
        sealed = evidence_of(where).seal()
    _say({"sealed": sealed}, "sealed", lang, as_json=as_json)


@app.command()
def restore(
    source: Annotated[
        Path | None,
        typer.Argument(metavar="BACKUP", help="A backup; else the log that is there.", show_default=False),
    ] = None,
    entries: Annotated[
        list[str] | None,
        typer.Option("--entries", help="Where others kept entries; may be repeated.", show_default=False),
    ] = None,
    new_epoch: Annotated[
        str | None,
        typer.Option("--new-epoch", help="Continue under this origin what is lost.", show_default=False),
    ] = None,
    registrar_key: Annotated[
        list[Path] | None,
        typer.Option("--registrar-key", help="A registrar's key file, of each one.", show_default=False),
    ] = None,
    adopt_anchor: Annotated[
        bool, typer.Option("--adopt-anchor", help="Begin a new anchor: the old one is lost.")
    ] = False,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Put a backup in place and refill what it lacks, or continue it as a new log that says what is lost."""
    where, spares = settings(data), entries or []
    with refusals(lang):
        if new_epoch is not None:
            registrars = [load_key(path) for path in registrar_key or []]
            cited = begin_epoch(where, new_epoch, registrars, source=source, spares=spares)
            answer: Answer = {
                "origin": new_epoch,
                "continues": cited.origin,
                "size": cited.size,
                "missing_from": cited.missing_from,
                "missing_to": cited.missing_to,
            }
            _say(answer, "new_epoch", lang, as_json=as_json)
            return
        restored = put_back(where, source, spares, adopt_anchor=adopt_anchor)
    answer = {
        "size": restored.size,
        "refilled": restored.size - restored.before,
        "openings_missing": restored.words_missing,
        "evidence_missing": list(restored.evidence_missing),
    }
    _say(answer, "restored", lang, as_json=as_json)


@app.command()
def anchor(
    adopt: Annotated[bool, typer.Option("--adopt", help="Begin a new anchor: the old one is lost.")] = False,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show what was acknowledged, and whether the log holds it."""
    where = settings(data)
    with refusals(lang):
        if adopt:
            with writing(where, adopt_anchor=True):
                pass  # it is begun where the log may be written
        newest = Anchor.open(where.anchor).newest
        with reading(where) as log:
            size = log.size
    anchored = newest.checkpoint.size if newest else 0
    answer: Answer = {"path": str(where.anchor), "anchored": anchored, "size": size}
    answer["missing"] = max(0, anchored - size)
    _say(answer, "anchored_so_far", lang, as_json=as_json)
    raise typer.Exit(1 if answer["missing"] else 0)


@app.command()
def log_key(
    rotate_it: Annotated[bool, typer.Option("--rotate", help="Go on with a new key, over both.")] = False,
    encrypt: Annotated[bool, typer.Option("--encrypt", help="Encrypt the key file in place.")] = False,
    data: Data = None,
    as_json: AsJson = False,
    lang: Lang = Language.VI,
) -> None:
    """Show the log's keys and how the private one is kept; encrypt it, or rotate to a new one."""
    where = settings(data)
    with refusals(lang):
        if encrypt:
            encrypt_key(where)
        if rotate_it:
            _rotate(where)
        answer = _keys(where)
    _say(answer, "log_key", lang, as_json=as_json)


def _keys(where: Settings) -> Answer:
    with reading(where) as log:
        recorded = list(log.entries())
    origin = recorded[0].statement.log
    held = keyring_of(recorded).log_keys
    return {
        "origin": origin,
        "keys": [{"since": since, "vkey": vkey(origin, key)} for since, key in held],
        "encrypted": (encrypted := is_encrypted(where.log_key)),
        "in_the_clear": not encrypted,
    }


def _rotate(where: Settings) -> None:
    """Make the next key, let the log state that it goes on with it, and put it in place."""
    make_next_key(where)
    with writing(where) as runtime:
        held, coming = load_key(where.log_key), load_key(where.next_log_key)
        if runtime.intake.keyring.log_key != coming.public_key:  # not interrupted after it was stated
            stated = rotation(runtime.origin, runtime.intake.checkpoint, runtime.clock(), held, coming)
            (outcome,) = runtime.intake.submit([stated])
            if not isinstance(outcome, Accepted):
                raise LogStopped(f"the log refused its own key: {outcome.refusal.rule}")
    take_over(where)


# --- answers --------------------------------------------------------------------------------------------


TOLD_IF_SO = ("refilled", "openings_missing", "evidence_missing", "missing", "encrypted", "in_the_clear")
"""Parts of an answer that have a sentence of their own, where there is something to tell."""


def _say(answer: Answer, sentence: str, lang: Language, *, as_json: bool) -> None:
    """Answer in JSON or in sentences."""
    if as_json:
        sys.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
        return
    told = [(sentence, answer), *(("key", key) for key in answer.get("keys", ()))]
    told += [(name, answer) for name in TOLD_IF_SO if answer.get(name)]
    for name, facts in told:
        sys.stdout.write(term("storage", name, lang).format(**facts) + "\n")
