"""What a search found, on a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from api.answers import Answer
from api.screen import Screen, local_time
from api.terms import term


class SearchScreen(Screen):
    """Prints what was found, an event after the other."""

    def found(self, answer: Answer) -> None:
        """Print a page, then how to go on and how far was searched."""
        for event in answer["events"]:
            self.print(self._told(event, answer["utc_offset"]))
        if not answer["events"]:
            self.print(self.text("found nothing"))
        for option, position in (answer["next"] or {}).items():
            self.print(self.text("search more", option=option, position=position), style="dim")
        searched = "searched" if answer["searched"] == answer["size"] else "searched part"
        self.print(self.text(searched, **answer), style="dim")

    def _told(self, event: Answer, utc_offset: str) -> RenderableType:
        about = " ".join(event[name] for name in ("round", "agency", "criterion", "matter") if event[name])
        head = Text.assemble(
            (f"#{event['position']} ", "bold cyan"),
            (local_time(event["received_at"], utc_offset) + "  ", "dim"),
            (f"{about}  " if about else "", ""),
            (event[f"sentence_{self.language}"], "bold"),
            (f"  [{self.text('sealed')}]" if event["sealed"] else "", "yellow"),
        )
        signers = "; ".join(
            f"{s['name']} ({s['actor']})" if s["name"] else s["actor"] for s in event["signers"]
        )
        lines = [head, *([Text(f"   {signers}")] if signers else [])]
        for name, words in event["texts"].items():
            lines.append(Text(f"   {term('field', name, self.language)}: “{words}”"))
        return Group(*lines)
