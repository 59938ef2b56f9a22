"""What people of the example look up in the log before they sign: what follows from it, nobody plans."""

from __future__ import annotations

from fractions import Fraction

from api.acts import Act
from api.attesting import blinding
from api.signing import scripted_entropy
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.state import StateTree
from domain import awards, scoring
from domain.points import hundredths, write
from domain.ranking import Place
from domain.standing import Standing


def points_now(standing: Standing, act: Act) -> str:
    """Return the exact points of the act's own cell."""
    card = scoring.card(standing, act.round or "", act.agency or "")
    return write(card.scores[act.criterion or ""].points)


def statements_now(standing: Standing, act: Act) -> int:
    """Return how many statements there are about the agency."""
    return standing.activity(act.round or "", act.agency or "").statements


def rank_now(standing: Standing, act: Act) -> int:
    """Return the agency's place in its block."""
    return awards.place_of(standing, standing.rounds[act.round or ""], act.agency or "").rank


def awards_given(standing: Standing, act: Act) -> int:
    """Return how many awards there are in the round."""
    return sum(code == act.round for code, _ in standing.awards)


def rewarded(standing: Standing, act: Act) -> bool:
    """Whether the round's rule rewards the agency's place; one whose class is too low need not be ranked."""
    found, agency = standing.rounds[act.round or ""], act.agency or ""
    at_best = Place(1, scoring.card(standing, found.code, agency))
    if not awards.eligible(found, at_best):
        return False
    return awards.eligible(found, awards.place_of(standing, found, agency))


def claim_of(standing: Standing, act: Act) -> int | None:
    """Return the special case that was claimed for the act's cell."""
    return standing.cell(act.round or "", act.agency or "", act.criterion or "").special_claim


def concerned(standing: Standing, act: Act) -> list[str]:
    """Return the other agencies whose rank could move by the act's dispute."""
    dispute = standing.disputes[act.round or "", act.matter or ""]
    return sorted(dispute.affected - {dispute.agency})


def attested(name: str, version: int, standing: Standing, act: Act) -> object:
    """Return a field of what the log attested of a version."""
    return getattr(standing.attested[act.round or "", version].stated, name)


def refolded(version: int, standing: Standing, act: Act) -> str:
    """Return the root over a version's state, folded again, with the secret that an auditor may read."""
    found = standing.rounds[act.round or ""]
    state = next(one.state for one in found.versions if one.number == version)
    secret = bytes.fromhex(blinding(DEMO_ORIGIN, found.code, version, scripted_entropy))
    return StateTree(state, secret).root.hex()


def published_total(standing: Standing, act: Act) -> str:
    """Return the agency's total in the round of the year before, as it was published."""
    year = standing.rounds[act.round or ""].evaluated_year - 1
    code = next(found.code for found in standing.rounds.values() if found.evaluated_year == year)
    return write(Fraction(hundredths(scoring.card(standing, code, act.agency or "").total), 100))
