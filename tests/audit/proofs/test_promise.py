"""What a log promised of witnesses when it was opened, beside what its reader asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.proofs.cosignature import cosigner_vkey
from audit.proofs.errors import KeyringError
from audit.proofs.judgement import Judgement, judge
from audit.proofs.keyring import GENESIS, LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN, demo_signing_key
from audit.proofs.note import vkey
from audit.proofs.policy import NO_WITNESSES, Group, Policy
from audit.proofs.promise import Promise, compare, read_promise
from audit.proofs.verifier import verify_log
from tests.audit.proofs.logs import KEYS, REGISTRARS, Journal, genesis_body
from tests.audit.proofs.witnessed import LOG_VKEY, POLICY, WITNESSES, cosigned, note_at, trusting

VKEYS = [witness.vkey for witness in WITNESSES]
TWO_OF_THREE = Promise(tuple(VKEYS), 2)


def promising(witnesses: list[str], quorum: int) -> Journal:
    """Return a log that promised witnesses when it was opened."""
    journal = Journal()
    body = genesis_body(KEYS) | {"witness_policy": {"witnesses": witnesses, "quorum": quorum}}
    journal.enter(journal.several((LOG_ACTOR, *REGISTRARS), GENESIS, body))
    journal.commit()
    return journal


def judged(journal: Journal, policy: Policy, *names: str) -> Judgement:
    """Judge a log whose only checkpoint these witnesses cosigned."""
    verdict = verify_log(journal.copy())
    assert verdict.ok, verdict.findings
    return judge(
        trusting(policy=policy), verdict, [(1, cosigned(note_at(journal, 1), *names))] if names else []
    )


def test_a_reader_who_asks_for_what_was_promised_is_told_so() -> None:
    """Two of three witnesses, in the log and in the trust file: the promise was kept up to what two saw."""
    promised = judged(promising(VKEYS, 2), POLICY, "thanh-tra", "so-noi-vu").promised
    assert promised is not None
    assert (promised.promise, promised.shared, promised.same, promised.kept) == (TWO_OF_THREE, 3, True, 1)


def test_a_reader_who_asks_for_less_is_told_so() -> None:
    """That the trust file asks for nobody is no finding, but the verdict does not hide what was promised."""
    judgement = judged(promising(VKEYS, 2), NO_WITNESSES, "thanh-tra")
    assert judgement.findings == ()
    assert judgement.promised is not None
    assert (judgement.promised.same, judgement.promised.shared, judgement.promised.kept) == (False, 0, 0)


def test_a_promise_is_kept_by_cosignatures_alone() -> None:
    """One of two is not two; nobody is nobody."""
    for names, kept in (("thanh-tra", "kiem-toan"), 1), (("thanh-tra",), 0), ((), 0):
        promised = judged(promising(VKEYS, 2), replace(POLICY, quorum="none"), *names).promised
        assert promised is not None
        assert promised.kept == kept


ANOTHER = cosigner_vkey("w.example", demo_signing_key(203).public_key)
NESTED = Policy(
    WITNESSES, (Group("a", 1, ("thanh-tra", "kiem-toan")), Group("b", 2, ("a", "so-noi-vu"))), "b"
)
COMPARED: dict[str, tuple[Promise, Policy, bool]] = {
    "the same": (TWO_OF_THREE, POLICY, True),
    "nobody, and nobody": (Promise(), NO_WITNESSES, True),
    "witnesses that need not sign": (replace(TWO_OF_THREE, quorum=0), replace(POLICY, quorum="none"), True),
    "nobody, and two of three": (Promise(), POLICY, False),
    "two of three, and nobody": (TWO_OF_THREE, NO_WITNESSES, False),
    "two, and one of them": (TWO_OF_THREE, replace(POLICY, quorum="thanh-tra"), False),
    "one, and two": (replace(TWO_OF_THREE, quorum=1), POLICY, False),
    "three, and two": (replace(TWO_OF_THREE, quorum=3), POLICY, False),
    "another witness": (Promise((*VKEYS[:2], ANOTHER), 2), POLICY, False),
    "one more": (Promise((*VKEYS, ANOTHER), 2), POLICY, False),
    "two, but not any two": (TWO_OF_THREE, NESTED, False),
}


@pytest.mark.parametrize("case", COMPARED)
def test_policies_are_the_same_where_the_same_cosignatures_satisfy_both(case: str) -> None:
    """However they are written."""
    promise, policy, same = COMPARED[case]
    assert compare(promise, policy, ()).same is same


REFUSED: dict[str, object] = {
    "a list": [],
    "nothing": {},
    "a field more": {"witnesses": [], "quorum": 0, "note": "x"},
    "no quorum": {"witnesses": []},
    "true": {"witnesses": VKEYS, "quorum": True},
    "a quorum below nought": {"witnesses": VKEYS, "quorum": -1},
    "a quorum out of reach": {"witnesses": VKEYS, "quorum": 4},
    "witnesses that are text": {"witnesses": VKEYS[0], "quorum": 1},
    "a key that is misspelled": {"witnesses": [VKEYS[0] + "="], "quorum": 1},
    "a number for a key": {"witnesses": [7], "quorum": 1},
    "a key twice": {"witnesses": [VKEYS[0], VKEYS[0]], "quorum": 1},
    "a key under two names": {
        "witnesses": [VKEYS[0], cosigner_vkey("other.example", demo_signing_key(200).public_key)],
        "quorum": 1,
    },
    "a log's key": {"witnesses": [LOG_VKEY], "quorum": 1},
    "a log's key of another name": {
        "witnesses": [vkey("w.example", demo_signing_key(9).public_key)],
        "quorum": 1,
    },
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_promise_that_has_no_sense_opens_no_log(case: str) -> None:
    """Whoever reads it later could read it in two ways, or in none."""
    assert read_promise({"witnesses": VKEYS, "quorum": 2}) == TWO_OF_THREE
    with pytest.raises(KeyringError) as refused:
        read_promise(REFUSED[case])
    assert (refused.value.rule, refused.value.facts["field"]) == ("genesis.malformed", "witness_policy")


def test_genesis_is_refused_with_it() -> None:
    """The verifier names position 0."""
    found = verify_log(promising([LOG_VKEY], 1).copy()).findings
    assert (found[0].position, found[0].rule, found[0].facts) == (
        0,
        "genesis.malformed",
        {"field": "witness_policy"},
    )
    assert DEMO_ORIGIN in LOG_VKEY
