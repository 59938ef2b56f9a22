"""What a trust file tells of a log that its bytes alone cannot: a forged one is just as sound."""

from __future__ import annotations

from dataclasses import replace

from audit.proofs import merkle
from audit.proofs.checkpoint import sign_checkpoint
from audit.proofs.judgement import Judgement, judge, sizes_of_interest
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN, SigningKey
from audit.proofs.note import vkey
from audit.proofs.policy import NO_WITNESSES
from audit.proofs.trust import Trust, TrustedLog
from audit.proofs.verifier import Verdict, verify_log
from tests.audit.proofs.logs import KEYS, SPARE_KEY, Journal, cell, small_log, statement_at
from tests.audit.proofs.test_log_key_rotation import NEWEST, rotate
from tests.audit.proofs.witnessed import (
    OPERATOR,
    TIME,
    cosigned,
    flipped,
    head_of,
    log,
    note_at,
    trusting,
)

BOTH = ("thanh-tra", "kiem-toan")


def rewritten() -> Journal:
    """Return a copy whose operator took the last entry back, with its signer, and went on from there."""
    copy = small_log()
    gone = statement_at(copy.rows.pop())
    copy.checkpoints.pop()
    assert gone.key is not None
    copy.counters[gone.key] -= 1
    copy.seen = seen_at(copy, copy.checkpoints[-1][0])
    for points in ("2", "0"):
        copy.enter(copy.one("head-stc", "SelfScoreDeclared.v1", {"points": points}, **cell("STC", 2)))
        copy.commit()
    return copy


def seen_at(journal: Journal, size: int) -> dict[str, object]:
    """Return what people had seen at a size."""
    return {"size": size, "root": head_of(journal, size).root.hex()}


def verified(journal: Journal, trust: Trust) -> Verdict:
    """Verify a log as one does who has a trust file."""
    return verify_log(replace(journal.copy(), sizes=sizes_of_interest(trust)))


def judged(journal: Journal, trust: Trust, *notes: tuple[int, bytes]) -> Judgement:
    """Judge a log that is sound by itself."""
    verdict = verified(journal, trust)
    assert verdict.ok, verdict.findings
    return judge(trust, verdict, notes)


def rules(judgement: Judgement) -> list[str]:
    """Return the rules of what was found."""
    return [finding.rule for finding in judgement.findings]


def whole(journal: Journal, *names: str) -> tuple[int, bytes]:
    """Return a log's newest checkpoint, cosigned."""
    size = len(journal.rows)
    return size, cosigned(note_at(journal, size), *names)


def test_a_known_and_cosigned_log_is_as_trusted() -> None:
    """The log that is known, cosigned by a quorum: nothing is found, and it is told who saw it when."""
    size = len(log().rows)
    judgement = judged(log(), trusting(note_at(log(), 3)), whole(log(), *BOTH))
    assert judgement.findings == ()
    assert (judgement.known, judgement.covered) == (head_of(log(), 3), size)
    assert [(one.witness.name, one.time) for one in judgement.witnesses] == [
        ("thanh-tra", TIME),
        ("kiem-toan", TIME + 1),
    ]


def test_the_newest_head_with_a_quorum_counts() -> None:
    """A newer checkpoint that only one of two cosigned does not hide the older one that both did."""
    size = len(log().rows)
    earlier = log().checkpoints[-2][0]
    older = earlier, cosigned(note_at(log(), earlier), *BOTH)
    judgement = judged(log(), trusting(), (size, cosigned(note_at(log(), size), "thanh-tra")), older)
    assert (rules(judgement), judgement.covered) == ([], earlier)


def test_no_quorum_is_found() -> None:
    """Nobody cosigned, or too few: the whole rests on the operator's word, and that is a finding."""
    assert rules(judged(log(), trusting())) == ["head.no_quorum"]
    assert rules(judged(log(), trusting(), whole(log(), "thanh-tra"))) == ["head.no_quorum"]
    assert rules(judged(log(), trusting(policy=NO_WITNESSES))) == []


def test_a_log_under_the_same_name_is_not_the_log() -> None:
    """Whoever knows the name only writes a log that is sound, and whose keys are none that is trusted."""
    other = TrustedLog(DEMO_ORIGIN, OPERATOR, (vkey(DEMO_ORIGIN, SPARE_KEY.public_key),))
    judgement = judged(log(), Trust((other,), NO_WITNESSES))
    assert [(f.layer, f.position, f.rule) for f in judgement.findings] == [
        ("trust", 0, "trust.other_log_key")
    ]


def test_an_unknown_log_is_told() -> None:
    """A trust file that does not know the log says nothing about it, and says so."""
    other, key = "minhchung.example/other", SigningKey.from_seed(bytes(32)).public_key
    trust = Trust((TrustedLog(other, OPERATOR, (vkey(other, key),)),), NO_WITNESSES)
    assert rules(judged(small_log(), trust)) == ["trust.unknown_log"]


def test_a_log_is_followed_through_its_rotations() -> None:
    """A trust file that names the key before a rotation, or only the one after it, knows the same log."""
    journal = small_log()
    journal.enter(rotate(journal, new=NEWEST))
    journal.keys[LOG_ACTOR] = NEWEST
    journal.commit()
    for key in (KEYS[LOG_ACTOR], NEWEST):
        trust = Trust(
            (TrustedLog(DEMO_ORIGIN, OPERATOR, (vkey(DEMO_ORIGIN, key.public_key),)),), NO_WITNESSES
        )
        assert rules(judged(journal, trust)) == []


def test_a_rewound_log_is_found() -> None:
    """A log that was sound yesterday, in place of today's: the trust file knew more entries."""
    size = len(log().rows)
    known = trusting(note_at(log(), size), NO_WITNESSES)
    shorter = small_log()
    shorter.rows.pop()
    shorter.checkpoints.pop()
    shorter.commit()
    judgement = judged(shorter, known)
    assert rules(judgement) == ["trust.rewound"]
    assert judgement.findings[0].position == len(shorter.rows)


def test_a_rewritten_log_is_found() -> None:
    """A fork is sound by itself; against the checkpoint that was kept it is another history."""
    size = len(log().rows)
    judgement = judged(rewritten(), trusting(note_at(log(), size), NO_WITNESSES))
    assert rules(judgement) == ["trust.contradicted"]
    assert judgement.findings[0].facts["root"] == merkle.root(rewritten().leaves()[:size]).hex()


def test_cosignatures_of_another_history_count_for_nothing() -> None:
    """Lines that witnesses gave to the true log, put beside a forged one, are found, and are no quorum."""
    size = len(log().rows)
    judgement = judged(rewritten(), trusting(), (size, cosigned(note_at(log(), size), *BOTH)))
    assert rules(judgement) == ["cosignature.other_root", "head.no_quorum"]


def test_a_bad_line_of_a_trusted_witness_is_found() -> None:
    """One flipped bit in a witness's line is a bad signature, not a missing one."""
    size, note = whole(log(), "thanh-tra")
    damaged = flipped(note, len(note) - 20)
    assert rules(judged(log(), trusting(), (size, damaged)))[0] in {"signature.bad", "note.malformed"}


def test_lines_of_strangers_are_no_news() -> None:
    """What somebody unknown signed is passed over, as the format of notes demands."""
    trust = trusting(policy=NO_WITNESSES)
    assert judged(log(), trust, whole(log(), *BOTH)).findings == ()


def test_a_cosigned_checkpoint_that_is_none_is_found() -> None:
    """Bytes that are no note at all, or lie at another size, are told with their size."""
    size, note = whole(log(), *BOTH)
    assert rules(judged(log(), trusting(), (size, b"")))[0] == "note.malformed"
    assert rules(judged(log(), trusting(), (3, note)))[0] == "cosignature.other_root"


def test_only_the_key_of_its_time_makes_a_head() -> None:
    """A quorum under a checkpoint that the log's key did not sign covers nothing."""
    size = len(log().rows)
    alien = head_of(log(), size)
    note = cosigned(sign_checkpoint(alien, SPARE_KEY), *BOTH)
    assert rules(judged(log(), trusting(), (size, note))) == ["head.no_quorum"]
