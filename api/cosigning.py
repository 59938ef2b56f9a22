"""Asking witnesses to cosign: each is proved what it has not seen, and its answer counts once verified."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus

from audit.ledger.cosignatures import cosigned_note, keep_cosignatures
from audit.ledger.database import Database
from audit.ledger.publisher import latest_checkpoint
from audit.ledger.startup import prover
from audit.proofs.checkpoint import parse_checkpoint
from audit.proofs.errors import AuditError, Fact, WitnessRefusal
from audit.proofs.lines import read_number
from audit.proofs.note import append_lines, open_note, unverified_text
from audit.proofs.policy import Policy, Witness
from audit.proofs.witness import AddCheckpoint, format_request

TIMEOUT = 10.0
MAX_ANSWER = 100_000
ATTEMPTS = 4
WEB = ("http://", "https://")

Prove = Callable[[int], Sequence[bytes]]
"""A size the log once had -> the consistency proof from there to the checkpoint that is to be cosigned."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness answered: its cosignature line, or the rule by which there is none."""

    witness: Witness
    line: bytes = b""
    rule: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)


def cosign_everywhere(
    note: bytes, witnesses: Sequence[Witness], prove: Prove, *, timeout: float = TIMEOUT
) -> tuple[bytes, tuple[Answer, ...]]:
    """Ask all witnesses that have an address and did not cosign yet, at once.

    Returns the note with their lines, and every answer.
    """
    asked = [one for one in witnesses if one.url is not None and not _has_cosigned(one, note)]
    with ThreadPoolExecutor(max(1, len(asked))) as pool:
        answers = tuple(pool.map(lambda witness: _answer(witness, note, prove, timeout), asked))
    return append_lines(note, b"".join(answer.line for answer in answers)), answers


def cosign_log(
    database: Database, policy: Policy, *, timeout: float = TIMEOUT
) -> tuple[int, tuple[Answer, ...], bool]:
    """Have the newest checkpoint of a log cosigned, and keep the lines.

    Returns its size, every answer, and whether a quorum has cosigned it by now.
    """
    with database.read() as connection:
        newest = latest_checkpoint(connection)
        if newest is None:
            return 0, (), False
        size = newest[0]
        note = cosigned_note(connection, size) or newest[2]
    prove = prover(database)
    whole, answers = cosign_everywhere(note, policy.witnesses, lambda old: prove(old, size), timeout=timeout)
    signed = [one.vkey for one in policy.witnesses if _has_cosigned(one, whole)]
    if signed:
        with database.begin() as connection:
            keep_cosignatures(connection, whole, signed, size)
    return size, answers, policy.is_met_by(signed)


def _has_cosigned(witness: Witness, note: bytes) -> bool:
    try:
        open_note(note, [witness.vkey])
    except AuditError:
        return False
    return True


def _answer(witness: Witness, note: bytes, prove: Prove, timeout: float) -> Answer:
    try:
        return Answer(witness, ask_witness(witness, note, prove, timeout=timeout))
    except AuditError as wrong:
        return Answer(witness, rule=wrong.rule, facts=wrong.facts)


def ask_witness(witness: Witness, note: bytes, prove: Prove, *, timeout: float = TIMEOUT) -> bytes:
    """Return the cosignature line of one witness for a checkpoint, verified.

    What it remembers is asked first (old size 0), then proved from. Raises WitnessRefusal
    `witness.unreachable`, `witness.refused` (with the status), `witness.ahead` (it cosigned a larger head),
    `witness.remembers_another` (of this very size, another root), `witness.bad_answer`.
    """
    size = parse_checkpoint(unverified_text(note)).size
    old = 0
    for _ in range(ATTEMPTS):
        request = AddCheckpoint(old, tuple(prove(old)) if 0 < old < size else (), note)
        status, answer = _post(witness, format_request(request), timeout)
        if status == HTTPStatus.OK:
            return _verified(witness, note, answer)
        if status != HTTPStatus.CONFLICT:
            raise WitnessRefusal("witness.refused", name=witness.name, status=status)
        old = _remembered(witness, answer, asked=old, size=size)
    raise WitnessRefusal("witness.refused", name=witness.name, status=int(HTTPStatus.CONFLICT))


def _remembered(witness: Witness, answer: bytes, *, asked: int, size: int) -> int:
    remembered = read_number(answer.decode("ascii", "replace").removesuffix("\n"))
    if remembered is None or not answer.endswith(b"\n"):
        raise WitnessRefusal("witness.bad_answer", name=witness.name)
    if remembered > size:
        raise WitnessRefusal("witness.ahead", name=witness.name, size=remembered, asked=size)
    if remembered == asked:
        raise WitnessRefusal("witness.remembers_another", name=witness.name, size=remembered)
    return remembered


def _verified(witness: Witness, note: bytes, answer: bytes) -> bytes:
    """Take from an answer the line that verifies under the witness's key, and nothing else."""
    try:
        opened = open_note(unverified_text(note) + b"\n" + answer, [witness.vkey])
    except AuditError:
        raise WitnessRefusal("witness.bad_answer", name=witness.name) from None
    return opened.signatures[0].line


def _post(witness: Witness, body: bytes, timeout: float) -> tuple[int, bytes]:
    """Send a request; whatever the network does ends as a status or as `witness.unreachable`."""
    url = f"{(witness.url or '').rstrip('/')}/add-checkpoint"
    if not url.startswith(WEB):
        raise WitnessRefusal("witness.unreachable", name=witness.name)
    request = urllib.request.Request(url, body, {"Content-Type": "text/plain"}, method="POST")  # noqa: S310 - http(s)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310 - seen to be http(s)
            return response.status, response.read(MAX_ANSWER)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read(MAX_ANSWER)
    except (OSError, http.client.HTTPException):
        raise WitnessRefusal("witness.unreachable", name=witness.name) from None
