"""Refusals: a rule that was not met, as a value that can be signed, stored and worded in any language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Fact = str | int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a statement is not admitted.

    `rule` is a dotted name that stays stable for ever; `facts` are the few values that a person needs
    to see what was wrong (limits, dates, expected and stated values). Wording lives with the readers.
    """

    rule: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


class DomainError(Exception):
    """The base of everything that the domain raises."""


class Malformed(DomainError):
    """A stated body has not the shape that its type demands; carries the refusal to answer with."""

    def __init__(self, rule: str, **facts: Fact) -> None:
        super().__init__(f"{rule}: {facts}")
        self.refusal = Refusal(rule, facts)


class UnknownEvent(Malformed):
    """A type outside the closed set of things that can be stated."""

    def __init__(self, name: str) -> None:
        super().__init__("event.unknown", type=name)


def refuse(rule: str, **facts: Fact) -> Refusal:
    """Write a refusal as a sentence: `refuse("score.above_max", stated="3", maximum="2")`."""
    return Refusal(rule, facts)
