"""A dossier verified with all that the house has: the checks of `audit.proofs`, and the domain's own fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from api.answers import Answer
from audit.ledger.codec import to_event
from audit.ledger.fast import fastest_check
from audit.proofs.dossier_claims import Refold
from audit.proofs.dossier_page import MAX_PAGE, extract, is_page
from audit.proofs.dossier_verdict import dossier_verdict
from audit.proofs.dossier_verifier import verify_dossier
from audit.proofs.dossier_walk import Good, Progress
from audit.proofs.files import read_given
from audit.proofs.trust import Trust
from domain import admission
from domain.refusals import Malformed
from domain.standing import Standing, StateItem


def read_dossier(path: Path) -> bytes:
    """Read the bytes of a dossier, out of its page where it stands in one; raises DossierError, OSError."""
    data = read_given(path, MAX_PAGE)
    return extract(data) if is_page(data) else data


def verdict_on_dossier(
    data: bytes, trust: Trust | None = None, *, fold: Refold | None = None, progress: Progress | None = None
) -> Answer:
    """Answer `verify` for a dossier."""
    examined = verify_dossier(
        data, trust, refold=fold or published_states, check=fastest_check(), progress=progress
    )
    return dossier_verdict(examined)


def published_states(log: Sequence[Good]) -> Mapping[tuple[str, int], Sequence[StateItem]]:
    """Fold a whole log; return the state that each version of a round published.

    The fold never refuses. A statement that it cannot even read leaves nothing to compare.
    """
    standing = Standing()
    for good in log:
        try:
            event = to_event(good.statement, good.entry, good.position)
        except Malformed:
            return {}
        if event is None:
            stream = good.statement.stream
            standing.versions[stream] = standing.versions.get(stream, 0) + 1
        else:
            admission.follow(standing, event)
    return {
        (code, version.number): version.state
        for code, found in standing.rounds.items()
        for version in found.versions
    }
