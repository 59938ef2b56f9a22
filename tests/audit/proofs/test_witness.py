"""Witnesses: what one cosigns, what it refuses with which answer, and how two convict a forked copy."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs import merkle
from audit.proofs.checkpoint import Checkpoint, format_checkpoint, sign_checkpoint
from audit.proofs.contradiction import (
    Contradiction,
    convict,
    format_contradiction,
    from_refused,
    parse_contradiction,
    verify_contradiction,
)
from audit.proofs.errors import ContradictionError, WitnessRefusal
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN, demo_signing_key
from audit.proofs.note import sign_note, vkey
from audit.proofs.witness import (
    MAX_REQUEST,
    STATUS,
    AddCheckpoint,
    check_growth,
    format_request,
    open_request,
    parse_request,
)
from tests.audit.proofs.logs import KEYS
from tests.audit.proofs.witnessed import (
    LOG_VKEY,
    cosigned,
    flipped,
    forked,
    head_of,
    log,
    note_at,
    proof,
    rule_of,
    swapped,
)

SIZE = len(log().rows)
NOTE = note_at(log(), SIZE)
OTHER = Checkpoint("other.example", SIZE, head_of(log(), SIZE).root)
Logs = Mapping[str, tuple[str, ...]]
LOGS: Logs = {DEMO_ORIGIN: (LOG_VKEY,)}


def request(old: int, note: bytes = NOTE, hashes: tuple[bytes, ...] | None = None) -> AddCheckpoint:
    """Return a request to cosign the small log, with its own proof unless another is given."""
    new = AddCheckpoint(old, (), note).checkpoint.size
    own = proof(log(), old, new) if hashes is None and 0 < old < new <= SIZE else ()
    return AddCheckpoint(old, own if hashes is None else hashes, note)


def decide(asked: AddCheckpoint, known: Checkpoint | None, logs: Logs = LOGS) -> Checkpoint:
    """Return what a witness cosigns: the steps that a running one takes, without its disk."""
    read = parse_request(format_request(asked))
    head = open_request(read, logs.get(read.checkpoint.origin, ()))
    check_growth(read, head, known)
    return head.checkpoint


# --- what is cosigned -----------------------------------------------------------------------------------


@pytest.mark.parametrize("old", range(1, SIZE + 1))
@pytest.mark.parametrize("new", range(1, SIZE + 1))
def test_cosigns_every_growth_and_nothing_else(old: int, new: int) -> None:
    """From every size to every size of the log: what grew is cosigned, what shrank is not."""
    asked, known = request(old, note_at(log(), new)), head_of(log(), old)
    if new < old:
        assert rule_of(lambda: decide(asked, known)) == "witness.old_above_new"
    else:
        assert decide(asked, known) == head_of(log(), new)


def test_cosigns_the_first_head_it_sees() -> None:
    """A witness that remembers nothing takes a log as it is, without a proof."""
    assert decide(request(0), None) == head_of(log(), SIZE)


def test_cosigns_an_empty_log() -> None:
    """A log may be witnessed before its first entry, once and again."""
    empty = Checkpoint(DEMO_ORIGIN, 0, merkle.EMPTY_ROOT)
    asked = request(0, sign_checkpoint(empty, KEYS[LOG_ACTOR]))
    assert decide(asked, None) == decide(asked, empty) == empty


def test_passes_over_signatures_it_does_not_know() -> None:
    """A checkpoint that others cosigned already is cosigned like any other."""
    assert decide(request(9, cosigned(NOTE, "thanh-tra")), head_of(log(), 9)) == head_of(log(), SIZE)


# --- what is refused ------------------------------------------------------------------------------------

KNOWN = head_of(log(), 9)
FORKED = note_at(forked(), SIZE)
Refused = tuple[Callable[[], object], str, int]
REFUSED: dict[str, Refused] = {
    "a log nobody told it about": (
        lambda: decide(request(9), KNOWN, {}),
        "witness.unknown_log",
        404,
    ),
    "another log under the key of one it knows": (
        lambda: decide(request(9, sign_checkpoint(OTHER, KEYS[LOG_ACTOR])), KNOWN),
        "witness.unknown_log",
        404,
    ),
    "another log's head signed as this log": (
        lambda: decide(
            request(9, sign_note(format_checkpoint(OTHER), DEMO_ORIGIN, KEYS[LOG_ACTOR])),
            KNOWN,
            {**LOGS, OTHER.origin: (LOG_VKEY,)},
        ),
        "witness.untrusted_key",
        403,
    ),
    "another key": (
        lambda: decide(request(9, sign_checkpoint(head_of(log(), SIZE), demo_signing_key(300))), KNOWN),
        "witness.untrusted_key",
        403,
    ),
    "a text that the log did not sign": (
        lambda: decide(request(9, NOTE.replace(b"\n13\n", b"\n14\n"), ()), KNOWN),
        "witness.untrusted_key",
        403,
    ),
    "a witness's signature alone": (
        lambda: decide(
            request(
                9, format_checkpoint(head_of(log(), SIZE)) + b"\n" + cosigned(NOTE, "thanh-tra")[len(NOTE) :]
            ),
            KNOWN,
        ),
        "witness.untrusted_key",
        403,
    ),
    "an old size above the new one": (
        lambda: decide(request(SIZE + 1), KNOWN),
        "witness.old_above_new",
        400,
    ),
    "an older size than it remembers": (lambda: decide(request(4), KNOWN), "witness.other_size", 409),
    "a newer size than it remembers": (lambda: decide(request(10), KNOWN), "witness.other_size", 409),
    "a size, when it remembers none": (lambda: decide(request(9), None), "witness.other_size", 409),
    "no size, when it remembers one": (lambda: decide(request(0), KNOWN), "witness.other_size", 409),
    "a rollback": (
        lambda: decide(request(9, note_at(log(), 9)), head_of(log(), SIZE)),
        "witness.other_size",
        409,
    ),
    "a rollback that claims the size": (
        lambda: decide(request(SIZE, note_at(log(), 9)), head_of(log(), SIZE)),
        "witness.old_above_new",
        400,
    ),
    "another root of the same size": (
        lambda: decide(request(SIZE, FORKED), head_of(log(), SIZE)),
        "witness.other_root",
        409,
    ),
    "a proof with the same size": (
        lambda: decide(request(SIZE, NOTE, (bytes(32),)), head_of(log(), SIZE)),
        "witness.bad_proof",
        422,
    ),
    "a proof from nothing": (lambda: decide(request(0, NOTE, (bytes(32),)), None), "witness.bad_proof", 422),
    "no proof": (lambda: decide(request(9, NOTE, ()), KNOWN), "witness.bad_proof", 422),
    "a proof from another size": (
        lambda: decide(request(9, NOTE, proof(log(), 10, SIZE)), KNOWN),
        "witness.bad_proof",
        422,
    ),
    "a proof with a hash more": (
        lambda: decide(request(9, NOTE, (*proof(log(), 9, SIZE), bytes(32))), KNOWN),
        "witness.bad_proof",
        422,
    ),
    "a proof in another order": (
        lambda: decide(request(9, NOTE, swapped(proof(log(), 9, SIZE))), KNOWN),
        "witness.bad_proof",
        422,
    ),
    "a fork with the fork's own proof": (
        lambda: decide(
            request(SIZE, note_at(forked(), SIZE + 1), proof(forked(), SIZE, SIZE + 1)), head_of(log(), SIZE)
        ),
        "witness.bad_proof",
        422,
    ),
    "an empty log with a root": (
        lambda: decide(
            request(0, sign_checkpoint(Checkpoint(DEMO_ORIGIN, 0, bytes(32)), KEYS[LOG_ACTOR])), None
        ),
        "witness.bad_proof",
        422,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_request(case: str) -> None:
    """What may not be cosigned is refused by its rule, with the status of the specification."""
    asked, rule, status = REFUSED[case]
    assert rule_of(asked) == rule
    assert STATUS[rule] == status


@pytest.mark.parametrize("old", [0, 4, 10])
def test_a_conflict_tells_what_is_remembered(old: int) -> None:
    """The asker learns the size from which to prove."""
    with pytest.raises(WitnessRefusal) as refused:
        decide(request(old), KNOWN)
    assert refused.value.facts["size"] == KNOWN.size


# --- form -----------------------------------------------------------------------------------------------

HASHES = [base64.b64encode(found).decode() for found in proof(log(), 9, SIZE)]


def _body(*lines: str, note: bytes = NOTE) -> bytes:
    return "\n".join(lines).encode() + b"\n\n" + note


FORMS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "old size"),
    "a note alone": (NOTE, "old size"),
    "no old size": (_body(*HASHES), "old size"),
    "a bare size": (_body("9", *HASHES), "another spelling"),
    "old +9": (_body("old +9", *HASHES), "old size"),
    "old 09": (_body("old 09", *HASHES), "old size"),
    "old 1_0": (_body("old 1_0", *HASHES), "old size"),
    "old -1": (_body("old -1", *HASHES), "old size"),
    "old in Arabic digits": (_body("old \u0669", *HASHES), "old size"),
    "old beyond counting": (_body(f"old {2**63}", *HASHES), "old size"),
    "two spaces": (_body("old  9", *HASHES), "old size"),
    "Old": (_body("Old 9", *HASHES), "old size"),
    "old twice": (_body("old 9", "old 9", *HASHES), "hash"),
    "a hash of 31 bytes": (_body("old 9", base64.b64encode(bytes(31)).decode()), "hash"),
    "a hash of 33 bytes": (_body("old 9", base64.b64encode(bytes(33)).decode()), "hash"),
    "a hash in hexadecimal": (_body("old 9", bytes(32).hex()), "hash"),
    "64 hashes": (_body("old 9", *HASHES[:1] * 64), "hash"),
    "no blank line": (_body("old 9", *HASHES).replace(b"\n\n", b"\n", 1), "hash"),
    "a carriage return": (_body("old 9\r", *HASHES), "old size"),
    "no checkpoint": (_body("old 9", *HASHES, note=b""), "checkpoint"),
    "a checkpoint without signature": (
        _body("old 9", *HASHES, note=format_checkpoint(head_of(log(), SIZE))),
        "checkpoint",
    ),
    "a note that is no checkpoint": (
        _body("old 9", *HASHES, note=sign_note(b"hello\n", DEMO_ORIGIN, KEYS[LOG_ACTOR])),
        "checkpoint",
    ),
    "a checkpoint with an extension line": (
        _body(
            "old 9",
            note=sign_note(format_checkpoint(KNOWN) + b"more\n", DEMO_ORIGIN, KEYS[LOG_ACTOR]),
        ),
        "checkpoint",
    ),
    "a checkpoint with size 013": (_body("old 9", note=NOTE.replace(b"\n13\n", b"\n013\n")), "checkpoint"),
    "text after the note": (_body("old 9", *HASHES, note=NOTE + b"more\n"), "checkpoint"),
    "too long": (_body("old 9") + b"x" * MAX_REQUEST, "too long"),
}


@pytest.mark.parametrize("case", FORMS)
def test_refuses_form(case: str) -> None:
    """A request that is not spelled like this one is malformed, before anything in it is looked at."""
    data, line = FORMS[case]
    with pytest.raises(WitnessRefusal) as refused:
        parse_request(data)
    assert (refused.value.rule, refused.value.facts["line"]) == ("witness.malformed", line)


@pytest.mark.parametrize("old", [0, 9, SIZE])
def test_a_request_comes_back(old: int) -> None:
    """What is read is what was written."""
    assert parse_request(format_request(request(old))) == request(old)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80) | st.text("old 0123456789\n=A\u2014 ", max_size=60).map(str.encode))
def test_arbitrary_bytes_never_surprise(data: bytes) -> None:
    """Whatever bytes come, a witness answers that they are malformed."""
    assert rule_of(lambda: parse_request(data)) == "witness.malformed"


def test_every_refusal_has_its_status() -> None:
    """The statuses are those of the specification."""
    assert set(STATUS.values()) == {400, 403, 404, 409, 422}


# --- contradictions -------------------------------------------------------------------------------------


def evidence(old: int, new: int) -> bytes:
    """Return the evidence that the log at a size and the forked copy at another cannot both be true."""
    found = convict(note_at(log(), old), note_at(forked(), new), forked().leaves())
    return format_contradiction(found)


@pytest.mark.parametrize("new", [SIZE, SIZE + 1])
def test_a_fork_is_convicted_by_its_own_tree(new: int) -> None:
    """A head after the fork and one of the copy, of the same size or not, convict the log by themselves."""
    verify_contradiction(evidence(SIZE, new), vkeys=[LOG_VKEY])


@pytest.mark.parametrize("old", range(1, SIZE))
@pytest.mark.parametrize("new", range(1, SIZE + 2))
def test_what_both_copies_share_convicts_nobody(old: int, new: int) -> None:
    """Up to the fork both copies tell the same story, and no evidence can be made of it."""
    leaves = forked().leaves()
    asked = partial(convict, note_at(log(), old), note_at(forked(), new), leaves)
    assert rule_of(asked) == "contradiction.none"


def test_two_witnesses_that_were_shown_two_stories_convict_together() -> None:
    """One cosigned the log, the other the copy: neither was deceived alone, and together they prove it."""
    one, other = decide(request(0), None), decide(request(0, note_at(forked(), SIZE + 1)), None)
    assert (one.size, other.size) == (SIZE, SIZE + 1)
    notes = cosigned(NOTE, "thanh-tra"), cosigned(note_at(forked(), SIZE + 1), "kiem-toan")
    found = convict(*notes, forked().leaves())
    verify_contradiction(format_contradiction(found), vkeys=[LOG_VKEY])
    assert (found.older, found.newer) == notes


def test_a_refused_fork_brings_its_own_evidence() -> None:
    """Where a changed log proves its growth by its own tree, the request itself convicts it."""
    asked = request(SIZE, note_at(forked(), SIZE + 1), proof(forked(), SIZE, SIZE + 1))
    found = from_refused(NOTE, asked.note, asked.proof)
    assert found is not None
    verify_contradiction(format_contradiction(found), vkeys=[LOG_VKEY])


def test_another_root_of_the_same_size_is_evidence_enough() -> None:
    """Two notes convict, without any proof."""
    found = from_refused(NOTE, FORKED, ())
    assert found == Contradiction(NOTE, FORKED, head_of(forked(), SIZE).root)
    verify_contradiction(format_contradiction(found), vkeys=[LOG_VKEY])


@pytest.mark.parametrize(
    ("older", "newer", "hashes"),
    [
        (note_at(log(), 9), NOTE, ()),
        (note_at(log(), 9), NOTE, proof(log(), 9, SIZE)),
        (note_at(log(), 9), NOTE, swapped(proof(log(), 9, SIZE))),
        (note_at(log(), 9), NOTE, (bytes(32),) * 63),
        (note_at(log(), 8), NOTE, proof(log(), 8, SIZE)),
        (NOTE, note_at(log(), 9), ()),
        (NOTE, NOTE, ()),
    ],
    ids=["none", "good", "disordered", "endless", "power of two", "rollback", "same"],
)
def test_a_bad_request_convicts_nobody(older: bytes, newer: bytes, hashes: tuple[bytes, ...]) -> None:
    """A mistake in a proof is no contradiction: nothing is made of it."""
    assert from_refused(older, newer, hashes) is None


def _signed(leaves: list[bytes], size: int) -> bytes:
    return sign_checkpoint(Checkpoint(DEMO_ORIGIN, size, merkle.root(leaves[:size])), KEYS[LOG_ACTOR])


@pytest.mark.parametrize("old", range(1, 13))
def test_every_fork_is_convicted_at_every_size(old: int) -> None:
    """Wherever the copy departs and however large it grew: evidence verifies exactly if it departed before.

    The fork's own proof convicts it too, unless the older size is a power of two and the proof is silent.
    """
    true = [merkle.leaf_hash(bytes([n])) for n in range(13)]
    for fork in range(13):
        copy = true[:fork] + [merkle.leaf_hash(b"x" + bytes([n])) for n in range(13 - fork)]
        for new in range(old, 14):
            older, newer = _signed(true, old), _signed(copy, new)
            own = merkle.consistency_proof(copy, old, new)
            brought = from_refused(older, newer, own)
            if fork >= old:
                assert rule_of(partial(convict, older, newer, copy)) == "contradiction.none"
                assert brought is None
                continue
            evidence_of = format_contradiction(convict(older, newer, copy))
            verify_contradiction(evidence_of, vkeys=[LOG_VKEY])
            silent = old < new and old & (old - 1) == 0
            assert (brought is None) is silent
            if brought is not None:
                verify_contradiction(format_contradiction(brought), vkeys=[LOG_VKEY])


TRUE = parse_contradiction(evidence(SIZE, SIZE + 1))
ACCUSED: dict[str, tuple[bytes, str]] = {
    "the log's own growth": (
        format_contradiction(
            Contradiction(note_at(log(), 9), NOTE, head_of(log(), 9).root, proof(log(), 9, SIZE))
        ),
        "contradiction.none",
    ),
    "the same head twice": (
        format_contradiction(Contradiction(NOTE, NOTE, head_of(log(), SIZE).root)),
        "contradiction.none",
    ),
    "a root out of the air": (format_contradiction(replace(TRUE, root=bytes(32))), "proof.other_root"),
    "the older root itself": (
        format_contradiction(replace(TRUE, root=head_of(log(), SIZE).root)),
        "proof.other_root",
    ),
    "another proof": (format_contradiction(replace(TRUE, proof=proof(log(), 9, SIZE))), "proof.too_long"),
    "no proof": (format_contradiction(replace(TRUE, proof=())), "proof.too_short"),
    "a root of the same size that nobody signed": (
        format_contradiction(Contradiction(NOTE, NOTE, bytes(32))),
        "proof.other_root",
    ),
    "heads in the wrong order": (
        format_contradiction(replace(TRUE, older=TRUE.newer, newer=TRUE.older)),
        "contradiction.sizes",
    ),
    "an empty log and a full one": (
        format_contradiction(
            replace(TRUE, older=sign_checkpoint(Checkpoint(DEMO_ORIGIN, 0, bytes(32)), KEYS[LOG_ACTOR]))
        ),
        "proof.sizes_out_of_order",
    ),
    "a newer head that the log did not sign": (
        format_contradiction(
            replace(TRUE, newer=sign_checkpoint(head_of(forked(), SIZE + 1), demo_signing_key(300)))
        ),
        "note.no_known_signature",
    ),
    "an older head that the log did not sign": (
        format_contradiction(
            replace(TRUE, older=sign_checkpoint(head_of(log(), SIZE), demo_signing_key(300)))
        ),
        "note.no_known_signature",
    ),
    "a head with a changed root": (
        format_contradiction(TRUE).replace(base64.b64encode(head_of(log(), SIZE).root), b"A" * 43 + b"="),
        "signature.bad",
    ),
    "heads of another log": (
        format_contradiction(replace(TRUE, older=sign_checkpoint(OTHER, KEYS[LOG_ACTOR]))),
        "note.no_known_signature",
    ),
}


@pytest.mark.parametrize("case", ACCUSED)
def test_nobody_is_convicted_by(case: str) -> None:
    """Whoever would accuse an honest log has no evidence that verifies."""
    data, rule = ACCUSED[case]
    assert rule_of(lambda: verify_contradiction(evidence(SIZE, SIZE), vkeys=[LOG_VKEY])) == "accepted"
    assert rule_of(lambda: verify_contradiction(data, vkeys=[LOG_VKEY])) == rule


def test_heads_of_two_logs_do_not_contradict_each_other() -> None:
    """Who trusts two logs is not told that they are one."""
    other = vkey(OTHER.origin, KEYS[LOG_ACTOR].public_key)
    data = format_contradiction(replace(TRUE, older=sign_checkpoint(OTHER, KEYS[LOG_ACTOR])))
    assert rule_of(lambda: verify_contradiction(data, vkeys=[LOG_VKEY, other])) == "contradiction.sizes"


EVIDENCE = evidence(SIZE, SIZE + 1)
SPELLED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "two notes"),
    "one note": (b"\n\n".join(EVIDENCE.split(b"\n\n")[:3]), "two notes"),
    "three notes": (EVIDENCE + b"\n" + NOTE, "two notes"),
    "another header": (EVIDENCE.replace(b"/v1", b"/v2", 1), "header"),
    "no root": (EVIDENCE.replace(EVIDENCE.split(b"\n\n")[0], b"minhchung.contradiction/v1"), "root"),
    "a root without its word": (EVIDENCE.replace(b"root ", b"", 1), "another spelling"),
    "a root of 31 bytes": (
        EVIDENCE.replace(base64.b64encode(TRUE.root), base64.b64encode(bytes(31))),
        "another spelling",
    ),
    "a proof line with its word": (
        EVIDENCE.replace(base64.b64encode(TRUE.proof[0]), b"root " + base64.b64encode(TRUE.proof[0])),
        "another spelling",
    ),
    "a hash too many": (
        EVIDENCE.replace(b"\n\n", b"\n" + (base64.b64encode(bytes(32)) + b"\n") * 64 + b"\n", 1),
        "another spelling",
    ),
    "too long": (EVIDENCE + b"x" * 2_100_000, "too long"),
}


@pytest.mark.parametrize("case", SPELLED)
def test_refuses_spelling_of_evidence(case: str) -> None:
    """Evidence has one spelling, so that a court sees what was signed and nothing between."""
    data, line = SPELLED[case]
    with pytest.raises(ContradictionError) as refused:
        parse_contradiction(data)
    assert refused.value.facts["line"] == line


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(EVIDENCE) - 1), st.integers(1, 255))
def test_any_changed_byte_of_evidence_is_refused(at: int, mask: int) -> None:
    """Whichever byte changes, the evidence convicts nobody."""
    assert rule_of(lambda: verify_contradiction(flipped(EVIDENCE, at, mask), vkeys=[LOG_VKEY])) != "accepted"


@pytest.mark.parametrize(
    ("leaves", "rule"),
    [
        (log().leaves(), "contradiction.sizes"),
        (forked().leaves()[:-1], "contradiction.sizes"),
        ([*log().leaves(), bytes(32)], "contradiction.other_leaves"),
    ],
    ids=["too few", "one too few", "others"],
)
def test_evidence_takes_the_leaves_behind_the_newer_head(leaves: list[bytes], rule: str) -> None:
    """With other leaf hashes nothing can be made that would not verify."""
    assert rule_of(lambda: convict(NOTE, note_at(forked(), SIZE + 1), leaves)) == rule
