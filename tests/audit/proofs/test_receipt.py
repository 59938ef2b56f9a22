"""Receipts: whoever holds the envelope and the receipt can prove that the log took it in."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs import canonical
from audit.proofs.checkpoint import Checkpoint, sign_checkpoint
from audit.proofs.errors import ReceiptError
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import demo_signing_key
from audit.proofs.note import vkey
from audit.proofs.receipt import (
    LogProof,
    format_proof,
    format_receipt,
    parse_proof,
    parse_receipt,
    verify_receipt,
)
from tests.audit.proofs.logs import KEYS, Journal
from tests.audit.proofs.witnessed import (
    LOG_VKEY,
    POLICY,
    cosigned,
    envelope_at,
    flipped,
    forked,
    head_of,
    log,
    note_at,
    receipt_at,
    receipt_of,
    rule_of,
    swapped,
)

INDEX = 5
ENVELOPE, OTHER_ENVELOPE = envelope_at(log(), INDEX), envelope_at(log(), 4)
SIZE = len(log().rows)
NOTE = note_at(log(), SIZE)
GOOD = receipt_of(log(), INDEX)
BYTES = format_receipt(GOOD)
HEADER = "c2sp.org/tlog-proof@v1"


def verify(receipt: bytes, envelope: bytes = ENVELOPE) -> None:
    """Verify without asking for witnesses."""
    verify_receipt(receipt, envelope=envelope, vkeys=[LOG_VKEY])


# --- what is proved -------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", range(SIZE))
def test_every_sender_can_prove_their_entry(index: int) -> None:
    """For each entry, envelope and receipt alone prove that it is in the log, at every size since."""
    for size in range(index + 1, SIZE + 1):
        receipt = format_receipt(receipt_of(log(), index, size=size))
        verify(receipt, envelope_at(log(), index))


def test_a_receipt_may_demand_witnesses() -> None:
    """With a quorum under the checkpoint the receipt stands under the policy, and without it does not."""
    enough = receipt_at(log(), INDEX, cosigned(NOTE, "thanh-tra", "kiem-toan"))
    few = receipt_at(log(), INDEX, cosigned(NOTE, "thanh-tra"))
    asked = partial(verify_receipt, envelope=ENVELOPE, vkeys=[LOG_VKEY], policy=POLICY)
    assert rule_of(partial(asked, enough)) == "accepted"
    assert rule_of(partial(asked, few)) == "head.no_quorum"
    assert rule_of(lambda: verify(few)) == "accepted"


def test_a_receipt_comes_back() -> None:
    """What is read is what was written, and it says the entry's two times."""
    assert parse_receipt(BYTES) == GOOD
    assert parse_proof(BYTES).extra == canonical.encode(
        {"arrived_at": GOOD.arrived_at, "received_at": GOOD.received_at}
    )


# --- what is refused ------------------------------------------------------------------------------------


def _with(**changed: object) -> bytes:
    return format_receipt(replace(GOOD, **changed))  # type: ignore[arg-type]


def _signed(head: Checkpoint, key: int | None = None) -> bytes:
    return sign_checkpoint(head, KEYS[LOG_ACTOR] if key is None else demo_signing_key(key))


HEAD = head_of(log(), SIZE)
TAMPERED: dict[str, tuple[Callable[[], bytes], str]] = {
    "another envelope's receipt": (lambda: receipt_at(log(), 4), "proof.other_root"),
    "the index before": (lambda: _with(index=INDEX - 1), "proof.other_root"),
    "an index behind the tree": (lambda: _with(index=SIZE), "proof.index_outside_tree"),
    "the largest index": (lambda: _with(index=2**63 - 1), "proof.index_outside_tree"),
    "a later arrival": (lambda: _with(arrived_at=GOOD.received_at), "proof.other_root"),
    "an earlier arrival": (lambda: _with(arrived_at="2017-01-03T01:05:00.000000Z"), "proof.other_root"),
    "a later receipt": (lambda: _with(received_at="2018-01-03T01:05:06.000000Z"), "proof.other_root"),
    "a hash less": (lambda: _with(hashes=GOOD.hashes[:-1]), "proof.too_short"),
    "no hashes": (lambda: _with(hashes=()), "proof.too_short"),
    "a hash more": (lambda: _with(hashes=(*GOOD.hashes, bytes(32))), "proof.too_long"),
    "a hash changed": (
        lambda: _with(hashes=(flipped(GOOD.hashes[0], 0), *GOOD.hashes[1:])),
        "proof.other_root",
    ),
    "hashes exchanged": (lambda: _with(hashes=swapped(GOOD.hashes)), "proof.other_root"),
    "a proof of an older tree": (
        lambda: _with(hashes=receipt_of(log(), INDEX, size=9).hashes),
        "proof.other_root",
    ),
    "a checkpoint of an older tree": (lambda: _with(checkpoint=note_at(log(), 9)), "proof.other_root"),
    "a checkpoint before the entry": (
        lambda: _with(checkpoint=note_at(log(), 4)),
        "proof.index_outside_tree",
    ),
    "a checkpoint of an empty log": (
        lambda: _with(checkpoint=_signed(Checkpoint(HEAD.origin, 0, HEAD.root))),
        "proof.index_outside_tree",
    ),
    "a checkpoint of the forked copy": (
        lambda: _with(checkpoint=note_at(forked(), SIZE)),
        "proof.other_root",
    ),
    "a root nobody signed": (lambda: BYTES.replace(_root(HEAD), _root(head_of(log(), 9))), "signature.bad"),
    "a size nobody signed": (lambda: BYTES.replace(b"\n13\n", b"\n14\n"), "signature.bad"),
    "a checkpoint by another key": (
        lambda: _with(checkpoint=_signed(HEAD, key=300)),
        "note.no_known_signature",
    ),
    "a checkpoint of another log by the same key": (
        lambda: _with(checkpoint=_signed(Checkpoint("other.example", SIZE, HEAD.root))),
        "note.no_known_signature",
    ),
    "a checkpoint without signature": (
        lambda: _with(checkpoint=NOTE.partition(b"\n\n")[0] + b"\n"),
        "note.malformed",
    ),
}


def _root(head: Checkpoint) -> bytes:
    return base64.b64encode(head.root)


@pytest.mark.parametrize("case", TAMPERED)
def test_refuses_receipt(case: str) -> None:
    """A receipt that differs in this from the true one proves nothing."""
    receipt, rule = TAMPERED[case]
    assert rule_of(lambda: verify(BYTES)) == "accepted"
    assert rule_of(lambda: verify(receipt())) == rule


@pytest.mark.parametrize(
    ("envelope", "rule"),
    [
        (OTHER_ENVELOPE, "proof.other_root"),
        (ENVELOPE + b" ", "bytes.not_canonical"),
        (b" " + ENVELOPE, "bytes.not_canonical"),
        (b"", "bytes.not_canonical"),
        (b"{}", "envelope.not_canonical"),
        (ENVELOPE.replace(b"vnd.minhchung.statement", b"vnd.minhchung.other"), "envelope.not_canonical"),
    ],
    ids=["another one", "space behind", "space before", "nothing", "empty", "other type"],
)
def test_refuses_envelope_that_was_not_sent(envelope: bytes, rule: str) -> None:
    """The receipt is for the bytes that were sent, in their one form."""
    assert rule_of(lambda: verify(BYTES, envelope)) == rule


def test_refuses_a_statement_that_was_made_for_another_log() -> None:
    """A log that enters what was signed for another one cannot give a receipt for it."""
    journal = Journal(origin="other.example/log")
    journal.enter(journal.genesis())
    head = Checkpoint(HEAD.origin, 1, head_of(journal, 1).root)
    receipt = format_receipt(replace(receipt_of(journal, 0), checkpoint=_signed(head)))
    assert rule_of(lambda: verify(receipt, envelope_at(journal, 0))) == "receipt.other_log"


def test_another_logs_receipt_is_no_receipt_of_this_log() -> None:
    """A receipt stands under the keys of the log that one trusts, and under no other."""
    stranger = vkey(HEAD.origin, demo_signing_key(300).public_key)
    asked = partial(verify_receipt, BYTES, envelope=ENVELOPE, vkeys=[stranger])
    assert rule_of(asked) == "note.no_known_signature"


# --- form -----------------------------------------------------------------------------------------------


def _text(*lines: str) -> bytes:
    return "\n".join(lines).encode() + b"\n\n" + NOTE


def _extra(value: object) -> str:
    data = value if isinstance(value, bytes) else canonical.encode(value)
    return f"extra {base64.b64encode(data).decode()}"


TIMES = {"arrived_at": GOOD.arrived_at, "received_at": GOOD.received_at}
GOOD_EXTRA = _extra(TIMES)
HASHES = [base64.b64encode(found).decode() for found in GOOD.hashes]
FORMS: dict[str, tuple[bytes, str]] = {
    "another header": (_text("c2sp.org/tlog-proof@v2", GOOD_EXTRA, "index 5", *HASHES), "header"),
    "no header": (_text(GOOD_EXTRA, "index 5", *HASHES), "header"),
    "no index": (_text(HEADER, GOOD_EXTRA, *HASHES), "index"),
    "nothing after the header": (_text(HEADER), "index"),
    "index +5": (_text(HEADER, GOOD_EXTRA, "index +5", *HASHES), "index"),
    "index 005": (_text(HEADER, GOOD_EXTRA, "index 005", *HASHES), "index"),
    "index 1_0": (_text(HEADER, GOOD_EXTRA, "index 1_0", *HASHES), "index"),
    "index in Arabic digits": (_text(HEADER, GOOD_EXTRA, "index \u0665", *HASHES), "index"),
    "index beyond counting": (_text(HEADER, GOOD_EXTRA, f"index {2**63}", *HASHES), "index"),
    "a bare index": (_text(HEADER, GOOD_EXTRA, "5", *HASHES), "another spelling"),
    "two spaces": (_text(HEADER, GOOD_EXTRA, "index  5", *HASHES), "index"),
    "extra after the index": (_text(HEADER, "index 5", GOOD_EXTRA, *HASHES), "hash"),
    "extra twice": (_text(HEADER, GOOD_EXTRA, GOOD_EXTRA, "index 5", *HASHES), "index"),
    "empty extra": (_text(HEADER, "extra ", "index 5", *HASHES), "extra"),
    "extra not in base64": (_text(HEADER, "extra !!", "index 5", *HASHES), "extra"),
    "extra too long": (_text(HEADER, _extra(bytes(257)), "index 5", *HASHES), "extra"),
    "a hash of 31 bytes": (
        _text(HEADER, GOOD_EXTRA, "index 5", base64.b64encode(bytes(31)).decode()),
        "hash",
    ),
    "a hash of 33 bytes": (
        _text(HEADER, GOOD_EXTRA, "index 5", base64.b64encode(bytes(33)).decode()),
        "hash",
    ),
    "a hash without padding": (_text(HEADER, GOOD_EXTRA, "index 5", HASHES[0].rstrip("=")), "hash"),
    "64 hashes": (_text(HEADER, GOOD_EXTRA, "index 5", *HASHES[:1] * 64), "hash"),
    "a carriage return": (_text(HEADER + "\r", GOOD_EXTRA, "index 5", *HASHES), "header"),
    "no blank line": (_text(HEADER, GOOD_EXTRA, "index 5", *HASHES).replace(b"\n\n", b"\n"), "hash"),
    "something before": (b"\n" + BYTES, "header"),
    "too long": (BYTES + b"x" * 1_010_000, "too long"),
    "a field more in extra": (_text(HEADER, _extra({**TIMES, "by": "x"}), "index 5", *HASHES), "extra"),
    "a field less in extra": (_text(HEADER, _extra({"arrived_at": ""}), "index 5", *HASHES), "extra"),
    "extra that is a list": (_text(HEADER, _extra([]), "index 5", *HASHES), "extra"),
    "a number for a time": (_text(HEADER, _extra({**TIMES, "arrived_at": 5}), "index 5", *HASHES), "times"),
    "a time of another zone": (
        _text(
            HEADER, _extra({**TIMES, "arrived_at": "2017-01-03T08:05:05.000000+07:00"}), "index 5", *HASHES
        ),
        "times",
    ),
    "a time before all times": (
        _text(
            HEADER, _extra({**TIMES, "arrived_at": "0001-01-01T00:00:00.000000+23:59"}), "index 5", *HASHES
        ),
        "times",
    ),
    "a time in seconds": (
        _text(HEADER, _extra({**TIMES, "arrived_at": "2017-01-03T01:05:05Z"}), "index 5", *HASHES),
        "times",
    ),
    "a time without zone": (
        _text(HEADER, _extra({**TIMES, "arrived_at": "2017-01-03T01:05:05.000000"}), "index 5", *HASHES),
        "times",
    ),
    "a day that is none": (
        _text(HEADER, _extra({**TIMES, "arrived_at": "2017-02-30T01:05:05.000000Z"}), "index 5", *HASHES),
        "times",
    ),
    "arrival after receipt": (
        _text(
            HEADER,
            _extra({"arrived_at": GOOD.received_at, "received_at": GOOD.arrived_at}),
            "index 5",
            *HASHES,
        ),
        "times",
    ),
}


def line_of(data: bytes) -> str:
    """Return which line makes a receipt malformed; `accepted` when none does."""
    try:
        parse_receipt(data)
    except ReceiptError as wrong:
        return str(wrong.facts["line"]) if wrong.rule == "receipt.malformed" else wrong.rule
    return "accepted"


@pytest.mark.parametrize("case", FORMS)
def test_refuses_form(case: str) -> None:
    """A receipt that is not spelled like this one is refused before anything in it is looked at."""
    assert line_of(_text(HEADER, GOOD_EXTRA, "index 5", *HASHES)) == "accepted"
    data, line = FORMS[case]
    assert line_of(data) == line


@pytest.mark.parametrize("data", [b"not JSON", b'{"arrived_at": ""}', b"\xff", b'{"a":1,"a":1}'])
def test_extra_bytes_are_canonical_json(data: bytes) -> None:
    """The two times stand in the one spelling, like everything else."""
    stated = _text(HEADER, _extra(data), "index 5", *HASHES)
    assert rule_of(lambda: parse_receipt(stated)) == "bytes.not_canonical"


def test_a_proof_without_times_is_a_proof_but_no_receipt() -> None:
    """The public format goes without extra bytes; a receipt of this log does not."""
    bare = _text(HEADER, "index 5", *HASHES)
    assert parse_proof(bare) == LogProof(5, GOOD.hashes, NOTE)
    assert rule_of(lambda: parse_receipt(bare)) == "bytes.not_canonical"


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(BYTES) - 1), st.integers(1, 255))
def test_any_changed_byte_is_refused(at: int, mask: int) -> None:
    """Whichever byte of a receipt changes, it proves nothing."""
    assert rule_of(lambda: verify(flipped(BYTES, at, mask))) != "accepted"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text("index extra\n=5A", max_size=80).map(str.encode))
def test_arbitrary_bytes_never_surprise(data: bytes) -> None:
    """Whatever bytes come, they are refused as AuditError."""
    assert rule_of(lambda: verify(HEADER.encode() + b"\n" + data)) != "accepted"


@given(st.integers(0, 2**63 - 1), st.lists(st.binary(min_size=32, max_size=32), max_size=63))
def test_every_proof_comes_back(index: int, hashes: list[bytes]) -> None:
    """Writing and reading a proof gives the same proof."""
    made = LogProof(index, tuple(hashes), NOTE, b"extra")
    assert parse_proof(format_proof(made)) == made


def test_public_proofs_are_read_and_refused_as_published(vectors: Path) -> None:
    """The public strings that are accepted come back byte for byte, and the refused ones are refused."""
    suite = json.loads((vectors / "c2sp-tlog-proof" / "tlog_proof_formats_repo.json").read_text("utf-8"))
    assert (len(suite["marshal"]), len(suite["reject"])) == (3, 6)
    for vector in suite["marshal"]:
        hashes = [hashlib.sha256(text.encode()).digest() for text in vector["hash_preimages"]]
        proof = LogProof(
            vector["index"], tuple(hashes), vector["checkpoint"].encode(), vector.get("extra", "").encode()
        )
        want = vector["want"].replace("<b64 extra>", base64.b64encode(proof.extra).decode())
        for text, digest in zip(vector["hash_preimages"], hashes, strict=True):
            want = want.replace(f"<b64 sha256({text})>", base64.b64encode(digest).decode())
        assert format_proof(proof) == want.encode()
        assert parse_proof(want.encode()) == proof
    for text in suite["reject"]:
        assert rule_of(partial(parse_proof, text.encode())) == "receipt.malformed"
