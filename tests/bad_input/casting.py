"""Bad input at the ballot box: not statements, and so answered without a line in the register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from audit.ledger.ballots import BallotBox
from audit.ledger.forms import Form
from tests.worlds import OPEN

GROUP, OTHER = "STAFF", "COUNCIL_DEPUTY"
QUESTION = "STC/A8.1"
FORM = Form(questions=frozenset({QUESTION}), answers=frozenset("ABCD"), least=5)
Tokens = dict[str, str]
"""What tokens there are: one that is spent, one that is not, and one of another group."""


@dataclass(frozen=True, slots=True)
class BadBallot:
    """One bad ballot: what it is as a sentence, the rule it meets, and how it is cast."""

    sentence: str
    rule: str
    cast: Callable[[BallotBox, Tokens], object]


def prepared(box: BallotBox) -> Tokens:
    """Issue two waves, cast one ballot, close a third wave; return the tokens."""
    fresh, spent, *_ = box.issue(OPEN, GROUP, 10, FORM).tokens
    other, *_ = box.issue(OPEN, OTHER, 5, FORM).tokens
    over, *_ = box.issue(OPEN, "LOWER_LEVEL_PC", 5, FORM).tokens
    box.cast(OPEN, GROUP, spent, {QUESTION: "A"})
    box.close(OPEN, "LOWER_LEVEL_PC")
    return {"fresh": fresh, "spent": spent, "other": other, "over": over}


def _cast(token: str, group: str = GROUP, cell: str = QUESTION, answer: str = "A") -> Callable[..., object]:
    return lambda box, tokens: box.cast(OPEN, group, tokens.get(token, token), {cell: answer})


BALLOTS = (
    BadBallot("a ballot comes with a spent token", "ballot.spent_token", _cast("spent")),
    BadBallot("a ballot comes with a token that nobody issued", "ballot.unknown_token", _cast("A" * 32)),
    BadBallot("a ballot comes with a token of another group", "ballot.unknown_token", _cast("other")),
    BadBallot(
        "a ballot comes when the wave is closed", "ballot.wave_closed", _cast("over", "LOWER_LEVEL_PC")
    ),
    BadBallot("a ballot comes for a wave that there is not", "ballot.unknown_wave", _cast("fresh", "NOBODY")),
    BadBallot(
        "a ballot answers what is not asked", "ballot.unknown_question", _cast("fresh", cell="STC/A8.2")
    ),
    BadBallot(
        "a ballot gives an answer that there is not", "ballot.unknown_answer", _cast("fresh", answer="E")
    ),
    BadBallot(
        "a batch is made of too few to hide in",
        "ballot.batch_too_small",
        lambda box, _tokens: box.batch(OPEN, GROUP),
    ),
    BadBallot(
        "tokens are added to a wave",
        "ballot.wave_exists",
        lambda box, _tokens: box.issue(OPEN, GROUP, 5, FORM),
    ),
)
