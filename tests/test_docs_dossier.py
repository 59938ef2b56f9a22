"""The pages on dossiers and verdicts: limits, fields and layers are the code's, the example verifies."""

from __future__ import annotations

import json
import re

from audit.proofs.dossier import _FIELDS, MAX_BRACKETS, MAX_DOSSIER, MAX_ITEMS, READERS
from audit.proofs.dossier_verdict import dossier_verdict
from audit.proofs.dossier_verifier import LAYERS, verify_dossier
from audit.proofs.entry import MAX_ENTRY
from tests.page_dossier import dossier
from tests.pages import code, page_log
from tests.test_docs import page


def test_limits_on_the_page_are_those_of_the_code() -> None:
    """Bytes, brackets, items, and the size of an entry."""
    for limit in (MAX_DOSSIER, MAX_BRACKETS, MAX_ITEMS, MAX_ENTRY):
        assert f"{limit:,}" in page("dossier.md")


def test_every_field_of_a_dossier_is_in_the_grammar() -> None:
    """The table names each field once."""
    table = page("dossier.md").split("| field | value |")[1].split("\n\n")[0]
    assert sorted(re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE)) == sorted({*_FIELDS, "trust"})
    assert all(f"`{reader}`" in table for reader in READERS)


def test_layers_stand_in_the_order_of_the_findings() -> None:
    """The page says the order in which the code sorts."""
    told = page("dossier.md").split("by layer, in the order ")[1].split("; else")[0]
    assert tuple(re.findall(r"`([a-z]+)`", told)) == LAYERS


def test_example_verdict_is_of_the_example_dossier() -> None:
    """What the page shows is sound, and every name of the verdict is explained there."""
    verdict = dossier_verdict(verify_dossier(dossier(page_log())))
    assert verdict["ok"]
    assert json.loads(code("verdict.md", "verdict")) == verdict
    grammar = page("verdict.md").split("## Grammar")[1]
    assert [name for name in verdict if name != "v" and f"`{name}`" not in grammar] == []
