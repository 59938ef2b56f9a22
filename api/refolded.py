"""What the log attested of its results, against what the fold makes of them: in the pass that verifies it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from audit.ledger.attested import BLINDING, published_state, state_tree
from audit.proofs.commitment import Opening
from audit.proofs.errors import AuditError
from audit.proofs.merkle import CompactRange
from audit.proofs.verifier import Finding
from domain.events import Event
from domain.refusals import Fact
from domain.standing import Standing
from domain.stated.attestation import AttestationConfirmed, ProjectionAttested

OF_ATTESTATION = (ProjectionAttested, AttestationConfirmed)


@dataclass(frozen=True, slots=True)
class Refolded:
    """How many results were attested, how many of those could be folded again, how often auditors confirmed.

    Where the secret of an attestation was erased, its state root can no longer be computed: it is only
    attested then.
    """

    attested: int
    refolded: int
    confirmed: int
    findings: tuple[Finding, ...]


def check_attestations(
    stated: Sequence[Event],
    standing: Standing,
    leaf_hashes: Sequence[bytes],
    openings: Mapping[str, Sequence[Opening]],
) -> Refolded:
    """Check admitted attestations against the standing that was folded from the log.

    1. The root is the log's at the attested size.
    2. The state root is that of the state which the fold published, blinded by the secret that was opened.

    That a confirmation says what was attested, admission has seen.
    """
    made = [event for event in stated if isinstance(event.body, ProjectionAttested)]
    secrets = {e.id: [o for o in openings.get(e.id, ()) if o.field == BLINDING] for e in made}
    roots = _roots({event.body.size for event in made}, leaf_hashes)
    found = [finding for event in made for finding in _wrong(event, standing, roots, secrets[event.id])]
    return Refolded(len(made), sum(map(bool, secrets.values())), len(stated) - len(made), tuple(found))


def _roots(sizes: set[int], leaf_hashes: Sequence[bytes]) -> dict[int, str]:
    """Return the roots at these sizes, in one pass up to the last of them."""
    edge, roots = CompactRange(), {}
    for leaf in leaf_hashes[: max(sizes, default=0)]:
        edge.append(leaf)
        if edge.size in sizes:
            roots[edge.size] = edge.root().hex()
    return roots


def _wrong(
    event: Event, standing: Standing, roots: Mapping[int, str], secret: Sequence[Opening]
) -> Iterator[Finding]:
    stated = event.body
    if roots.get(stated.size) != stated.root:  # 1
        yield _found(event, "attestation.other_root", size=stated.size, stated=stated.root)
    if not secret:
        return
    try:
        folded = state_tree(published_state(standing, event), secret).root.hex()  # 2
    except AuditError as wrong:
        yield _found(event, wrong.rule, **wrong.facts)
        return
    if folded != stated.state_root:
        yield _found(event, "attestation.other_state", stated=stated.state_root, folded=folded)


def _found(event: Event, rule: str, **facts: Fact) -> Finding:
    return Finding("attestation", event.position, rule, facts)
