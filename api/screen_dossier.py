"""The verdict on a dossier as a person reads it in a terminal: the same sentences as on its page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from api.answers import Answer
from api.terms import LANGUAGES, read_table
from api.wording import Language, fill, word

SHOWN = 20
FEW = 2
_RANKS = {
    "recomputed": "ranks_recomputed",
    "attested": "ranks_attested",
    "not attested": "ranks_none",
    "not checked": "ranks_unchecked",
}


class DossierScreen:
    """Prints verdicts on dossiers."""

    def __init__(self, console: Console, language: Language) -> None:
        self._console = console
        self._words = read_table("dossier-words.yaml")
        self._language = language

    def verdict(self, answer: Answer) -> None:
        """Print what was found, and how far that reaches."""
        heading = self._text("verify", "sound" if answer["ok"] else "damaged", count=len(answer["findings"]))
        lines = [*self._findings(answer), *(() if answer["size"] is None else self._reach(answer))]
        style = "green" if answer["ok"] else "red"
        self._console.print(Panel(Text("\n".join(lines)), title=heading, border_style=style))

    def _text(self, group: str, name: str, **facts: object) -> str:
        template = str(self._words[group][name][LANGUAGES.index(self._language)])
        return fill(template, {key: str(value) for key, value in facts.items()})

    def _findings(self, answer: Answer) -> Iterator[str]:
        for found in answer["findings"][:SHOWN]:
            where = self._text("page", "at_whole" if found["position"] is None else "at", **found)
            layer = self._text("layers", found["layer"])
            told = word(found["rule"], found["facts"], self._language).what
            yield f"✗ {where} · {layer}: {told} ({found['rule']})"

    def _reach(self, answer: Answer) -> Iterator[str]:
        if answer["ok"]:
            yield self._text("page", "good_told", **answer["checked"])
        bad = "_not" if answer["trust"].startswith("not ") else ""
        yield self._text("page", f"trust_{answer['trust_by']}{bad}", file="--trust")
        yield from self._witnessed(answer)
        yield self._text("page", _RANKS[answer["ranks"]], **answer["checked"])
        yield from self._complete(answer["completeness"])
        if answer["checked"]["withheld"]:
            yield self._text("page", "held", **answer["checked"])
        if answer["clock"] == "scripted":
            yield self._text("page", "scripted")
        yield f"{self._text('page', 'assumed')}:"
        yield from (f"  - {self._text('page', code)}" for code in answer["assumed"])
        yield f"{self._text('page', 'root')}: {answer['size']} {answer['root']}"

    def _witnessed(self, answer: Answer) -> Iterator[str]:
        seen = answer["witnessed"]
        if seen is None:
            return
        by = [
            self._text("page", "witness_own" if w["of_the_operator"] else "witness", **w) for w in seen["by"]
        ]
        yield self._text("page", "witnessed" if by else "witnessed_not", **seen, who="; ".join(by))

    def _complete(self, items: Sequence[Answer]) -> Iterator[str]:
        """Of the newest attestation: a line for each item, or one for all where there are many."""
        bad = [one for one in items if not one["complete"]]
        yield from (self._text("page", "incomplete", **self._item(one)) for one in bad)
        if not items:
            yield self._text("page", "complete_unknown")
        newest = max((one["size"] for one in items), default=0)
        its = [one for one in items if one["size"] == newest]
        if bad or not its:
            return
        if len(its) > FEW:
            yield self._text("page", "complete_all", count=len(its), size=newest)
        else:
            yield from (self._text("page", "complete", **self._item(one)) for one in its)

    def _item(self, one: Answer) -> Answer:
        _, agency, of = one["key"].split("/")
        total = of == "total"
        what = self._text("page", "total_of" if total else "cell_of", agency=agency, criterion=of)
        return {**one, "what": what}
