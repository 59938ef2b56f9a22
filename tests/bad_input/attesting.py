"""Bad input: attestations that are not the log's, and confirmations of what it did not attest."""

from __future__ import annotations

from typing import Any

from audit.ledger.submission import Submission
from audit.proofs.keyring import LOG_ACTOR
from domain.shapes import write
from tests.bad_input.forging import Case, Forge
from tests.furnished import APPROVAL, AUDITOR, PUBLISHED
from tests.worlds import World

_TEXTS = {"blinding": "ab" * 32}


def attested(w: World, **changes: object) -> dict[str, Any]:
    """Return what the log attested of the published round, but for these changes."""
    stated: dict[str, Any] = write(w.intake.standing.attested[PUBLISHED, 1].stated)
    return stated | changes


def confirmed(w: World, actor: str = AUDITOR, **changes: Any) -> Submission:
    """Confirm it as the auditor: nothing is wrong with that."""
    return w.sign("AttestationConfirmed", actor, round=PUBLISHED, body=attested(w, **changes))


def _confirmed(*actors: str, **changes: Any) -> Forge:
    return lambda w: confirmed(w, *actors, **changes)


def _attested(actor: str = LOG_ACTOR, round_code: str = PUBLISHED, **changes: object) -> Forge:
    return lambda w: w.sign(
        "ProjectionAttested", actor, round=round_code, body=attested(w, **changes), texts=_TEXTS
    )


ATTESTATIONS = (
    Case(
        "the secretariat attests a result",
        "role.log_needed",
        _attested("tk-1", version=2),
        {"actor": "tk-1"},
    ),
    Case("a result is attested a second time", "attestation.already_made", _attested(), {"version": 1}),
    Case("a version is attested that is not out", "attestation.unknown_version", _attested(version=2)),
    Case(
        "a result is attested before it is published",
        "phase.not_open",
        _attested(round_code=APPROVAL),
        {"now": "APPROVAL"},
    ),
    Case(
        "an attestation comes without what hides its leaves",
        "text.missing",
        lambda w: w.sign("ProjectionAttested", LOG_ACTOR, round=PUBLISHED, body=attested(w)),
        {"field": "blinding"},
    ),
    Case(
        "somebody confirms an attestation who is no auditor",
        "role.missing",
        _confirmed("tk-1"),
        {"role": "AUDITOR"},
    ),
    Case("the log confirms its own attestation", "role.missing", _confirmed(LOG_ACTOR)),
    Case(
        "an auditor confirms another state",
        "attestation.differs",
        _confirmed(state_root="00" * 32),
        {"field": "state_root"},
    ),
    Case(
        "an auditor confirms what was not attested",
        "attestation.not_made",
        _confirmed(version=2),
        {"version": 2},
    ),
    Case(
        "an auditor confirms without saying how many items there are",
        "field.missing",
        lambda w: w.sign(
            "AttestationConfirmed",
            AUDITOR,
            round=PUBLISHED,
            body={name: value for name, value in attested(w).items() if name != "count"},
        ),
    ),
)
