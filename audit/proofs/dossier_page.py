"""The dossier in its page: one element holds its bytes, with `%` and `<` written so that no markup begins."""

from __future__ import annotations

import re

from audit.proofs.dossier import MAX_DOSSIER
from audit.proofs.errors import DossierError

OPENS = b'<script type="application/vnd.minhchung.dossier" id="dossier">'
MAX_PAGE = 4 * MAX_DOSSIER
"""A page with a dossier in it, each byte of which may take three, and the page around it."""
_WRITTEN = {b"%": b"%25", b"<": b"%3C"}
_READ = {written: plain for plain, written in _WRITTEN.items()}


def is_page(data: bytes) -> bool:
    """Whether these bytes are a page, not a dossier by itself."""
    return data.lstrip()[:1] == b"<"


def embed(dossier: bytes) -> bytes:
    """Write a dossier as it stands in its page."""
    return OPENS + re.sub(b"[%<]", lambda found: _WRITTEN[found[0]], dossier) + b"</script>"


def extract(page: bytes) -> bytes:
    """Return the dossier of a page; raises DossierError `dossier.not_in_page`."""
    _, opens, rest = page.partition(OPENS)
    text, closes, _ = rest.partition(b"<")
    if not opens or not closes or len(text) > 3 * MAX_DOSSIER or re.search(b"%(?!25|3C)", text):
        raise DossierError("dossier.not_in_page")
    return re.sub(b"%25|%3C", lambda found: _READ[found[0]], text)
