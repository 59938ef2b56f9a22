"""Two verifiers written apart, in Python and JavaScript, give one verdict on every dossier, sound or not."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from api.dossier_contents import Subject
from api.dossier_verification import verdict_on_dossier
from api.settings import Settings
from audit.proofs.dossier import MAX_BRACKETS
from audit.proofs.trust_file import parse_trust
from tests.api.dossiers import Change, changed, findings_of, inner_of, proved_again, verdict_on
from tests.api.test_dossier import CASE, TAMPERED, case, leaves, make, nested
from tests.audit.browser.asked import Asked, node
from tests.page_dossier import dossier
from tests.pages import page_log

__all__ = ["case", "leaves", "node"]
pytestmark = [pytest.mark.node, pytest.mark.xdist_group("dossiers")]


def without_facts(verdict: dict[str, Any]) -> dict[str, Any]:
    """Leave the facts of findings out: they are for people."""
    return {**verdict, "findings": findings_of(verdict)}


def agree(node: Asked, dossier: bytes, trust: bytes | None = None) -> dict[str, Any]:
    """Check that both say the same, and return what Python says."""
    verdict = verdict_on(dossier, parse_trust(trust) if trust else None)
    assert without_facts(node("dossier", dossier, trust)) == without_facts(verdict)
    return verdict


def test_same_verdict_on_sound_dossiers(node: Asked, case: bytes, demo_data: Path) -> None:
    """Of a cell, an agency and a dispute, for every reader, by either trust file: the same JSON."""
    trust = Settings(demo_data).trust.read_bytes()
    assert agree(node, case)["ok"]
    assert agree(node, case, trust)["trust"] == "as trusted"
    for reader in ("council", "auditor"):
        assert agree(node, make(demo_data, CASE, reader))["ok"]
    assert agree(node, make(demo_data, Subject("2016", "SNV")))["ok"]


def test_same_verdict_on_the_whole(node: Asked, demo_data: Path) -> None:
    """Of all entries of the demo, folded again in both."""
    whole = make(demo_data, Subject("2016"), "auditor", whole=True)
    verdict = verdict_on_dossier(whole)
    assert without_facts(node("dossier", whole, None)) == without_facts(verdict)
    assert (verdict["whole"], verdict["ranks"]) == (True, "recomputed")


@pytest.mark.parametrize("change", [t[1] for t in TAMPERED], ids=[t[0] for t in TAMPERED])
def test_same_findings_on_tampered_dossiers(
    node: Asked, case: bytes, leaves: list[bytes], change: Change
) -> None:
    """Every finding is the same, in the same order."""

    def forge(inner: dict[str, Any]) -> None:
        count = len(inner["entries"])
        change(inner)
        if len(inner["entries"]) == count - 1:
            proved_again(inner, leaves)

    assert not agree(node, changed(case, forge))["ok"]


@pytest.mark.parametrize("part", range(5))
def test_same_findings_after_any_changed_character(node: Asked, part: int) -> None:
    """Wherever one of 500 characters becomes another one, both find the same, and neither accepts it."""
    changes_agree(node, dossier(page_log()), 100, seed=part)


def test_same_findings_after_a_changed_character_of_a_case(node: Asked, case: bytes) -> None:
    """So it is in a dossier of the demo."""
    changes_agree(node, case, 20, seed=7)


def changes_agree(node: Asked, whole: bytes, times: int, seed: int) -> None:
    """Change so many characters, one at a time."""
    chosen = random.Random(seed)  # noqa: S311 - which characters, not which keys
    for _ in range(times):
        place = chosen.randrange(len(whole))
        other = bytes([chosen.choice([c for c in range(32, 127) if c != whole[place]])])
        assert not agree(node, whole[:place] + other + whole[place + 1 :])["ok"]


@pytest.mark.parametrize(
    "name",
    ["v", "about", "checkpoints", "entries", "hashes", "openings", "receipts", "size", "states", "trust"],
)
@pytest.mark.parametrize(
    "value", [None, True, -1, "", "x", [], [None], [[]], [{}], {}, {"x": 1}], ids=json.dumps
)
def test_same_findings_on_malformed_parts(node: Asked, case: bytes, name: str, value: object) -> None:
    """A part of another kind, or nothing in its place, stops both at the same."""
    agree(node, changed(case, lambda inner: inner.update({name: value})))


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b"{" * (MAX_BRACKETS + 1),
        nested(100_000),
        b'{"dossier":{},"dossier":{},"sha256":"' + b"0" * 64 + b'"}',
        b'{"dossier":{"v":1e5},"sha256":"' + b"0" * 64 + b'"}',
        b'{"dossier":{"v":12345678901234567890},"sha256":"' + b"0" * 64 + b'"}',
        '{"dossier":{"v":"e\u0301"},"sha256":"0"}'.encode(),
        '{"dossier":{"v":"\u202e"},"sha256":"0"}'.encode(),
    ],
    ids=range(11),
)
def test_same_refusal_of_hostile_files(node: Asked, hostile: bytes) -> None:
    """What cannot be read is refused alike."""
    assert agree(node, hostile)["findings"][0]["layer"] == "form"


def test_same_order_when_much_is_wrong(node: Asked, case: bytes) -> None:
    """Many things at once are told in one order."""

    def ruin(inner: dict[str, Any]) -> None:
        for entry in inner["entries"][3::4]:
            entry["leaf"] = "0" * 64
        for one in inner["openings"]:
            one["salt"] = "0" * 64
        inner["receipts"][0]["lines"][1] += "x"
        inner["checkpoints"].reverse()

    assert len(agree(node, changed(case, ruin))["findings"]) > 20
    assert inner_of(case)["receipts"]
