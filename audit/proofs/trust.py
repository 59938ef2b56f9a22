"""Trust: which logs one believes, who must have cosigned, and the newest checkpoint one knows.

It is kept by whoever verifies, apart from the log (`audit.proofs.trust_file`). Without it a log is at best
consistent with itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from audit.proofs.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs.errors import TrustError
from audit.proofs.head import Head, open_head, verify_growth
from audit.proofs.keys import DEMO_ORIGIN, PublicKey, is_demo_key
from audit.proofs.lines import ED25519, SUBTREE_V1
from audit.proofs.note import parse_vkey, unverified_text
from audit.proofs.policy import Policy
from audit.proofs.prefix import Included
from audit.proofs.succession import follow_rotations, signing_key
from audit.proofs.timestamp import TimeAuthority

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class TrustedLog:
    """A log: its origin, who runs it, its keys (Ed25519, perhaps ML-DSA-44 too), the newest checkpoint known.

    `certificate_anchors`: digests of the authorities whose certificates one believes.
    All of it is checked: raises TrustError `trust.malformed`, `trust.not_a_log_key`, `head.*`, and what is
    wrong with a key or with the note itself.
    """

    origin: str
    operator: str
    vkeys: tuple[str, ...]
    newest: bytes | None = None
    certificate_anchors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not all(_DIGEST.fullmatch(anchor) for anchor in self.certificate_anchors):
            raise TrustError("trust.malformed", field="certificate_anchors")
        for vkey in self.vkeys:
            check_log_key(vkey, self.origin)
        if self.newest is not None:
            open_head(self.newest, vkeys=self.vkeys)

    @property
    def newest_checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint known, which was verified when it was taken in."""
        return None if self.newest is None else parse_checkpoint(unverified_text(self.newest))


def check_log_key(vkey: str, origin: str) -> None:
    """Raise unless a verifier key can be a log's: under its origin, by Ed25519 or, for record, ML-DSA-44.

    TrustError `trust.not_a_log_key`, and what is wrong with the key itself.
    """
    read = parse_vkey(vkey)
    if read.name != origin or read.number not in (ED25519, SUBTREE_V1):
        raise TrustError("trust.not_a_log_key", name=read.name, origin=origin)


@dataclass(frozen=True, slots=True)
class Trust:
    """What a verifier believes beforehand.

    Raises TrustError `trust.malformed` where an origin stands twice, `policy.malformed` where a log is to be
    a witness of itself under another name, `trust.demo_key` for a key that everybody has, but of the demo.
    """

    logs: tuple[TrustedLog, ...]
    policy: Policy
    authorities: tuple[TimeAuthority, ...] = ()

    def __post_init__(self) -> None:
        if len({authority.name for authority in self.authorities}) < len(self.authorities):
            raise TrustError("trust.malformed", field="authorities")
        if len({log.origin for log in self.logs}) < len(self.logs):
            raise TrustError("trust.malformed", field="origin")
        raws = {parse_vkey(vkey).key.raw for log in self.logs for vkey in log.vkeys}
        for witness in self.policy.witnesses:
            if parse_vkey(witness.vkey).key.raw in raws:
                raise TrustError("policy.malformed", name=witness.name, reason="key twice")
        self._refuse_demo_keys()

    def _refuse_demo_keys(self) -> None:
        if all(log.origin == DEMO_ORIGIN for log in self.logs):
            return
        real = [log for log in self.logs if log.origin != DEMO_ORIGIN]
        for vkey in (*self.policy.vkeys, *(vkey for log in real for vkey in log.vkeys)):
            key = parse_vkey(vkey).key
            if isinstance(key, PublicKey) and is_demo_key(key):
                raise TrustError("trust.demo_key", name=parse_vkey(vkey).name)

    def log(self, origin: str) -> TrustedLog:
        """Return the log of an origin; raises TrustError `trust.unknown_log`."""
        found = next((log for log in self.logs if log.origin == origin), None)
        if found is None:
            raise TrustError("trust.unknown_log", origin=origin)
        return found


def check_head(trust: Trust, note: bytes, *, of_record: bool = False) -> Head:
    """Open a checkpoint's note as a head of the log that it names, cosigned as the policy says.

    Raises TrustError `trust.unknown_log` and what `open_head` raises.
    """
    log = trust.log(parse_checkpoint(unverified_text(note)).origin)
    return open_head(note, vkeys=log.vkeys, policy=trust.policy, of_record=of_record)


def advance(
    trust: Trust, note: bytes, proof: Sequence[bytes] = (), rotations: Sequence[Included] = ()
) -> Trust:
    """Return the trust with a newer checkpoint, proved to hold all that the newest known one held.

    1. The rotations of the log's key lead from a key that is known to the one that it signs with now
       (`follow_rotations`); their keys come after it in the file.
    2. The note is a head that counts (`check_head`), signed by that very key.
    3. It is not smaller than the newest known one.
    4. The consistency proof connects both; where none is known yet, the first one is taken as it is.

    Raises TrustError `trust.older_checkpoint`, `trust.older_key` and MerkleError: if the log signed both,
    that is a contradiction to be kept (`audit.proofs.contradiction`), not an error to be retried.
    """
    stated = parse_checkpoint(unverified_text(note))
    log = trust.log(stated.origin)
    vkeys = follow_rotations(log.vkeys, stated, rotations)  # 1
    moved = _with_log(trust, log, replace(log, vkeys=vkeys))
    opened = check_head(moved, note)  # 2
    head = opened.checkpoint
    if (key := signing_key(vkeys)) is not None and all(s.vkey != key for s in opened.note.signatures):
        raise TrustError("trust.older_key", log=head.origin, size=head.size)
    if (known := log.newest_checkpoint) is not None:
        if head.size < known.size:  # 3
            raise TrustError("trust.older_checkpoint", size=head.size, known=known.size)
        verify_growth(known, head, proof)  # 4
    return _with_log(trust, log, replace(log, vkeys=vkeys, newest=note))


def _with_log(trust: Trust, log: TrustedLog, instead: TrustedLog) -> Trust:
    return replace(trust, logs=tuple(instead if one is log else one for one in trust.logs))
