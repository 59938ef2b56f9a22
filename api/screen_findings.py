"""The auditor's board and the fairness report on a terminal: calm tables, each with what it does not show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.markup import escape
from rich.table import Table

from api.answers import Answer
from api.screen import MANY, Screen
from api.terms import term

_LEFT = {"block", "who", "team", "agencies", "what was found", "position"}


class FindingsScreen(Screen):
    """Prints findings and what lies beside them."""

    def findings(self, answer: Answer) -> None:
        """Print one table for each kind that has findings; then what was looked at without any."""
        self.heading(answer)
        self.print(self.text("nothing accuses"), style="yellow")
        for kind in answer["kinds"]:
            its = [found for found in answer["findings"] if found["kind"] == kind["kind"]]
            if its:
                self._of_kind(kind, its)
        rest = [kind for kind in answer["kinds"] if not kind["found"]]
        for kind in rest:
            self.print(f"{self._title(kind)}: {self._counts('nothing found', kind)}")

    def _of_kind(self, kind: Answer, found: list[Answer]) -> None:
        rows = ((f[f"explanation_{self.language}"], _listed(f["positions"])) for f in found)
        self._table(self._title(kind), ("what was found", "position"), rows)
        for part in ("method", "limits"):
            self.print(f"{self.text(part)}: {escape(kind[f'{part}_{self.language}'])}", style="dim")
        self.print(self._counts("looked at", kind), style="dim")

    def _counts(self, name: str, kind: Answer) -> str:
        few = f" {self.text('too few', **kind)}" if kind["too_few"] else ""
        return self.text(name, **kind) + few

    def _title(self, kind: Answer) -> str:
        return escape(str(kind[f"title_{self.language}"]))

    def _table(self, title: str, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
        table = Table(title=title, title_style="bold", show_lines="what was found" in columns)
        for column in columns:
            table.add_column(self.text(column), justify="left" if column in _LEFT else "right")
        for row in rows:
            table.add_row(*("-" if cell is None else escape(str(cell)) for cell in row))
        if table.row_count:
            self.print(table)

    # --- fairness ---------------------------------------------------------------------------------------

    def fairness(self, answer: Answer) -> None:
        """Print adjustments by block and member, bonus and deductions by block, teams side by side."""
        self.heading(answer)
        self._table(
            self.text("fairness"),
            ("block", "up", "down", "points_up", "points_down", "chance", "adjusted"),
            (
                (
                    term("block", row["block"], self.language),
                    *(row[name] for name in ("up", "down", "points_up", "points_down", "chance", "adjusted")),
                )
                for row in answer["adjustments"]
            ),
        )
        self._table(
            self.text("motions by member"),
            ("who", "up", "down", "chance", "adjusted"),
            (
                (row["name"] or row["actor"], row["up"], row["down"], row["chance"], row["adjusted"])
                for row in answer["members"]
            ),
        )
        for name in ("bonus", "deductions"):
            self._spread(name, answer[name])
        self._teams(answer["teams"])
        self.print(self.text("chance means"), style="dim")

    def _spread(self, name: str, rows: list[Answer]) -> None:
        self._table(
            self.text(name),
            ("block", "with points", "median", "most"),
            (
                (
                    term("block", row["block"], self.language),
                    f"{row['agencies']}/{row['ranked']}",
                    row["median"],
                    row["most"],
                )
                for row in rows
            ),
        )

    def _teams(self, rows: list[Answer]) -> None:
        columns = ("team", "agencies", "cells noted", "lower", "higher", "difference", "interval")
        self._table(
            self.text("teams"),
            (*columns, "chance", "adjusted", "by agency"),
            ((row["team"], ", ".join(row["agencies"]), *_figures(row)) for row in rows),
        )


def _figures(row: Answer) -> tuple[Any, ...]:
    its = row["compared"]
    told = (its["difference"], f"{its['low']} … {its['high']}", its["chance"]) if its else (None, None, None)
    return (row["cells"], row["lower"], row["higher"], *told, row["adjusted"], row["by_agency"])


def _listed(positions: list[int]) -> str:
    """List positions, a longer list by its beginning and how many more there are."""
    more = f" (+{len(positions) - MANY})" if len(positions) > MANY else ""
    return ", ".join(f"#{position}" for position in positions[:MANY]) + more
