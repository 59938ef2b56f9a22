"""What a respondent group is asked, and the two draws of a survey: the tokens, and the order of a batch."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from audit.proofs.ballot import BLIND_SIZE, Ballot, read_answers, split_cell, token_of, write_ballot
from audit.proofs.canonical import decode, encode
from audit.proofs.errors import BallotRefused, CanonicalError
from audit.proofs.merkle import leaf_hash

MAX_FORM = 4 * 1024 * 1024

Entropy = Callable[[str], bytes]
"""A purpose -> 32 bytes nobody else can guess."""
Answers = Mapping[str, str]
"""What one ballot says: "AGENCY/CRITERION" -> answer."""


def fresh(_purpose: str) -> bytes:
    """Return random bytes of the operating system."""
    return os.urandom(BLIND_SIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a group is asked ("AGENCY/CRITERION"), how it may answer, and how few may never stand alone.

    Only what is on the form is taken: an answer of one's own would be a mark to know the ballot by.
    """

    questions: frozenset[str]
    answers: frozenset[str]
    least: int

    def check(self, given: Any) -> Answers:
        """Return answers that fit the form; raises BallotRefused."""
        for cell, answer in read_answers(given).items():
            if cell not in self.questions:
                raise BallotRefused("ballot.unknown_question", cell=cell[:80])
            if answer not in self.answers:
                raise BallotRefused("ballot.unknown_answer", cell=cell, answer=answer[:40])
        return given  # type: ignore[no-any-return]

    def write(self) -> bytes:
        """Return the canonical bytes of the form; raises BallotRefused `ballot.malformed_form`."""
        stated = {
            "answers": sorted(self.answers),
            "least": self.least,
            "questions": sorted(self.questions),
        }
        data = encode(stated)
        try:
            decode(data, limit=MAX_FORM)
        except CanonicalError:
            raise BallotRefused("ballot.malformed_form") from None
        if self.least < 1 or not self.answers or not all(all(split_cell(cell)) for cell in self.questions):
            raise BallotRefused("ballot.malformed_form")
        return data


def read_form(data: bytes) -> Form:
    """Read a form as it was written."""
    found = decode(data, limit=MAX_FORM)
    questions, answers = frozenset(found["questions"]), frozenset(found["answers"])
    return Form(questions=questions, answers=answers, least=found["least"])


def draw_tokens(round_code: str, group: str, count: int, entropy: Entropy) -> tuple[str, ...]:
    """Draw a wave's tokens."""
    return tuple(token_of(entropy(f"token {round_code} {group} {number}")) for number in range(count))


def seal(
    round_code: str, group: str, batch: int, waiting: Mapping[bytes, bytes], entropy: Entropy
) -> list[tuple[bytes, bytes]]:
    """Blind what waits (id -> answers) for a batch, and return id and ballot in the order of the leaves.

    The blinds are drawn now, over the ballots sorted by what they say: nothing of when or with which token a
    ballot came goes into the order that comes out.
    """
    sealed = []
    for number, (found, answers) in enumerate(sorted(waiting.items(), key=lambda item: item[1])):
        blind = entropy(f"blind {round_code} {group} {batch} {number}").hex()
        stated = decode(answers, limit=len(answers))
        ballot = write_ballot(Ballot(round=round_code, group=group, answers=stated, blind=blind))
        sealed.append((leaf_hash(ballot), found, ballot))
    return [(found, ballot) for _, found, ballot in sorted(sealed)]
