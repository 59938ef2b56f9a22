"""What the log attests of a published result, and what auditors confirm: in one line of a test each."""

from __future__ import annotations

from typing import Any

from domain.attestation import LOG_ACTOR
from domain.published import FOLD, rules_of
from domain.stated.attestation import AttestationConfirmed, ProjectionAttested
from tests.domain.specification import Act, Story, states

ROOT, STATE_ROOT = "aa" * 32, "bb" * 32
"""Roots: the domain only compares them."""


def attested(story: Story, version: int = 1, **changes: Any) -> dict[str, Any]:
    """Return what is true of a published version, but for these changes."""
    its = next((one for one in story.round.versions if one.number == version), None)
    true = {
        "version": version,
        "fold": FOLD,
        "rules": rules_of(story.round),
        "size": its.position + 1 if its else 1,
        "root": ROOT,
        "state_root": STATE_ROOT,
        "count": len(its.state) if its else 0,
    }
    return true | changes


def attests(story: Story, version: int = 1, who: str = LOG_ACTOR, **changes: Any) -> Act:
    """The log attests a version."""
    return states(who, ProjectionAttested(**attested(story, version, **changes)))


def confirms(story: Story, version: int = 1, who: str = "nobody", **changes: Any) -> Act:
    """An auditor confirms what was attested of it."""
    return states(who, AttestationConfirmed(**attested(story, version, **changes)))
