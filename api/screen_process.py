"""The process on a terminal: progress, conflicts, the council's work, disputes and corrections."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from api.answers import Answer
from api.screen import Screen, local_time
from api.wording import tell
from domain.points import exact, published
from domain.stated.choices import Step
from projections.docket import Kept

_RIGHT = {
    "points",
    "old_points",
    "before",
    "after",
    "spread",
    "declared",
    "votes",
    "rank_before",
    "rank_after",
}


_EMPTY = {"agenda", "conflicts", "decisions", "disputes", "precedents"}
"""Tables that say in words of their own that nothing is in them."""


class ProcessScreen(Screen):
    """Prints answers about the process."""

    def _table(self, title: str, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
        table = Table(title=self.text(title), title_style="bold")
        for column in columns:
            table.add_column(self.text(column), justify="right" if column in _RIGHT else "left")
        for row in rows:
            table.add_row(*(escape(str(cell)) for cell in row))
        self.print(table if table.row_count else self.text(f"no {title}" if title in _EMPTY else "nothing"))

    def _who(self, person: Mapping[str, Any]) -> str:
        home = f", {person['home']}" if person["home"] else ""
        return f"{person['name'] or person['actor']} ({person['actor']}{home})"

    def _codes(self, name: str, codes: Iterable[str]) -> str:
        return ", ".join(tell(name, code, self.language) for code in codes)

    # --- progress and conflicts -------------------------------------------------------------------------

    def progress(self, answer: Answer) -> None:
        """One line an agency: how much is in, what is late or missing, what somebody should be told."""
        self.heading(answer)
        self.print(self.text("submitted", **answer))
        rows = (
            (
                row["agency"],
                f"{row['declared']}/{row['due']}",
                row["verified"],
                len(row["late"]),
                len(row["returned"]) + len(row["flagged"]),
                self._codes("phase", row["delays"]),
                self._codes("alert", row["alerts"]),
            )
            for row in answer["agencies"]
        )
        columns = ("agency", "declared", "verified", "late_cells", "flawed", "delays", "alerts")
        self._table("progress", columns, rows)
        self._deadlines(answer)
        self._table(
            "survey",
            ("group", "issued", "returned", "valid", "coverage", "coverage_before"),
            (
                (
                    tell("group", w["group"], self.language),
                    w["issued"],
                    w["returned"],
                    w["valid"],
                    _percent(w["coverage"]),
                    _percent(w["coverage_before"]),
                )
                for w in answer["survey"]
            ),
        )
        self.print(self.text("reused", count=answer["evidence_reused"]))

    def _deadlines(self, answer: Answer) -> None:
        """One line a deadline: who holds it up, and which later ones would move with it, to when."""
        zone = answer["utc_offset"]
        rows = (
            (
                self._codes("phase", (d["phase"],)),
                local_time(d["due"], zone),
                d["working_days"],
                _listed(d["extended"]),
                ", ".join(d["held_up_by"]),
                "; ".join(self._moved(moved, zone) for moved in d["moves"]),
            )
            for d in answer["deadlines"]
        )
        columns = ("phase", "due", "days_left", "was_extended", "held_up_by", "moves")
        self._table("deadlines", columns, rows)

    def _moved(self, moved: Answer, zone: str) -> str:
        then = "" if moved["then"] is None else f" → {local_time(moved['then'], zone)}"
        return f"{self._codes('phase', (moved['phase'],))} {local_time(moved['due'], zone)}{then}"

    def conflicts(self, answer: Answer) -> None:
        """One line an act or seat."""
        self.heading(answer)
        rows = (
            (
                "-" if line["position"] is None else f"#{line['position']}",
                tell("conflict", line["conflict"], self.language),
                self._who(line["person"]),
                " ".join(filter(None, (line["agency"], line["criterion"]))),
                "" if line["kind"] is None else tell("type", line["kind"], self.language),
                ", ".join(line["others"]),
            )
            for line in answer["conflicts"]
        )
        self._table("conflicts", ("position", "conflict", "person", "agency", "what", "others"), rows)

    def changes(self, answer: Answer) -> None:
        """The change log of each version after the first."""
        self.heading(answer)
        for version in answer["versions"]:
            at = local_time(version["at"], answer["utc_offset"])
            self.print(self.text("version", number=version["number"], at=at), style="bold")
            self._table(
                "cells",
                ("agency", "criterion", "before", "after", "made_by"),
                (
                    (
                        c["agency"],
                        c["criterion"],
                        _shown(c["before"]),
                        _shown(c["after"]),
                        _listed(c["made_by"]),
                    )
                    for c in version["cells"]
                ),
            )
            self._table(
                "ranks",
                ("agency", "rank_before", "rank_after", "before", "after"),
                (
                    (
                        r["agency"],
                        r["rank_before"],
                        r["rank_after"],
                        _shown(r["score_before"]),
                        _shown(r["score_after"]),
                    )
                    for r in version["ranks"]
                ),
            )
        if not answer["versions"]:
            self.print(self.text("no_correction"))
        self._flagged(answer)

    def _flagged(self, answer: Answer) -> None:
        if answer["awards_flagged"]:
            self.print(
                self.text("awards_flagged", agencies=", ".join(answer["awards_flagged"])), style="yellow"
            )

    # --- the council ------------------------------------------------------------------------------------

    def agenda(self, answer: Answer) -> None:
        """What is ready, most disagreement first."""
        self.heading(answer)
        rows = (
            (
                item["agency"],
                item["criterion"],
                f"{published(exact(item['spread']) * 100)} %",
                f"{item['lowest'] or '-'} … {item['highest'] or '-'}",
                item["given"],
                item["void"],
            )
            for item in answer["agenda"]
        )
        self._table("agenda", ("agency", "criterion", "spread", "opinions", "given", "void"), rows)

    def decisions(self, answer: Answer) -> None:
        """Every motion, then who took part, then how points moved."""
        self.heading(answer)
        self._decided("decisions", answer["decisions"])
        self._table(
            "participation",
            ("member", "given", "opened", "meetings", "remarks", "votes", *_PARTICIPATION[5:]),
            ((self._who(p), *(p[name] for name in _PARTICIPATION)) for p in answer["participation"]),
        )
        self._table(
            "fairness",
            ("block", "up", "down", "points_up", "points_down"),
            (
                (
                    tell("block", d["block"], self.language),
                    d["up"],
                    d["down"],
                    d["points_up"],
                    d["points_down"],
                )
                for d in answer["fairness"]["adjustments"]
            ),
        )

    def precedents(self, answer: Answer) -> None:
        """Earlier decisions that a case resembles."""
        self.heading(answer)
        self._decided("precedents", answer["precedents"])

    def _decided(self, title: str, made: list[Answer]) -> None:
        rows = (
            (
                "-" if d["position"] is None else f"#{d['position']}",
                f"{d['agency']} {d['criterion']}",
                tell("matter", d["matter"], self.language),
                " ".join(filter(None, (self._outcome(d), self._points(d)))),
                f"{d['votes_for']}-{d['votes_against']}-{d['votes_abstain']}",
                tell("verdict", d["verdict"], self.language),
                self._effect(d["effect"]),
                d["reason"] or "",
            )
            for d in made
        )
        columns = ("position", "criterion", "matter", "decided", "cast", "verdict", "effect", "reason")
        self._table(title, columns, rows)

    def _outcome(self, decision: Answer) -> str | None:
        return tell("outcome", decision["outcome"], self.language) if decision["outcome"] else None

    def _points(self, decision: Answer) -> str | None:
        before = f"{decision['old_points']} → " if decision["old_points"] else ""
        return f"{before}{decision['points']}" if decision["points"] else None

    def _effect(self, effect: Answer | None) -> str:
        return "-" if effect is None else f"{effect['rank_before']} → {effect['rank_after']}"

    # --- disputes ---------------------------------------------------------------------------------------

    def disputes(self, answer: Answer) -> None:
        """The docket."""
        self.heading(answer)
        rows = (
            (
                d["name"],
                f"{d['agency']} {d['criterion']}",
                tell("path", d["path"], self.language),
                tell("ground", d["ground"], self.language),
                local_time(d["filed_at"], answer["utc_offset"]),
                tell("state", d["state"], self.language),
            )
            for d in answer["disputes"]
        )
        self._table("disputes", ("dispute", "criterion", "path", "ground", "filed", "state"), rows)
        self._flagged(answer)

    def dispute(self, answer: Answer) -> None:
        """One dispute as a story."""
        self.heading(answer)
        d = answer["dispute"]
        self.print(f"{d['name']} · {d['agency']} {d['criterion']}", style="bold")
        self.print(self._claim(d))
        self._table(
            "clocks",
            ("step", "since_when", "due", "done", "kept", "basis"),
            (
                (
                    tell("step", clock["step"], self.language),
                    local_time(clock["since"], answer["utc_offset"]),
                    local_time(clock["due"], answer["utc_offset"]),
                    local_time(clock["done"], answer["utc_offset"]) if clock["done"] else "-",
                    self._kept(d, clock),
                    clock["basis"],
                )
                for clock in d["clocks"]
            ),
        )
        self.print(
            self.text(
                "affected", agencies=", ".join(d["affected"]) or "-", heard=", ".join(d["heard"]) or "-"
            )
        )
        self.events(answer)
        if answer["decision"]:
            self._decided("decisions", answer["decision"])

    def _kept(self, d: Answer, clock: Answer) -> str:
        """What became of a clock; where not everybody spoke in time, who did not."""
        silent = sorted({*d["notified"]} - {*d["heard"]})
        if (clock["step"], clock["kept"]) == (Step.HEAR, Kept.LAPSED) and silent:
            return self.text("unheard", agencies=", ".join(silent))
        return tell("kept", clock["kept"], self.language)

    def _claim(self, d: Answer) -> str:
        state = tell("state", d["state"], self.language)
        if d.get("special_case") is not None:
            return self.text("claim_special", claim=d["special_case"], state=state)
        return self.text("claim", claimed=d["claimed"], state=state)


_PARTICIPATION = ("given", "opened", "meetings", "remarks", "votes", "abstentions", "dissents", "recusals")


def _shown(number: str) -> str:
    """Show an exact number as it would be published."""
    return published(exact(number))


def _percent(share: str | None) -> str:
    return "-" if share is None else f"{published(exact(share) * 100)} %"


def _listed(positions: Iterable[int]) -> str:
    return ", ".join(map(str, positions))
