"""What the service counts, for Prometheus: requests, what waits, what is committed, what is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from audit.ledger.submission import Outcome, Refused

MEDIA_TYPE = "text/plain; version=1.0.0; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_STATEMENTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Metrics:
    """The counts of one process. Labels are routes, statuses and rules: closed sets, and no people."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        labels = ("method", "route", "status")
        self.requests = self._counter("requests", "Requests answered, by route as declared.", labels)
        self.request_seconds = self._histogram("request_seconds", "From headers to answer.", _SECONDS)
        self.batch_statements = self._histogram(
            "batch_statements", "Statements decided at once.", _STATEMENTS
        )
        self.commit_seconds = self._histogram("commit_seconds", "To decide and commit a batch.", _SECONDS)
        self.accepted = self._counter(
            "statements_accepted", "Statements that got a receipt for the first time."
        )
        self.repeated = self._counter("statements_repeated", "Statements that got their first receipt again.")
        self.refusals = self._counter("refusals", "What was refused, by the rule.", ("rule",))

    def gauge(self, name: str, said: str, current: Callable[[], float]) -> None:
        """Tell a value as it is whenever somebody asks."""
        Gauge(f"minhchung_{name}", said, registry=self.registry).set_function(current)

    def committed(self, found: Sequence[list[Outcome] | BaseException], seconds: float) -> None:
        """Count what a batch came to."""
        decided = [its for its in found if not isinstance(its, BaseException)]
        self.commit_seconds.observe(seconds)
        self.batch_statements.observe(sum(map(len, decided)))
        for outcome in (one for its in decided for one in its):
            if isinstance(outcome, Refused):
                self.refusals.labels(outcome.refusal.rule).inc()
            else:
                (self.repeated if outcome.repeated else self.accepted).inc()

    def told(self) -> bytes:
        """Write them down (the text format of Prometheus)."""
        return generate_latest(self.registry)

    def _counter(self, name: str, said: str, labels: Sequence[str] = ()) -> Counter:
        return Counter(f"minhchung_{name}", said, labels, registry=self.registry)

    def _histogram(self, name: str, said: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(f"minhchung_{name}", said, buckets=buckets, registry=self.registry)
