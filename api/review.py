"""What is answered about the process: progress, conflicts, the council's work, disputes, versions.

A review stands at a size of the log, by the rows that held then; each of its answers can be followed to the
events it came from. What asks for every act of the log (conflicts, precedents of all rounds) folds it.
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
from api.case import case, cell_of
from api.clock import real_clock
from api.council_record import council_record
from api.held import held
from api.inbox import known, marks_of
from api.nearest import no_dispute, not_applicable
from api.register import Register, fold, stream
from api.runtime import Log
from api.words import read_words
from domain.agenda import agenda
from domain.awards import flagged
from domain.events import Event
from domain.points import write
from domain.standing import Round, Version
from domain.stated.choices import Choice, Matter
from projections import queries, versions
from projections.conflicts import conflicts
from projections.coverage import coverage, returned_before
from projections.decisions import Decision, decisions, precedents
from projections.docket import Entry, docket
from projections.fairness import bonuses, directions, severities
from projections.held_up import deadlines
from projections.inbox import chosen, inbox
from projections.participation import participation
from projections.pending import Marks, Office, Pending
from projections.progress import progress, reused


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

    def __init__(
        self, log: Log, connection: Connection, round_code: str, size: int, register: Register | None = None
    ) -> None:
        self._log = log
        self._connection = connection
        self._size = size
        self._register: Register = register or held(log, connection, size, round_code)
        self._round: Round = self._register.round(round_code)

    @cached_property
    def _events(self) -> list[Event]:
        """Every event of the log up to the size."""
        events: list[Event] = []
        fold(self._log, self._connection, self._size, events.append)
        return events

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
        return self._answer(
            now=now,
            submitted=sum(row.submitted for row in rows),
            ranked=len(rows),
            agencies=[{**self._plain(row), **self._named(row.agency)} for row in rows],
            deadlines=deadlines(self._round, rows, self._marks, now),
            survey=[self._plain(group) for group in coverage(waves, self._returned_before())],
            evidence_reused=reused(self._register.standing, self._round.code),
        )

    @cached_property
    def _marks(self) -> Marks:
        standing = self._register.standing
        return marks_of(self._connection, standing, self._round.code, self._size)

    def inbox(self, actor: str | None, agency: str | None, office: Office | None) -> Answer:
        """Answer `inbox`: what awaits whom, and by when; raises UnknownSubject."""
        standing, now = self._register.standing, self._now
        known(standing, self._round.code, actor, agency)
        found = chosen(inbox(standing, self._round.code, self._marks, now), actor, agency, office)
        return self._answer(
            now=now,
            asked={"actor": actor, "agency": agency, "office": office},
            owed=sum(one.owed for one in found),
            overdue=sum(one.overdue for one in found),
            pending=[self._pending(one) for one in found],
        )

    def _pending(self, one: Pending) -> Answer:
        return {**self._plain(one), "actors": [self._person(actor) for actor in one.actors]}

    def _returned_before(self) -> dict[str, Fraction]:
        """What share of each group's ballots came back in the round before, if this log has one."""
        codes = queries.rounds(self._connection, self._size)
        streams = ((r for r in stream(self._log, code) if r.position < self._size) for code in codes)
        events = ([r.event for r in told if r.event is not None] for told in streams)
        return returned_before(self._round.evaluated_year, events)

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
    def _council(self) -> list[Event]:
        """What the council and its members stated in the round."""
        standing = self._register.standing
        return council_record(self._connection, standing, self._round.code, self._size)

    @cached_property
    def _decisions(self) -> tuple[Decision, ...]:
        return decisions(self._council)

    def decisions(self) -> Answer:
        """Answer `council decisions`: each with votes, dissents, reason and, once decided, its effect."""
        made = [d for d in self._decisions if d.round == self._round.code]
        took_part = participation(self._council, self._round.code)
        return self._answer(
            decisions=[self._decision(d) for d in made],
            participation=[self._plain(p) | self._person(p.member) for p in took_part],
            fairness={
                "adjustments": directions(self._register.standing, self._round.code, made),
                "bonus": bonuses(self._register.standing, self._round.code),
                "teams": severities(self._register.standing, self._round.code),
            },
        )

    def precedents(self, criterion: str | None, matter: Matter | None) -> Answer:
        """Answer `council precedents`: earlier decisions, of every round, that a case resembles.

        Raises UnknownSubject for a criterion that the round does not have.
        """
        known = self._round.criteria.by_code
        if criterion is not None and criterion not in known:
            raise not_applicable(criterion, self._round.code, known)
        alike = precedents(decisions(self._events), criterion, matter)
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
            raise no_dispute(name, self._round.code, entries)
        told = [r for r in stream(self._log, f"{self._round.code}/{name}") if r.position < self._size]
        words = read_words(self._log, self._connection, {r.statement.id for r in told})
        position = entries[name].dispute.decided
        return self._answer(
            dispute=self._docketed(entries[name]),
            decision=[self._decision(d) for d in self._decisions if position and d.position == position],
            events=[trace_event(self._register, self._round, r, set(), words) for r in told],
        )

    def case(self, named: str, criterion: str | None) -> Answer:
        """Answer `case`: a cell, or the one a dispute is about, as one story; raises UnknownSubject."""
        cell = cell_of(self._register, self._round, named, criterion)
        entries = docket(self._register.standing, self._round.code, self._now)
        return case(self._log, self._connection, self._register, cell, self._round.code, entries)

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
