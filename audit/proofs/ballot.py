"""Ballots: the bytes that are kept of an answered form, and the roots that the log states over them.

Neither tokens nor ballots have an order of their own: both are sets, and their leaves stand in the tree in
ascending order. As every ballot is blinded, that order is a shuffle that nobody chose and anybody can check.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from audit.proofs.canonical import decode, encode
from audit.proofs.errors import BallotRefused, CanonicalError
from audit.proofs.merkle import leaf_hash, root

VERSION = 1
SECRET_SIZE = 20
BLIND_SIZE = 32
MAX_BALLOT = 64 * 1024
_BLIND = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FIELDS = {"answers", "blind", "group", "round", "v"}

Recount = dict[tuple[str, str], dict[str, dict[str, int]]]
"""(agency, criterion) -> respondent group -> answer -> how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """What one token answered: "AGENCY/CRITERION" -> answer. Without any answer it is void."""

    round: str
    group: str
    answers: Mapping[str, str]
    blind: str

    @property
    def is_valid(self) -> bool:
        """Whether anything was answered."""
        return bool(self.answers)


def token_of(secret: bytes) -> str:
    """Write a secret of 160 bits as the token that a respondent is given: 32 letters and digits."""
    if len(secret) < SECRET_SIZE:
        raise BallotRefused("ballot.weak_token", size=len(secret))
    return base64.b32encode(secret[:SECRET_SIZE]).decode()


def token_hash(token: str) -> bytes:
    """Return SHA-256 of a token: all that is kept of it."""
    return hashlib.sha256(token.encode()).digest()


def token_root(token_hashes: Iterable[bytes]) -> str:
    """Return the root (hex) over the hashes of a wave's tokens, in ascending order."""
    return root([leaf_hash(found) for found in sorted(token_hashes)]).hex()


def write_ballot(ballot: Ballot) -> bytes:
    """Return the canonical bytes of a ballot."""
    return encode(
        {
            "answers": dict(ballot.answers),
            "blind": ballot.blind,
            "group": ballot.group,
            "round": ballot.round,
            "v": VERSION,
        }
    )


def read_ballot(data: bytes) -> Ballot:
    """Read a ballot strictly; raises BallotRefused `ballot.malformed` and CanonicalError."""
    found = decode(data, limit=MAX_BALLOT)
    if not isinstance(found, dict) or found.keys() != _FIELDS:
        raise BallotRefused("ballot.malformed", field="ballot")
    if type(found["v"]) is not int or found["v"] != VERSION:
        raise BallotRefused("ballot.malformed", field="v")
    answers, blind = read_answers(found["answers"]), found["blind"]
    if not isinstance(blind, str) or not _BLIND.fullmatch(blind):
        raise BallotRefused("ballot.malformed", field="blind")
    for name in ("group", "round"):
        if not isinstance(found[name], str) or not found[name]:
            raise BallotRefused("ballot.malformed", field=name)
    return Ballot(round=found["round"], group=found["group"], answers=answers, blind=blind)


def read_answers(stated: Any) -> Mapping[str, str]:
    """Return answers as they are, if they are "AGENCY/CRITERION" -> answer; raises BallotRefused."""
    if not isinstance(stated, Mapping):
        raise BallotRefused("ballot.malformed", field="answers")
    for cell, answer in stated.items():
        if not isinstance(cell, str) or not all(split_cell(cell)) or not isinstance(answer, str):
            raise BallotRefused("ballot.malformed", field="answers")
    return stated


def split_cell(cell: str) -> tuple[str, str]:
    """Return agency and criterion of "AGENCY/CRITERION"."""
    agency, _, criterion = cell.partition("/")
    return agency, criterion


def batch_leaves(ballots: Iterable[bytes]) -> list[bytes]:
    """Return the leaf hashes of a batch in the order of its tree: ascending."""
    return sorted(map(leaf_hash, ballots))


def batch_root(ballots: Iterable[bytes]) -> str:
    """Return the root (hex) over a batch of ballots, in whatever order they are given."""
    return root(batch_leaves(ballots)).hex()


def recount(round_code: str, group: str, ballots: Iterable[bytes], into: Recount) -> int:
    """Count the answers of a group's ballots into `into`; return how many ballots were valid.

    Raises BallotRefused `ballot.malformed`, `ballot.misplaced` for one of another group or round.
    """
    valid, counted = 0, Counter[tuple[str, str]]()
    for data in ballots:
        ballot = _readable(data)
        if (ballot.round, ballot.group) != (round_code, group):
            raise BallotRefused("ballot.misplaced", group=group, stated=ballot.group)
        valid += ballot.is_valid
        counted.update(ballot.answers.items())
    for (cell, answer), times in counted.items():
        counts = into.setdefault(split_cell(cell), {}).setdefault(group, {})
        counts[answer] = counts.get(answer, 0) + times
    return valid


def _readable(data: bytes) -> Ballot:
    try:
        return read_ballot(data)
    except CanonicalError:
        raise BallotRefused("ballot.malformed", field="ballot") from None
