"""Who may use which route: one declared row for each; without one an application is not built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

from api.service.caller import Capacity, Extent


class Who(StrEnum):
    """Whom a route answers."""

    ANYBODY = "ANYBODY"
    """It tells only what is everybody's."""
    WHO_SIGNED = "WHO_SIGNED"
    """Whoever brings it: what is sent carries its author's signature, and is taken on its strength alone."""
    SIGNED_IN = "SIGNED_IN"
    """Whoever is signed in, about themselves; a token will not do."""
    READERS = "READERS"
    """Those who are something for whom there is an extent; all that is read is limited by it, and noted."""


class Scope(StrEnum):
    """What a token can be for."""

    RESULTS = "RESULTS"
    """Rankings and what follows from them."""
    RECORD = "RECORD"
    """What was stated about agencies: cells, events, cases, dossiers, search."""
    LOG = "LOG"
    """Entries as they lie in the log, with their proofs."""
    OVERSIGHT = "OVERSIGHT"
    """What auditors look at."""


@dataclass(frozen=True, slots=True)
class Door:
    """One row: whom a route answers, about whose records, and which tokens open it."""

    who: Who
    extents: Mapping[Capacity, Extent] = field(default_factory=dict)
    scope: Scope | None = None


def _readers(scope: Scope, every: tuple[Capacity, ...], theirs: tuple[Capacity, ...] = ()) -> Door:
    extents = dict.fromkeys(every, Extent.EVERY) | dict.fromkeys(theirs, Extent.THEIRS)
    return Door(Who.READERS, extents, scope)


_ANYBODY = Door(Who.ANYBODY)
_SIGNED = Door(Who.WHO_SIGNED)
_SIGNED_IN = Door(Who.SIGNED_IN)
_COUNCIL = (Capacity.COUNCIL, Capacity.SECRETARIAT, Capacity.AUDITOR)
_ALL = (*_COUNCIL, Capacity.AUTHORITY)
_PARTIES = (Capacity.AGENCY, Capacity.INSPECTOR)
_PLACES = _readers(Scope.RESULTS, _ALL, (Capacity.AGENCY,))
_CELLS = _readers(Scope.RECORD, _ALL, _PARTIES)
_RECORD = _readers(Scope.RECORD, _COUNCIL, _PARTIES)
_SUPPOSED = _readers(Scope.RESULTS, _ALL)
_ENTRIES = _readers(Scope.LOG, _COUNCIL, _PARTIES)
_AUDIT = _readers(Scope.OVERSIGHT, (Capacity.AUDITOR,))
_DISPUTES = _readers(Scope.RECORD, _COUNCIL, (Capacity.AGENCY,))
_COUNCILS = _readers(Scope.RECORD, _COUNCIL)
_ROUND = "/v1/rounds/{code}"
_AGENCY = f"{_ROUND}/agencies/{{agency}}"
_COUNCIL_PAGES = "/rounds/{code}/council"
_SCORE_PAGE = "/rounds/{code}/agencies/{agency}/criteria/{criterion}"

DOORS: dict[tuple[str, str], Door] = {
    ("POST", "/v1/statements"): _SIGNED,
    ("POST", "/v1/statements/together"): _SIGNED,
    ("POST", "/v1/statements/preview"): _SIGNED,
    ("PUT", "/v1/blobs/{sha256}"): _SIGNED,
    ("HEAD", "/v1/blobs/{sha256}"): _SIGNED,
    ("GET", f"{_ROUND}/result"): _ANYBODY,
    ("GET", "/v1/log/checkpoint"): _ANYBODY,
    ("GET", "/v1/log/tile/{path:path}"): _ANYBODY,
    ("GET", "/v1/log/consistency"): _ANYBODY,
    ("GET", "/v1/log/inclusion"): _ANYBODY,
    ("GET", "/v1/openapi.json"): _ANYBODY,
    ("GET", "/v1/docs"): _ANYBODY,
    ("GET", "/v1/docs/{name}"): _ANYBODY,
    ("GET", "/"): _ANYBODY,
    ("GET", "/rounds.json"): _ANYBODY,
    ("GET", "/rounds.csv"): _ANYBODY,
    ("GET", "/rounds/{code}"): _ANYBODY,
    ("GET", "/rounds/{code}.json"): _ANYBODY,
    ("GET", "/rounds/{code}.csv"): _ANYBODY,
    ("GET", "/rounds/{code}/proof.json"): _ANYBODY,
    ("GET", "/check"): _ANYBODY,
    ("GET", "/check.json"): _ANYBODY,
    ("GET", "/static/{digest}/{name}"): _ANYBODY,
    ("GET", "/static/code/{digest}/{path:path}"): _ANYBODY,
    ("GET", "/sign-in"): _ANYBODY,
    ("POST", "/sign-in"): _SIGNED,
    ("POST", "/sign-in/demo"): _ANYBODY,
    ("POST", "/sign-out"): _SIGNED_IN,
    ("GET", "/rounds/{code}/ranking"): _PLACES,
    ("GET", "/rounds/{code}/ranking.json"): _PLACES,
    ("GET", "/rounds/{code}/ranking.csv"): _PLACES,
    ("GET", "/rounds/{code}/ranking/{block}.svg"): _PLACES,
    ("GET", "/rounds/{code}/agencies/{agency}"): _CELLS,
    ("GET", "/rounds/{code}/agencies/{agency}.json"): _CELLS,
    ("GET", "/rounds/{code}/agencies/{agency}.csv"): _CELLS,
    ("GET", _SCORE_PAGE): _RECORD,
    ("GET", f"{_SCORE_PAGE}.json"): _RECORD,
    ("GET", f"{_SCORE_PAGE}.csv"): _RECORD,
    ("GET", "/rounds/{code}/disputes"): _RECORD,
    ("GET", "/rounds/{code}/disputes.json"): _RECORD,
    ("GET", "/rounds/{code}/disputes.csv"): _RECORD,
    ("GET", "/rounds/{code}/disputes/{name}"): _RECORD,
    ("GET", "/rounds/{code}/disputes/{name}.json"): _RECORD,
    ("GET", _COUNCIL_PAGES): _COUNCILS,
    ("GET", f"{_COUNCIL_PAGES}.json"): _COUNCILS,
    ("GET", f"{_COUNCIL_PAGES}.csv"): _COUNCILS,
    ("GET", f"{_COUNCIL_PAGES}/decisions"): _COUNCILS,
    ("GET", f"{_COUNCIL_PAGES}/decisions.json"): _COUNCILS,
    ("GET", f"{_COUNCIL_PAGES}/decisions.csv"): _COUNCILS,
    ("GET", f"{_COUNCIL_PAGES}/motions/{{position}}"): _COUNCILS,
    ("GET", f"{_COUNCIL_PAGES}/motions/{{position}}.json"): _COUNCILS,
    ("GET", f"{_COUNCIL_PAGES}/meetings/{{name}}"): _COUNCILS,
    ("GET", f"{_COUNCIL_PAGES}/meetings/{{name}}.json"): _COUNCILS,
    ("GET", "/rounds/{code}/findings"): _AUDIT,
    ("GET", "/rounds/{code}/findings.json"): _AUDIT,
    ("GET", "/rounds/{code}/findings.csv"): _AUDIT,
    ("GET", "/rounds/{code}/fairness"): _AUDIT,
    ("GET", "/rounds/{code}/fairness.json"): _AUDIT,
    ("GET", "/rounds/{code}/fairness.csv"): _AUDIT,
    ("GET", "/rounds/{code}/conflicts"): _AUDIT,
    ("GET", "/rounds/{code}/conflicts.json"): _AUDIT,
    ("GET", "/rounds/{code}/conflicts.csv"): _AUDIT,
    ("GET", "/rounds/{code}/findings/{chart}.svg"): _AUDIT,
    ("GET", "/reads"): _AUDIT,
    ("GET", "/reads.json"): _AUDIT,
    ("GET", "/reads.csv"): _AUDIT,
    ("GET", "/log"): _ENTRIES,
    ("GET", "/log.json"): _ENTRIES,
    ("GET", "/log.csv"): _ENTRIES,
    ("GET", "/log/{position}"): _ENTRIES,
    ("GET", "/log/{position}.json"): _ENTRIES,
    ("GET", "/search"): _RECORD,
    ("GET", "/search.json"): _RECORD,
    ("GET", "/search.csv"): _RECORD,
    ("GET", "/livez"): _ANYBODY,
    ("GET", "/readyz"): _ANYBODY,
    ("GET", "/metrics"): _ANYBODY,
    ("POST", "/v1/session/challenge"): _SIGNED,
    ("POST", "/v1/session"): _SIGNED,
    ("GET", "/v1/session"): _SIGNED_IN,
    ("DELETE", "/v1/session"): _SIGNED_IN,
    ("POST", "/v1/enrolments"): _SIGNED_IN,
    ("GET", "/v1/enrolments"): _SIGNED_IN,
    ("DELETE", "/v1/enrolments/{name}"): _SIGNED_IN,
    ("POST", "/v1/enrolments/offer"): _SIGNED,
    ("POST", "/v1/enrolments/possession"): _SIGNED,
    ("POST", "/v1/enrolments/{name}/approval"): _SIGNED,
    ("GET", "/v1/notices"): _SIGNED_IN,
    ("GET", "/v1/notices/deliveries"): _SIGNED_IN,
    ("GET", "/v1/notices/destinations"): _SIGNED_IN,
    ("POST", "/v1/notices/destinations"): _SIGNED_IN,
    ("DELETE", "/v1/notices/destinations/{name}"): _SIGNED_IN,
    ("GET", f"{_ROUND}/deadlines.ics"): _ANYBODY,
    ("GET", "/sign-in/oidc"): _ANYBODY,
    ("GET", "/sign-in/oidc/callback"): _SIGNED,
    ("POST", "/v1/session/oidc"): _SIGNED_IN,
    ("DELETE", "/v1/session/oidc"): _SIGNED_IN,
    ("POST", "/v1/tokens"): _SIGNED_IN,
    ("GET", "/v1/tokens"): _SIGNED_IN,
    ("DELETE", "/v1/tokens/{name}"): _SIGNED_IN,
    ("GET", f"{_ROUND}/rankings"): _PLACES,
    ("GET", f"{_ROUND}/rankings.csv"): _PLACES,
    ("GET", f"{_AGENCY}/scores"): _CELLS,
    ("GET", f"{_AGENCY}/scores.csv"): _CELLS,
    ("GET", f"{_AGENCY}/trace"): _RECORD,
    ("GET", f"{_AGENCY}/criteria/{{criterion}}/case"): _RECORD,
    ("GET", f"{_AGENCY}/dossier"): _readers(Scope.RECORD, _COUNCIL, (Capacity.AGENCY,)),
    ("GET", f"{_ROUND}/dossier"): _readers(Scope.RECORD, (Capacity.AUDITOR,)),
    ("GET", f"{_ROUND}/proofs"): _PLACES,
    ("GET", f"{_ROUND}/inbox"): _RECORD,
    ("GET", f"{_ROUND}/progress"): _readers(Scope.RESULTS, _ALL),
    ("GET", f"{_ROUND}/diff"): _SUPPOSED,
    ("GET", f"{_ROUND}/what-if"): _SUPPOSED,
    ("GET", f"{_ROUND}/findings"): _AUDIT,
    ("GET", f"{_ROUND}/search"): _RECORD,
    ("GET", f"{_ROUND}/progress.csv"): _readers(Scope.RESULTS, _ALL),
    ("GET", f"{_ROUND}/pivotal"): _SUPPOSED,
    ("GET", f"{_ROUND}/robustness"): _SUPPOSED,
    ("GET", f"{_ROUND}/changes"): _SUPPOSED,
    ("GET", f"{_ROUND}/council/agenda"): _readers(Scope.RECORD, _COUNCIL),
    ("GET", f"{_ROUND}/council/decisions"): _readers(Scope.RECORD, _COUNCIL),
    ("GET", f"{_ROUND}/council/precedents"): _readers(Scope.RECORD, _COUNCIL),
    ("GET", f"{_ROUND}/conflicts"): _readers(Scope.OVERSIGHT, _COUNCIL),
    ("GET", f"{_ROUND}/disputes"): _DISPUTES,
    ("GET", f"{_ROUND}/disputes/{{name}}"): _DISPUTES,
    ("GET", f"{_AGENCY}/dossier.html"): _readers(Scope.RECORD, _COUNCIL, (Capacity.AGENCY,)),
    ("GET", "/v1/entries/live"): _ENTRIES,
    ("GET", "/v1/entries/{position}/files/{sha256}"): _ENTRIES,
    ("GET", "/v1/entries"): _ENTRIES,
    ("GET", "/v1/entries/{position}"): _ENTRIES,
    ("GET", "/v1/entries/{position}/receipt"): _ENTRIES,
    ("GET", "/v1/reads"): _AUDIT,
}


class DoorMissing(Exception):
    """A route has no row, or a row no route."""


def check_doors(app: FastAPI) -> None:
    """Raise DoorMissing unless rows and routes are the same."""
    routes = {
        (method, str(route.path))
        for route in iter_route_contexts(app.routes)
        for method in _methods(route.methods or set())
    }
    if odd := routes ^ DOORS.keys():
        raise DoorMissing(", ".join(f"{method} {path}" for method, path in sorted(odd)))


_PATTERNS = [(method, compile_path(path)[0]) for method, path in DOORS]


def methods_of(address: str) -> list[str]:
    """Return the methods that an address answers."""
    return sorted({method for method, pattern in _PATTERNS if pattern.match(address)})


def _methods(methods: set[str]) -> set[str]:
    """HEAD goes in by the same door as GET, where there is one."""
    return methods - {"HEAD"} if "GET" in methods else methods
