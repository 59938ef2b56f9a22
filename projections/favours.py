"""Favours that come back: people of one agency score another above what others give, and so on in a chain.

A link is agency to agency: a team with somebody of the one inspects the other, or a council member of the one
leans upwards over the other. Its chance is one-sided: of a team's notes beside those of other teams, of a
member's cases by the sign test; where a link has both, twice the smaller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from domain.refusals import Fact
from projections.chance import ONE, holm, upper_tail
from projections.comparison import Comparison, Lots, compare
from projections.findings import THRESHOLDS, Kind, Looked, Observation, decimals
from projections.leanings import Leaning
from projections.severity import Gap, percent, strata

Chain = tuple[str, ...]
"""Agencies, each of which is followed by the one that its people score; the last leads back to the first."""


@dataclass(frozen=True, slots=True)
class Link:
    """How people of one agency score another: the chance that others alike would score as far up."""

    giver: str
    receiver: str
    chance: Fraction
    said: str
    positions: tuple[int, ...]


class Favours:
    """The links of a round, each looked at when a chain has it."""

    def __init__(
        self,
        found: Sequence[Gap],
        inspected_by: Mapping[str, Collection[str]],
        leanings: Iterable[Leaning],
        homes: Mapping[str, str],
        lots: Lots,
    ) -> None:
        """`inspected_by` names the homes of those who inspect an agency, `homes` that of a council member."""
        self._gaps = found
        self._lots = lots
        self._compared: dict[str, Comparison | None] = {}
        self._inspected_by = inspected_by
        self._leanings: dict[tuple[str, str], list[Leaning]] = defaultdict(list)
        for row in leanings:
            if row.member in homes and row.cases:
                self._leanings[homes[row.member], row.agency].append(row)

    @cached_property
    def _to(self) -> dict[str, set[str]]:
        """Giver -> receivers, of all links that there are."""
        noted = {gap.agency for gap in self._gaps}
        to: dict[str, set[str]] = defaultdict(set)
        for receiver, givers in self._inspected_by.items():
            for giver in givers if receiver in noted else ():
                to[giver].add(receiver)
        for giver, receiver in self._leanings:
            to[giver].add(receiver)
        return to

    def chains(self) -> Iterator[Chain]:
        """Return every chain that leads back to where it begins, from the first of its agencies by code."""
        yield from (chain for start in sorted(self._to) for chain in self._from((start,)))

    def _from(self, chain: Chain) -> Iterator[Chain]:
        for receiver in sorted(self._to.get(chain[-1], ())):
            if receiver == chain[0] and len(chain) > 1:
                yield chain
            elif receiver > chain[0] and receiver not in chain and len(chain) < THRESHOLDS.longest_chain:
                yield from self._from((*chain, receiver))

    def link(self, giver: str, receiver: str) -> Link:
        """Look at one link."""
        ways = [*self._noted(giver, receiver), *self._leaned(giver, receiver)]
        chance, said, positions = min(ways, default=(ONE, "", ()))
        return Link(giver, receiver, min(chance * len(ways), ONE), said, positions)

    def _noted(self, giver: str, receiver: str) -> Iterator[tuple[Fraction, str, tuple[int, ...]]]:
        if giver not in self._inspected_by.get(receiver, ()):
            return
        if receiver not in self._compared:
            self._compared[receiver] = compare(strata(self._gaps, {receiver}), self._lots)
        its = self._compared[receiver]
        if its is not None and its.values >= THRESHOLDS.least_cells:
            notes = tuple(sorted(gap.note for gap in self._gaps if gap.agency == receiver))
            yield its.above, f"{giver} → {receiver}: {percent(its.difference)} % ({its.values})", notes

    def _leaned(self, giver: str, receiver: str) -> Iterator[tuple[Fraction, str, tuple[int, ...]]]:
        rows = self._leanings.get((giver, receiver), [])
        cases, up = sum(row.cases for row in rows), sum(row.up for row in rows)
        if cases:
            positions = tuple(sorted(p for row in rows for p in row.positions))
            yield upper_tail(cases, up), f"{giver} → {receiver}: {up}/{cases}", positions


def favour_findings(favours: Favours) -> Looked:
    """Find the chains in which every link lies above what others give, by more than chance."""
    told = [(chain, [favours.link(*pair) for pair in _pairs(chain)]) for chain in favours.chains()]
    chances = [max(link.chance for link in links) ** len(links) for _, links in told]
    found = [
        _finding(chain, links, chance, adjusted, len(told))
        for (chain, links), chance, adjusted in zip(told, chances, holm(chances), strict=True)
        if adjusted <= THRESHOLDS.level and all(link.chance <= THRESHOLDS.level for link in links)
    ]
    return Looked(kind=Kind.RECIPROCAL, compared=len(told), found=tuple(found))


def _pairs(chain: Chain) -> Iterator[tuple[str, str]]:
    yield from zip(chain, (*chain[1:], chain[0]), strict=True)


def _finding(
    chain: Chain, links: Sequence[Link], chance: Fraction, adjusted: Fraction, tests: int
) -> Observation:
    facts: dict[str, Fact] = {
        "chain": " → ".join((*chain, chain[0])),
        "links": "; ".join(link.said for link in links),
        "weakest": decimals(max(link.chance for link in links)),
        "chance": decimals(chance),
        "adjusted": decimals(adjusted),
        "tests": tests,
    }
    positions = tuple(sorted({p for link in links for p in link.positions}))
    how = "MUTUAL" if len(chain) == 2 else "CHAIN"
    return Observation(kind=Kind.RECIPROCAL, how=how, positions=positions, facts=facts)
