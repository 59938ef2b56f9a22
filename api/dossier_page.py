"""The one offline page of a dossier: its bytes, the words, and both verifier and story as one script."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from api.browser_modules import script
from api.terms import LANGUAGES, read_table
from api.wording import Language, texts, wording
from audit.proofs.dossier_page import embed

FOLDER = Path(__file__).parent / "static" / "dossier"
GROUPS = ("event", "stage", "flag", "block", "class", "field")
_ABOUT_DOSSIERS = frozenset(
    [
        "attestation",
        "bytes",
        "certificate",
        "checkpoint",
        "commitment",
        "contested",
        "continuation",
        "cosignature",
        "counter",
        "dossier",
        "entry",
        "envelope",
        "genesis",
        "head",
        "id",
        "key",
        "leaf",
        "log",
        "note",
        "number",
        "opening",
        "policy",
        "proof",
        "receipt",
        "seen",
        "signature",
        "state",
        "statement",
        "text",
        "time",
        "trust",
        "value",
        "vkey",
    ]
)
"""How the rules begin that a verifier of dossiers can answer with."""


def dossier_page(dossier: bytes) -> bytes:
    """Return the page with a dossier in it."""
    css, js = (FOLDER / "page.css").read_text("utf-8"), script()
    told = {
        "css": css,
        "js": js,
        "script": _allowed(js),
        "style": _allowed(css),
        "words": _for_script(_words()),
        "noscript": _tables()["page"]["no_script"][LANGUAGES.index("vi")],
        "dossier": embed(dossier).decode(),
    }
    return Template((FOLDER / "page.html").read_text("utf-8")).substitute(told).encode()


def _allowed(source: str) -> str:
    """Name a script or style in the policy of the page: this one runs, and nothing else does."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _for_script(value: object) -> str:
    """Write JSON so that no markup begins in it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


@cache
def _tables() -> Mapping[str, Any]:
    return read_table("dossier-words.yaml")  # type: ignore[no-any-return]


def _words() -> dict[str, Any]:
    terms = read_table("terms.yaml")
    return {
        **judging_words(),
        "page": _tables()["page"],
        "story": {kind: list(told.values()) for kind, told in wording()["events"].items()},
        "terms": {group: terms[group] for group in GROUPS},
    }


@cache
def judging_words() -> dict[str, Any]:
    """Return what a check in the browser says, which tells no story: the verdict, and its own lines."""
    return {
        "page": {**_tables()["page"], **read_table("check-words.yaml")},
        "layers": _tables()["layers"],
        "values": wording()["values"],
        "story": {},
        "terms": {},
        "rules": {
            rule: [texts(rule, language).what for language in (Language.VI, Language.EN)]
            for rule in wording()["rules"]
            if rule.partition(".")[0] in _ABOUT_DOSSIERS
        },
    }
