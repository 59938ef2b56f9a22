"""What others say of a log's checkpoints and when, beside when the log says that it received its entries.

Witnesses and time authorities count where a trust file names them; without one, nobody's word does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from audit.proofs.entry import Entry, read_time
from audit.proofs.errors import AuditError
from audit.proofs.head import Cosigned
from audit.proofs.interval import check_received
from audit.proofs.note import open_note
from audit.proofs.timestamp import Stamped, Token, check_tokens, cosigned_stamps
from audit.proofs.tokens import token_verifier
from audit.proofs.trust import Trust


def stamps_of(
    tokens: Sequence[Token],
    texts: Mapping[int, bytes],
    cosigned: Iterable[tuple[int, bytes]],
    trust: Trust | None,
) -> Stamped:
    """Read what tokens and cosigned checkpoints say; `texts` are those of the checkpoints, by size."""
    stamped = check_tokens(tokens, texts, trust.authorities if trust else (), token_verifier())
    if trust is None or not trust.policy.witnesses:
        return stamped
    seen = (stamp for size, note in cosigned for stamp in cosigned_stamps(size, _cosigned(trust, note)))
    return replace(stamped, stamps=(*stamped.stamps, *seen))


def _cosigned(trust: Trust, note: bytes) -> list[Cosigned]:
    """Return the trusted witnesses that cosigned a note; what is wrong with a line, `judge` says."""
    try:
        times = {signed.vkey: signed.time for signed in open_note(note, trust.policy.vkeys).signatures}
    except AuditError:
        return []
    witnesses = ((witness, times.get(witness.vkey)) for witness in trust.policy.witnesses)
    return [Cosigned(witness, time) for witness, time in witnesses if time is not None]


class Receptions:
    """When the last entry below each stamped checkpoint was received, noted in the pass that verifies."""

    def __init__(self, sizes: Collection[int]) -> None:
        self._sizes = sizes
        self._received: dict[int, datetime] = {}

    def observe(self, position: int, entry: Entry) -> None:
        """Take in the next good entry."""
        if position + 1 in self._sizes:
            self._received[position + 1] = read_time(entry.received_at)

    def judge(self, stamped: Stamped) -> Stamped:
        """Add what does not go together: entries received after somebody else had seen them."""
        return replace(stamped, findings=(*stamped.findings, *check_received(stamped.stamps, self._received)))
