"""One thing that is wrong with a log, as a value: in which layer, at which position, by which rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from audit.proofs.errors import AuditError, Fact, printable

LAYERS = (
    "order",
    "leaf",
    "content",
    "registry",
    "signature",
    "counter",
    "seen",
    "opening",
    "tree",
    "checkpoint",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: in which layer, at which position (if at one), by which rule."""

    layer: str
    position: int | None
    rule: str
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "facts", {name: printable(fact) for name, fact in self.facts.items()})

    @classmethod
    def of(cls, layer: str, position: int | None, rule: str, /, **facts: Fact) -> Finding:
        """Return a finding with its facts."""
        return cls(layer, position, rule, facts)

    @classmethod
    def caught(cls, layer: str, position: int | None, wrong: AuditError, /, **more: Fact) -> Finding:
        """Return what was raised as a finding."""
        return cls(layer, position, wrong.rule, {**wrong.facts, **more})


Report = Callable[[Finding], None]
"""Takes a finding in."""


def in_order(finding: Finding) -> tuple[bool, int, int]:
    """By position, findings about the whole log last; the cause before its consequences."""
    return finding.position is None, finding.position or 0, LAYERS.index(finding.layer)
