"""Acts of the example: what somebody states at some moment, before it is signed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Ref:
    """Stands for the log position of the newest act with this label."""

    label: str


@dataclass(frozen=True, slots=True)
class CurrentPoints:
    """Stands for the exact points of the act's own cell at the moment of signing."""


@dataclass(frozen=True, slots=True)
class File:
    """An evidence file."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One statement to be signed by `signers`; its body may contain Ref and CurrentPoints."""

    at: datetime
    type: str
    signers: tuple[str, ...]
    body: Mapping[str, object]
    round: str | None = None
    agency: str | None = None
    criterion: str | None = None
    matter: str | None = None
    on_behalf_of: str | None = None
    delegation: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    files: tuple[File, ...] = ()
    label: str | None = None
