"""What is stated in the registry: the log's opening, agencies, officers, offices, criteria sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.criteria import Block, CriteriaSet
from domain.stated.choices import Role
from domain.visibility import parties, public


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrarKey:
    """One registrar named at the opening of the log, with who keeps the key: `person` or `platform`."""

    actor: str
    public_key: str
    custody: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessPolicy:
    """Which witnesses (as note verifier keys), and how many of them, a checkpoint of record needs."""

    witnesses: tuple[str, ...]
    quorum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued:
    """The log that a new epoch continues: its last checkpoint, and the positions lost with its tail."""

    origin: str
    size: int
    root: str
    checkpoint: str
    missing_from: int
    missing_to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOpened:
    """Genesis: the log's own key, its registrars, its clock and zone. Position 0, nowhere else."""

    log_key: str = public()
    registrars: tuple[RegistrarKey, ...] = public()
    quorum: int = public()
    witness_policy: WitnessPolicy = public()
    time_zone: str = public()
    utc_offset: str = public()
    clock: str = public()
    continues: Continued | None = public(default=None)
    certificate_anchors: tuple[str, ...] | None = public(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyRegistered:
    """An agency, its block and the first day it exists (R03)."""

    code: str = public()
    name_vi: str = public()
    name_en: str = public()
    block: Block = public()
    since: date = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyRenamed:
    """An agency goes on under another name from a day on (R03)."""

    code: str = public()
    name_vi: str = public()
    name_en: str = public()
    since: date = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyMerged:
    """The last day of an agency whose tasks another one takes over; its people act for both (R03)."""

    code: str = public()
    into: str = public()
    until: date = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyClosed:
    """The last day an agency existed."""

    code: str = public()
    until: date = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerRegistered:
    """A person under a pseudonym, with a home agency; the name is committed, not written (R13)."""

    officer: str = parties()
    home: str | None = parties(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficerTransferred:
    """A person's home agency changes; team membership is checked against the new one at once (R18)."""

    officer: str = parties()
    home: str = parties()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGranted:
    """An office, for an agency where the office belongs to one."""

    officer: str = parties()
    role: Role = parties()
    agency: str | None = parties(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleEnded:
    """The end of an office."""

    officer: str = parties()
    role: Role = parties()
    agency: str | None = parties(default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegulationIssued:
    """A version of the regulation that rounds are held under, with its document (R01)."""

    code: str = public()
    version: str = public()
    number: str = public()
    issued_on: date = public()


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaSetIssued:
    """A version of a criteria set under a regulation; a round freezes one by naming it (R47)."""

    regulation: str = public()
    regulation_version: str = public()
    criteria_set: CriteriaSet = public()
