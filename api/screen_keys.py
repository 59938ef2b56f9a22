"""Keys on a terminal: the list of all, and the life of one."""

from __future__ import annotations

from collections.abc import Iterator

from rich.markup import escape
from rich.table import Table

from api.answers import Answer
from api.screen import Screen
from api.terms import term


class KeyScreen(Screen):
    """Prints answers about keys."""

    def _said(self, name: str, /, **values: object) -> str:
        return term("keys", name, self.language).format(**values)

    def list(self, answer: Answer) -> None:
        """One line a key."""
        table = Table(title=self._said("title", **answer), title_style="bold")
        for column in ("key", "actor", "custody", "since", "until", "state", "doubt", "certificates"):
            right = column in ("since", "until", "doubt", "certificates")
            table.add_column(
                self._said(column), justify="right" if right else "left", no_wrap=column == "key"
            )
        for key in answer["keys"]:
            table.add_row(*map(escape, self._row(key)))
        self.print(table)

    def _row(self, key: Answer) -> tuple[str, ...]:
        return (
            key["key"][:12],
            self._who(key),
            self._said(key["custody"]),
            str(key["since"]),
            "" if key["until"] is None else str(key["until"]),
            term("key_state", key["state"], self.language),
            str(key["contested"]["contested"] or ""),
            str(key["certificates"] or ""),
        )

    def _who(self, key: Answer) -> str:
        home = f", {key['home']}" if key["home"] else ""
        return f"{key['name'] or key['actor']} ({key['actor']}{home})"

    def show(self, answer: Answer) -> None:
        """Everything there is to say of a few keys."""
        for key in answer["keys"]:
            state = term("key_state", key["state"], self.language)
            self.print(escape(f"{key['key']} · {self._who(key)} · {state}"), style="bold")
            for line in self._life(key):
                self.print(escape(f"  {line}"))

    def _life(self, key: Answer) -> Iterator[str]:
        ended = "" if key["until"] is None else f" {self._said('ended', **key)}"
        kept = f"{self._said('custody')}: {self._said(key['custody'])}"
        yield f"{self._said('life', **key)}{ended}. {kept}."
        for pause in key["suspensions"]:
            yield self._said("suspended now" if pause["until"] is None else "suspended", **pause)
        if key["compromised_since"] is not None:
            yield self._said("compromised", **key)
        for name, positions in key["contested"].items():
            if positions:
                told = term("authorship", name, self.language)
                yield self._said("positions", authorship=told, positions=", ".join(map(str, positions)))
        for bound in key["certificates"]:
            yield self._said("certificate" if "subject" in bound else "certificate erased", **bound)
