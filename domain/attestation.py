"""Attestation: the log states what it published under one root, and auditors who folded it again confirm it.

Whether a state root is the one that the fold gives takes a secret that the domain never sees; what it can say
is what an attestation must be about, and that two of them say the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from domain.events import Event
from domain.frozen import replace
from domain.published import FOLD, rules_of
from domain.refusals import Refusal, refuse
from domain.registry import by_role
from domain.rounds import round_of
from domain.standing import Attested, Standing, Version
from domain.stated.attestation import AttestationConfirmed, ProjectionAttested
from domain.stated.choices import Role

LOG_ACTOR = "log"
"""Whose statements the log's own are."""


def projection_attested_may(s: Standing, e: Event, b: ProjectionAttested) -> Iterator[Refusal]:
    """The log attests each version once: the state that its publication left behind."""
    if e.signed_by != (LOG_ACTOR,):
        yield refuse("role.log_needed", actor=e.signed_by[0])
    version = version_of(s, e, b.version)
    if version is None:
        yield refuse("attestation.unknown_version", version=b.version)
    else:
        yield from _as_published(s, e, b, version)


def _as_published(s: Standing, e: Event, b: ProjectionAttested, version: Version) -> Iterator[Refusal]:
    if (e.round or "", b.version) in s.attested:
        yield refuse("attestation.already_made", version=b.version)
    if b.size != version.position + 1:
        yield refuse("attestation.other_size", stated=b.size, expected=version.position + 1)
    if b.count != len(version.state):
        yield refuse("attestation.other_count", stated=b.count, expected=len(version.state))
    for name, stated, expected in (("fold", b.fold, FOLD), ("rules", b.rules, rules_of(round_of(s, e)))):
        if stated != expected:
            yield refuse("attestation.other_rules", field=name, stated=stated[:40], expected=expected)


def projection_attested(s: Standing, e: Event, b: ProjectionAttested) -> None:
    """The version is attested."""
    s.attested[e.round or "", b.version] = Attested(e.position, b)


def version_of(s: Standing, e: Event, number: int) -> Version | None:
    """Return a published version of an event's round, or nothing."""
    return next((one for one in round_of(s, e).versions if one.number == number), None)


def attestation_confirmed_may(s: Standing, e: Event, b: AttestationConfirmed) -> Iterator[Refusal]:
    """An auditor confirms once what the log attested, word for word: they came to the same."""
    yield from by_role(s, e, Role.AUDITOR)
    attested = s.attested.get((e.round or "", b.version))
    if attested is None:
        yield refuse("attestation.not_made", version=b.version)
    else:
        yield from _as_attested(e, b, attested)


def _as_attested(e: Event, b: AttestationConfirmed, attested: Attested) -> Iterator[Refusal]:
    for field in fields(b):
        stated, made = getattr(b, field.name), getattr(attested.stated, field.name)
        if stated != made:
            yield refuse("attestation.differs", field=field.name, stated=str(stated)[:64], attested=made)
    if e.signed_by[0] in attested.confirmed:
        yield refuse("attestation.already_confirmed", actor=e.signed_by[0], version=b.version)


def attestation_confirmed(s: Standing, e: Event, b: AttestationConfirmed) -> None:
    """One more auditor stands behind it."""
    key = (e.round or "", b.version)
    if (made := s.attested.get(key)) is not None:
        s.attested[key] = replace(made, confirmed=made.confirmed | {e.signed_by[0]})
