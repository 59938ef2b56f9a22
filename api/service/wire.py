"""What comes in over HTTP, read strictly: a body up to its limit, JSON of one meaning, submissions in it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, NoReturn

from api.service.errors import BodyMalformed, BodyTooLarge
from audit.ledger.submission import Submission
from audit.proofs import canonical
from audit.proofs.commitment import MAX_VALUE, Opening
from audit.proofs.errors import CanonicalError
from audit.proofs.statement import MAX_ENVELOPE

MAX_SUBMISSION = MAX_ENVELOPE + 8 * 2 * MAX_VALUE
"""An envelope with its words: JSON may write each of their characters in more bytes than it has."""
MAX_TOGETHER = 500
MAX_BATCH = 16 * 1024 * 1024
_OPENING = {"field", "salt", "value"}
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")
_SALT = re.compile(r"[0-9a-f]{64}", re.ASCII)


async def read_body(chunks: AsyncIterator[bytes], limit: int) -> bytes:
    """Read a body, and no more of it than its limit; raises BodyTooLarge."""
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > limit:
            raise BodyTooLarge(limit)
    return bytes(body)


def read_json(body: bytes) -> Any:
    """Read JSON that has one meaning: no key twice, no floats, no broken text; raises BodyMalformed."""
    try:
        value = json.loads(
            body.decode(), object_pairs_hook=_pairs, parse_constant=_refuse, parse_float=_refuse
        )
        if _HALF.search(body):  # no other way leads to broken text
            json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeError, ValueError, RecursionError):
        raise BodyMalformed("json") from None
    return value


def read_submission(stated: object, arrived_at: datetime | None) -> Submission:
    """Read `{"envelope": ..., "openings": [...]}`, or an envelope alone; raises BodyMalformed."""
    if not isinstance(stated, dict):
        raise BodyMalformed("submission")
    if "payload" in stated:
        stated = {"envelope": stated}
    openings: object = stated.get("openings", [])
    if not {"envelope"} <= stated.keys() <= {"envelope", "openings"}:
        raise BodyMalformed("submission")
    if not isinstance(stated["envelope"], dict) or not isinstance(openings, list):
        raise BodyMalformed("envelope" if isinstance(openings, list) else "openings")
    try:
        envelope = canonical.encode(stated["envelope"])
    except CanonicalError:
        raise BodyMalformed("envelope") from None
    return Submission(envelope, tuple(map(_opening, openings)), arrived_at)


def read_together(stated: object, arrived_at: datetime) -> Sequence[Submission]:
    """Read `{"together": [...]}`, of one key and at most 500; raises BodyMalformed."""
    if not isinstance(stated, dict) or stated.keys() != {"together"}:
        raise BodyMalformed("together")
    several = stated["together"]
    if not isinstance(several, list) or not 0 < len(several) <= MAX_TOGETHER:
        raise BodyMalformed("together")
    submissions = [read_submission(one, arrived_at) for one in several]
    if len({key for one in several for key in _keys(one)}) != 1:
        raise BodyMalformed("keys")
    return submissions


def _keys(submission: dict[str, Any]) -> set[str]:
    """Which keys sign, as stated; whether they do, the intake finds out."""
    signatures = submission.get("envelope", submission).get("signatures")
    signed = signatures if isinstance(signatures, list) else []
    return {str(one.get("keyid")) for one in signed if isinstance(one, dict)}


def _opening(stated: object) -> Opening:
    if isinstance(stated, dict) and stated.keys() == _OPENING:
        field, salt, value = stated["field"], stated["salt"], stated["value"]
        texts = all(isinstance(text, str) for text in (field, salt, value))
        if texts and _SALT.fullmatch(salt):
            return Opening(field, bytes.fromhex(salt), value)
    raise BodyMalformed("openings")


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key twice")
    return found


def _refuse(_: str) -> NoReturn:
    raise ValueError("not a number of this API")
