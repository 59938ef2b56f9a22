"""Another criteria set that is asked about: a version that the log knows, or a file; and how it differs."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import yaml

from api.errors import NotPossible, UnknownSubject
from api.nearest import listed, nearest_of, unreadable
from audit.proofs.canonical import encode
from audit.proofs.errors import AuditError
from audit.proofs.handwritten import read_json
from domain import shapes
from domain.criteria import CriteriaSet, Criterion, flaw_in
from domain.points import write
from domain.refusals import refuse
from domain.standing import Standing

Answer = dict[str, Any]
LIMIT = 1_000_000
"""Bytes of a file; no set that a statement can hold comes near."""


def other_criteria(standing: Standing, now: CriteriaSet, named: str) -> CriteriaSet:
    """Return the set of a file or a version; raises UnknownSubject, Malformed or NotPossible."""
    path = Path(named)
    if path.is_file():
        return _of_file(path)
    versions = [version for code, version in standing.criteria_sets if code == now.code]
    if named not in versions:
        raise UnknownSubject(
            refuse(
                "asked.no_criteria_set",
                stated=named,
                set=now.code,
                nearest=nearest_of(named, versions),
                there=listed(versions),
            )
        )
    return standing.criteria_sets[now.code, named]


def _of_file(path: Path) -> CriteriaSet:
    found = shapes.read(CriteriaSet, _loaded(path), "criteria_set")
    if (flaw := flaw_in(found)) is not None:
        raise NotPossible(flaw)
    return found


def _loaded(path: Path) -> object:
    """Read YAML or JSON; both say points in quotes."""
    try:
        if path.suffix == ".json":
            return read_json(path.read_bytes(), LIMIT)
        return yaml.safe_load(path.read_text("utf-8"))
    except (OSError, ValueError, AuditError, yaml.YAMLError) as wrong:
        raise unreadable(path, wrong) from None


def told(criteria: CriteriaSet) -> Answer:
    """Name a set by its code, version, and the digest of its canonical form."""
    digest = hashlib.sha256(encode(shapes.write(criteria))).hexdigest()
    return {"code": criteria.code, "version": criteria.version, "sha256": digest}


def differences(before: CriteriaSet, after: CriteriaSet) -> list[Answer]:
    """Return the criteria that are another, new or gone, in the order of their codes."""
    codes = sorted(before.by_code.keys() | after.by_code.keys())
    pairs = ((code, before.by_code.get(code), after.by_code.get(code)) for code in codes)
    return [
        {"criterion": code, "before": _scored(old), "after": _scored(new)}
        for code, old, new in pairs
        if _scored(old) != _scored(new)
    ]


def _scored(criterion: Criterion | None) -> Answer | None:
    if criterion is None:
        return None
    return {
        "maximum": write(criterion.max_points),
        "section": criterion.section.value,
        "applies_to": [block.value for block in criterion.applies_to],
        "rule": shapes.write(criterion.rule),
    }
