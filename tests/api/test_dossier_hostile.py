"""Hostile dossiers in a real browser: nothing runs, the page stays usable, and says why not."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audit.proofs import canonical
from audit.proofs.canonical import check_text
from audit.proofs.dossier import MAX_BRACKETS
from audit.proofs.errors import CanonicalError
from tests.api.dossiers import Inner, changed, verdict_on
from tests.api.test_dossier import case
from tests.api.test_dossier_page import MARKUP, context, open_page
from tests.cli_page import run

__all__ = ["case", "context", "open_page"]
pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("dossiers")]
MEBIBYTE = 1 << 20
HASH = "ab" * 32
SHORT = "<img src=x onerror=alert(1)>"
"""Markup that fits into a statement wherever a text stands."""
CODES = {"code", "officer", "home", "criteria_set", "version", "criteria_version"}
MOST_ELEMENTS, MOST_TEXT = 50_000, 3_000_000
"""More than this nobody can scroll through, nor a browser lay out while one waits."""
DANGEROUS = "main :is(img, script, iframe, object, embed, svg, math, link, style, form, base, a)"


def with_parts(**parts: Any) -> Callable[[bytes], bytes]:
    """Put parts in place of those of a case."""
    return lambda case: changed(case, lambda inner: inner.update(parts))


def opened_by(*lines: str, count: int = 1) -> Callable[[bytes], bytes]:
    """Bring words that nobody committed to, beside an entry that is told."""

    def forge(inner: Inner) -> None:
        position = inner["openings"][0]["position"]
        fields = ["reason"] if count == 1 else [f"field_{n:06d}" for n in range(count)]
        inner["openings"] = [
            {"field": field, "lines": list(lines), "position": position, "salt": HASH} for field in fields
        ]

    return lambda case: changed(case, forge)


def pairs(count: int, *, same: bool) -> bytes:
    """Write an object of so many pairs."""
    return b"{" + b",".join(b'"k%07d":0' % (0 if same else n) for n in range(count)) + b"}"


def withheld(count: int) -> list[dict[str, Any]]:
    """So many entries that are not shown."""
    return [{"leaf": HASH, "position": position} for position in range(count)]


HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "words of 50 MB": opened_by("x " * (25 * MEBIBYTE)),
    "words of many lines": opened_by(*["x"] * MEBIBYTE),
    "very many words": opened_by("x", count=60_000),
    "a text of 50 MB": with_parts(v="x" * (50 * MEBIBYTE)),
    "50 MB of nothing": lambda _: b" " * (50 * MEBIBYTE),
    "50 MB of escapes": lambda _: b'{"dossier":"' + b"\\u0041" * (8 * MEBIBYTE) + b'"}',
    "a receipt of 50 MB": with_parts(receipts=[{"lines": ["x" * (50 * MEBIBYTE)], "position": 0}]),
    "a checkpoint of 50 MB": with_parts(checkpoints=[["x" * (50 * MEBIBYTE)]]),
    "600,000 entries": with_parts(entries=withheld(600_000), size=600_000),
    "entries withheld, all of them": with_parts(entries=withheld(20_000), size=20_000),
    "entries that say nothing": with_parts(
        entries=[{"entry": "x", **one} for one in withheld(20_000)], size=20_000
    ),
    "10^6 entries": with_parts(entries=[0] * 1_000_000),
    "10^6 objects": with_parts(entries=[{}] * 1_000_000),
    "10^6 keys": lambda _: pairs(1_000_000, same=False),
    "a key 10^6 times": lambda _: pairs(1_000_000, same=True),
    "a key twice in an entry": lambda case: case.replace(b'"reader":', b'"reader":"agency","reader":', 1),
    "lists in lists": lambda _: b"[" * (MAX_BRACKETS - 1),
    "objects in objects": lambda _: b'{"a":' * (MAX_BRACKETS - 1),
    "marks in another order": opened_by("a" + "\u0302\u0323" * 500_000),
    "marks in their order": opened_by("a" + "\u0323" * 500_000 + "\u0302" * 500_000),
    "bidi overrides": opened_by("\u202egnorw\u202c"),
    "bidi isolates": opened_by("\u2066x\u2069"),
    "zero width": opened_by("Sở\u200bNội vụ"),
    "surrogates": lambda case: case.replace(b'"lines":["', b'"lines":["\\ud800', 1),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_dossier_is_refused_in_words(open_page: Any, case: bytes, name: str) -> None:
    """The page says what Python says, runs nothing, and holds no more than a page can hold."""
    hostile = HOSTILE[name](case)
    expected = verdict_on(hostile)
    opened = open_page(hostile).checked()
    first, said = expected["findings"][0], opened.text("#first")
    assert not expected["ok"]
    assert opened.text("#judgement").endswith(f": {len(expected['findings'])}")
    assert first["rule"] in said
    assert ("Toàn hồ sơ" if first["position"] is None else f"Mục {first['position']} ") in said
    assert is_small(opened.page)
    assert opened.noise == []


def is_small(page: Any) -> bool:
    """Whether what is shown is bounded."""
    elements = page.evaluate("() => document.querySelectorAll('*').length")
    text = page.evaluate("() => document.querySelector('main').textContent.length")
    return bool(elements < MOST_ELEMENTS and text < MOST_TEXT)


@pytest.mark.parametrize("name", ["words of 50 MB", "entries that say nothing", "very many words"])
def test_page_is_usable_while_a_hostile_one_is_judged(open_page: Any, case: bytes, name: str) -> None:
    """The work is done beside the page: a button answers before there is a verdict."""
    opened = open_page(HOSTILE[name](case))
    assert opened.page.get_attribute("html", "data-checked") is None
    opened.page.click("#language")
    assert opened.page.get_attribute("html", "lang") == "en"
    assert opened.page.get_attribute("html", "data-checked") is None
    assert opened.checked().text("#judgement").startswith("✗ Found wrong")


def markup_in(value: Any) -> Any:
    """Put markup in place of every text but codes, by which the page finds what is named."""
    if isinstance(value, dict):
        return {
            name: item if name in CODES and isinstance(item, str) else markup_in(item)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [markup_in(item) for item in value]
    return SHORT if isinstance(value, str) else value


def markup_everywhere(inner: Inner) -> None:
    """Put markup into every text that has no grammar: bodies of statements, words, receipts, notes, names."""
    for held in inner["entries"]:
        if "entry" in held:
            entry = json.loads(held["entry"])
            payload = json.loads(base64.b64decode(entry["envelope"]["payload"]))
            told = canonical.encode(payload | {"body": markup_in(payload["body"])})
            entry["envelope"]["payload"] = base64.b64encode(told).decode()
            held["entry"] = canonical.encode(entry).decode()
            held["leaf"] = hashlib.sha256(b"\0" + held["entry"].encode()).hexdigest()
    for one in inner["openings"]:
        one["lines"] = [MARKUP]
    inner["checkpoints"][0].append(MARKUP)
    inner["receipts"][0]["lines"].append(MARKUP)
    inner["tokens"] = [{"authority": MARKUP, "response": "AAAA", "sha256": HASH, "size": 1}]
    inner["trust"]["logs"][0]["operator"] = MARKUP


def test_markup_in_every_text_is_text(open_page: Any, case: bytes) -> None:
    """Names of agencies, people, criteria, words, facts: all is shown as it is written."""
    hostile = changed(case, markup_everywhere)
    opened = open_page(hostile).checked()
    for _ in range(2):
        assert SHORT in opened.text("#title")
        assert SHORT in opened.text("#story")
        assert MARKUP in opened.text("#story")
        assert opened.page.query_selector_all(DANGEROUS) == []
        opened.page.click("#language")
    assert verdict_on(hostile)["findings"][0]["rule"] in opened.text("#first")
    assert opened.noise == []


def shown_whole(text: str) -> bool:
    """Whether a text may be stated at all."""
    try:
        check_text(text)
    except CanonicalError:
        return False
    return bool(text)


def test_naughty_strings_are_shown_and_do_nothing(open_page: Any, case: bytes, vectors: Path) -> None:
    """Each that may be stated stands on the page, letter by letter."""
    naughty = json.loads((vectors / "blns" / "blns.json").read_text("utf-8"))
    fit = [text for text in naughty if shown_whole(text)]
    opened = open_page(opened_by(*fit)(case)).checked()
    told = opened.page.evaluate("() => document.getElementById('story').textContent")
    assert [text for text in fit if text not in told] == []
    assert opened.page.query_selector_all(DANGEROUS) == []
    assert opened.noise == []
    assert 0 < len(fit) < len(naughty)


@pytest.mark.parametrize("name", ["bidi overrides", "a key twice in an entry", "10^6 entries"])
def test_command_says_the_same(open_page: Any, case: bytes, name: str, tmp_path: Path) -> None:
    """`minhchung verify` of the JSON or of the page ends with 1, and names the same first thing."""
    hostile = HOSTILE[name](case)
    opened = open_page(hostile).checked()
    (tmp_path / "d.json").write_bytes(hostile)
    for file in (tmp_path / "d.json", tmp_path / "0.html"):
        ended = run(tmp_path / "none", "verify", str(file), "--json")
        assert ended.returncode == 1
        assert json.loads(ended.stdout)["findings"][0]["rule"] in opened.text("#first")
