"""Whether each checkpoint of a log is signed over the root at its size, by the key that the log had then."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from audit.proofs.checkpoint import parse_checkpoint
from audit.proofs.errors import AuditError
from audit.proofs.finding import Finding, Report
from audit.proofs.keyring import Keyring
from audit.proofs.keys import PublicKey
from audit.proofs.note import open_note, vkey


class Checkpoints:
    """Step 10, once it is clear which tree is the log's; where the log key is known, no other is trusted."""

    def __init__(self, origin: str, keyring: Keyring, log_key: PublicKey | None, report: Report) -> None:
        (_, first), *rotated = keyring.log_keys
        if log_key not in (None, first):
            first, rotated = log_key, []
        self._origin = origin
        self._trusted = [(since, vkey(origin, key)) for since, key in ((0, first), *rotated)]
        self._report = report

    def check(
        self,
        notes: Sequence[tuple[int, bytes]],
        roots: Mapping[int, bytes],
        size: int,
        wanted: Collection[int],
    ) -> None:
        """Check each, and that the last covers all."""
        for covered, note in notes:
            trusted = [vkey for since, vkey in self._trusted if since <= covered][-1:]
            self._check_one(covered, note, trusted, roots)
        last = max(wanted, default=0)
        if last != size:
            self._report(Finding.of("checkpoint", None, "checkpoint.does_not_cover", last=last, entries=size))

    def _check_one(self, size: int, note: bytes, trusted: Sequence[str], roots: Mapping[int, bytes]) -> None:
        try:
            stated = parse_checkpoint(open_note(note, trusted).text)
        except AuditError as wrong:
            self._report(Finding.caught("checkpoint", None, wrong, size=size))
            return
        if (stated.origin, stated.size) != (self._origin, size):
            self._report(
                Finding.of("checkpoint", None, "checkpoint.other_log", size=size, stated=stated.size)
            )
        elif roots.get(size) != stated.root:
            self._report(Finding.of("checkpoint", None, "checkpoint.other_root", size=size))
