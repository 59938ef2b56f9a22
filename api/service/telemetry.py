"""Traces for OpenTelemetry, where the environment names a collector: without what was asked, or by whom."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from fastapi.telemetry import TelemetryConfig

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

_VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_OFF = TelemetryConfig(tracing=False, metrics=False, logs=False, auto_configure=False)
_TOLD = ("http.request.method", "http.response.status_code", "http.route", "url.scheme", "error.type")
"""What a span tells: addresses hold codes of agencies and words that were searched for."""


class NoTelemetry(Exception):
    """A collector is named, and the extra that speaks to one is not installed."""

    def __init__(self) -> None:
        super().__init__("OTEL_EXPORTER_OTLP_ENDPOINT is set: install minhchung[telemetry], or take it away")


def telemetry(environment: Mapping[str, str] = os.environ) -> TelemetryConfig:
    """Return what the framework is to trace: nothing, unless a collector is named; raises NoTelemetry."""
    named = any(environment.get(name) for name in _VARIABLES)
    if not named or environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return _OFF
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise NoTelemetry from None
    return traced(OTLPSpanExporter())


def traced(exporter: SpanExporter) -> TelemetryConfig:
    """Return what is traced where spans go to this exporter."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(_discreet(exporter)))
    return TelemetryConfig(
        tracing=True,
        tracer_provider=provider,
        metrics=False,  # Prometheus asks for those
        logs=False,  # they would hold the text of exceptions
        operation_spans=False,
        auto_configure=False,
    )


def _discreet(exporter: SpanExporter) -> SpanExporter:
    """Return an exporter that leaves out what a span must not tell."""
    from opentelemetry.sdk.trace import ReadableSpan as Span
    from opentelemetry.sdk.trace.export import SpanExporter as Exporter

    class Discreet(Exporter):
        """Hands on spans with what they may tell."""

        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            """Hand on."""
            return exporter.export([_without(span) for span in spans])

        def shutdown(self) -> None:
            """End."""
            exporter.shutdown()

    def _without(span: ReadableSpan) -> ReadableSpan:
        told = {name: its for name, its in (span.attributes or {}).items() if name in _TOLD}
        return Span(
            name=span.name,
            context=span.context,
            parent=span.parent,
            resource=span.resource,
            attributes=told,
            kind=span.kind,
            status=span.status,
            start_time=span.start_time,
            end_time=span.end_time,
            instrumentation_scope=span.instrumentation_scope,
        )

    return Discreet()
