"""Who acts in a round of the example: offices, duties, co-signers and delegates, by the data alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from api.acts import Act, File, IdOf
from api.example import Example, RoundPlan
from api.example_plans import Delegation


@dataclass(frozen=True)
class Cast:
    """The people of the example, acting in one round."""

    example: Example
    plan: RoundPlan

    def act(self, kind: str, at: datetime | str, signers: tuple[str, ...], **rest: Any) -> Act:
        """Return an act in this round."""
        return Act(at=moment(at), type=f"{kind}.v1", signers=signers, round=self.plan.code, **rest)

    @property
    def authority(self) -> tuple[str, ...]:
        """Who approves."""
        return self.example.of_duty("APPROVING_AUTHORITY")[:1]

    def secretariat(self, agency: str | None = None, *, desk: int = 0) -> tuple[str, ...]:
        """Who acts for the secretariat; about its own agency, with somebody of another beside them (R05)."""
        actor = self.example.of_duty("SECRETARIAT")[desk]
        if agency is None or self.example.home(actor) != agency:
            return (actor,)
        others = (c for c in self.example.of_duty("CO_SIGNER") if self.example.home(c) != agency)
        return (actor, next(others))

    def head(self, agency: str) -> tuple[str, ...]:
        """Who heads an agency."""
        return self.example.of_duty("AGENCY_HEAD", agency)[:1]

    def by_agency(
        self, kind: str, at: datetime | str, agency: str, duty: str = "AGENCY_HEAD", **rest: Any
    ) -> Act:
        """Return an act of somebody of the agency, or of their delegate where there is one for it."""
        (holder,) = self.example.of_duty(duty, agency)[:1]
        found = next((d for d in self._delegations(agency, duty) if _covers(d, kind, moment(at))), None)
        if found is None:
            return self.act(kind, at, (holder,), agency=agency, **rest)
        granted = IdOf(delegation_label(found))
        return self.act(kind, at, (found.to,), agency=agency, on_behalf_of=holder, delegation=granted, **rest)

    def _delegations(self, agency: str, duty: str) -> list[Delegation]:
        return [
            d for d in self.example.delegations if (d.round, d.agency, d.by) == (self.plan.code, agency, duty)
        ]

    def document(self, name: str) -> File:
        """Return a document of the example as a file."""
        return File(name, "text/plain", self.example.documents[name])


def _covers(delegation: Delegation, kind: str, at: datetime) -> bool:
    first, last = date.fromisoformat(delegation.since), date.fromisoformat(delegation.until)
    granted = moment(delegation.granted) < at and first <= at.date() <= last
    return f"{kind}.v1" in delegation.acts and granted and not _ended(delegation, at)


def _ended(delegation: Delegation, at: datetime) -> bool:
    return delegation.ended is not None and at >= moment(delegation.ended)


def delegation_label(delegation: Delegation) -> str:
    """Return the label of the act that grants a delegation."""
    return f"delegation/{delegation.round}/{delegation.agency}/{delegation.to}"


def moment(at: datetime | str) -> datetime:
    """Return a moment that may be written as text."""
    return datetime.fromisoformat(at) if isinstance(at, str) else at
