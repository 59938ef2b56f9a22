"""One path for every copy of a whole log: its own checks, the rules, the fold, and whose word there is on it.

A data directory and an export differ in what lies beside the entries, and in nothing else: that is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from api.attesting import unattested
from api.refold import Refold
from api.refolded import Refolded, check_attestations
from audit.ledger.fast import fastest_check
from audit.proofs.checkpoint import parse_checkpoint
from audit.proofs.entry import Entry
from audit.proofs.errors import AuditError
from audit.proofs.finding import Finding
from audit.proofs.judgement import Judgement, judge
from audit.proofs.log_copy import LogCopy, OpeningsOf
from audit.proofs.note import unverified_text
from audit.proofs.openings import Erased, Openings, Text
from audit.proofs.receptions import Receptions
from audit.proofs.statement import Statement
from audit.proofs.timestamp import NO_STAMPS, Stamped
from audit.proofs.trust import Trust
from audit.proofs.verdict import Verdict
from audit.proofs.verifier import verify_log
from domain.standing import Standing
from projections.scoreboard import Scoreboard

Progress = Callable[[int, int], None]
"""How many entries were verified, of how many."""


@dataclass(frozen=True, slots=True)
class Examination:
    """A verdict on the log and everything beside it; `board` holds what the log says when folded again."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    board: Scoreboard
    evidence: int
    refusals: int
    erased: tuple[tuple[Erased, int], ...]
    """The statements by which words were erased, oldest first, each with how many."""
    refolded: Refolded
    compared: bool
    """Whether the tables that the site shows were compared with the fold; a damaged log leaves nothing to."""
    stamped: Stamped = NO_STAMPS
    """The time tokens beside the log, and what they say as far as they could be checked."""
    judgement: Judgement | None = None
    """What a trust file says of it, where there was one."""
    folded: bool = False
    """Whether scores and ranks were folded again where there is no table to compare them with."""
    left: Verdict | None = None
    """What is left of the log that this one continues, where it does and that is at hand."""
    remarks: tuple[Finding, ...] = ()
    """What is worth knowing, and not wrong."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def alone(self) -> tuple[Finding, ...]:
        """What would have been found without the trust file as well."""
        judged = self.judgement.findings if self.judgement else ()
        told = {id(found) for found in self.stamped.alone}
        by_trust = {id(found) for found in (*judged, *self.stamped.findings)} - told
        return tuple(found for found in self.findings if id(found) not in by_trust)


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies beside the entries of one copy, and what was found of it and counted there."""

    findings: Sequence[Finding] = ()
    remarks: Sequence[Finding] = ()
    evidence: int = 0
    refusals: int = 0
    compared: bool = False


Lay = Callable[[Verdict, Refold, Scoreboard | None], Beside]
"""Compares what lies beside the entries with them; of a damaged log there is no board."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtHand:
    """A copy of a whole log, as a data directory or an export holds it."""

    copy: LogCopy
    words_of: OpeningsOf
    held: Callable[[], tuple[Collection[Text], Collection[Text]]]
    """The texts whose openings are held, and those of which an empty row is left."""
    all_words: bool
    """Whether words must be there that were not erased: not everybody was given them."""
    stamped_sizes: Collection[int]
    stamps: Callable[[Trust | None], Stamped]
    cosigned: Callable[[], Iterable[tuple[int, bytes]]]
    lay: Lay
    storage: Sequence[Finding] = ()


def examine_copy(at_hand: AtHand, progress: Progress | None, trust: Trust | None) -> Examination:
    """Examine a copy of a log: the steps that `api.verification.examine` numbers."""
    copy, size = at_hand.copy, at_hand.copy.head[0]
    refold, kept = Refold(), Openings()
    receptions = Receptions(at_hand.stamped_sizes)

    def observe(position: int, entry: Entry, statement: Statement) -> None:
        kept.observe(position, statement)
        refold.observe(position, entry, statement)
        receptions.observe(position, entry)

    verdict = verify_log(
        copy,
        observe=observe,
        progress=None if progress is None else lambda done: progress(done, size),
        check=fastest_check(),
        anchors=_certificate_anchors(copy, trust),
    )
    board = None if verdict.findings or refold.findings else Scoreboard()
    if board is not None:
        board.adopt(refold.standing)
    secrets = at_hand.words_of([event.id for event in refold.attested])
    refolded = check_attestations(refold.attested, refold.standing, copy.leaf_hashes, secrets)
    beside = at_hand.lay(verdict, refold, board)
    judgement = judge(trust, verdict, list(at_hand.cosigned())) if trust else None
    stamped = receptions.judge(at_hand.stamps(trust))
    whole = at_hand.all_words and board is not None
    findings = (
        *at_hand.storage,
        *sorted((*verdict.findings, *refold.findings), key=lambda f: (f.position is None, f.position or 0)),
        *kept.check(*at_hand.held(), whole=whole),
        *refolded.findings,
        *beside.findings,
        *(judgement.findings if judgement else ()),
        *stamped.findings,
    )
    return Examination(
        verdict,
        findings,
        board or Scoreboard(),
        evidence=beside.evidence,
        refusals=beside.refusals,
        erased=tuple(sorted(kept.by_statement().items(), key=lambda its: its[0].position)),
        refolded=refolded,
        compared=beside.compared,
        stamped=stamped,
        judgement=judgement,
        folded=board is not None and not beside.compared,
        remarks=(*(_unattested(refold.standing) if board is not None else ()), *beside.remarks),
    )


def _certificate_anchors(copy: LogCopy, trust: Trust | None) -> tuple[str, ...]:
    """Return the authorities of certificates that a trust file names for the log that lies here."""
    try:
        stated = parse_checkpoint(unverified_text(copy.checkpoints[-1][1])).origin
    except (AuditError, IndexError):
        return ()
    known = () if trust is None else (log for log in trust.logs if log.origin == stated)
    return tuple(anchor for log in known for anchor in log.certificate_anchors)


def _unattested(standing: Standing) -> Iterator[Finding]:
    """Results that are published, and that the log has not attested since."""
    for found, version in unattested(standing):
        yield Finding.of(
            "attestation", version.position, "attestation.owed", round=found.code, version=version.number
        )
