"""What is answered about the process: progress, conflicts, the council's work, disputes, versions.

A review folds the log up to a size, once; each of its answers can be followed to the events it came from.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, datetime, tzinfo
from enum import Enum
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from api.answers import Answer, subject, trace_event
from api.clock import real_clock
from api.errors import UnknownSubject
from api.register import Register, fold, stream
from api.runtime import Log
from api.words import read_words
from domain.agenda import agenda
from domain.awards import flagged
from domain.events import Event
from domain.points import write
from domain.standing import Round, Version
from domain.stated.assessment import EvidenceReused
from domain.stated.choices import Choice, Matter
from projections import queries, versions
from projections.conflicts import conflicts
from projections.decisions import Decision, decisions, precedents
from projections.docket import Entry, docket
from projections.fairness import bonuses, directions, severities
from projections.participation import participation
from projections.progress import progress


def plain(value: Any, zone: tzinfo) -> Any:
    """Write values as JSON: exact points as text, days and moments (of a zone) in ISO form, sets in order."""
    if isinstance(value, Fraction):
        return write(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name), zone) for f in fields(value)}
    if isinstance(value, dict):
        return {str(plain(key, zone)): plain(item, zone) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item, zone) for item in value)
    return [plain(item, zone) for item in value] if isinstance(value, list | tuple) else value


class Review:
    """One round, folded up to a size of the log."""

    def __init__(self, log: Log, connection: Connection, round_code: str, size: int) -> None:
        self._log = log
        self._connection = connection
        self._size = size
        self._events: list[Event] = []
        self._register: Register = fold(log, connection, size, self._events.append)
        self._round: Round = self._register.round(round_code)

    def _plain(self, value: Any) -> Any:
        """Write a value as JSON, its moments in the log's zone."""
        return plain(value, self._round.zone)

    def _version(self, version: Version) -> Answer:
        return {"number": version.number, "position": version.position, "at": self._plain(version.at)}

    @property
    def _now(self) -> datetime:
        """The present; of a scripted log, or of the past, the moment of the newest entry."""
        live = self._register.keyring.genesis.clock == "real" and self._size == self._log.size
        return real_clock() if live else self._register.moment

    def _answer(self, **what: Any) -> Answer:
        return {
            **subject(self._register, self._round),
            **{name: self._plain(value) for name, value in what.items()},
        }

    def _named(self, agency: str) -> Answer:
        known = self._register.standing.agencies[agency]
        return {"agency": agency, "name_vi": known.name_vi, "name_en": known.name_en}

    def _person(self, actor: str) -> Answer:
        return {
            "actor": actor,
            "name": self._register.names.get(actor),
            "home": self._register.standing.home_of(actor),
        }

    # --- progress and conflicts -------------------------------------------------------------------------

    def progress(self) -> Answer:
        """Answer `progress`: where every agency stands, how the survey was answered, what was reused.

        Of a scripted log, or of the past, the moment is that of the newest entry.
        """
        now = self._now
        rows = progress(self._register.standing, self._round.code, now)
        waves = [w for (code, _), w in self._register.standing.waves.items() if code == self._round.code]
        reused = [
            e.agency
            for e in self._events
            if e.round == self._round.code and isinstance(e.body, EvidenceReused)
        ]
        return self._answer(
            now=now,
            submitted=sum(row.submitted for row in rows),
            ranked=len(rows),
            agencies=[{**self._plain(row), **self._named(row.agency)} for row in rows],
            survey=[
                {**self._plain(wave), "coverage": self._plain(Fraction(wave.returned, wave.issued))}
                for wave in waves
            ],
            evidence_reused=len(reused),
        )

    def conflicts(self) -> Answer:
        """Answer `conflicts`: every act and seat where an office and a home agency meet."""
        lines = conflicts(self._events, self._round.code)
        return self._answer(
            conflicts=[{**self._plain(line), "person": self._person(line.actor)} for line in lines]
        )

    # --- the council ------------------------------------------------------------------------------------

    def agenda(self) -> Answer:
        """Answer `council agenda`: what is ready, most disagreement first; never any effect on ranks."""
        return self._answer(
            agenda=[
                {**self._plain(item), **self._named(item.agency)}
                for item in agenda(self._register.standing, self._round.code)
            ]
        )

    @cached_property
    def _decisions(self) -> tuple[Decision, ...]:
        return decisions(self._events)

    def decisions(self) -> Answer:
        """Answer `council decisions`: each with votes, dissents, reason and, once decided, its effect."""
        made = [d for d in self._decisions if d.round == self._round.code]
        took_part = participation(self._events, self._round.code)
        return self._answer(
            decisions=[self._decision(d) for d in made],
            participation=[self._plain(p) | self._person(p.member) for p in took_part],
            fairness={
                "adjustments": directions(self._register.standing, self._round.code, made),
                "bonus": bonuses(self._register.standing, self._round.code),
                "teams": severities(self._register.standing, self._round.code),
            },
        )

    def precedents(self, criterion: str, matter: Matter | None) -> Answer:
        """Answer `council precedents`: earlier decisions, of every round, that a case resembles."""
        alike = precedents(self._decisions, criterion, matter)
        return self._answer(criterion=criterion, precedents=[self._decision(d) for d in alike])

    def _decision(self, decision: Decision) -> Answer:
        told: Answer = self._plain(decision)
        told |= {f"votes_{choice.value.lower()}": decision.count(choice) for choice in Choice}
        told |= {"moved_by": self._person(decision.moved_by), "effect": None, "reason": None}
        if decision.position is not None:
            statement = decision.statement_id or ""
            told["reason"] = read_words(self._log, self._connection, {statement}).get(statement, "reason")
            told["effect"] = self._effect(decision, decision.position)
        return told | self._named(decision.agency)

    def _effect(self, decision: Decision, position: int) -> Answer:
        """The agency's rank and score before and after: shown once the vote has closed."""
        before, after = (
            next(
                r
                for r in queries.ranking(self._connection, decision.round, size)
                if r.agency == decision.agency
            )
            for size in (position, position + 1)
        )
        return {
            "rank_before": before.rank,
            "rank_after": after.rank,
            "score_before": write(before.ranking_score),
            "score_after": write(after.ranking_score),
        }

    # --- disputes and versions --------------------------------------------------------------------------

    def disputes(self) -> Answer:
        """Answer `dispute list`: the docket."""
        entries = docket(self._register.standing, self._round.code, self._now)
        return self._answer(
            disputes=[self._docketed(entry) for entry in entries],
            versions=[self._version(version) for version in self._round.versions],
            awards_flagged=flagged(self._register.standing, self._round.code),
        )

    def _docketed(self, entry: Entry) -> Answer:
        told: Answer = self._plain(entry.dispute)
        told |= {
            "state": entry.state.value,
            "clocks": self._plain(entry.clocks),
            "by": self._person(entry.dispute.by),
        }
        return told | self._named(entry.dispute.agency)

    def dispute(self, name: str) -> Answer:
        """Answer `dispute show`: one dispute with its events, its decision and what it corrected."""
        entries = {e.dispute.name: e for e in docket(self._register.standing, self._round.code, self._now)}
        if name not in entries:
            raise UnknownSubject(f"no dispute {name}; there are: {', '.join(entries) or 'none'}")
        told = [r for r in stream(self._log, f"{self._round.code}/{name}") if r.position < self._size]
        words = read_words(self._log, self._connection, {r.statement.id for r in told})
        position = entries[name].dispute.decided
        return self._answer(
            dispute=self._docketed(entries[name]),
            decision=[self._decision(d) for d in self._decisions if position and d.position == position],
            events=[trace_event(self._register, self._round, r, set(), words) for r in told],
        )

    def changes(self) -> Answer:
        """Answer `changes`: the change log between the published versions, each with the acts behind it."""
        changed = [
            {**self._version(version), **self._between(before.position + 1, version.position + 1)}
            for before, version in pairwise(self._round.versions)
        ]
        return self._answer(
            versions=changed, awards_flagged=flagged(self._register.standing, self._round.code)
        )

    def _between(self, size1: int, size2: int) -> Answer:
        sizes = self._connection, self._round.code, size1, size2
        return {
            "cells": self._plain(list(versions.cell_changes(*sizes))),
            "ranks": self._plain(list(versions.rank_changes(*sizes))),
        }
