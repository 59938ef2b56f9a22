"""What the log attests is checked when it comes in: its own root at that size, and the root of the state.

The secret that blinds a state is an opening of its attestation, for auditors: whoever may read it builds the
same tree from the fold, and can confirm it or say that it is another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from audit.ledger import tree
from audit.ledger.submission import turn
from audit.proofs.commitment import Opening
from audit.proofs.errors import StateError
from audit.proofs.state import SECRET_SIZE, StateTree
from audit.proofs.statement import Statement
from domain.events import Event
from domain.standing import Standing, StateItem
from domain.stated.attestation import ProjectionAttested

ATTESTED = "ProjectionAttested.v1"
BLINDING = "blinding"
"""The committed field of an attestation that holds its secret, in hex."""
_SECRET = re.compile(rf"[0-9a-f]{{{2 * SECRET_SIZE}}}", re.ASCII)


def state_tree(state: Sequence[StateItem], openings: Iterable[Opening]) -> StateTree:
    """Build the tree over a published state; raises StateError `state.malformed_secret`."""
    return StateTree(state, secret_in(openings))


def secret_in(openings: Iterable[Opening]) -> bytes:
    """Read the secret among the openings of an attestation; raises StateError `state.malformed_secret`."""
    for opening in openings:
        if opening.field == BLINDING and _SECRET.fullmatch(opening.value):
            return bytes.fromhex(opening.value)
    raise StateError("state.malformed_secret", size=0)


def published_state(standing: Standing, event: Event) -> Sequence[StateItem]:
    """Return the state that an admitted attestation is about."""
    versions = standing.rounds[event.round or ""].versions
    return next((one.state for one in versions if one.number == event.body.version), ())


def roots_for(connection: Connection, statements: Iterable[Statement], size: int) -> dict[int, str]:
    """Return the log's roots at the sizes that these statements attest, where it has so many entries."""
    stated = (s.body.get("size") for s in statements if s.type == ATTESTED)
    sizes = {one for one in stated if type(one) is int and 0 < one <= size}
    return {one: tree.root_at(connection, one).hex() for one in sizes}


def check_attested(
    event: Event | None, openings: Iterable[Opening], standing: Standing, roots: Mapping[int, str]
) -> None:
    """Turn away an attestation unless its roots are the log's and the fold's.

    Raises Turned `attestation.other_root`, `attestation.other_state`; StateError `state.malformed_secret`.
    """
    if event is None or not isinstance(event.body, ProjectionAttested):
        return
    stated = event.body
    if roots.get(stated.size) != stated.root:
        raise turn("attestation.other_root", size=stated.size, stated=stated.root[:64])
    folded = state_tree(published_state(standing, event), openings).root.hex()
    if folded != stated.state_root:
        raise turn("attestation.other_state", stated=stated.state_root[:64], folded=folded)
