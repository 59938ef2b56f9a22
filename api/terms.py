"""The words of the field: what events, stages, flags and fields are called, in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("vi", "en")


def read_table(name: str) -> Any:
    """Read a YAML file beside this module; the loader in C, where there is one, is ten times faster."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(Path(__file__).with_name(name).read_text("utf-8"), Loader=loader)  # noqa: S506 - both safe


@cache
def _terms() -> Mapping[str, Mapping[str, list[str]]]:
    return read_table("terms.yaml")  # type: ignore[no-any-return]


def term(group: str, name: str, language: str) -> str:
    """Return what something is called; a name that has no entry (a code, a number) stays as it is."""
    words = _terms()[group].get(name)
    return words[LANGUAGES.index(language)] if words else name


def event_name(kind: str, language: str) -> str:
    """Return what a type of event is called, whatever its version."""
    return term("event", kind.partition(".")[0], language)
