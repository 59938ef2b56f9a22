"""What the log and auditors mean to state about a published result."""

from __future__ import annotations

from domain.stated.attestation import AttestationConfirmed, ProjectionAttested
from tests.second_model.demands_attestation import FOLD, rules_of
from tests.second_model.drafts import Dice, Draft, Propose, Table


def _attests(t: Table, d: Dice) -> Draft:
    """The newest version that was not attested; where there is none, the newest once more."""
    owed = [v for v in t.found["published"] if v["number"] not in t.found["attested"]]
    none = {"number": 1, "position": 6, "items": 3}
    version = d.among(owed, t.found["published"] or [none])
    body = ProjectionAttested(
        version=version["number"],
        fold=FOLD,
        rules=rules_of(t.found),
        size=version["position"] + 1,
        root="aa" * 32,
        state_root=f"{d.below(256):02x}" * 32,
        count=version["items"],
    )
    return t.draft("log", body)


def _confirms(t: Table, d: Dice) -> Draft:
    """An auditor confirms what was attested; where there is neither, somebody something."""
    none = {"version": 1, "fold": FOLD, "rules": "", "size": 7, "root": "", "state_root": "", "count": 3}
    auditors = [who for who, its in t.state["people"].items() if ("AUDITOR", None) in its["offices"]]
    ready = [
        (who, made["said"])
        for made in t.found["attested"].values()
        for who in auditors
        if who not in made["by"]
    ]
    who, said = d.among(ready, [("spare-1", none), ("nobody", none)])
    return t.draft(who, AttestationConfirmed(**said))


ATTESTATION: dict[str, Propose] = {"ProjectionAttested": _attests, "AttestationConfirmed": _confirms}
