"""The check in a real Chromium: green in words, red by the entry that was changed; a rewound log noticed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from api.clock import ScriptedClock
from api.runtime import open_runtime
from api.settings import DATABASE_VARIABLE, Settings
from tests.api.pages.tampered import UNREADABLE, tampered
from tests.api.service.people import Person, sign_in
from tests.api.service.serving import Client, serving
from tests.chromium import chromium
from tests.tour_pages import key_of
from tests.worlds import NOW, World, reopen

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]
AUDITOR = "kt-1"
SCORE = "/check?round=2016&agency=SNV&criterion=A3.2"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Visitor:
    """Somebody with a browser, and all that it complained about."""

    context: Any
    site: str
    noise: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page = self.context.new_page()
        self.page.on("console", lambda told: self.noise.append(told.text))
        self.page.on("pageerror", lambda wrong: self.noise.append(str(wrong)))

    def check(self, path: str, language: str = "en") -> Any:
        """Open the page of a check, and wait for its end."""
        self.page.goto(f"{self.site}{path}{'&' if '?' in path else '?'}lang={language}")
        return self.finished()

    def finished(self) -> Any:
        """Wait until whatever is being checked has been."""
        self.page.wait_for_selector("html[data-checked]", timeout=120_000)
        return self.page

    @property
    def judgement(self) -> str:
        """The outcome, in words."""
        return str(self.page.inner_text("#judgement"))


@dataclass
class Served:
    """The whole demo behind a server, a browser at it, and an auditor's session."""

    visitor: Visitor
    database: Path
    client: Client
    auditor: Person


@pytest.fixture(scope="module")
def served(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server and one browser for all of it."""
    data = tmp_path_factory.mktemp("checked") / "data"
    shutil.copytree(demo_data, data)
    world = World(open_runtime(Settings(data)), ScriptedClock(NOW))
    with chromium(offline=False) as context, serving(world, Settings(data)) as client:
        site = f"http://localhost:{client.port}"
        auditor = sign_in(client, key_of(world.runtime, AUDITOR))
        yield Served(Visitor(context, site), Settings(data).database, client, auditor)
    world.close()


@contextmanager
def signed_in(served: Served) -> Iterator[Visitor]:
    """The auditor at the browser."""
    name, _, value = served.auditor.headers["Cookie"].partition("=")
    cookie = {"name": name, "value": value, "url": served.visitor.site}
    served.visitor.context.add_cookies([cookie])
    served.visitor.noise.clear()
    yield served.visitor
    served.visitor.context.clear_cookies(name=name)


# --- green ------------------------------------------------------------------------------------------------


def test_anybody_checks_what_is_published(served: Served) -> None:
    """Head, witnesses, publication and attestation; what is only attested says so. The key is pinned."""
    visitor = served.visitor
    page = visitor.check("/check?round=2016")
    assert visitor.judgement.startswith("✓ Checked in this browser")
    told = page.inner_text("#log-lines") + page.inner_text("#lines")
    assert "first visit" in told
    assert "Witnesses cosigned up to entry" in told
    assert "The publication is entry 8569 of the log" in told
    assert "Attested. Version 2 is made of 2233 figures" in told
    page = visitor.check("/check?position=5000", "vi")
    assert "đúng khóa mà trình duyệt này đã ghi nhớ" in page.inner_text("#log-lines")
    assert "Sổ vẫn là sổ đã thấy lần trước" in page.inner_text("#log-lines")
    assert "chỉ kiểm được dấu băm" in page.inner_text("#lines")
    assert visitor.noise == []


def test_a_score_and_its_events_are_checked(served: Served) -> None:
    """From the page of the score one click leads to green, with what was attested and what is complete."""
    with signed_in(served) as visitor:
        visitor.page.goto(f"{visitor.site}/rounds/2016/agencies/SNV/criteria/A3.2?lang=en")
        visitor.page.click(".check-here a")
        page = visitor.finished()
        assert visitor.judgement.startswith("✓")
        assert "SNV, criterion A3.2: 1.5 of 1.5 points, in version 2" in page.inner_text("#lines")
        assert "No entry about criterion A3.2 is left out" in page.inner_text("#lines")
        page = visitor.check("/check?position=5000")
        assert "Signatures, keys at that time and order of entry 5000 are right" in page.inner_text("#lines")
        assert visitor.noise == []


def test_the_whole_round_is_computed_again(served: Served) -> None:
    """Every entry, every rank; a bar shows how far it is."""
    with signed_in(served) as visitor:
        page = visitor.check("/check?round=2016")
        assert visitor.judgement.startswith("✓")
        assert "were recomputed from all 8826 entries" in page.inner_text("#lines")
        assert "The ranks are those attested: 34 agencies" in page.inner_text("#lines")
        assert visitor.noise == []


def test_a_receipt_that_is_dropped_is_checked(served: Served, tmp_path: Path) -> None:
    """With the envelope that was sent nothing more is needed; a changed one is wrong, and named."""
    position = 5000
    receipt = served.auditor.get(f"/v1/entries/{position}/receipt").body
    envelope = json.dumps(
        served.auditor.get(f"/v1/entries/{position}").json["envelope"], separators=(",", ":")
    )
    kept = {"receipt.txt": receipt, "envelope.json": envelope.encode(), "other.json": envelope[::-1].encode()}
    for name, content in kept.items():
        (tmp_path / name).write_bytes(content)

    def drop(*names: str) -> str:
        visitor.page.set_input_files("#files", [tmp_path / name for name in names])
        return str(visitor.finished().inner_text("#verdict") + visitor.page.inner_text("#lines"))

    visitor = served.visitor
    visitor.check("/check")
    assert "drop the envelope" in drop("receipt.txt").lower()
    assert visitor.judgement.startswith("✓")
    assert f"The envelope beside it is entry {position}" in drop("receipt.txt", "envelope.json")
    assert f"Entry {position}" in drop("receipt.txt", "other.json")
    assert visitor.judgement.startswith("✗")
    (tmp_path / "forged.txt").write_bytes(receipt.replace(b"index 5000", b"index 5001"))
    assert "Entry 5001" in drop("forged.txt")
    assert visitor.judgement.startswith("✗")


@pytest.mark.parametrize(("scheme", "language"), [("light", "vi"), ("dark", "en")])
def test_the_page_is_for_everybody(served: Served, scheme: str, language: str) -> None:
    """Axe finds nothing in what a check shows, and nothing is lost at 360 pixels."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    with signed_in(served) as visitor:
        visitor.page.emulate_media(color_scheme=scheme)
        page = visitor.check(SCORE, language)
        found = axe.run(page, options={"runOnly": TAGS}).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []
        page.set_viewport_size({"width": 360, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.set_viewport_size({"width": 1100, "height": 900})
        assert "…" not in page.inner_text("#lines"), "a fact is missing"


# --- red --------------------------------------------------------------------------------------------------


ANOTHER = '"received_at":"2017-', '"received_at":"2018-'


def test_an_entry_that_was_changed_is_named(served: Served) -> None:
    """Whether it can still be read or not: on the page of the score, of the entry, and of the whole round."""
    trace = served.auditor.get("/v1/rounds/2016/agencies/SNV/trace?criterion=A3.2").json
    behind, before = (
        next(e["position"] for e in trace["events"] if e["made_the_number"] is made) for made in (True, False)
    )
    with signed_in(served) as visitor:
        for position, (was, now), *more in (
            (before, ANOTHER),
            (before, UNREADABLE),
            (behind, UNREADABLE, "/check?round=2016"),
        ):
            with tampered(served.database, position, was, now):
                for path in [SCORE, f"/check?position={position}", *more]:
                    page = visitor.check(path)
                    assert visitor.judgement.startswith("✗ Found wrong"), path
                    assert f"Entry {position}" in page.inner_text("#first"), path
                    assert "leaf.other_bytes" in page.inner_text("#first"), path
        axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
        assert axe.run(visitor.page, options={"runOnly": TAGS}).response["violations"] == []
        visitor.check(SCORE)
        assert visitor.judgement.startswith("✓")


def test_a_published_result_that_was_changed_is_named(served: Served) -> None:
    """To anybody, who may read neither its signatures' keys nor anything else."""
    with tampered(served.database, 8570, *UNREADABLE):
        page = served.visitor.check("/check?round=2016")
        assert served.visitor.judgement.startswith("✗")
        assert "Entry 8570" in page.inner_text("#first")


def test_a_rewound_log_is_noticed(
    small_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Served
) -> None:
    """An older copy at the same address, or another log of the same size: both checkpoints are kept."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    for name in ("older", "newer", "other"):
        shutil.copytree(small_log, tmp_path / name)
    port = 0
    seen: dict[int, tuple[str, str, bool]] = {}
    for name, officer in (("newer", "ct-4"), ("older", None), ("newer", None), ("other", "snv-4")):
        world = reopen(tmp_path / name)
        if officer is not None:
            world.state("RoleGranted", "dk-2", body={"officer": officer, "role": "AUDITOR"})
        with serving(world, Settings(tmp_path / name), port=port) as client:
            port = client.port
            visitor = Visitor(served.visitor.context, f"http://localhost:{port}")
            page = visitor.check("/check")
            shown = page.is_visible("#evidence-part")
            seen[len(seen)] = (visitor.judgement[0], page.inner_text("#log-lines"), shown)
            notes = page.locator("#evidence pre").all_inner_texts()
            page.close()
        world.close()
    assert [one[0] for one in seen.values()] == ["✓", "✗", "✓", "✗"]
    assert "The log was rewound" in seen[1][1]
    assert seen[1][2], "the evidence is shown"
    assert "It is the log of the last visit" in seen[2][1]
    assert "The log is split" in seen[3][1]
    assert len(notes) == 2
    assert notes[0] != notes[1]
