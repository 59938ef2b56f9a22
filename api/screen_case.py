"""The story of a case on a terminal: a heading for each chapter, then its events and what they changed."""

from __future__ import annotations

from api.answers import Answer
from api.screen import Screen
from api.terms import term
from api.wording import tell


class CaseScreen(Screen):
    """Prints the story of a cell and of the disputes over it."""

    def case(self, answer: Answer) -> None:
        """The subject, then every event in the order of the log."""
        self.heading(answer)
        its = f"{answer['criterion']} · {answer[f'criterion_{self.language}']}"
        self.print(f"{answer['agency']} · {self._name(answer)} · {its}", style="bold")
        for dispute in answer["disputes"]:
            self.print(f"{dispute['name']}: {tell('state', dispute['state'], self.language)}")
        chapter = None
        for event in answer["events"]:
            if event["chapter"] != chapter:
                chapter = event["chapter"]
                self.print(f"— {tell('chapter', chapter, self.language)} —", style="bold magenta")
            self.print(self._event(event, utc_offset=answer["utc_offset"]))
            if event["moved"]:
                before, after = self._stands(event["before"]), self._stands(event["after"])
                self.print(f"   {before} → {after}", style="green")
        if not answer["events"]:
            self.print(self.text("nothing"))

    def _stands(self, held: Answer) -> str:
        """Points with their stage, and the rank."""
        if held["points"] is None:
            return "-"
        stage = term("stage", held["stage"], self.language)
        rank = "-" if held["rank"] is None else held["rank"]
        return f"{held['points']} ({stage}), {self.text('rank').lower()} {rank}"
