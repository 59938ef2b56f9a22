"""The witnesses that a log named when it was opened, beside those that a reader asks for.

Genesis cannot be changed, and witnesses come and go: the reader's policy decides, and a verdict says where
the two differ and how far the log kept what it had promised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

from audit.proofs.errors import AuditError, KeyringError
from audit.proofs.lines import COSIGNATURE_V1, SUBTREE_V1
from audit.proofs.note import open_note, parse_vkey
from audit.proofs.policy import Policy

MAX_COMPARED = 10_000
"""Choices of witnesses that are tried; a policy beyond that is called another one."""


@dataclass(frozen=True, slots=True)
class Promise:
    """So many of these witnesses, each by its verifier key, are to cosign the log's checkpoints."""

    witnesses: tuple[str, ...] = ()
    quorum: int = 0


NO_PROMISE = Promise()


@dataclass(frozen=True, slots=True)
class Promised:
    """A promise beside a reader's policy: how many of its witnesses that knows, whether both ask the same.

    `kept` is the size of the newest checkpoint that as many of them cosigned as were promised, 0 where there
    is none.
    """

    promise: Promise
    shared: int
    same: bool
    kept: int


def read_promise(stated: object) -> Promise:
    """Read `witness_policy` of a genesis; raises KeyringError `genesis.malformed`."""
    wrong = KeyringError("genesis.malformed", field="witness_policy")
    if not isinstance(stated, dict) or stated.keys() != {"witnesses", "quorum"}:
        raise wrong
    witnesses, quorum = stated["witnesses"], stated["quorum"]
    if not isinstance(witnesses, list) or type(quorum) is not int or not 0 <= quorum <= len(witnesses):
        raise wrong
    try:
        read = [parse_vkey(vkey) for vkey in witnesses if isinstance(vkey, str)]
    except AuditError:
        raise wrong from None
    distinct = len({one.key.raw for one in read}) == len(witnesses)
    if not distinct or any(one.number not in (COSIGNATURE_V1, SUBTREE_V1) for one in read):
        raise wrong
    return Promise(tuple(witnesses), quorum)


def compare(promise: Promise, policy: Policy, cosigned: Sequence[tuple[int, bytes]]) -> Promised:
    """Compare a promise with a reader's policy; `cosigned` are sound checkpoints, newest first."""
    kept = next((size for size, note in cosigned if _kept(promise, note)), 0) if promise.quorum else 0
    shared = len(set(promise.witnesses) & set(policy.vkeys))
    return Promised(promise, shared, _same(promise, policy), kept)


def _kept(promise: Promise, note: bytes) -> bool:
    try:
        signed = {one.vkey for one in open_note(note, promise.witnesses).signatures}
    except AuditError:
        return False
    return len(signed) >= promise.quorum


def _same(promise: Promise, policy: Policy) -> bool:
    """Whether the same cosignatures satisfy both: any that are as many as promised, and no fewer."""
    if set(promise.witnesses) != set(policy.vkeys):
        return promise.quorum == 0 and policy.is_met_by(())
    if comb(len(promise.witnesses), promise.quorum) > MAX_COMPARED:
        return False
    enough = combinations(promise.witnesses, promise.quorum)
    few = combinations(promise.witnesses, promise.quorum - 1) if promise.quorum else ()
    return all(map(policy.is_met_by, enough)) and not any(map(policy.is_met_by, few))
