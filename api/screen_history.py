"""Other moments and other decisions on a terminal: what-if, pivotal decisions, differences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from api.answers import Answer
from api.screen import Screen
from api.terms import event_name, term
from domain.points import exact, published

_LEFT = {"agency", "criterion", "block", "stage", "near", "by_rounding", "because", "made_by", "what"}


class HistoryScreen(Screen):
    """Prints answers about what else could be, or was."""

    def _table(self, title: str, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
        table = Table(title=title, title_style="bold")
        for column in columns:
            table.add_column(self.text(column), justify="left" if column in _LEFT else "right")
        for row in rows:
            table.add_row(*(escape(str(cell)) for cell in row))
        if table.row_count:
            self.print(table)

    def _head(self, answer: Answer) -> None:
        self.heading(answer)
        self.print(f"{self.text('root')}: {answer['size']} {answer['root']}", style="dim")

    def _told(self, event: Mapping[str, Any]) -> str:
        """Name an event by its position, kind and subject."""
        about = " ".join(event[name] for name in ("agency", "criterion") if event[name])
        where = self.text("proposed") if event["position"] is None else f"#{event['position']}"
        points = f" = {event['points']}" if "points" in event else ""
        return f"{where} {event_name(event['type'], self.language)} {about}{points}"

    def _rank(self, place: Mapping[str, Any] | None) -> str:
        return "-" if place is None else f"{place['rank']}{'=' if place['shared'] else ''}"

    def _score(self, place: Mapping[str, Any] | None) -> str:
        return "-" if place is None else str(place["score"])

    def _who(self, row: Answer) -> str:
        return f"{row['agency']} · {row[f'name_{self.language}']}"

    def _move(self, row: Answer) -> tuple[str, ...]:
        before, after = row["before"], row["after"]
        return (self._rank(before), self._rank(after), self._score(before), self._score(after))

    # --- what-if ----------------------------------------------------------------------------------------

    def supposed(self, answer: Answer) -> None:
        """What is left out and added, then the blocks in which something would be another."""
        self._head(answer)
        if "criteria" in answer:
            self._criteria(answer)
        for name in ("without", "added"):
            for event in answer[name]:
                self.print(f"{self.text(name)}: {escape(self._told(event))}")
        columns = ("agency", "rank_before", "rank_after", "score_before", "score_after")
        for block in answer["blocks"]:
            rows = [p for p in block["places"] if p["moved"] or p["before"] != p["after"]]
            title = term("block", block["block"], self.language)
            self._table(title, columns, ((self._who(row), *self._move(row)) for row in rows))
        if not answer["moved"]:
            self.print(self.text("no rank moves"))

    def _criteria(self, answer: Answer) -> None:
        """Which set stands for which, and what is another in it."""
        before, after = answer["criteria"]["before"], answer["criteria"]["after"]
        self.print(self.text("other criteria", before=_named(before), after=_named(after)))
        for one in answer["criteria"]["changed"]:
            self.print(f"   {one['criterion']}: {_maximum(one['before'])} → {_maximum(one['after'])}")
        if answer["shares_kept"]:
            self.print(self.text("shares kept", criteria=", ".join(answer["shares_kept"])), style="yellow")

    # --- pivotal ----------------------------------------------------------------------------------------

    def pivotal(self, answer: Answer) -> None:
        """One paragraph a decision, then one line an agency."""
        self._head(answer)
        self.print(self.text("pivotal", decisions=answer["decisions"], count=len(answer["pivotal"])))
        for one in answer["pivotal"]:
            moved = (
                f"{m['agency']} {self._rank(m['before'])} → {self._rank(m['after'])}" for m in one["moved"]
            )
            self.print(f"{escape(self._told(one))}: {', '.join(moved)}")
        self._firmness(answer)

    def robustness(self, answer: Answer) -> None:
        """How many ranks no single decision moves, then one line an agency."""
        self._head(answer)
        self.print(self.text("firm", **answer | {"agencies": len(answer["agencies"])}))
        self._firmness(answer)

    def _firmness(self, answer: Answer) -> None:
        columns = ("rank", "agency", "score", "best", "worst", "room_up", "room_down", "near", "by_rounding")
        for block in dict.fromkeys(row["block"] for row in answer["agencies"]):
            rows = (
                (
                    self._rank(row),
                    self._who(row),
                    row["score"],
                    _without(row["best"], row["best_without"]),
                    _without(row["worst"], row["worst_without"]),
                    row["room_up"] or "-",
                    row["room_down"] or "-",
                    ", ".join(row["near"]),
                    ", ".join(row["by_rounding"]),
                )
                for row in answer["agencies"]
                if row["block"] == block
            )
            self._table(term("block", block, self.language), columns, rows)
        self.print(self.text("room"))

    # --- diff -------------------------------------------------------------------------------------------

    def since(self, answer: Answer) -> None:
        """How much changed, then every change of rank with the events that explain it."""
        self._head(answer)
        counts = {name: len(answer[name]) for name in ("cells", "totals", "ranks")}
        self.print(self.text("since size", size=answer["since"], **counts))
        columns = ("agency", "criterion", "before", "after", "stage", "made_by")
        self._table(self.text("cells"), columns, map(self._cell, answer["cells"]))
        for row in answer["ranks"]:
            before, after, *_ = self._move(row)
            self.print(f"{escape(self._who(row))}: {before} → {after}", style="bold")
            for event in row["because"]:
                self.print(f"   {escape(self._told(event))}")
        self.print(self.text("smallest"))

    def _cell(self, cell: Answer) -> tuple[str, ...]:
        before, after = cell["before"], cell["after"]
        return (
            cell["agency"],
            cell["criterion"],
            "-" if before is None else published(exact(before["points"])),
            published(exact(after["points"])),
            term("stage", after["stage"], self.language),
            ", ".join(map(str, after["made_by"])),
        )


def _named(criteria: Mapping[str, Any]) -> str:
    return f"{criteria['code']} {criteria['version']} (sha256:{criteria['sha256'][:12]}…)"


def _maximum(scored: Mapping[str, Any] | None) -> str:
    return "-" if scored is None else f"{scored['maximum']} ({scored['rule']['kind']})"


def _without(rank: int, position: int | None) -> str:
    """Say a rank, and without which decision it would be that."""
    return str(rank) if position is None else f"{rank} (#{position})"
