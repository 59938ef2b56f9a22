"""Watching the service: whether it is ready, what it counts, what it writes down; and nobody in any of it."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from api.service import telemetry as telemetry_module
from api.service import watch
from api.service.access_tables import tokens
from api.service.doors import DOORS
from api.service.log_lines import Lines, lines, where
from api.service.telemetry import telemetry
from api.settings import Settings
from tests.api.service.people import sign_in
from tests.api.service.serving import Client, serving
from tests.api.service.test_statements import declared, evidence
from tests.worlds import KEYS, World, found


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """A small log whose round is being declared, on a database of either kind."""
    made = found(settings.data)
    yield made
    made.close()


@pytest.fixture
def written() -> io.StringIO:
    """What the service writes down."""
    return io.StringIO()


@pytest.fixture
def client(world: World, settings: Settings, written: io.StringIO) -> Iterator[Client]:
    """Its service."""
    with serving(world, settings, log=lines(written)) as asks:
        yield asks


def counted(client: Client, name: str, **labels: str) -> float:
    """Return a value that the service tells."""
    told = client.ask("GET", "/metrics")
    assert told.headers["content-type"].startswith("text/plain")
    return sum(
        sample.value
        for family in text_string_to_metric_families(told.body.decode())
        for sample in family.samples
        if sample.name == f"minhchung_{name}" and labels.items() <= sample.labels.items()
    )


def requests(written: io.StringIO) -> list[dict[str, Any]]:
    """Return what was written down about requests."""
    told = [json.loads(line) for line in written.getvalue().splitlines()]
    return [one for one in told if one["event"] == "request"]


def test_it_is_ready_part_by_part(client: Client) -> None:
    """All of it is well, and every part is named."""
    told = client.ask("GET", "/readyz")
    parts = {"ready", "writer", "database", "schema", "disk", "anchor", "clock"}
    assert (told.status, {name for name, its in told.json.items() if its is True}) == (200, parts)


def test_a_database_without_a_table_is_not_ready(world: World, client: Client) -> None:
    """What is written must be there: 503, and the part that is not well is told."""
    with world.runtime.log.database.begin() as connection:
        connection.execute(text("ALTER TABLE refusals RENAME TO elsewhere"))
    told = client.ask("GET", "/readyz")
    assert (told.status, told.json["ready"], told.json["schema"]) == (503, False, False)


@pytest.mark.parametrize("left", [None, b"", b"something else\n"])
def test_without_its_anchor_it_is_not_ready(settings: Settings, client: Client, left: bytes | None) -> None:
    """The anchor is gone, empty, or another file."""
    settings.anchor.unlink()
    if left is not None:
        settings.anchor.write_bytes(left)
    told = client.ask("GET", "/readyz")
    assert (told.status, told.json["anchor"]) == (503, False)


def test_on_a_full_disk_it_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less is free than the reserve."""
    monkeypatch.setattr(watch, "RESERVE", 2**62)
    told = client.ask("GET", "/readyz")
    assert (told.status, told.json["disk"]) == (503, False)


def test_it_counts_what_it_takes_and_refuses(world: World, client: Client) -> None:
    """Requests by route and status, statements, batches, refusals by rule, and the log's size."""
    first = declared(world)
    assert client.submit(first).status == 201
    assert client.submit(first).status == 200
    assert client.submit(declared(world, points="3")).status == 422
    assert client.ask("POST", "/v1/statements", b"{").status == 400
    route = {"method": "POST", "route": "/v1/statements"}
    for status in ("201", "200", "422", "400"):
        assert counted(client, "requests_total", **route, status=status) == 1
    assert counted(client, "statements_accepted_total") == 1
    assert counted(client, "statements_repeated_total") == 1
    assert counted(client, "refusals_total", rule="score.above_max") == 1
    assert counted(client, "refusals_total", rule="request.malformed") == 1
    assert counted(client, "batch_statements_count") == counted(client, "commit_seconds_count") == 3
    assert counted(client, "log_size") == world.size
    assert counted(client, "queue_length") == 0


def test_its_labels_are_closed_sets(client: Client) -> None:
    """Routes as declared, statuses, rules: whatever anybody asks for makes no new label."""
    for path in ("/v1/rounds/2016/agencies/STC/trace?q=hoang", "/nowhere/hoang", "/v1/blobs/hoang"):
        client.ask("GET", path)
        client.ask("PUT", path)
    client.ask("HOANG", "/livez")
    told = client.ask("GET", "/metrics").body.decode()
    assert "hoang" not in told.lower()
    routes = set(re.findall(r'route="([^"]*)"', told))
    assert routes <= {path for _, path in DOORS} | {"-"}


def test_each_request_has_a_line_and_an_id(client: Client, written: io.StringIO) -> None:
    """The id of a proxy is kept where it is one; the line and the answer say the same."""
    given = client.ask("GET", "/livez", headers={"X-Request-Id": "0123456789abcdef"})
    assert given.headers["x-request-id"] == "0123456789abcdef"
    made = client.ask("GET", "/livez", headers={"X-Request-Id": "a b\u00e9"}).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{16}", made)
    told = requests(written)
    assert [one["id"] for one in told] == ["0123456789abcdef", made]
    assert told[0].keys() == {"event", "level", "timestamp", "id", "method", "route", "status", "seconds"}


def test_nothing_that_was_sent_or_asked_is_written_down(
    world: World, client: Client, written: io.StringIO
) -> None:
    """No words, no points, no agency, no person, no token: the line of a request has its route alone."""
    client.submit(evidence(world))
    person = sign_in(client, KEYS["stc-1"])
    person.get("/v1/rounds/2016/agencies/STC/scores?as_of=hoang")
    client.ask("GET", "/v1/reads", headers={"Authorization": "Bearer mc_hoang_yen"})
    said = written.getvalue()
    for secret in ("Kế hoạch", "01/BC", "stc-", "STC", "hoang", KEYS["stc-1"].public_key.id):
        assert secret not in said
    assert person.headers["Cookie"].partition("=")[2] not in said


def test_what_breaks_is_told_with_its_id_and_without_its_why(
    world: World, client: Client, written: io.StringIO
) -> None:
    """500 as a problem; the log says what broke and where, and quotes nothing that was asked."""
    person = sign_in(client, KEYS["stc-1"])
    with world.runtime.log.database.begin() as connection:
        connection.execute(text(f"ALTER TABLE {tokens.name} RENAME TO elsewhere"))
    told = person.ask("POST", "/v1/tokens", {"label": "hoàng yến", "scopes": ["LOG"], "days": 1})
    assert (told.status, told.json["rule"]) == (500, "request.broken")
    assert told.headers["content-type"] == "application/problem+json"
    (line,) = [json.loads(one) for one in written.getvalue().splitlines() if '"broken"' in one]
    assert line["id"] == told.json["facts"]["id"] == told.headers["x-request-id"]
    assert "api/service/access.py" in line["where"][-1]
    assert "hoàng" not in written.getvalue()
    assert "hoàng" not in told.body.decode()


def test_what_libraries_log_is_a_line_without_the_text_of_exceptions() -> None:
    """Of an exception its kind and its place."""
    to = io.StringIO()
    logger = logging.getLogger("minhchung.tests")
    logger.addHandler(Lines(lines(to)))
    with pytest.raises(ValueError, match="property name") as wrong:
        json.loads("{hoàng yến")
    logger.error("it broke %s", "so", exc_info=wrong.value)
    assert where(wrong.value)[0].startswith("JSONDecodeError at tests/api/service/test_watching.py:")
    told = json.loads(to.getvalue())
    assert (told["event"], told["level"], told["logger"]) == ("library", "error", "minhchung.tests")
    assert "hoàng" not in to.getvalue()


def test_nothing_is_traced_unless_a_collector_is_named() -> None:
    """Off by default, and where the environment switches it off."""
    named = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
    for environment in ({}, named | {"OTEL_SDK_DISABLED": "true"}):
        assert telemetry(environment)["tracing"] is False
    assert telemetry(named)["tracing"] is True


def test_a_span_tells_its_route_and_no_more(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the address, nor the query, nor who asked from where."""
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter = InMemorySpanExporter()
    config = telemetry_module.traced(exporter)
    monkeypatch.setattr("api.service.app.telemetry", lambda: config)
    with serving(world, settings) as client:
        client.ask("GET", "/v1/rounds/2016/agencies/STC/scores?as_of=hoang", headers={"User-Agent": "yen"})
    provider: Any = config["tracer_provider"]
    provider.force_flush()
    spans: Sequence[ReadableSpan] = exporter.get_finished_spans()
    assert [span.name for span in spans] == ["GET /v1/rounds/{code}/agencies/{agency}/scores"]
    assert spans[0].attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 401,
        "http.route": "/v1/rounds/{code}/agencies/{agency}/scores",
        "url.scheme": "http",
    }
