"""The page of a dossier, opened from disk in a real browser, offline: says what is so, and runs nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.browser_modules import NotBundled, _module, script
from api.dossier_contents import Subject
from api.dossier_page import dossier_page
from api.settings import Settings
from tests.api.dossiers import Inner, changed, inner_of, verdict_on
from tests.api.test_dossier import CASE, case, make
from tests.chromium import chromium

__all__ = ["case"]
MARKUP = "</script><img src=x onerror=alert(1)><script>alert(1)</script>"
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("dossiers")]


@pytest.fixture(scope="module")
def context() -> Iterator[Any]:
    """Chromium, offline."""
    with chromium() as running:
        yield running


class Opened:
    """A page that was opened from disk, with all that it said and asked for."""

    def __init__(self, context: Any, path: Path) -> None:
        self.page = context.new_page()
        self.noise: list[str] = []
        self.asked_for: list[str] = []
        self.page.on("console", lambda told: self.noise.append(told.text))
        self.page.on("pageerror", lambda wrong: self.noise.append(str(wrong)))
        self.page.on("dialog", lambda dialog: self.noise.append(dialog.message))
        self.page.on("request", lambda request: self.asked_for.append(request.url))
        self.page.goto(path.as_uri())

    def checked(self) -> Opened:
        """Wait until the verdict is there."""
        self.page.wait_for_selector("html[data-checked]", timeout=60_000)
        return self

    def text(self, selector: str) -> str:
        """Return what stands somewhere."""
        return str(self.page.inner_text(selector))


@pytest.fixture
def open_page(context: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens the page of a dossier, and closes it after the test."""
    pages: list[Opened] = []

    def open_it(dossier: bytes) -> Opened:
        path = tmp_path / f"{len(pages)}.html"
        path.write_bytes(dossier_page(dossier))
        pages.append(Opened(context, path))
        return pages[-1]

    yield open_it
    for opened in pages:
        opened.page.close()


def damaged(dossier: bytes, position: int) -> bytes:
    """Change one character inside an entry."""
    start = dossier.rindex(b'{"entry"', 0, dossier.index(b'"position":%d' % position))
    place = dossier.index(b"payload", start) + 300
    other = b"B" if dossier[place : place + 1] == b"A" else b"A"
    return dossier[:place] + other + dossier[place + 1 :]


def test_sound_dossier_turns_green_in_words(open_page: Any, case: bytes) -> None:
    """From disk, offline: the verdict, the story, the points before and after; nothing else is asked for."""
    opened = open_page(case).checked()
    assert opened.text("#judgement") == "✓ Hồ sơ nguyên vẹn"
    assert "tệp tin cậy nằm trong chính hồ sơ" in opened.text("#by-trust")
    assert "Quy chế phối hợp liên thông" in opened.text("#story")
    assert "10 mục (8545–8554) không dành cho người đọc" in opened.text("#story")
    assert "Hạng 13 → 11" in opened.text("#points")
    assert "0,8" in opened.text("#points")
    assert opened.noise == []
    assert [url for url in opened.asked_for if not url.startswith(("file:", "blob:"))] == []


def test_one_changed_character_turns_it_red_and_is_named(open_page: Any, case: bytes) -> None:
    """The page names the entry that `minhchung verify` names, by the same rule."""
    wrong = damaged(case, 8521)
    first = verdict_on(wrong)["findings"][0]
    opened = open_page(wrong).checked()
    assert opened.text("#judgement").startswith("✗ Phát hiện sai lệch")
    assert f"Mục {first['position']}" in opened.text("#first")
    assert first["rule"] in opened.text("#first")
    assert "SAI" in opened.text(f"#entry-{first['position']}")
    assert opened.noise == []


def test_page_speaks_both_languages(open_page: Any, case: bytes) -> None:
    """One button changes every word of the page, and the language that it is declared in."""
    opened = open_page(case).checked()
    opened.page.click("#language")
    assert opened.text("#judgement") == "✓ The dossier is whole"
    assert "Rank 13 → 11" in opened.text("#points")
    assert "Department of Transport" in opened.text("#subject")
    assert opened.page.get_attribute("html", "lang") == "en"
    opened.page.click("#language")
    assert opened.text("#judgement") == "✓ Hồ sơ nguyên vẹn"


def test_own_trust_file_can_be_chosen(open_page: Any, case: bytes, demo_data: Path, tmp_path: Path) -> None:
    """The verdict is made again by the reader's own file; a file that is none is said to be none."""
    opened = open_page(case).checked()
    opened.page.set_input_files("#trust", Settings(demo_data).trust)
    opened.page.wait_for_selector('#by-trust:has-text("trust.json")')
    assert "đây đúng là sổ đã biết" in opened.text("#by-trust")
    (tmp_path / "none.json").write_text("{}")
    opened.page.set_input_files("#trust", tmp_path / "none.json")
    opened.page.wait_for_selector("#trust-told:not([hidden])")
    assert "none.json" in opened.text("#trust-told")


def test_dropped_file_is_compared(open_page: Any, case: bytes, demo_data: Path, tmp_path: Path) -> None:
    """A file that was submitted is recognised by its digest, and another one is not."""
    opened = open_page(case).checked()
    digest = opened.page.inner_text(".files code")
    submitted = next(path for path in Settings(demo_data).evidence.rglob(digest) if path.is_file())
    (tmp_path / "other.txt").write_text("something else")
    opened.page.set_input_files("#compare", [submitted, tmp_path / "other.txt"])
    opened.page.wait_for_selector(".compared li:nth-child(2)")
    assert "đúng là tài liệu đã nộp" in opened.text(".compared li:nth-child(1)")
    assert "không có trong hồ sơ này" in opened.text(".compared li:nth-child(2)")


def markup_everywhere(inner: Inner) -> None:
    """Put markup into every text that a dossier brings with it."""
    for one in inner["openings"]:
        one["lines"] = [MARKUP]
    inner["trust"]["logs"][0]["operator"] = MARKUP
    for witness in inner["trust"]["witnesses"]:
        witness["operator"] = MARKUP
    inner["tokens"] = [{"authority": MARKUP, "response": "AAAA", "sha256": "0" * 64, "size": 1}]


def test_hostile_texts_run_nothing(open_page: Any, case: bytes) -> None:
    """Markup in every text is shown as the text that it is, and the dossier is refused."""
    opened = open_page(changed(case, markup_everywhere)).checked()
    assert opened.text("#judgement").startswith("✗")
    assert MARKUP in opened.text("#story")
    assert opened.page.query_selector_all("main img") == []
    assert opened.noise == []


@pytest.mark.parametrize("file", [b"{" * 1_100_000, b"null", b"", b"[" * 300_000])
def test_hostile_file_is_refused_in_words(open_page: Any, file: bytes) -> None:
    """A file that is no dossier does not hang the page, which says why."""
    opened = open_page(file).checked()
    assert "dossier." in opened.text("#first")
    assert opened.noise == []


def test_page_is_usable_while_it_works(open_page: Any, demo_data: Path) -> None:
    """While the whole log is checked, a progress bar moves and the language can be changed."""
    opened = open_page(make(demo_data, Subject("2016"), "auditor", whole=True))
    opened.page.wait_for_selector('#judgement:has-text("/8826")', timeout=60_000)
    opened.page.click("#language")
    opened.page.wait_for_selector('#judgement:has-text("of 8826 entries")')
    assert opened.page.get_attribute("html", "data-checked") is None
    assert opened.checked().text("#judgement") == "✓ The dossier is whole"
    assert "were recomputed from all" in opened.text("#reaches")
    assert opened.text("#points tbody tr:first-child").startswith("1")


def test_axe_finds_nothing(open_page: Any, case: bytes) -> None:
    """The page is accessible, green or red, in either language."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    for dossier in (case, damaged(case, 8521)):
        opened = open_page(dossier).checked()
        for _ in range(2):
            found = axe.run(opened.page)
            assert found.violations_count == 0, found.generate_report()
            opened.page.click("#language")


def test_printed_page_is_the_case_alone(open_page: Any, case: bytes) -> None:
    """Buttons and choices are not printed; the verdict and the story are."""
    opened = open_page(case).checked()
    opened.page.emulate_media(media="print")
    assert not opened.page.is_visible("#print")
    assert not opened.page.is_visible("#trust")
    assert opened.page.is_visible("#judgement")
    assert opened.page.is_visible("#story")


def test_script_holds_every_module_once() -> None:
    """No import or export is left in the script, and what cannot be put in is refused."""
    assert not any(line.startswith(("import ", "export ")) for line in script().splitlines())
    assert json.loads(json.dumps(script()))  # text without surrogates
    with pytest.raises((NotBundled, FileNotFoundError)):
        _module("api/static/dossier/none.js")


def test_page_is_made_for_the_case_it_holds(case: bytes) -> None:
    """The dossier in the page is about what was asked for."""
    assert inner_of(case)["about"]["dispute"] == CASE.dispute
