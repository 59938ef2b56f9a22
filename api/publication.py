"""What is shown to whom by the round's policy: the public's few places, an agency's own record (R35)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection

from api.answers import Answer, ranking
from api.errors import UnknownSubject
from api.excerpt import excerpt
from api.runtime import Log
from domain.events import CATALOGUE, Kind
from domain.refusals import refuse
from domain.stated.rounds import PublicationPolicy
from domain.visibility import Visibility, seen_by

_PLACE = ("rank", "shared", "agency", "name_vi", "name_en")
_CERTIFICATE = ("position", "certificate", "issuer", "valid_from", "valid_until", "anchor")
_OF_MEMBERS = ("OPINION", "VOTE")
"""What single members owe is told to the council alone."""
_SCORES = ("score", "total", "class")


def policy_of(log: Log, connection: Connection, round_code: str, size: int) -> PublicationPolicy:
    """Return a round's policy; raises UnknownSubject."""
    return excerpt(log, connection, size, round_code).round(round_code).publication


def published(log: Log, connection: Connection, round_code: str, block: str | None, size: int) -> Answer:
    """Answer `rank --public`: the newest version published by then, as the public sees it."""
    found = excerpt(log, connection, size, round_code).round(round_code)
    if not found.versions:
        raise UnknownSubject(refuse("asked.not_published", round=round_code, size=size))
    shown = ranking(log, connection, round_code, block, found.versions[-1].position + 1)
    return public(shown, found.publication)


def public(answer: Answer, policy: PublicationPolicy) -> Answer:
    """Leave of an answer to `rank` what the public sees: so many places, with or without their scores."""
    shown = _PLACE + (_SCORES if policy.public_scores else ())
    blocks = [
        block | {"places": [_only(p, shown) for p in block["places"] if p["rank"] <= policy.public_places]}
        for block in answer["blocks"]
    ]
    return answer | {"blocks": blocks}


def own_record(answer: Answer, policy: PublicationPolicy) -> Answer:
    """Leave of an answer to `trace` what the agency itself sees: the fields of its classes."""
    return seen(answer, frozenset(policy.own_record))


def seen(answer: Answer, classes: Collection[Visibility], *, members: bool = False) -> Answer:
    """Leave of an answer to `trace` or `case` what a reader of these classes sees of it.

    With `members`, also what single members of the council owe.
    """
    shown = {"events": [_own(event, classes) for event in answer["events"]]}
    if "waiting" in answer and not members:
        shown["waiting"] = [one for one in answer["waiting"] if one["owed"] not in _OF_MEMBERS]
    return answer | shown


def unnamed(answer: Any) -> Any:
    """Leave the names of people out of an answer, wherever they stand; their pseudonyms stay."""
    if isinstance(answer, list):
        return [unnamed(one) for one in answer]
    if not isinstance(answer, dict):
        return answer
    person = "name" in answer and ("actor" in answer or "by" in answer)
    return {key: None if person and key == "name" else unnamed(value) for key, value in answer.items()}


def _own(event: Answer, classes: Collection[Visibility]) -> Answer:
    event = event | {"signers": [_signer(signer) for signer in event["signers"]]}
    kind = CATALOGUE.get(event["type"])
    if kind is None:
        return event
    body = _only(event["body"], [name for name, its in _body_classes(kind).items() if its in classes])
    texts = _only(event["texts"], [name for name, its in kind.texts.items() if its in classes])
    return event | {"body": body, "texts": texts, "erased": _only(event["erased"], texts)}


def _signer(signer: Answer) -> Answer:
    """Whom a certificate names is for auditors and the person concerned."""
    return signer | {"certificates": [_only(bound, _CERTIFICATE) for bound in signer["certificates"]]}


def _body_classes(kind: Kind) -> dict[str, Visibility | None]:
    return {field.name: seen_by(field) for field in fields(kind.body)}


def _only(values: dict[str, Any], names: Any) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values}
