"""Reads a page as a browser would: its elements in order, its texts, where its links lead."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from tests.api.service.serving import Answer, Client

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
VOID = {"meta", "link", "img", "br", "input", "hr"}


@dataclass
class Page(HTMLParser):
    """A page that was read; `open` is empty where every element was closed in order."""

    answer: Answer
    language: str | None = None
    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.answer.body.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        its = {name: value or "" for name, value in attrs}
        self.elements.append((tag, its))
        self.language = its["lang"] if tag == "html" else self.language
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note that it ended; another one than the last is an error of the page."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note a text."""
        if data.strip():
            self.words.append(" ".join(data.split()))

    @property
    def text(self) -> str:
        """All that can be read."""
        return " ".join(self.words)

    @property
    def links(self) -> list[str]:
        """Where it leads."""
        return [its["href"] for tag, its in self.elements if tag == "a"]

    @property
    def tags(self) -> list[str]:
        """Its structure."""
        return [tag for tag, _ in self.elements]


def read(client: Client, path: str, status: int = 200, **headers: str) -> Page:
    """Ask for a page as a browser does."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.ask("GET", path, headers={"Accept": BROWSER, **named})
    assert answer.status == status, answer.body[:400]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Page(answer)
