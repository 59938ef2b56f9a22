"""Which openings must lie beside a log: one for each commitment, but for those that a statement erased.

What the words are, `audit.proofs.commitment` checks; here is whether they are there. Only whoever keeps the
log holds them all: what an agency or the public is given lacks many, and that says nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from audit.proofs.finding import Finding
from audit.proofs.statement import Statement

TOMBSTONE = "OpeningsErased.v1"
Text = tuple[str, str]
"""The id of a statement, and the field of one of its texts."""


@dataclass(frozen=True, slots=True)
class Erased:
    """The statement by which words were erased: its position, and the category of its reason."""

    position: int
    category: str


def erased_in(statement: Statement) -> Iterator[Text]:
    """Yield the texts that a tombstone names; of any other statement, or a malformed one, none.

    That it is malformed, the rules of admission say.
    """
    named = statement.body.get("erased") if statement.type == TOMBSTONE else None
    for texts in named if isinstance(named, list) else ():
        if isinstance(texts, Mapping) and isinstance(texts.get("fields"), list):
            for name in texts["fields"]:
                yield str(texts.get("statement")), str(name)


class Openings:
    """What a log committed to and erased, statement by statement, and what is then wrong beside it."""

    def __init__(self) -> None:
        self.committed: dict[Text, int] = {}
        self.erased: dict[Text, Erased] = {}

    def observe(self, position: int, statement: Statement) -> None:
        """Take in the next good statement."""
        self.committed.update({(statement.id, name): position for name in statement.commitments})
        for text in erased_in(statement):
            self.erased.setdefault(text, Erased(position, str(statement.body.get("category"))))

    def by_statement(self) -> Counter[Erased]:
        """Count how many texts each statement erased."""
        return Counter(self.erased.values())

    def check(self, held: Iterable[Text], emptied: Iterable[Text] = (), *, whole: bool) -> Iterator[Finding]:
        """Yield what is wrong with the openings that are held, and the rows left of those that are not.

        1. A text that was not erased is there (`opening.not_there`).
        2. A text that was erased is not (`opening.not_erased`).
        3. Nothing lies there that no statement of the log committed to (`opening.of_nothing`).

        Of a log that is not `whole`, nobody knows what was lost, a tombstone perhaps: only 2 is asked.
        """
        there = set(held)
        for text, position in self.committed.items():
            if whole and text not in there and text not in self.erased:  # 1
                yield Finding("opening", position, "opening.not_there", {"field": text[1]})
            elif text in there and (gone := self.erased.get(text)) is not None:  # 2
                yield Finding(
                    "opening", position, "opening.not_erased", {"field": text[1], "since": gone.position}
                )
        if whole:
            for statement, name in sorted({*there, *emptied} - self.committed.keys()):  # 3
                yield Finding("opening", None, "opening.of_nothing", {"statement": statement, "field": name})
