"""What is answered about other moments and other decisions: what-if, pivotal decisions, differences."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction

from sqlalchemy import Connection

from api.answers import Answer, subject
from api.errors import NotPossible, UnknownSubject
from api.excerpt import excerpt, names_among
from api.moments import moment_of
from api.nearest import no_dispute, not_ranked
from api.other_criteria import differences, other_criteria, told
from api.register import Register, entry_at, stream
from api.runtime import Log
from api.shares import LogShares, what_if
from audit.ledger import tree
from domain.criteria import Block
from domain.events import Event
from domain.points import published, write
from domain.ranking import Place
from domain.refusals import Refusal, refuse
from domain.stated.council import CouncilAdjustmentMade
from domain.stated.disputes import DisputeFiled
from projections import proposals, queries
from projections.between import CellDifference, cell_differences
from projections.explained import Explaining
from projections.leaving_out import SURVEY, cannot_be_left_out
from projections.other_criteria import under
from projections.pivotal import Firmness, Pivotal, each_without, firmness, pivotal
from projections.queries import CellRow, RankRow
from projections.what_if import Places, Supposition, WhatIf, places_of, standing


class History:
    """One round at a size of the log, and everything that can be asked about what else it could be."""

    def __init__(self, log: Log, connection: Connection, round_code: str, size: int) -> None:
        self._log = log
        self._connection = connection
        self._size = size
        self._register: Register = excerpt(log, connection, size, round_code)
        self._round = self._register.round(round_code)
        self._names: dict[str, str | None] = {}
        self._what_if = what_if(connection, round_code, size)

    def _answer(self, **what: object) -> Answer:
        root = tree.root_at(self._connection, self._size).hex()
        return {**subject(self._register, self._round), "root": root, **what}

    # --- what-if ----------------------------------------------------------------------------------------

    def supposed(
        self,
        without: Sequence[int] = (),
        adjust: Mapping[tuple[str, str], Fraction] | None = None,
        uphold: Sequence[str] = (),
    ) -> Answer:
        """Answer `what-if`: every rank as it is and as it would be; raises NotPossible or UnknownSubject."""
        left_out = [self._event(position) for position in sorted(set(without))]
        self._check(left_out)
        added = self._proposed(adjust or {}, uphold)
        supposition = self._what_if.suppose(left_out, added)
        return self._answer(
            without=[self._told(event) for event in left_out],
            added=[self._told(event) | {"position": None, **_points(event)} for event in added],
            refolded=list(supposition.refolded),
            moved=list(supposition.moved),
            blocks=self._blocks(supposition),
        )

    def under(self, named: str, without: Sequence[int] = ()) -> Answer:
        """Answer `what-if --criteria`: every rank as it is, and by another set; raises as `supposed` does."""
        now, left_out = self._round.criteria, [self._event(position) for position in sorted(set(without))]
        self._check(left_out)
        other = other_criteria(self._register.standing, now, named)
        found = under(self._what_if, other, left_out)
        if isinstance(found, Refusal):
            raise NotPossible(found)
        return self._answer(
            criteria={"before": told(now), "after": told(other), "changed": differences(now, other)},
            shares_kept=list(found.shares_kept),
            without=[self._told(event) for event in left_out],
            added=[],
            refolded=list(found.supposed.refolded),
            moved=list(found.supposed.moved),
            blocks=self._blocks(found.supposed),
        )

    def _event(self, position: int) -> Event:
        if not 0 <= position < self._size:
            nearest = min(max(position, 0), self._size - 1)
            raise NotPossible(refuse("whatif.no_entry", position=position, size=self._size, nearest=nearest))
        event = entry_at(self._log, position).event
        if event is None:
            raise self._not_possible(refuse("whatif.key_event", position=position))
        return event

    def _check(self, left_out: Collection[Event]) -> None:
        shares = self._what_if.shares
        survey = shares.survey if isinstance(shares, LogShares) else tuple
        refused = cannot_be_left_out(self._what_if.round, left_out, survey)
        if refused is not None:
            raise self._not_possible(refused)

    def _not_possible(self, refused: Refusal) -> NotPossible:
        """Name the nearest entry that could be left out instead, where the refusal does not say it."""
        position = int(refused.facts["position"])
        if refused.rule == "whatif.wave_divided":
            return NotPossible(refused)
        nearest = self._nearest(position)
        return NotPossible(refuse(refused.rule, **refused.facts, nearest="-" if nearest is None else nearest))

    def _nearest(self, position: int) -> int | None:
        """The nearest event of the round's own cards that may be left out alone."""
        shares = self._what_if.shares
        events = (event for agency in self._round.agencies for event in shares.about(agency))
        usable = (event.position for event in events if not isinstance(event.body, SURVEY))
        return min(usable, key=lambda at: (abs(at - position), at), default=None)

    def _proposed(self, adjust: Mapping[tuple[str, str], Fraction], uphold: Sequence[str]) -> list[Event]:
        added: list[Event] = []
        for (agency, criterion), points in adjust.items():
            proposed = self._adjustment(agency, criterion, points, self._size + len(added))
            if isinstance(proposed, Refusal):
                raise NotPossible(proposed)
            added.append(proposed)
        for name in uphold:
            position = self._size + len(added)
            added.append(proposals.upheld(self._filed(name), self._round, position, self._moment))
        return added

    @property
    def _moment(self) -> datetime:
        return self._register.moment

    def _adjustment(self, agency: str, criterion: str, points: Fraction, position: int) -> Event | Refusal:
        if agency not in self._round.agencies:
            raise not_ranked(agency, self._round.code, self._round.agencies)
        card = self._what_if.card(agency)
        return proposals.adjustment(self._round, card, criterion, points, position, self._moment)

    def _filed(self, name: str) -> Event:
        told = (r.event for r in stream(self._log, f"{self._round.code}/{name}") if r.position < self._size)
        filed = next((e for e in told if e is not None and isinstance(e.body, DisputeFiled)), None)
        if filed is None:
            raise no_dispute(name, self._round.code, self._disputes())
        return filed

    def _disputes(self) -> list[str]:
        """Return the names of the disputes that had been filed."""
        filed = self._log.recorder.select_notifications(1, self._size, self._size, ["DisputeFiled.v1"])
        streams = (str(one.originator_id).partition("/") for one in filed)
        return [name for code, _, name in streams if code == self._round.code]

    def _blocks(self, supposition: Supposition) -> list[Answer]:
        """Every block, best first as it is; those that nothing touches stay as they are."""
        told = []
        for block in Block:
            before = {a: p for a, p in supposition.before.items() if p.card.block is block}
            after = {a: p for a, p in supposition.after.items() if p.card.block is block}
            if not before:
                before = after = places_of(self._round.criteria, self._what_if.cards(block).values())
            told.append({"block": block.value, "places": [self._both(before, after, a) for a in before]})
        return told

    def _both(self, before: Places, after: Places, agency: str) -> Answer:
        return {
            **self._named(agency),
            "before": _place(before.get(agency)),
            "after": _place(after.get(agency)),
            "moved": standing(before, agency) != standing(after, agency),
        }

    def _named(self, agency: str) -> Answer:
        known = self._register.standing.agencies[agency]
        return {"agency": agency, "name_vi": known.name_vi, "name_en": known.name_en}

    def _told(self, event: Event) -> Answer:
        """Tell an event by its header alone: what it says is `trace`'s to show."""
        return {
            "position": event.position,
            "type": event.kind.name,
            "agency": event.agency,
            "criterion": event.criterion,
            "matter": event.matter,
            "signed_by": [{"actor": actor, "name": self._name_of(actor)} for actor in event.signed_by],
            "arrived_at": event.arrived_at.astimezone(self._round.zone).isoformat(),
        }

    def _name_of(self, actor: str) -> str | None:
        """Return what somebody is called; read when somebody is first told of."""
        if actor not in self._names:
            self._names[actor] = names_among(self._log, self._connection, [actor], self._size).get(actor)
        return self._names[actor]

    # --- pivotal ----------------------------------------------------------------------------------------

    def pivotal(self) -> Answer:
        """Answer `pivotal`: the decisions whose absence changes a rank, and how firmly everybody stands."""
        supposed = list(each_without(self._what_if))
        return self._answer(
            decisions=len(supposed),
            pivotal=[self._pivotal(one) for one in pivotal(supposed)],
            agencies=[self._firmness(one) for one in firmness(self._what_if, supposed)],
        )

    def robustness(self) -> Answer:
        """Answer `robustness`: between which ranks each agency stands, and how near the next ones are."""
        supposed = list(each_without(self._what_if))
        agencies = [self._firmness(one) for one in firmness(self._what_if, supposed)]
        firm = sum(one["best"] == one["worst"] for one in agencies)
        return self._answer(decisions=len(supposed), firm=firm, agencies=agencies)

    def _pivotal(self, one: Pivotal) -> Answer:
        moved = [
            {
                **self._named(agency),
                "before": _place(one.without.before[agency]),
                "after": _place(one.without.after.get(agency)),
            }
            for agency in one.without.moved
        ]
        return self._told(one.event) | {"moved": moved}

    def _firmness(self, one: Firmness) -> Answer:
        return {
            **self._named(one.place.card.agency),
            "block": one.place.card.block.value,
            **(_place(one.place) or {}),
            "best": one.best,
            "worst": one.worst,
            "room_up": _hundredths(one.room_up),
            "room_down": _hundredths(one.room_down),
            "near": list(one.near),
            "by_rounding": list(one.by_rounding),
            "best_without": one.best_without,
            "worst_without": one.worst_without,
        }

    # --- diff -------------------------------------------------------------------------------------------

    def moment(self, moment: str) -> int:
        """Return the size of an earlier moment, in the same round; raises UnknownSubject."""
        size, _ = moment_of(self._log, self._connection, moment, self._round.code)
        if size > self._size:
            raise UnknownSubject(refuse("asked.later_first", stated=moment, size=size, other=self._size))
        return size

    def since(self, size: int) -> Answer:
        """Answer `diff`: cells, totals and ranks that are others than at an earlier size, and why."""
        sizes = self._connection, self._round.code, size, self._size
        before, after = (
            {row.agency: row for row in queries.ranking(self._connection, self._round.code, at)}
            for at in (size, self._size)
        )
        return self._answer(
            since=size,
            since_root=tree.root_at(self._connection, size).hex(),
            cells=[_cell(change) for change in cell_differences(*sizes)],
            totals=[
                {**self._named(agency), "before": _result(before.get(agency)), "after": _result(row)}
                for agency, row in after.items()
                if _result(before.get(agency)) != _result(row)
            ],
            ranks=self._moved(size, before.keys()),
        )

    def _moved(self, size: int, known: Collection[str]) -> list[Answer]:
        if not known:
            return []
        earlier = what_if(self._connection, self._round.code, size)
        then, now = (_places(one.round.agencies, one) for one in (earlier, self._what_if))
        explaining = Explaining(self._what_if, size, then)
        return [
            {
                **self._named(agency),
                "block": place.card.block.value,
                "before": _place(then[agency]),
                "after": _place(place),
                "because": [self._told(event) for event in explaining.explain(agency)],
            }
            for agency, place in now.items()
            if then[agency].rank != place.rank
        ]


# --- how values are written -----------------------------------------------------------------------------


def _places(agencies: Iterable[str], what_if: WhatIf) -> Places:
    return places_of(what_if.round.criteria, [what_if.card(agency) for agency in agencies])


def _place(place: Place | None) -> Answer | None:
    if place is None:
        return None
    card = place.card
    return {
        "rank": place.rank,
        "shared": place.shared,
        "score": published(card.ranking_score),
        "total": published(card.total),
        "class": card.rating,
        "exact": {"score": write(card.ranking_score), "total": write(card.total)},
    }


def _points(event: Event) -> Answer:
    body = event.body
    return {"points": write(body.new_points if isinstance(body, CouncilAdjustmentMade) else body.points)}


def _hundredths(gap: int | None) -> str | None:
    return None if gap is None else published(Fraction(gap, 100))


def _result(row: RankRow | None) -> Answer | None:
    if row is None:
        return None
    exact = {"total": row.total, "bonus": row.bonus, "deductions": row.deductions, "score": row.ranking_score}
    return {"rank": row.rank, **{name: write(value) for name, value in exact.items()}, "class": row.rating}


def _cell(change: CellDifference) -> Answer:
    return {
        "agency": change.agency,
        "criterion": change.criterion,
        "before": _cell_row(change.before),
        "after": _cell_row(change.after),
    }


def _cell_row(row: CellRow | None) -> Answer | None:
    if row is None:
        return None
    return {
        "points": write(row.points),
        "stage": row.stage,
        "flags": list(row.flags),
        "counts": row.counts,
        "made_by": list(row.made_by),
    }
