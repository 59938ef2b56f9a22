"""The state root: what it costs to attest a published result, from its items to the root."""

from __future__ import annotations

from collections.abc import Iterator

from audit.proofs.state import StateTree
from audit.proofs.state_proof import format_state_proof, parse_state_proof, verify_state_proof
from benchmarks.measure import Line, interleaved, within
from domain.standing import StateItem

CELLS = 12_000
OF_AN_AGENCY = 60
LIMIT = 0.050
PROOF_LIMIT = 0.002
SECRET = b"s" * 32


def root(rounds: int) -> list[Line]:
    """Build the whole tree, spelling and blinding each item; then prove and check one of them."""
    items = tuple(_items())
    tree = StateTree(items, SECRET)
    key = items[CELLS // 3].key

    def prove_and_check(_: int) -> None:
        proof = parse_state_proof(format_state_proof(tree.prove(key)))
        verify_state_proof(proof, key=key, count=CELLS, root=tree.root)

    built, proved = interleaved(
        lambda turn: turn, (lambda _: StateTree(items, SECRET).root, prove_and_check), rounds
    )
    return [
        within(f"state root of {CELLS:,} cells", built, LIMIT, milliseconds=True),
        within("  one cell proved, read and checked", proved, PROOF_LIMIT, milliseconds=True),
    ]


def _items() -> Iterator[StateItem]:
    """Cells as a large round has them: few values of choices, many of ratios, some acts behind each."""
    for number in range(CELLS):
        agency, criterion = divmod(number, OF_AN_AGENCY)
        points = f"{number % 3}" if criterion % 2 else f"{number}/{12_347}"
        value = (
            ("counts", "true"),
            ("flags", ""),
            ("maximum", "3"),
            ("points", points),
            ("stage", "VERIFIED"),
        )
        events = tuple(range(number, number + 4))
        yield StateItem(f"2016/AG{agency:03}/A1.{criterion:02}", value, events[2:3], events)
