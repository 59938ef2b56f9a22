"""What is stated when words are erased that stood beside the log: which ones, and for what kind of reason."""

from __future__ import annotations

from dataclasses import dataclass

from domain.stated.choices import ErasureCategory
from domain.visibility import parties, public


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedTexts:
    """A statement by its id, and which of the texts it committed to are erased."""

    statement: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningsErased:
    """The words behind commitments, names among them, are gone; the statements and their proofs stay."""

    category: ErasureCategory = public()
    erased: tuple[ErasedTexts, ...] = parties()
