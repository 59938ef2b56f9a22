"""Answers on a terminal: tables and sentences for people, in Vietnamese or English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from api.answers import Answer
from api.sentences import sentence, untold
from api.terms import event_name, term
from api.wording import Language, tell, word

SHOWN_FINDINGS = 20
MANY = 6
"""A longer list is only counted."""


class Screen:
    """Prints answers in one language."""

    def __init__(self, console: Console, language: Language) -> None:
        self._console = console
        self.language = language

    def print(self, what: RenderableType, style: str | None = None) -> None:
        """Print something."""
        self._console.print(what, style=style)

    def text(self, name: str, **values: object) -> str:
        """Return a sentence or heading of this screen."""
        return term("screen", name, self.language).format(**values)

    def _name(self, answer: Mapping[str, Any]) -> str:
        return escape(str(answer[f"name_{self.language}"]))

    def ranking(self, answer: Answer) -> None:
        """Print one table a block."""
        self.heading(answer)
        for block in answer["blocks"]:
            table = Table(title=term("block", block["block"], self.language), title_style="bold")
            told = [self._place(place) for place in block["places"]]
            for column in told[0] if told else ():
                justify: JustifyMethod = "left" if column in ("agency", "class") else "right"
                table.add_column(self.text(column), justify=justify)
            for row in told:
                table.add_row(*row.values())
            self.print(table)

    def _place(self, place: Answer) -> dict[str, str]:
        """One row, of whatever the reader may see."""
        row = {
            "rank": f"{place['rank']}{'=' if place['shared'] else ''}",
            "agency": f"{place['agency']} · {self._name(place)}",
        }
        numbers = ("score", "total", "bonus", "deductions")
        row |= {name: place[name] for name in numbers if name in place}
        if "class" in place:
            row["class"] = term("class", place["class"], self.language)
        return row

    def heading(self, answer: Answer) -> None:
        """Print which round, size and kind of data an answer is about."""
        self.print(self.text("as_of", **answer), style="bold")
        if "label" in answer:
            self.print(answer["label"], style="yellow")

    # --- trace ------------------------------------------------------------------------------------------

    def trace(self, answer: Answer) -> None:
        """Print the cells, then every event behind them, oldest first."""
        self.heading(answer)
        self.print(f"{answer['agency']} · {self._name(answer)}", style="bold")
        if answer["result"] is not None:
            self.print(self._result(answer["result"]))
        self.print(self._cells(answer["cells"]))
        self.events(answer)
        for one in answer["waiting"]:
            self.print(self._waiting(one, answer["utc_offset"]), style="yellow")

    def _waiting(self, one: Answer, utc_offset: str) -> str:
        """Say whose answer is still to come, to what, and until when."""
        due = self.text("until", at=local_time(one["due"], utc_offset)) if one["due"] else ""
        owed = term("owed", one["owed"], self.language)
        who = one["name"] or term("office", one["by"], self.language)
        return f"{self.text('waiting')} #{one['since']}: {who} · {owed}{due}"

    def events(self, answer: Answer) -> None:
        """Print events, oldest first."""
        for event in answer["events"]:
            self.print(self._event(event, utc_offset=answer["utc_offset"]))
        if not answer["events"]:
            self.print(self.text("nothing"))

    def _result(self, result: Answer) -> str:
        told = [f"{self.text('rank')} {result['rank']}"]
        told += [f"{self.text(name)} {result[name]}" for name in ("score", "total", "bonus", "deductions")]
        return " · ".join([*told, term("class", result["class"], self.language)])

    def _cells(self, cells: list[Answer]) -> Table:
        table = Table()
        for column in ("criterion", "points", "stage", "flags", "made_by"):
            table.add_column(self.text(column), justify="right" if column == "points" else "left")
        for cell in cells:
            flags = [term("flag", flag, self.language) for flag in cell["flags"]]
            flags += [] if cell["counts"] else [self.text("excluded")]
            table.add_row(
                f"{cell['criterion']} · {self._name(cell)}",
                f"[bold]{cell['points']}[/bold] / {cell['maximum']}",
                term("stage", cell["stage"], self.language),
                ", ".join(flags),
                ", ".join(map(str, cell["made_by"])),
            )
        return table

    def _event(self, event: Answer, utc_offset: str) -> RenderableType:
        mark = f"  ◀ {self.text('made')}" if event["made_the_number"] else ""
        late = "".join(f"  [{self.text(flag)}]" for flag in ("late", "outside_days") if event[flag])
        by = event.get("superseded_by")
        late += f"  [{self.text('superseded', by=by)}]" if by is not None else ""
        doubt = term("authorship", event["authorship"], self.language)
        head = Text.assemble(
            (f"#{event['position']} ", "bold cyan"),
            (local_time(event["arrived_at"], utc_offset) + "  ", "dim"),
            (self._happened(event), "bold"),
            (f" {event['criterion']}" if event["criterion"] else "", ""),
            (late, "yellow"),
            (f"  [{doubt}]" if doubt else "", "bold red"),
            (mark, "bold green"),
        )
        lines: list[RenderableType] = [head, Text("   " + self._signers(event))]
        stated = self.text("sealed") if event["sealed"] else self._body(untold(event["type"], event["body"]))
        lines += [Text("   " + stated)] if stated else []
        for name, words in event["texts"].items():
            told = self.text("not there") if words is None else f"“{words}”"
            told = self._erased(event["erased"][name]) if name in event["erased"] else told
            lines.append(Text(f"   {term('field', name, self.language)}: {told}"))
        if (time := self._time(event.get("time"), utc_offset)) is not None:
            lines.append(Text(f"   {time}", style="dim"))
        for file in event["attachments"]:
            lines.append(Text(f"   sha256:{file['sha256']} ({file['size']} B)", style="dim"))
        return Group(*lines)

    def _happened(self, event: Answer) -> str:
        """Tell an event in a sentence; of what is sealed, only what kind it is."""
        if event["sealed"]:
            return event_name(event["type"], self.language)
        return sentence(event["type"], event["body"], self.language)

    def _time(self, time: Answer | None, utc_offset: str) -> str | None:
        """Say between which moments it was stated, and whose word each is."""
        ends = (
            {name: time[of] for name, of in (("first", "not_before"), ("last", "not_after"))} if time else {}
        )
        told = {
            name: self.text(bound["source"], **bound | {"at": local_time(bound["at"], utc_offset)})
            for name, bound in ends.items()
            if bound is not None
        }
        if time is None or not told:
            return None
        sentence = "between" if len(told) > 1 else "after" if "first" in told else "before"
        mark = f" {self.text('contradicts')}" if time["contradicts"] else ""
        return self.text(f"stated {sentence}", **told) + mark

    def _erased(self, by: Answer) -> str:
        return self.text("erased", **by | {"category": tell("category", by["category"], self.language)})

    def _signers(self, event: Answer) -> str:
        told = []
        for signer in event["signers"]:
            home = f", {signer['home']}" if signer["home"] else ""
            custody = f"; {self.text('platform')}" if signer["custody"] == "platform" else ""
            subjects = [c["subject"] for c in signer["certificates"] if c.get("subject")]
            named = "".join(f"; {self.text('certificate', subject=subject)}" for subject in subjects)
            told.append(f"{signer['name'] or signer['actor']} ({signer['actor']}{home}{custody}{named})")
        good = "✓" if event["signatures"] == "verified" else f"✗ {event['signatures']}"
        return f"{good} {'; '.join(told)}"

    def _body(self, body: Mapping[str, Any]) -> str:
        told = {name: self._plain(name, value) for name, value in body.items()}
        return " · ".join(f"{term('field', name, self.language)}: {value}" for name, value in told.items())

    def _plain(self, name: str, value: Any) -> str:
        if isinstance(value, Mapping):
            return ", ".join(f"{key} = {self._plain(key, item)}" for key, item in value.items())
        if isinstance(value, list):
            return ", ".join(self._plain(name, v) for v in value) if len(value) <= MANY else f"{len(value)}"
        return tell(name, str(value), self.language)

    # --- verify -----------------------------------------------------------------------------------------

    def verdict(self, answer: Answer) -> None:
        """Print what was checked and found, and how far that reaches."""
        title = "sound" if answer["ok"] else "damaged"
        lines = [self._finding(found) for found in answer["findings"][:SHOWN_FINDINGS]]
        if (more := len(answer["findings"]) - SHOWN_FINDINGS) > 0:
            lines.append(self.text("more", count=more))
        if "checked" in answer:
            lines += self._reach(answer)
        self.print(
            Panel(
                Text("\n".join(lines)),
                title=self.text(title, count=len(answer["findings"])),
                border_style="green" if answer["ok"] else "red",
            )
        )

    def _reach(self, answer: Answer) -> list[str]:
        lines = [self.text("checked", **answer["checked"]), self.text(answer["ranks"], **answer["checked"])]
        if answer["checked"]["time_tokens"]:
            lines.append(self.text("tokens", **answer["checked"]))
        for by in answer["erasures"]:
            told = {"category": tell("category", by["category"], self.language)}
            lines.append(self.text("erased by", **by | told))
        lines += self._witnessed(answer)
        lines += self._without_trust(answer)
        doubt = {name: len(positions) for name, positions in answer["contested"].items()}
        if any(doubt.values()):
            lines.append(self.text("contested", **doubt))
        if bound := answer["certificates"]:
            checked = sum("subject" in found for found in bound)
            lines.append(self.text("certificates", count=len(bound), checked=checked))
        if answer["checked"]["attested"]:
            lines.append(self.text("attested", **answer["checked"]))
        lines += [self._remark(remark) for remark in answer["remarks"][:SHOWN_FINDINGS]]
        if answer["clock"] == "scripted":
            lines.append(self.text("scripted"))
        if answer["made_up"]:
            lines.append(self.text("made_up"))
        if (cited := answer.get("continues")) is not None:
            lines.append(self.text("continues" if cited["proved"] else "continues alone", **cited))
        lines.append(f"{self.text('root')}: {answer['size']} {answer['root']}")
        return [*lines, f"{self.text('key')}: {answer['log_key']}"]

    def _witnessed(self, answer: Answer) -> list[str]:
        """How far the verdict reaches: the log itself and no further, or what was known and who saw it."""
        if (seen := answer.get("witnessed")) is None:
            return [self.text("alone")]
        lines = [self.text(answer["trust"]), self.text("known" if seen["known"] else "not known", **seen)]
        lines.append(self.text("covered" if seen["covered"] else "not covered", **seen))
        by = (self.text("own witness" if one["of_the_operator"] else "witness", **one) for one in seen["by"])
        return [*lines, *by, *self._promised(seen.get("promised"))]

    def _without_trust(self, answer: Answer) -> list[str]:
        """Where the trust file found something: what would have been said without it."""
        if answer["ok"] or (alone := answer.get("without_trust")) is None:
            return []
        return [self.text("without trust" if alone["ok"] else "without trust too", **alone)]

    def _promised(self, promised: Answer | None) -> list[str]:
        """What the log promised of witnesses, where the trust file asks for something else."""
        if promised is None or promised["same"]:
            return []
        return [self.text("promised" if promised["quorum"] else "promised none", **promised)]

    def next_steps(self, trust: Path) -> None:
        """Say what can be asked now; by the trust file that lies there."""
        self.print(self.text("next", trust=trust))

    def _remark(self, found: Answer) -> str:
        """What is worth knowing, and not wrong."""
        where = self.text("whole" if found["position"] is None else "at", **found)
        return f"• {where} · {word(found['rule'], found['facts'], self.language).what}"

    def _finding(self, found: Answer) -> str:
        where = self.text("whole" if found["position"] is None else "at", **found)
        words = word(found["rule"], found["facts"], self.language)
        return f"✗ {where} · {term('layer', found['layer'], self.language)} · {words.what} ({found['rule']})"


def local_time(time: str, utc_offset: str) -> str:
    """Show a time of an entry in the zone of the log, to the second."""
    hours, minutes = int(utc_offset[:3]), int(utc_offset[0] + utc_offset[4:6])
    zone = timezone(timedelta(hours=hours, minutes=minutes))
    return datetime.fromisoformat(time).astimezone(zone).strftime("%d/%m/%Y %H:%M:%S")
