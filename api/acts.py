"""Acts of the example: what somebody states at some moment, before it is signed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.standing import Standing


@dataclass(frozen=True, slots=True)
class Ref:
    """Stands for the log position of the newest act with this label."""

    label: str


@dataclass(frozen=True, slots=True)
class IdOf:
    """Stands for the id of the newest act with this label."""

    label: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Stands for what follows from the log just before the act is signed: points, a rank, the parties."""

    ask: Callable[[Standing, Act], object]


@dataclass(frozen=True, slots=True)
class File:
    """An evidence file."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One statement to be signed by `signers`; its body may contain Ref, IdOf and Asked.

    An act with `only_if` is told where that holds of the log before it.
    """

    at: datetime
    type: str
    signers: tuple[str, ...]
    body: Mapping[str, Any]
    round: str | None = None
    agency: str | None = None
    criterion: str | None = None
    matter: str | None = None
    on_behalf_of: str | None = None
    delegation: IdOf | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    files: tuple[File, ...] = ()
    label: str | None = None
    only_if: Callable[[Standing, Act], bool] | None = None
