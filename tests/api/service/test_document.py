"""The document of the API is true: all of it is there, and no answer is another than it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from jsonschema_rs import Draft202012Validator
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.service.document import unwritten
from tests.api.service.everybody import Served, address, served_to
from tests.furnished import COUNCIL, FILED, INSPECTED, PUBLISHED

CASES = 5_000
"""So many are tried of the whole document; in the ordinary run a few of each operation."""
FEW = 6
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
KNOWN: Mapping[str, tuple[Any, ...]] = {
    "code": (COUNCIL, INSPECTED, PUBLISHED, "2016"),
    "agency": ("STC", "NHS"),
    "criterion": ("A1.1", "A1.7"),
    "position": (1, 5, 60),
    "path": ("0/000.p/5", "0/000"),
    "as_of": ("20", "2017-01-10T09:00", "published-v1"),
    "first": (1, 3),
    "second": (5,),
    "size": (61,),
    "since": ("5", "20"),
    "adjust": (["STC/A1.1=0"],),
    "without": (["20"],),
    "uphold": ([FILED],),
    "dispute": (FILED,),
}
"""What there is: half of the cases ask for that, or nothing would ever be answered."""


SAME_EACH_TIME = settings(
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def served(small_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service."""
    with served_to(["ct-4", "stc-1"], small_log, tmp_path_factory.mktemp("document")) as its:
        yield its


@pytest.fixture(scope="module")
def document(served: Served) -> Any:
    """Its document."""
    return served.client.ask("GET", "/v1/openapi.json").json


def test_every_route_is_in_it(document: Any) -> None:
    """OpenAPI 3.1; of each route what it answers is written, and nothing of a route that is not there."""
    assert document["openapi"].startswith("3.1.")
    assert list(unwritten(document)) == []


def test_every_example_is_what_its_schema_says(document: Any) -> None:
    """Whatever is sent or answered as JSON has an example, and it is one."""
    schemas = document["components"]["schemas"]
    shown = {name for name, its in schemas.items() if "examples" in its}
    for name in shown:
        its = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        for example in schemas[name]["examples"]:
            Draft202012Validator(its, validate_formats=True).validate(example)
    assert {name for its in _operations(document) for name in _bodies(its)} <= shown


def _operations(document: Any) -> Iterator[Any]:
    for methods in document["paths"].values():
        yield from methods.values()


def _bodies(operation: Any) -> Iterator[str]:
    """Yield the shapes of what an operation is sent and answers."""
    for its in (operation.get("requestBody", {}), *operation["responses"].values()):
        for content in its.get("content", {}).values():
            for one in content["schema"].get("anyOf", [content["schema"]]):
                if "$ref" in one:
                    yield one["$ref"].rpartition("/")[2]


def test_the_few(served: Served, document: Any) -> None:
    """Of each operation, some cases as it is declared and some otherwise: no 5xx, and nothing undeclared."""
    _try_all(served, document, FEW)


@pytest.mark.slow
def test_the_whole(served: Served, document: Any) -> None:
    """Five thousand cases over the whole document."""
    several = sum("parameters" in its or "requestBody" in its for its in _operations(document))
    assert _try_all(served, document, 1 + CASES // (2 * several)) >= CASES


def _try_all(served: Served, document: Any, count: int) -> int:
    """Try so many cases of each operation, good ones and as many bad ones; return how many were tried."""
    schema = schemathesis.openapi.from_dict(document).exclude(path="/v1/entries/live")  # which does not end
    tried = 0

    def one(case: Case[Any], known: int) -> None:
        nonlocal tried
        tried += 1
        _ask_for_what_there_is(case, known)
        who = served.people["ct-4" if known % 3 else "stc-1"]
        headers = {"Origin": f"http://localhost:{served.client.port}", **who.headers}
        if case.path.startswith(("/v1/session", "/v1/blobs")) and case.method != "GET":
            headers.pop("Cookie")  # or nobody would be signed in for long
        case.call_and_validate(
            base_url=f"http://127.0.0.1:{served.client.port}", headers=headers, checks=CHECKS, timeout=60
        )

    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        for mode in GenerationMode:
            _try(operation, mode, one, count)
    return tried


def _try(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    one: Callable[[Case[Any], int], None],
    count: int,
) -> None:
    """Try an operation, with the same cases each time."""

    @settings(SAME_EACH_TIME, max_examples=count)
    @given(case=operation.as_strategy(generation_mode=mode), known=st.integers(0, 1000))
    def try_it(case: Case[Any], known: int) -> None:
        one(case, known)

    with suppress(Unsatisfiable):  # where nothing can be asked, nothing can be asked wrongly
        try_it()


def _ask_for_what_there_is(case: Case[Any], known: int) -> None:
    if known % 2:
        for asked in (case.path_parameters, case.query):
            for name in (asked or {}).keys() & KNOWN.keys():
                asked[name] = KNOWN[name][known % len(KNOWN[name])]


def test_another_method_is_told_which_there_are(served: Served, document: Any) -> None:
    """405 names the methods of an address (RFC 9110, 15.5.6)."""
    for path, methods in document["paths"].items():
        told = served.client.ask("PATCH", address(path))
        assert (told.status, told.json["rule"]) == (405, "request.method"), path
        named = {one.strip().lower() for one in told.headers["allow"].split(",")}
        assert set(methods) <= named, (path, named)
