"""What a player works with: dice, a draft of a statement, and the table as the second model knows it."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any, TypeVar

from domain.events import CATALOGUE as KINDS
from domain.events import Event
from tests.second_model.cards import applying
from tests.second_model.catalogue import CATALOGUE
from tests.second_model.state import Facts, belongs, holds, house
from tests.second_model.world import EVERYBODY, START

T = TypeVar("T")


class Dice(ABC):
    """Where the choices come from; the smallest number is the plainest choice."""

    wild = False
    """Whether the newest `among` found nothing ready."""

    @abstractmethod
    def below(self, n: int) -> int:
        """Return a number from 0 to below n."""

    def quick(self) -> Dice:
        """Return dice that need one throw of these, for choices that matter less."""
        return Thrown(self.below(1 << 16))

    def pick(self, things: Sequence[T]) -> T:
        """Return one of these."""
        return things[self.below(len(things))] if len(things) > 1 else things[0]

    def chance(self, percent: int) -> bool:
        """Return true so often in a hundred."""
        return self.below(100) >= 100 - percent

    def among(self, ready: Sequence[T], otherwise: Sequence[T]) -> T:
        """Return one of what is ready; where nothing is, one of the others, and remember that."""
        self.wild = self.wild or not ready
        return self.pick(ready or otherwise)

    def points(self, most: Fraction, step: str = "0.25") -> Fraction:
        """Return points up to a maximum, in steps."""
        return self.below(int(most / Fraction(step)) + 1) * Fraction(step)


class Thrown(Dice):
    """Dice of a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - what was played can be played again

    def below(self, n: int) -> int:
        """Throw a number."""
        return self.random.randrange(n)


@dataclass(frozen=True)
class Draft:
    """A statement as somebody means to make it; `expects` is what the stream has, unless said otherwise."""

    who: tuple[str, ...]
    body: Any
    round: str | None = None
    agency: str | None = None
    criterion: str | None = None
    matter: str | None = None
    on_behalf_of: str | None = None
    delegation: str | None = None
    attachments: int = 0
    texts: frozenset[str] = frozenset()
    expects: int | None = -1
    sooner: timedelta = timedelta(0)

    @property
    def kind(self) -> str:
        """The name of its type, without the version."""
        return type(self.body).__name__


@dataclass
class Table:
    """Everything a player looks at: what holds by the second model, the clock, and what players keep."""

    state: Facts
    now: datetime = START
    code: str = "2016"
    said: list[Draft] = field(default_factory=list)
    secrets: dict[tuple[str, ...], tuple[str, Fraction, Any]] = field(default_factory=dict)
    """What members sealed, until they open it."""
    pressing: bool = False
    """Whether the council has sat long enough, and only what has to be done is left."""

    @property
    def found(self) -> Facts:
        """The round that is played."""
        its: Facts = self.state["rounds"][self.code]
        return its

    @property
    def agencies(self) -> list[str]:
        """The agencies ranked in the round."""
        return list(self.found["ranked"])

    def draft(self, who: str | tuple[str, ...], body: Any, *about: str, **unusual: Any) -> Draft:
        """Write a draft with the header, texts and files that its type asks for."""
        line = CATALOGUE[type(body).__name__]
        signed = (who,) if isinstance(who, str) else who
        names = ("round", "agency", "criterion")
        plain: dict[str, Any] = {"texts": line.needed, "attachments": int("f" in line.marks)}
        if "round" in line.header:
            plain |= zip(names, (self.code, *about), strict=False)
        return Draft(signed, body, **(plain | unusual))

    def event(self, draft: Draft) -> Event:
        """Make the event of a draft, at the next position."""
        position = self.state["size"]
        plain = Event(
            position=position,
            id=f"{position:08x}",
            kind=KINDS[f"{draft.kind}.v1"],
            body=draft.body,
            signed_by=draft.who,
            arrived_at=self.now - draft.sooner,
            round=draft.round,
            agency=draft.agency,
            criterion=draft.criterion,
            matter=draft.matter,
            on_behalf_of=draft.on_behalf_of,
            delegation=draft.delegation,
            expects=draft.expects,
            attachments=draft.attachments,
            texts=draft.texts,
        )
        if draft.expects != -1:
            return plain
        now = self.state["streams"].get(plain.stream, 0)
        object.__setattr__(plain, "expects", now if "e" in CATALOGUE[draft.kind].marks else None)
        return plain

    # --- who ---

    def head(self, agency: str) -> str:
        """Return the head of an agency, or of the one that it went into."""
        for code in (agency, house(self.state, agency)):
            for actor, person in self.state["people"].items():
                if ("AGENCY_HEAD", code) in person["offices"]:
                    return str(actor)
        return f"head-{agency}"

    def focal(self, agency: str) -> str:
        """Return the focal officer of an agency."""
        return str(self.found["dossiers"][agency]["focal"] or f"focal-{agency}")

    def secretariat(self, agency: str | None = None) -> tuple[str, ...]:
        """Return who signs for the secretariat, with somebody of another agency where it needs one."""
        own = agency is not None and belongs(self.state, "secretary", agency)
        return ("secretary", "head-LC") if own else ("secretary",)

    def inspector(self, agency: str, dice: Dice) -> str:
        """Return a member of the team that inspects an agency."""
        team = self.found["teams"].get(self.found["dossiers"][agency]["team"])
        return dice.pick(list(team["members"])) if team else "inspector-STP"

    def able(self, agency: str) -> list[str]:
        """Return the members who take part in an agency's matters, the chair first."""
        members = sorted((self.found["council"] or {"members": ()})["members"])
        recused = self.found["dossiers"][agency]["recused"]
        sitting = [m for m in members if holds(self.state, m, "COUNCIL_MEMBER")]
        return [m for m in sitting if m not in recused and not belongs(self.state, m, agency)]

    def quorum(self, agency: str) -> tuple[str, ...]:
        """Return as many able members as a decision needs."""
        size = (self.found["council"] or {"quorum": 3})["quorum"]
        return tuple(self.able(agency)[:size]) or EVERYBODY[:1]

    # --- what about ---

    def criteria(self, agency: str, *sections: str) -> list[Any]:
        """Return the criteria that apply to an agency, of some sections or all."""
        sections = sections or ("main", "bonus", "deduction")
        return [c for section in sections for c in applying(self.found, agency, section)]

    def criterion(self, code: str) -> Any:
        """Return a criterion of the round's set."""
        return next(c for c in self.found["set"].criteria if c.code == code)

    def any_cell(self, dice: Dice, *sections: str) -> tuple[str, str]:
        """Return a cell of any agency."""
        agency = dice.pick(self.agencies)
        return agency, dice.pick(self.criteria(agency, *sections)).code

    def cells(self, wanted: Callable[[Facts], Any]) -> list[tuple[str, str]]:
        """Return the cells that something was stated about and that are wanted."""
        return [(agency, code) for agency, code, cell in self.stated() if wanted(cell)]

    def stated(self) -> Iterator[tuple[str, str, Facts]]:
        """Yield the cells that something was stated about."""
        for agency, dossier in self.found["dossiers"].items():
            codes = {criterion.code for criterion in self.criteria(agency)}
            for code, cell in dossier["cells"].items():
                if code in codes:
                    yield agency, code, cell

    def cell(self, agency: str, code: str) -> Facts | None:
        """Return a cell, if something was stated about it."""
        its: Facts | None = self.found["dossiers"][agency]["cells"].get(code)
        return its

    @property
    def meeting(self) -> str | None:
        """The name of the meeting that goes on."""
        return next((name for name, its in self.found["meetings"].items() if its["open"]), None)

    @property
    def newest(self) -> int:
        """The newest published version."""
        return int(self.found["published"][-1]["number"]) if self.found["published"] else 0


Propose = Callable[[Table, Dice], Draft]
