"""What the second model demands of attestations and of auditors who confirm them, and what it remembers."""

from __future__ import annotations

from typing import Any

from tests.second_model.demands_who import Entry, office
from tests.second_model.state import Case, Follow

FOLD = "minhchung.fold/v1"
SAID = ("version", "fold", "rules", "size", "root", "state_root", "count")


def rules_of(found: Any) -> str:
    """Return how the rules of a round are named."""
    return f"{found['set'].code} {found['set'].version}"


def _published(c: Case) -> Any:
    return next((v for v in c.round["published"] if v["number"] == c.body.version), None)


def _attests(c: Case) -> set[str]:
    """The log says what a version left behind, once."""
    found = set() if c.signers == ("log",) else {"role.log_needed"}
    version = _published(c)
    if version is None:
        return found | {"attestation.unknown_version"}
    checks = {
        "attestation.already_made": c.body.version in c.round["attested"],
        "attestation.other_size": c.body.size - 1 != version["position"],
        "attestation.other_count": c.body.count != version["items"],
        "attestation.other_rules": (c.body.fold, c.body.rules) != (FOLD, rules_of(c.round)),
    }
    return found | {name for name, wrong in checks.items() if wrong}


def _confirms(c: Case) -> set[str]:
    """An auditor says the same as the log, once."""
    made = c.round["attested"].get(c.body.version)
    if made is None:
        return {"attestation.not_made"}
    found = {"attestation.already_confirmed"} if c.signer in made["by"] else set()
    differs = any(getattr(c.body, name) != made["said"][name] for name in SAID)
    return found | ({"attestation.differs"} if differs else set())


ATTESTATION: dict[str, list[Entry]] = {
    "ProjectionAttested": [_attests],
    "AttestationConfirmed": [office("AUDITOR"), _confirms],
}

AFTER_ATTESTATION: dict[str, Follow] = {
    "ProjectionAttested": lambda c: c.round["attested"].update(
        {c.body.version: {"said": {name: getattr(c.body, name) for name in SAID}, "by": set()}}
    ),
    "AttestationConfirmed": lambda c: c.round["attested"][c.body.version]["by"].add(c.signer),
}
