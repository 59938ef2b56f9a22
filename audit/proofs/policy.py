"""Who must have cosigned: witnesses, groups of them with a threshold, and the quorum (C2SP tlog-policy).

A witness is told by its verifier key, never by its name alone, and says who runs it: one that is run by the
operator of the log keeps nobody honest, and every verdict says so.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from audit.proofs.errors import TrustError
from audit.proofs.lines import COSIGNATURE_V1, SUBTREE_V1
from audit.proofs.note import parse_vkey

NONE = "none"


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: its name in the policy, its verifier key, who runs it, and where to ask it, if known."""

    name: str
    vkey: str
    operator: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """So many of these members, each a witness or an earlier group, count as one."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """Witnesses, groups in the order in which they build on each other, and the name that must be met.

    The quorum `none` asks for no cosignature. What has no sense raises TrustError `policy.malformed` with
    the name and the reason.
    """

    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    quorum: str = NONE

    def __post_init__(self) -> None:
        known: list[str] = [NONE]
        keys: set[bytes] = set()
        for witness in self.witnesses:
            _add(known, witness.name)
            _add_key(keys, witness)
        used: set[str] = set()
        for group in self.groups:
            _check_group(group, known[1:], used)
            _add(known, group.name)
        if self.quorum not in known:
            raise TrustError("policy.malformed", name=self.quorum, reason="unknown name")

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The verifier keys of all witnesses."""
        return tuple(witness.vkey for witness in self.witnesses)

    def is_met_by(self, vkeys: Collection[str]) -> bool:
        """Whether cosignatures under these verifier keys are a quorum."""
        met = {NONE} | {witness.name for witness in self.witnesses if witness.vkey in vkeys}
        for group in self.groups:
            if sum(member in met for member in group.members) >= group.threshold:
                met.add(group.name)
        return self.quorum in met


NO_WITNESSES = Policy()


def _add(known: list[str], name: str) -> None:
    if name in known:
        raise TrustError("policy.malformed", name=name, reason="name twice")
    known.append(name)


def _add_key(keys: set[bytes], witness: Witness) -> None:
    """Two verifier keys that wrap the same public key are one witness (tlog-policy)."""
    read = parse_vkey(witness.vkey)
    if read.number not in (COSIGNATURE_V1, SUBTREE_V1):
        raise TrustError("policy.malformed", name=witness.name, reason="not a cosigner's key")
    if read.key.raw in keys:
        raise TrustError("policy.malformed", name=witness.name, reason="key twice")
    keys.add(read.key.raw)


def _check_group(group: Group, known: Collection[str], used: set[str]) -> None:
    """A member is known already and stands in one group only: a witness counts in one way."""
    for member in group.members:
        if member not in known:
            raise TrustError("policy.malformed", name=member, reason="unknown name")
        if member in used:
            raise TrustError("policy.malformed", name=member, reason="member twice")
        used.add(member)
    if not 1 <= group.threshold <= len(group.members):
        raise TrustError("policy.malformed", name=group.name, reason="threshold")
