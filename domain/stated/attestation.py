"""What is stated about a published result as a whole: by the log itself, and by auditors who refolded it."""

from __future__ import annotations

from dataclasses import dataclass

from domain.visibility import public


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectionAttested:
    """The log attests the state that a version published: every cell, total and rank under one root."""

    version: int = public()
    fold: str = public()
    rules: str = public()
    size: int = public()
    root: str = public()
    state_root: str = public()
    count: int = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationConfirmed:
    """An auditor folded the log again, and came to the same state under the same root."""

    version: int = public()
    fold: str = public()
    rules: str = public()
    size: int = public()
    root: str = public()
    state_root: str = public()
    count: int = public()
