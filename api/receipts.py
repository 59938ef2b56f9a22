"""The verdict on a receipt that a sender keeps: whether what was signed is in the log."""

from __future__ import annotations

from pathlib import Path

import typer

from api.answers import Answer
from api.errors import DossierUnreadable
from api.outbox import check_receipt
from api.terms import term
from api.wording import Language
from audit.proofs.errors import AuditError
from audit.proofs.files import read_given
from audit.proofs.receipt import parse_receipt
from audit.proofs.statement import MAX_ENVELOPE, parse_envelope, parse_statement
from audit.proofs.trust import Trust

MAX_RECEIPT = 100_000


def verdict_on_receipt(path: Path, trust: Trust | None) -> Answer:
    """Verify `NAME.receipt` over the `NAME.envelope.json` beside it; raises DossierUnreadable.

    `basis` is `trust` where the log is the one of a trust file, else `alone`: anybody can write such a one.
    """
    try:
        receipt = read_given(path, MAX_RECEIPT)
        envelope = read_given(path.with_suffix(".envelope.json"), MAX_ENVELOPE)
    except OSError as wrong:
        raise DossierUnreadable(f"{wrong}") from None
    told: Answer = {"path": str(path), "basis": "alone" if trust is None else "trust"}
    try:
        check_receipt(receipt, envelope, trust)
        statement = parse_statement(parse_envelope(envelope).payload)
    except AuditError as wrong:
        return told | {"ok": False, "rule": wrong.rule, "wrong": str(wrong)}
    position = parse_receipt(receipt).index
    return told | {"ok": True, "log": statement.log, "id": statement.id, "position": position}


def say_receipt(told: Answer, lang: Language) -> None:
    """Say it to a person."""
    basis = term("receipt", told["basis"], lang)
    typer.echo(term("receipt", "ok" if told["ok"] else "wrong", lang).format(**told | {"basis": basis}))
