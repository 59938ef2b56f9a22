"""Whether the rows of a log stand in order, each under its own name: the columns beside the signed bytes."""

from __future__ import annotations

from collections.abc import Sequence
from operator import le

from audit.proofs.brief import Brief
from audit.proofs.finding import Finding, Report
from audit.proofs.log_copy import Row
from audit.proofs.run import Run
from audit.proofs.statement import Statement


class RowOrder:
    """Steps 1 and 4, and of step 3 what concerns a statement among others."""

    def __init__(self, report: Report, *, from_genesis: bool) -> None:
        self._report = report
        self._from_genesis = from_genesis
        self._versions: dict[str, int] = {}
        self._ids: set[bytes] = set()
        self._received = ""
        self.origin = ""

    def take_up(self, log: str, received_at: str) -> None:
        """Go on after an entry that is trusted."""
        self.origin = self.origin or log
        self._received = max(self._received, received_at)

    def check_position(self, row: Row, position: int) -> None:
        """Step 1."""
        if row.position != position:
            self._report(Finding.of("order", row.position, "position.not_contiguous", expected=position))

    def unreadable(self, row: Row) -> None:
        """The row is all there is left to count by."""
        self._versions[row.stream] = row.version

    def fits(self, rows: Sequence[Row], position: int, run: Run) -> bool:
        """Whether `check_position` and `check` find nothing in entries that follow one another."""
        positions, streams, versions, topics, _ = zip(*rows, strict=True)
        received, numbers = run.received_at, run.numbers
        return (
            positions == tuple(range(position, position + run.length))
            and (streams, topics) == (run.streams, run.types)
            and run.logs.count(self.origin) == run.length
            and self._received <= received[0]
            and all(map(le, received, received[1:]))
            and len(set(numbers)) == run.length
            and self._ids.isdisjoint(numbers)
            and self._go_on(streams, versions)
        )

    def _go_on(self, streams: Sequence[str], versions: Sequence[int]) -> bool:
        """Whether each version is the next of its stream."""
        come_to: dict[str, int] = {}
        for stream, version in zip(streams, versions, strict=True):
            before = come_to.get(stream)
            if before is None:
                before = self._versions.get(stream, 0 if self._from_genesis else version - 1)
            if version != before + 1:
                return False
            come_to[stream] = version
        return True

    def take(self, rows: Sequence[Row], run: Run) -> None:
        """Take in entries that fit."""
        self._ids.update(run.numbers)
        self._versions.update((row.stream, row.version) for row in rows)
        self._received = run.received_at[-1]

    def check(self, row: Row, told: Statement | Brief, received_at: str) -> None:
        """Steps 3 and 4."""
        self.origin = self.origin or told.log
        if told.log != self.origin:
            self._report(
                Finding.of("content", row.position, "log.other", stated=told.log, expected=self.origin)
            )
        number = bytes.fromhex(told.id.replace("-", ""))
        if number in self._ids:
            self._report(Finding.of("content", row.position, "id.twice", id=told.id))
        self._ids.add(number)
        self._check_columns(row, told)
        if received_at < self._received:
            self._report(Finding.of("order", row.position, "time.runs_back", received_at=received_at))
        else:
            self._received = received_at

    def _check_columns(self, row: Row, told: Statement | Brief) -> None:
        stream = told.stream
        before = 0 if self._from_genesis else row.version - 1  # a stream that goes on: the row alone says it
        expected = self._versions.get(stream, before) + 1
        self._versions[stream] = expected
        if row.stream != stream or row.version != expected or row.topic != told.type:
            stated = f"{row.stream} {row.version} {row.topic}"
            subject = f"{stream} {expected} {told.type}"
            self._report(
                Finding.of("order", row.position, "row.other_subject", stated=stated, expected=subject)
            )
