"""The beginning of the story: agencies with their history, people, the regulation, the criteria sets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from api.acts import Act, File
from api.example import Example, ExampleAgency, Person
from api.example_plans import Closed
from api.story_cast import moment
from domain.shapes import write

Line = tuple[str, dict[str, Any], dict[str, str]]
"""(kind, body, texts) of one entry of a registrar."""

_OFFICES = {"AGENCY_HEAD", "SECRETARIAT", "APPROVING_AUTHORITY", "COUNCIL_MEMBER", "AUDITOR"}
"""The duties that are offices; the others follow from a round's own events."""


def registry(example: Example) -> Iterator[Act]:
    """Registrars take turns; one entry every twenty seconds, then the documents that rounds stand on."""
    registrars = example.of_duty("REGISTRAR")
    at = moment(example.registry.opened)
    for number, (kind, body, texts) in enumerate(_lines(example)):
        signer = (registrars[number % len(registrars)],)
        yield _act(kind, at + timedelta(seconds=20 * number), signer, body, texts=texts)
    for transfer in example.registry.transfers:
        body = {"officer": transfer.officer, "home": transfer.home}
        yield _act("OfficerTransferred", moment(transfer.at), registrars[:1], body)
    yield _regulation(example)
    yield from _criteria_sets(example)


def _act(kind: str, at: datetime, signers: tuple[str, ...], body: dict[str, Any], **rest: Any) -> Act:
    return Act(at=at, type=f"{kind}.v1", signers=signers, body=body, **rest)


def _lines(example: Example) -> Iterator[Line]:
    for closed in example.registry.closed:
        yield _agency(closed)
        yield "AgencyClosed", {"code": closed.code, "until": closed.until}, {}
    for agency in example.agencies:
        yield from _named(example, agency)
    for person in example.people:
        if person.duty != "REGISTRAR":
            yield from _person(person)


def _named(example: Example, agency: ExampleAgency) -> Iterator[Line]:
    """An agency that was renamed comes in under its old name first."""
    kind, body, texts = _agency(agency)
    renamed = next((r for r in example.registry.renamed if r.code == agency.code), None)
    if renamed is None:
        yield kind, body, texts
        return
    yield kind, body | {"name_vi": renamed.before_vi, "name_en": renamed.before_en}, texts
    names = {"name_vi": agency.name_vi, "name_en": agency.name_en}
    yield "AgencyRenamed", {"code": agency.code, "since": renamed.since, **names}, {}


def _agency(agency: ExampleAgency | Closed) -> Line:
    body = {
        "code": agency.code,
        "name_vi": agency.name_vi,
        "name_en": agency.name_en,
        "block": agency.block.value,
        "since": agency.since,
    }
    return "AgencyRegistered", body, {}


def _person(person: Person) -> Iterator[Line]:
    home = {"home": person.home} if person.home else {}
    yield "OfficerRegistered", {"officer": person.actor, **home}, {"name": person.name}
    if person.duty in _OFFICES:
        agency = {"agency": person.home} if person.duty == "AGENCY_HEAD" else {}
        yield "RoleGranted", {"officer": person.actor, "role": person.duty, **agency}, {}


def _regulation(example: Example) -> Act:
    found = example.registry.regulation
    return _act(
        "RegulationIssued",
        moment(found.at),
        example.of_duty("APPROVING_AUTHORITY")[:1],
        {
            "code": found.code,
            "version": found.version,
            "number": found.number,
            "issued_on": found.issued_on,
        },
        files=(File(found.document, "text/plain", example.documents[found.document]),),
    )


def _criteria_sets(example: Example) -> Iterator[Act]:
    regulation = example.registry.regulation
    for issue in example.registry.criteria_sets:
        issued = next(s for s in example.criteria_sets if s.version == issue.version)
        body = {
            "regulation": regulation.code,
            "regulation_version": regulation.version,
            "criteria_set": write(issued),
        }
        yield _act("CriteriaSetIssued", moment(issue.at), example.of_duty("SECRETARIAT")[:1], body)
