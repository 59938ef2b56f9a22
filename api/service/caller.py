"""Who asks, by the log at its newest position: the key they came with, and what they are by its registry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from api.dossier_contents import AUDITOR, COUNCIL
from api.service.access import Credential
from audit.proofs.keyring import LOG_ACTOR, KeyRecord, Keyring
from domain.standing import Standing
from domain.stated.choices import Role
from domain.visibility import Visibility


class Capacity(StrEnum):
    """What somebody is, for whom something can be theirs to read."""

    AGENCY = "AGENCY"
    """Of an agency: its head, its officers."""
    INSPECTOR = "INSPECTOR"
    """In a team that inspects agencies of a round."""
    COUNCIL = "COUNCIL"
    SECRETARIAT = "SECRETARIAT"
    AUTHORITY = "AUTHORITY"
    AUDITOR = "AUDITOR"


_OFFICES = {
    Role.SECRETARIAT: Capacity.SECRETARIAT,
    Role.COUNCIL_MEMBER: Capacity.COUNCIL,
    Role.APPROVING_AUTHORITY: Capacity.AUTHORITY,
    Role.AUDITOR: Capacity.AUDITOR,
}
_PARTY = frozenset({Visibility.PUBLIC, Visibility.PARTIES})
CLASSES: Mapping[Capacity, frozenset[Visibility]] = {
    Capacity.INSPECTOR: _PARTY,
    Capacity.COUNCIL: COUNCIL,
    Capacity.SECRETARIAT: COUNCIL,
    Capacity.AUTHORITY: frozenset({Visibility.PUBLIC}),
    Capacity.AUDITOR: AUDITOR,
}
"""What each may see of a record (domain/visibility.py); an agency sees what its round's policy shows it."""


class Extent(StrEnum):
    """Whose records a route answers somebody about."""

    EVERY = "EVERY"
    """Every agency's."""
    THEIRS = "THEIRS"
    """Those of the agency that they are of, or that they inspect."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Agencies (all of them: nothing) and the classes that may be seen of their records."""

    agencies: frozenset[str] | None
    classes: frozenset[Visibility]
    capacity: Capacity


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who signed in, or whose token it is."""

    actor: str
    key: str
    token: str | None = None
    scopes: frozenset[str] | None = None
    capacities: frozenset[Capacity] = frozenset()
    own: frozenset[str] = frozenset()
    """The agency that they are of, under all the codes it goes by."""
    inspects: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Round -> agencies that their team inspects in it."""

    def grants(
        self, extents: Mapping[Capacity, Extent], round_code: str, own_record: Iterable[Visibility]
    ) -> tuple[Grant, ...]:
        """Return what they may read of a round through a route."""
        return tuple(
            Grant(
                None if extent is Extent.EVERY else self._theirs(capacity, round_code),
                frozenset(own_record) if capacity is Capacity.AGENCY else CLASSES[capacity],
                capacity,
            )
            for capacity, extent in extents.items()
            if capacity in self.capacities
        )

    def _theirs(self, capacity: Capacity, round_code: str) -> frozenset[str]:
        return self.own if capacity is Capacity.AGENCY else self.inspects.get(round_code, frozenset())


@dataclass(frozen=True, slots=True)
class Reach:
    """All that one question may be answered from."""

    grants: tuple[Grant, ...]

    @property
    def agencies(self) -> frozenset[str] | None:
        """Whose records (of all: nothing)."""
        if any(grant.agencies is None for grant in self.grants):
            return None
        return frozenset().union(*(grant.agencies or frozenset() for grant in self.grants))

    def classes(self, agency: str | None) -> frozenset[Visibility]:
        """What may be seen of an agency's record; of somebody else's, nothing."""
        its = (g.classes for g in self.grants if g.agencies is None or agency in g.agencies)
        return frozenset().union(*its)

    def covers(self, agency: str) -> bool:
        """Whether an agency's record is among them."""
        return self.agencies is None or agency in self.agencies


def caller_of(credential: Credential, keyring: Keyring, standing: Standing) -> Caller | None:
    """Return whose key it is, and what they are; nobody where the key ended or was suspended since."""
    record = keyring.records.get(credential.key)
    if record is None or not lives(record, credential.size):
        return None
    actor = record.actor
    inspects = _inspects(standing, actor)
    own = _own(standing, actor)
    officer = standing.officers.get(actor)
    held = {_OFFICES[role] for role, _ in officer.offices if role in _OFFICES} if officer else set()
    if any(r.council is not None and actor in r.council.members for r in list(standing.rounds.values())):
        held.add(Capacity.COUNCIL)
    held |= {Capacity.AGENCY} if own else set()
    held |= {Capacity.INSPECTOR} if inspects else set()
    return Caller(
        actor, record.public.id, credential.token, credential.scopes, frozenset(held), own, inspects
    )


def lives(record: KeyRecord, since: int) -> bool:
    """Whether a key is a person's, may sign now, and was never suspended since a size of the log."""
    if record.actor == LOG_ACTOR or record.ended_at is not None or record.suspended_at is not None:
        return False
    return all(suspension.since < since for suspension in record.suspensions)


def _own(standing: Standing, actor: str) -> frozenset[str]:
    """Return the agency that somebody speaks for: as head, or as an officer that its head named.

    Whoever only works there reads no record: most people of an agency have no part in its dossier.
    """
    officer = standing.officers.get(actor)
    if officer is None:
        return frozenset()
    headed = {agency for role, agency in officer.offices if role is Role.AGENCY_HEAD}
    spoken = {
        agency
        for (_, agency), dossier in list(standing.dossiers.items())
        if actor in (dossier.focal, dossier.deputy) and standing.at_home(actor, agency)
    }
    houses = {standing.house(agency) for agency in headed | spoken}
    return frozenset(code for code in list(standing.agencies) if standing.house(code) in houses)


def _inspects(standing: Standing, actor: str) -> dict[str, frozenset[str]]:
    seats = [(code, team) for (code, officer), team in list(standing.seats.items()) if officer == actor]
    found = {code: standing.teams[code, team].inspects for code, team in seats}
    return {code: agencies for code, agencies in found.items() if agencies}
