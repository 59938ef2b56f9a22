"""Reading a trust file for a command: what is wrong in it is said with the file's name."""

from __future__ import annotations

from pathlib import Path

from api.errors import CommandError
from audit.proofs.errors import AuditError
from audit.proofs.files import read_given
from audit.proofs.trust import Trust
from audit.proofs.trust_file import MAX_TRUST, parse_trust


class TrustUnreadable(CommandError):
    """A trust file is not there, or not one; nothing was checked by it."""


def read_trust(path: Path) -> Trust:
    """Read a trust file (docs/formats/trust.md); raises TrustUnreadable."""
    try:
        return parse_trust(read_given(path, MAX_TRUST))
    except (OSError, AuditError) as wrong:
        raise TrustUnreadable(f"{path}: {wrong}") from None
