"""What trust adds to a verdict: is this the log one knows, has it only grown, and who else has seen it.

A log that was verified from its bytes alone is consistent with itself; so is a forged one. Only what is
kept apart from it, in a trust file, tells them apart (docs/formats/trust.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from audit.proofs.checkpoint import Checkpoint, parse_checkpoint
from audit.proofs.errors import AuditError, TrustError
from audit.proofs.finding import Finding
from audit.proofs.head import Cosigned, open_head
from audit.proofs.note import open_note, unverified_text, vkey
from audit.proofs.policy import NO_WITNESSES, Policy
from audit.proofs.promise import Promised, compare
from audit.proofs.succession import signing_key
from audit.proofs.trust import Trust, TrustedLog
from audit.proofs.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a trust file says of a log that was verified.

    `covered` is the size of the newest checkpoint that a quorum cosigned, 0 where none did; `witnesses` are
    those that cosigned it, and when they say they saw it.
    """

    findings: tuple[Finding, ...]
    log: TrustedLog | None = None
    known: Checkpoint | None = None
    """The newest checkpoint that the trust file knows."""
    covered: int = 0
    witnesses: tuple[Cosigned, ...] = ()
    quorum: str = NO_WITNESSES.quorum
    promised: Promised | None = None
    """What the log promised of witnesses when it was opened, beside the policy of the trust file."""


def sizes_of_interest(trust: Trust) -> frozenset[int]:
    """Return the sizes at which a verifier has to note the root, so that `judge` can compare it."""
    known = (log.newest_checkpoint for log in trust.logs)
    return frozenset(checkpoint.size for checkpoint in known if checkpoint is not None)


def judge(trust: Trust, verdict: Verdict, cosigned: Sequence[tuple[int, bytes]]) -> Judgement:
    """Judge a verified log by a trust file; `cosigned` are its checkpoints that others signed, newest first.

    1. The trust file knows the log (`trust.unknown_log`).
    2. One of the keys that the log has had is one that it trusts (`trust.other_log_key`): from there,
       rotations lead to all others, each signed by the key before. The one that it signs with now, as far as
       the file knows, is among them (`trust.older_key`): one that was given up signs nothing new.
    3. The log holds what the trust file knows of it (`trust.rewound`, `trust.contradicted`).
    4. Each cosigned checkpoint is one of this very log (`cosignature.other_root`), and no line of a trusted
       witness is bad (`signature.bad`).
    5. The newest that the policy's quorum cosigned is found (`head.no_quorum` where there is none).
    6. What genesis promised of witnesses is compared with the policy; a difference is told, and not wrong.
    """
    try:
        log = trust.log(verdict.origin)  # 1
    except TrustError as wrong:
        return Judgement((_finding("trust", None, wrong),), quorum=trust.policy.quorum)
    findings = [*_check_keys(log, verdict), *_check_known(log, verdict)]
    sound = []
    for size, note in cosigned:  # 4
        wrongs = list(_check_cosigned(trust.policy, verdict, size, note))
        findings += wrongs
        sound += [] if wrongs else [(size, note)]
    covered, witnesses = _newest_head(trust.policy, verdict, sound)  # 5
    quorum = trust.policy.quorum
    if not covered and not trust.policy.is_met_by(()):
        lacking = TrustError("head.no_quorum", size=verdict.size, quorum=quorum, cosigned=len(sound))
        findings.append(_finding("witness", None, lacking))
    promised = compare(verdict.promise, trust.policy, sound)  # 6
    return Judgement(tuple(findings), log, log.newest_checkpoint, covered, witnesses, quorum, promised)


def _finding(layer: str, position: int | None, wrong: AuditError) -> Finding:
    return Finding(layer, position, wrong.rule, wrong.facts)


def _check_keys(log: TrustedLog, verdict: Verdict) -> Iterator[Finding]:
    stated = {vkey(verdict.origin, key) for _, key in verdict.log_keys}
    if not stated & set(log.vkeys):
        yield _finding("trust", 0, TrustError("trust.other_log_key", log=verdict.origin))
    elif (signing := signing_key(log.vkeys)) is not None and signing not in stated:
        yield _finding("trust", None, TrustError("trust.older_key", log=verdict.origin, size=verdict.size))


def _check_known(log: TrustedLog, verdict: Verdict) -> Iterator[Finding]:
    known = log.newest_checkpoint
    if known is None:
        return
    if known.size > verdict.size:
        short = TrustError("trust.rewound", known=known.size, size=verdict.size)
        yield _finding("trust", verdict.size, short)
    elif known.size and (root := verdict.roots.get(known.size, b"")) != known.root:
        other = TrustError("trust.contradicted", size=known.size, known=known.root.hex(), root=root.hex())
        yield _finding("trust", None, other)


def _check_cosigned(policy: Policy, verdict: Verdict, size: int, note: bytes) -> Iterator[Finding]:
    try:
        stated = parse_checkpoint(unverified_text(note))
        if (stated.origin, stated.size, stated.root) != (verdict.origin, size, verdict.roots.get(size)):
            raise TrustError("cosignature.other_root", size=size, stated=stated.size)
        if policy.witnesses:
            _open_lines(policy, note)
    except AuditError as wrong:
        yield Finding("witness", None, wrong.rule, {**wrong.facts, "size": size})


def _open_lines(policy: Policy, note: bytes) -> None:
    """Raise where a line of a trusted witness is bad; a checkpoint that none of them signed is no news."""
    try:
        open_note(note, policy.vkeys)
    except AuditError as wrong:
        if wrong.rule != "note.no_known_signature":
            raise


def _newest_head(
    policy: Policy, verdict: Verdict, cosigned: Sequence[tuple[int, bytes]]
) -> tuple[int, tuple[Cosigned, ...]]:
    for size, note in cosigned:
        vkeys = [vkey(verdict.origin, key) for since, key in verdict.log_keys if since <= size][-1:]
        try:
            head = open_head(note, vkeys=vkeys, policy=policy)
        except AuditError:
            continue
        if head.cosigned:
            return size, head.cosigned
    return 0, ()
