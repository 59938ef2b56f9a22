"""A dossier verified from its bytes alone: the steps of docs/formats/dossier.md, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

from audit.proofs.dossier import Dossier, parse_dossier
from audit.proofs.dossier_claims import Claims, Refold, check_claims
from audit.proofs.dossier_trust import Trusted, check_trust
from audit.proofs.dossier_walk import Progress, Walked, walk
from audit.proofs.errors import DossierError
from audit.proofs.finding import Finding
from audit.proofs.keys import Check, PublicKey
from audit.proofs.trust import Trust

LAYERS = (
    "form",
    "order",
    "leaf",
    "content",
    "registry",
    "signature",
    "counter",
    "seen",
    "opening",
    "tree",
    "checkpoint",
    "receipt",
    "time",
    "attestation",
    "completeness",
    "projection",
    "trust",
    "witness",
    "seal",
)


@dataclass(frozen=True, slots=True)
class Examined:
    """A dossier and what was found of it; without one, the bytes could not be read."""

    findings: tuple[Finding, ...]
    dossier: Dossier | None = None
    walked: Walked | None = None
    claims: Claims | None = None
    trusted: Trusted | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify_dossier(
    data: bytes,
    trust: Trust | None = None,
    *,
    refold: Refold | None = None,
    check: Check = PublicKey.verify,
    progress: Progress | None = None,
) -> Examined:
    """Verify a dossier by the reader's trust file, or the one inside; `refold` recomputes what is whole."""
    try:
        dossier = parse_dossier(data)  # 1 to 3
    except DossierError as wrong:
        position = wrong.facts.get("position")
        facts = {name: fact for name, fact in wrong.facts.items() if name != "position"}
        return Examined((Finding("form", None if position is None else int(position), wrong.rule, facts),))
    walked = walk(dossier, check, progress)  # 4 to 7
    claims = check_claims(walked, refold)  # 8 to 12
    trusted = check_trust(walked, trust)  # 13
    if dossier.digest != dossier.computed:  # 14
        walked.found("seal", None, "dossier.other_digest", stated=dossier.digest, computed=dossier.computed)
    return Examined(tuple(sorted(walked.findings, key=_order)), dossier, walked, claims, trusted)


def _order(finding: Finding) -> tuple[bool, int, int]:
    return finding.position is None, finding.position or 0, LAYERS.index(finding.layer)
