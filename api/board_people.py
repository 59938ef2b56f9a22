"""Of the auditor's board, what is about people and their keys: office and home, and contested statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from api.outlines import RoundReader
from api.register import Register
from audit.proofs.authorship import Authorship
from audit.proofs.key_record import KeyRecord
from domain.events import Event
from domain.standing import Round
from domain.stated.choices import Role
from domain.stated.registry import RoleGranted
from domain.stated.rounds import TeamAssigned
from projections.conflicts import Conflict, Line, conflicts
from projections.findings import Kind, Looked, Observation

SHOWN = (Conflict.SECRETARIAT_OWN_AGENCY, Conflict.TEAM_MEMBER_TRANSFERRED, Conflict.MUTUAL_INSPECTION)
"""Of the conflict report, what somebody did or has to look into: who keeps out by rule is not shown."""


# --- office and home ------------------------------------------------------------------------------------


def look_for_conflicts(
    register: Register, found: Round, reader: RoundReader, above: Sequence[Event]
) -> Looked:
    """Report conflicts from the registry, the round and the agencies that are home to the secretariat.

    `above` are the events of the registry and of the round's own stream. What is stated about other agencies
    is in none of the lines that are shown here.
    """
    own = secretariat_homes(register, found, above)
    told = sorted([*above, *(reader.about(own) if own else ())], key=lambda event: event.position)
    lines = [line for line in conflicts(told, found.code) if line.conflict in SHOWN]
    assigned = [
        event for event in above if event.round == found.code and isinstance(event.body, TeamAssigned)
    ]
    findings = tuple(_conflicts(register, found, lines, assigned))
    return Looked(kind=Kind.SECRETARIAT, compared=len(lines), found=findings)


def secretariat_homes(register: Register, found: Round, above: Iterable[Event]) -> list[str]:
    """The ranked agencies that whoever ever served the secretariat ever belonged to."""
    standing, homes = register.standing, set[str | None]()
    serving = {e.body.officer for e in above if isinstance(e.body, RoleGranted) and _serves(e.body)}
    for event in above:
        if getattr(event.body, "officer", None) in serving:
            homes.add(standing.house(getattr(event.body, "home", None)))
    return [agency for agency in found.agencies if standing.house(agency) in homes]


def _serves(body: RoleGranted) -> bool:
    return body.role is Role.SECRETARIAT


def _conflicts(
    register: Register, found: Round, lines: Iterable[Line], assigned: Collection[Event]
) -> Iterator[Observation]:
    """Acts of one person about one agency are one finding."""
    together: dict[tuple[Conflict, str, str], list[Line]] = {}
    for line in lines:
        together.setdefault((line.conflict, line.actor, line.agency), []).append(line)
    for (conflict, actor, agency), its in together.items():
        positions = [line.position for line in its if line.position is not None]
        if conflict is Conflict.MUTUAL_INSPECTION:
            positions = [e.position for e in assigned if _sends(register, found, e.body, {actor, agency})]
        facts: dict[str, str | int] = {
            "actor": actor,
            "agency": agency,
            "acts": len(its),
            "cosigned": sum(bool(line.others) for line in its),
            "others": ", ".join(sorted({other for line in its for other in line.others})),
        }
        yield Observation(
            kind=Kind.SECRETARIAT, how=conflict.value, positions=tuple(sorted(positions)), facts=facts
        )


def _sends(register: Register, found: Round, body: TeamAssigned, pair: Collection[str]) -> bool:
    """Whether an assignment sends people of one of two agencies to the other."""
    team = register.standing.teams[found.code, body.team]
    homes = {register.standing.home_of(member) for member in team.members}
    return body.inspects in pair and any(home in pair and home != body.inspects for home in homes)


# --- keys -----------------------------------------------------------------------------------------------


def look_for_doubt(register: Register, found: Round, reader: RoundReader) -> Looked:
    """Find what compromised keys had signed about a round, or about none."""
    records = register.keyring.records.values()
    compromised = [record for record in records if record.compromised_since is not None]
    findings = tuple(f for record in compromised for f in _in_doubt(register, found, reader, record))
    return Looked(kind=Kind.CONTESTED_KEY, compared=len(compromised), found=findings)


def _in_doubt(
    register: Register, found: Round, reader: RoundReader, record: KeyRecord
) -> Iterator[Observation]:
    doubt: dict[Authorship, list[int]] = {}
    key, since, revoked = record.public.id, record.compromised_since or 0, record.revoked_at or 0
    for recorded in reader.between(since, revoked):
        statement = recorded.statement
        if key in statement.named_keys and statement.round in (None, found.code):
            became = register.keyring.authorship((key,), recorded.position)
            doubt.setdefault(became, []).append(recorded.position)
    for became, positions in doubt.items():
        facts: dict[str, str | int] = {
            "actor": record.actor,
            "key": key,
            "acts": len(positions),
            "since": since,
            "revoked": revoked,
        }
        how = became.value.upper()
        yield Observation(kind=Kind.CONTESTED_KEY, how=how, positions=(*positions, revoked), facts=facts)
