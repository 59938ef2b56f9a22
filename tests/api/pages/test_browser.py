"""The pages in a real Chromium: a clean console, the policy kept, nothing that axe finds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.clock import ScriptedClock
from api.runtime import open_runtime
from api.settings import Settings
from tests.api.service.people import sign_in
from tests.api.service.serving import serving
from tests.chromium import chromium
from tests.tour_pages import key_of
from tests.worlds import NOW, World

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]
AUDITOR = "kt-1"
PAGES = [
    "/", "/rounds/2016", "/rounds/2016?version=1", "/rounds/2017", "/rounds/2061",
    "/rounds/2016/ranking?as_of=published-v2&since=published-v1&agency=STC&intervals=true",
    "/rounds/2016/agencies/STC?win=A1.2", "/rounds/2016/agencies/SNV/criteria/A3.2", "/sign-in",
    "/log", "/log/8555", "/search?q=giai+trinh", "/reads", "/rounds/2016/disputes",
    "/rounds/2016/disputes/dispute-1", "/rounds/2016/council", "/rounds/2016/council/decisions",
    "/rounds/2016/council/motions/7640", "/rounds/2016/council/meetings/meeting-3", "/rounds/2016/findings",
    "/rounds/2016/fairness", "/rounds/2016/conflicts",
]  # fmt: skip
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Visitor:
    """Somebody with a browser at the service, and all that the browser complained about."""

    def __init__(self, context: Any, site: str) -> None:
        self.page = context.new_page()
        self.site = site
        self.noise: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", lambda told: self.noise.append(told.text))
        self.page.on("pageerror", lambda wrong: self.noise.append(str(wrong)))
        self.page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith(self.site):
            self.elsewhere.append(request.url)

    def go(self, path: str, language: str = "vi") -> Any:
        """Open a page."""
        self.noise.clear()
        self.page.goto(f"{self.site}{path}{'&' if '?' in path else '?'}lang={language}")
        return self.page


@pytest.fixture(scope="module")
def visitor(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """A browser at the service of the whole demo."""
    data = tmp_path_factory.mktemp("browser") / "data"
    shutil.copytree(demo_data, data)
    world = World(open_runtime(Settings(data)), ScriptedClock(NOW))
    with chromium(offline=False) as context, serving(world, Settings(data)) as client:
        site = f"http://localhost:{client.port}"
        name, _, value = sign_in(client, key_of(world.runtime, AUDITOR)).headers["Cookie"].partition("=")
        context.add_cookies([{"name": name, "value": value, "url": site}])
        yield Visitor(context, site)
    world.close()


@pytest.mark.parametrize("path", PAGES)
def test_the_browser_has_nothing_to_complain_about(visitor: Visitor, path: str) -> None:
    """The console is clean, the policy is kept, everything comes from the service; the style is there."""
    page = visitor.go(path)
    missing = [f"{visitor.site}{path}"] if "2061" in path else []
    assert [told for told in visitor.noise if not (missing and "404" in told)] == []
    assert visitor.elsewhere == []
    assert page.evaluate("document.styleSheets[0].cssRules.length") > 50
    assert page.evaluate("document.querySelector('img').naturalWidth") > 0


@pytest.mark.parametrize(("scheme", "language"), [("light", "vi"), ("dark", "en")])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(visitor: Visitor, path: str, scheme: str, language: str) -> None:
    """WCAG 2.2 AA, in both languages, in the light and in the dark."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    visitor.page.emulate_media(color_scheme=scheme)
    page = visitor.go(path, language)
    for folded in page.locator("details").all():
        folded.evaluate("one => one.open = true")
    found = axe.run(page, options={"runOnly": TAGS}).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []


@pytest.mark.parametrize("path", PAGES)
def test_a_narrow_screen_loses_nothing(visitor: Visitor, path: str) -> None:
    """At 360 pixels, or a wide screen at 200 %, nothing has to be scrolled sideways."""
    for width in (360, 590):
        visitor.page.set_viewport_size({"width": width, "height": 800})
        page = visitor.go(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    visitor.page.set_viewport_size({"width": 1100, "height": 900})


def test_the_keyboard_reaches_everything(visitor: Visitor) -> None:
    """Tab by tab, the way past the navigation first; whatever has the focus shows it."""
    page = visitor.go("/rounds/2016")
    wanted = page.evaluate("document.querySelectorAll('a[href], summary, pre[tabindex]').length")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = 1
    while reached < wanted:
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        reached += 1
    assert page.evaluate("document.activeElement.textContent") == "CSV"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement === document.body")


def test_the_slider_says_where_it_stands(visitor: Visitor) -> None:
    """Key by key, with the moment that lies behind it; what it is left at is shown."""
    page = visitor.go("/rounds/2016/ranking?as_of=inspected")
    told = page.locator("#slide-told")
    assert "kiểm tra xong" in told.inner_text()
    page.locator("#slide").focus()
    with page.expect_navigation():
        page.keyboard.press("ArrowRight")
    assert "as_of=6474" in page.url
    assert visitor.noise == []


def test_charts_are_drawn_and_turn_with_the_theme(visitor: Visitor) -> None:
    """Every chart has its size and says in words what it shows."""
    page = visitor.go("/rounds/2016/ranking")
    charts = page.locator("img.chart")
    assert charts.count() == 3
    for chart in charts.all():
        chart.scroll_into_view_if_needed()
        chart.evaluate("one => one.decode()")
        assert chart.evaluate("one => one.naturalWidth") > 500
        assert "bảng bên dưới" in chart.get_attribute("alt")
    assert visitor.noise == []


def test_without_scripts_every_moment_can_be_asked_for(visitor: Visitor) -> None:
    """The slider is sent by its button."""
    browser = visitor.page.context.browser
    with browser.new_context(java_script_enabled=False) as context:
        context.add_cookies(visitor.page.context.cookies())
        page = context.new_page()
        page.goto(f"{visitor.site}/rounds/2016/agencies/STC?as_of=inspected")
        page.locator(".slide button").click()
        assert "as_of=6473" in page.url


def test_a_page_goes_to_paper(visitor: Visitor) -> None:
    """It prints to PDF, black on white in the dark too, with every criterion unfolded."""
    visitor.page.emulate_media(color_scheme="dark", media="print")
    page = visitor.go("/rounds/2016")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("details th[scope=row]").first.bounding_box()["height"] > 0
    assert page.pdf().startswith(b"%PDF")
    visitor.page.emulate_media(media="screen")


def test_minutes_go_to_paper_with_room_to_sign(visitor: Visitor) -> None:
    """Draft minutes print without navigation, with two places for signatures that the screen has not."""
    page = visitor.go("/rounds/2016/council/meetings/meeting-3")
    assert not page.locator(".signatures").is_visible()
    visitor.page.emulate_media(media="print")
    assert page.locator(".signatures").is_visible()
    assert not page.locator(".top nav").first.is_visible()
    assert page.pdf().startswith(b"%PDF")
    visitor.page.emulate_media(media="screen")
