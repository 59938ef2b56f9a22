"""The challenge that a person signs to sign in: for one site, one log and one key, and for a short while.

It is not kept until it is signed: what comes back is known by the service's own mark on it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

TITLE = "Minh Chung: sign-in, and nothing else"
"""No statement and no note begins like this, so that a signature over one is never taken for another."""
LASTS = 120
"""Seconds in which a challenge can be signed and sent back."""
LONGEST = 2048


class WrongChallenge(Exception):
    """It is not one that this service made for this site and log, or it is over."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What is signed."""

    site: str
    log: str
    key: str
    until: int
    nonce: str

    @property
    def text(self) -> str:
        """All that is bound, a line each."""
        its = (self.site, self.log, self.key, str(self.until), self.nonce)
        return "\n".join((TITLE, *its))

    def marked(self, secret: bytes) -> str:
        """Return the text with the service's mark."""
        return f"{self.text}\n{_mark(secret, self.text)}"


def new_challenge(site: str, log: str, key: str, now: int) -> Challenge:
    """Make one that nobody has seen before."""
    return Challenge(site, log, key, now + LASTS, secrets.token_hex(16))


def read_challenge(text: str, secret: bytes, site: str, log: str, now: int) -> Challenge:
    """Read one that came back; raises WrongChallenge."""
    told, _, mark = text.rpartition("\n")
    if len(text) > LONGEST or not hmac.compare_digest(_mark(secret, told).encode(), mark.encode()):
        raise WrongChallenge
    _, its_site, its_log, key, until, nonce = told.split("\n")
    if (its_site, its_log) != (site, log) or int(until) <= now:
        raise WrongChallenge
    return Challenge(site, log, key, int(until), nonce)


def _mark(secret: bytes, told: str) -> str:
    return hmac.new(secret, told.encode(), hashlib.sha256).hexdigest()
