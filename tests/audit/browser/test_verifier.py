"""Whole logs in JavaScript: the same findings in the same order as in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audit.proofs.copies import open_copy
from audit.proofs.keyring import BOUND
from audit.proofs.verifier import LogCopy, Verdict, verify_log
from tests.audit.browser.asked import Asked
from tests.audit.browser.heard import heard
from tests.audit.proofs.logs import statement_at

pytestmark = pytest.mark.node


def told(copy: LogCopy) -> dict[str, Any]:
    """Write a copy of a log for JavaScript."""
    return {
        "rows": [
            {
                "position": r.position,
                "stream": r.stream,
                "version": r.version,
                "topic": r.topic,
                "entry": r.entry,
            }
            for r in copy.rows
        ],
        "leafHashes": list(copy.leaf_hashes),
        "head": {"size": copy.head[0], "root": copy.head[1]},
        "checkpoints": [{"size": size, "note": note} for size, note in copy.checkpoints],
        "openings": {
            statement: [{"field": one.field, "salt": one.salt, "value": one.value} for one in openings]
            for statement, openings in copy.openings.items()
        },
    }


def compare(node: Asked, copy: LogCopy, verdict: Verdict) -> None:
    """Ask JavaScript for its verdict, and compare."""
    found = node("log", told(copy))
    findings = [(one["position"], one["layer"], one["rule"]) for one in found["findings"]]
    assert findings == [(one.position, one.layer, one.rule) for one in verdict.findings]
    figures = ("origin", "size", "root", "signatures", "keys", "checkpoints", "openings", "clock")
    assert {name: found[name] for name in figures} == {name: getattr(verdict, name) for name in figures}
    assert {int(size): root for size, root in found["roots"].items()} == dict(verdict.roots)
    contested = [{"position": at, "authorship": one.value} for at, one in verdict.contested.items()]
    assert found["contested"] == contested


@pytest.mark.parametrize(
    "module", ["test_verifier", "test_authorship", "test_suspension", "test_log_key_rotation"]
)
def test_what_python_finds_is_found(module: str, node: Asked) -> None:
    """Every log of the tests in Python, good or tampered with, gets the same verdict."""
    asked = 0
    for case in heard(module, "verify_log"):
        (copy,) = case.args
        if case.options or any(row.topic == BOUND for row in copy.rows if isinstance(copy.rows, tuple)):
            continue
        if isinstance(copy.rows, tuple):
            compare(node, copy, case.result)
            asked += 1
    assert asked


def test_whole_demo_verifies(node: Asked, demo_data: Path) -> None:
    """The whole round of Da Nang has the same verdict in both, without a finding."""
    copy = open_copy(demo_data).copy
    rows = tuple(copy.rows)
    ids = [statement_at(row).id for row in rows]
    openings = dict(copy.openings_of(ids)) if copy.openings_of else dict(copy.openings)
    whole = LogCopy(rows, copy.leaf_hashes, copy.head, copy.checkpoints, openings)
    verdict = verify_log(whole)
    assert verdict.ok
    compare(node, whole, verdict)
