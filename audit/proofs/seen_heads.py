"""Whether what signers say to have seen was this log: a root that it never had proves a split view."""

from __future__ import annotations

from audit.proofs.brief import Brief
from audit.proofs.finding import Finding, Report
from audit.proofs.key_events import GENESIS
from audit.proofs.prefix import Prefix
from audit.proofs.run import Run
from audit.proofs.statement import Seen, Statement
from audit.proofs.trees import Trees


class SeenHeads:
    """Step 7. Most heads were so already; the others wait until it is clear which tree is the log's."""

    def __init__(self, trees: Trees, since: Prefix | None, report: Report) -> None:
        self._trees = trees
        self._since = since
        self._report = report
        self._waiting: list[tuple[int, Seen]] = []
        self._were: set[tuple[int, str]] = set()
        """What was seen and was so: a size and its root, in both trees."""

    def fits(self, position: int, run: Run) -> bool:
        """Whether every head that entries from a position on had seen is known to have been so before it."""
        heads = set(run.seen)
        self._were |= {head for head in heads - self._were if self._was(*head)}
        return heads <= self._were and max(heads)[0] <= position

    def note(self, position: int, told: Statement | Brief) -> None:
        """Take in what the signer of a statement had seen."""
        if isinstance(told, Brief):
            self._note(position, *told.seen)
        elif told.seen is not None:
            self._note(position, told.seen.size, told.seen.root)
        elif told.type != GENESIS:
            self._report(Finding.of("seen", position, "seen.missing"))

    def check(self) -> None:
        """Find those that never were."""
        roots = self._trees.roots
        for position, seen in self._waiting:  # 7
            if seen.size > position or roots.get(seen.size, b"").hex() != seen.root:
                self._report(Finding.of("seen", position, "seen.false", size=seen.size, root=seen.root))

    def _note(self, position: int, size: int, root: str) -> None:
        seen = (size, root)
        if seen not in self._were and self._was(size, root):
            self._were.add(seen)
        if size > position or seen not in self._were:
            self._waiting.append((position, Seen(size, root)))

    def _was(self, size: int, root: str) -> bool:
        if self._since is not None and size < self._since.size:
            return self._since.was(size, root)
        return self._trees.both_were(size, root)
