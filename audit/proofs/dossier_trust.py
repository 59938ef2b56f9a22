"""What a trust file says of a dossier, the reader's own or the one inside: step 13 of its format page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from audit.proofs import canonical
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.dossier_walk import Walked
from audit.proofs.errors import AuditError
from audit.proofs.head import Cosigned, open_head
from audit.proofs.lines import COSIGNATURE_V1
from audit.proofs.note import open_note, parse_vkey
from audit.proofs.policy import NONE, Policy
from audit.proofs.trust import Trust, TrustedLog
from audit.proofs.trust_file import parse_trust

NOBODY, READER, DOSSIER = "nobody", "reader", "dossier"


@dataclass(slots=True)
class Trusted:
    """Whose trust file it was, and how far it reaches."""

    by: str = NOBODY
    log: TrustedLog | None = None
    quorum: str = NONE
    connected: bool = False
    covered: int = 0
    witnesses: tuple[Cosigned, ...] = field(default=())

    @property
    def known(self) -> Checkpoint | None:
        """The newest checkpoint that the trust file knows."""
        return self.log.newest_checkpoint if self.log else None


def check_trust(walked: Walked, trust: Trust | None) -> Trusted:
    """Take step 13."""
    if trust is not None:
        return _check(walked, trust, Trusted(READER))
    if walked.dossier.trust is None:
        return Trusted()
    try:
        stated = parse_trust(canonical.encode(walked.dossier.trust))
    except AuditError as wrong:
        walked.raised("trust", None, wrong)
        return Trusted()
    return _check(walked, stated, Trusted(DOSSIER))


def _check(walked: Walked, trust: Trust, found: Trusted) -> Trusted:
    found.quorum = trust.policy.quorum
    try:
        found.log = trust.log(walked.dossier.log)  # 1
    except AuditError as wrong:
        walked.raised("trust", None, wrong)
        return found
    if not set(walked.log_vkeys) & set(found.log.vkeys):  # 2
        walked.found("trust", 0, "trust.other_log_key", log=walked.dossier.log)
    _check_known(walked, found)  # 3
    _check_witnesses(walked, trust, found)
    return found


def _check_known(walked: Walked, found: Trusted) -> None:
    known = found.known
    root = walked.root(known.size) if known else None
    if known is None or root is None:
        return
    found.connected = True
    if root != known.root:
        stated, computed = known.root.hex(), root.hex()
        walked.found("trust", None, "trust.contradicted", size=known.size, known=stated, root=computed)


def _check_witnesses(walked: Walked, trust: Trust, found: Trusted) -> None:
    trust = replace(trust, policy=_checkable(trust.policy))
    sound = []
    for head, note in reversed(walked.heads):
        try:
            _open_lines(trust.policy, note)  # 4
            sound.append((head, note))
        except AuditError as wrong:
            walked.raised("witness", None, wrong, size=head.size)
    for head, note in sound:  # 5
        try:
            opened = open_head(note, vkeys=walked.log_vkeys, policy=trust.policy)
        except AuditError:
            continue
        if opened.cosigned:
            found.covered, found.witnesses = head.size, opened.cosigned
            return
    if not trust.policy.is_met_by(()):
        size, quorum = walked.dossier.size, found.quorum
        walked.found("witness", None, "head.no_quorum", size=size, quorum=quorum, cosigned=len(sound))


def _checkable(policy: Policy) -> Policy:
    """Leave out what only some verifiers can check; a group that rests on it is then harder to meet."""
    return _Narrowed(policy.witnesses, policy.groups, policy.quorum)


class _Narrowed(Policy):
    """A policy in which witnesses of ML-DSA-44 are named, and never seen."""

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The verifier keys of those whose cosignatures every verifier can check."""
        return tuple(w.vkey for w in self.witnesses if parse_vkey(w.vkey).number == COSIGNATURE_V1)


def _open_lines(policy: Policy, note: bytes) -> None:
    """Raise where a line of a trusted witness is bad; a checkpoint that none of them signed is no news."""
    if not policy.vkeys:
        return
    try:
        open_note(note, policy.vkeys)
    except AuditError as wrong:
        if wrong.rule != "note.no_known_signature":
            raise
