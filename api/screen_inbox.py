"""The inbox on a terminal: one line an act that is open, what is due first on top."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from api.answers import Answer
from api.screen import MANY, Screen, local_time
from api.terms import event_name
from api.wording import tell

_COLUMNS = ("due", "act", "about", "whose", "since_position", "basis")


class InboxScreen(Screen):
    """Prints what awaits whom."""

    def inbox(self, answer: Answer) -> None:
        """How many acts are open, then each of them."""
        self.heading(answer)
        at = local_time(answer["now"], answer["utc_offset"])
        self.print(self.text("pending", at=at, count=len(answer["pending"]), **answer))
        table = Table()
        for column in _COLUMNS:
            table.add_column(self.text(column), justify="right" if column == "since_position" else "left")
        for one in answer["pending"]:
            style = "red" if one["overdue"] else None if one["owed"] else "dim"
            table.add_row(*map(escape, self._row(one, answer["utc_offset"])), style=style)
        if table.row_count:
            self.print(table)

    def _row(self, one: Answer, utc_offset: str) -> tuple[str, ...]:
        act = event_name(one["act"], self.language)
        return (
            self._due(one, utc_offset),
            act if one["owed"] else f"{act} ({self.text('optional')})",
            self._about(one),
            self._whose(one),
            f"#{one['since']}",
            one["basis"] or "",
        )

    def _due(self, one: Answer, utc_offset: str) -> str:
        if one["due"] is None:
            return "-"
        left = self.text("overdue") if one["overdue"] else self.text("days left", days=one["working_days"])
        moved = f" {self.text('extended', times=len(one['extended']))}" if one["extended"] else ""
        return f"{local_time(one['due'], utc_offset)} · {left}{moved}"

    def _about(self, one: Answer) -> str:
        criteria = one["criteria"]
        listed = " ".join(criteria) if len(criteria) <= MANY else self.text("criteria", count=len(criteria))
        matter = one["matter"] and tell("path", one["matter"], self.language)
        return " ".join(filter(None, (one["agency"], listed, matter)))

    def _whose(self, one: Answer) -> str:
        office = tell("role", one["office"], self.language)
        office = f"{office} {one['party']}" if one["party"] else office
        people = [person["name"] or person["actor"] for person in one["actors"]]
        return f"{office}: {', '.join(people)}" if 0 < len(people) <= MANY else office
