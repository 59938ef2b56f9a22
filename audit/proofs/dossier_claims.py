"""What a dossier claims beside its entries: receipts, tokens, attested items, and that nothing is left out.

Steps 8 to 12 of docs/formats/dossier.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from audit.proofs.attested import ATTESTED, Attestation, read_attestation
from audit.proofs.checkpoint import parse_checkpoint
from audit.proofs.completeness import completeness
from audit.proofs.dossier import SUBJECT, HeldProof
from audit.proofs.dossier_walk import Good, Walked
from audit.proofs.errors import AttestationError, AuditError, ReceiptError, StateError
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.note import unverified_text
from audit.proofs.receipt import parse_receipt, verify_receipt
from audit.proofs.state import StateItem, StateProof
from audit.proofs.state_proof import verify_state_proof
from audit.proofs.statement import Statement
from audit.proofs.timestamp import token_digest

Refold = Callable[[Sequence[Good]], Mapping[tuple[str, int], Sequence[StateItem]]]
"""All good statements of a whole log -> (round, version) -> the state that the fold published."""


@dataclass(frozen=True, slots=True)
class Complete:
    """What the leaf of a cell or total says about the events here: how many it names, which are withheld."""

    key: str
    size: int
    events: int
    withheld: tuple[int, ...]
    complete: bool


@dataclass(slots=True)
class Claims:
    """What of a dossier's claims holds."""

    states: list[tuple[HeldProof, Attestation]] = field(default_factory=list)
    complete: list[Complete] = field(default_factory=list)
    recomputed: int | None = None
    """How many items a fold came to as well; nothing where none was asked."""


def check_claims(walked: Walked, refold: Refold | None = None) -> Claims:
    """Take steps 8 to 12."""
    claims = Claims()
    _check_receipts(walked)  # 8
    _check_tokens(walked)  # 9
    claims.states = list(_good_states(walked))  # 10
    claims.complete = list(_check_completeness(walked, claims.states))  # 11
    _check_about(walked)
    if refold is not None and walked.dossier.whole and not walked.findings:
        _check_fold(walked, claims, refold)  # 12
    return claims


# --- 8 and 9 --------------------------------------------------------------------------------------------


def _check_receipts(walked: Walked) -> None:
    for position, receipt in walked.dossier.receipts:
        try:
            _check_receipt(walked, position, receipt)
        except AuditError as wrong:
            walked.raised("receipt", position, wrong)


def _check_receipt(walked: Walked, position: int, receipt: bytes) -> None:
    good = walked.good.get(position)
    if good is None:
        raise ReceiptError("receipt.of_nothing")
    verify_receipt(receipt, envelope=good.entry.envelope.encode(), vkeys=walked.log_vkeys)
    read = parse_receipt(receipt)
    if read.index != position:
        raise ReceiptError("receipt.other_index", index=read.index)
    if (read.arrived_at, read.received_at) != (good.entry.arrived_at, good.entry.received_at):
        raise ReceiptError("receipt.other_times", received_at=read.received_at)
    head = parse_checkpoint(unverified_text(read.checkpoint))
    if walked.root(head.size) not in (None, head.root):
        raise ReceiptError("receipt.other_root", size=head.size)


def _check_tokens(walked: Walked) -> None:
    sizes = set()
    for note in walked.dossier.checkpoints:
        try:
            sizes.add(parse_checkpoint(unverified_text(note)).size)
        except AuditError:
            continue
    for token in walked.dossier.tokens:
        size, authority = token.size, token.authority
        if token.size not in sizes:
            walked.found("time", None, "time.no_checkpoint", size=size, authority=authority)
        elif token_digest(token.size, token.authority, token.response) != token.sha256:
            walked.found("time", None, "time.other_bytes", size=size, authority=authority)


# --- 10 -------------------------------------------------------------------------------------------------


def _good_states(walked: Walked) -> Iterator[tuple[HeldProof, Attestation]]:
    for held in walked.dossier.states:
        try:
            yield held, _attestation(walked, held)
        except AuditError as wrong:
            walked.raised("attestation", held.attested_at, wrong)


def _attestation(walked: Walked, held: HeldProof) -> Attestation:
    position = held.attested_at
    good = walked.good.get(position)
    if good is None:
        raise AttestationError("attestation.not_shown")
    stated = read_attestation(good.statement)
    record = walked.keyring.records.get(good.statement.key or "")
    if record is None or record.actor != LOG_ACTOR:
        raise AttestationError("attestation.not_by_the_log", key=str(good.statement.key))
    if position < stated.size:
        raise AttestationError("attestation.too_early", index=position, size=stated.size)
    root = walked.root(stated.size)
    if walked.tree is not None and (root is None or root.hex() != stated.root):
        raise AttestationError("attestation.other_root", size=stated.size, stated=stated.root)
    its = held.proof.key
    if its.partition("/")[0] != stated.round:
        raise AttestationError("attestation.other_round", stated=its, expected=stated.round)
    verify_state_proof(held.proof, key=its, count=stated.count, root=bytes.fromhex(stated.state_root))
    return stated


# --- 11 -------------------------------------------------------------------------------------------------


def _check_completeness(
    walked: Walked, states: Iterable[tuple[HeldProof, Attestation]]
) -> Iterator[Complete]:
    about: dict[tuple[str | None, str | None], list[tuple[int, Statement]]] = {}
    for good in walked.good.values():
        subject = (good.statement.round, good.statement.agency)
        about.setdefault(subject, []).append((good.position, good.statement))
    here = {held.position: held.entry is not None for held in walked.dossier.entries}
    for held, stated in states:
        if held.proof.absent is None and not held.proof.key.endswith("/rank"):
            item = held.proof.shown[0].item
            missing = tuple(position for position in item.events if position not in here)
            round_code, agency, _ = item.key.split("/")
            foreign = completeness(item, stated.size, about.get((round_code, agency), ())).foreign
            _found_incomplete(walked, item.key, "state.events_missing", missing)
            _found_incomplete(walked, item.key, "state.events_foreign", foreign)
            withheld = tuple(position for position in item.events if here.get(position) is False)
            yield Complete(item.key, stated.size, len(item.events), withheld, not missing and not foreign)


def _found_incomplete(walked: Walked, key: str, rule: str, positions: tuple[int, ...]) -> None:
    if positions:
        walked.found("completeness", None, rule, key=key, positions=", ".join(map(str, positions)))


def _check_about(walked: Walked) -> None:
    about = walked.dossier.about
    attested = [
        good.position
        for good in walked.good.values()
        if good.statement.type == ATTESTED and good.statement.round == about["round"]
    ]
    wanted = _wanted(about)
    held = {(one.attested_at, one.proof.key) for one in walked.dossier.states}
    there = (max(attested, default=-1), wanted) in held
    if walked.dossier.states and wanted and not there:
        walked.found("completeness", None, "state.not_shown", key=wanted)
    if not there and not any(_is_about(good.statement, about) for good in walked.good.values()):
        walked.found("content", None, "dossier.about_nothing")


def _wanted(about: Mapping[str, str]) -> str | None:
    """Return the key of the item that says whether all is here; of a whole round there is none."""
    if "agency" not in about:
        return None
    return f"{about['round']}/{about['agency']}/{about.get('criterion', 'total')}"


def _is_about(statement: Statement, about: Mapping[str, str]) -> bool:
    return all(getattr(statement, SUBJECT[name]) == value for name, value in about.items())


# --- 12 -------------------------------------------------------------------------------------------------


def _check_fold(walked: Walked, claims: Claims, refold: Refold) -> None:
    folded = refold([walked.good[position] for position in sorted(walked.good)])
    states = {version: {item.key: item for item in items} for version, items in folded.items()}
    claims.recomputed = 0
    for held, stated in claims.states:
        made = states.get((stated.round, stated.version), {}).get(held.proof.key)
        if _same(held.proof, made) and (stated.round, stated.version) in states:
            claims.recomputed += 1
        else:
            wrong = StateError("state.other_than_folded", key=held.proof.key, version=stated.version)
            walked.raised("projection", None, wrong)


def _same(proof: StateProof, made: StateItem | None) -> bool:
    if made is None or proof.absent is not None:
        return made is None and proof.absent is not None
    item = proof.shown[0].item
    return (item.value, item.made_by, item.events) == (made.value, made.made_by, made.events)
