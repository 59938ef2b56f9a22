"""What would happen to a statement, told in both languages: admitted, there already, or refused and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from api.terms import term
from api.wording import Language, word
from audit.ledger.submission import Accepted, Outcome


def foretold(outcome: Outcome) -> dict[str, Any]:
    """Tell one outcome of a preview; `position` is where a statement lies that the log has already."""
    if isinstance(outcome, Accepted):
        would = "REPEAT" if outcome.repeated else "ADMIT"
        told: dict[str, Any] = {"would": would, "id": outcome.statement_id}
        if outcome.repeated:
            told |= {"position": outcome.position}
        return told | {lang.value: {"what": term("foretold", would, lang)} for lang in Language}
    rule, facts = outcome.refusal.rule, outcome.refusal.facts
    refused = {"would": "REFUSE", "rule": rule, "facts": {name: str(fact) for name, fact in facts.items()}}
    return refused | {lang.value: asdict(word(rule, facts, lang)) for lang in Language}
