"""Whether the rows of a log stand in order, each under its own name: the columns beside the signed bytes."""

from __future__ import annotations

from audit.proofs.brief import Brief
from audit.proofs.finding import Finding, Report
from audit.proofs.log_copy import Row
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
