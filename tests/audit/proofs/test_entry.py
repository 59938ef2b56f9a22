"""Entries: an envelope between its two times, in bytes that are hashed and never written again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest

from audit.proofs import canonical
from audit.proofs.entry import MAX_ENTRY, Entry, encode_entry, entry_leaf, parse_entry, read_time, write_time
from audit.proofs.errors import AuditError, StatementError
from audit.proofs.statement import Envelope, sign_payload
from tests.audit.proofs.logs import KEYS

ARRIVED, RECEIVED = "2017-02-14T01:00:00.000000Z", "2017-02-14T01:00:00.250000Z"
ENVELOPE = sign_payload(b"{}", [KEYS["head-snv"]])
ENTRY = Entry(ARRIVED, ENVELOPE, RECEIVED)
LAID_OUT = json.loads(ENVELOPE.encode())
STATED = {"arrived_at": ARRIVED, "envelope": LAID_OUT, "received_at": RECEIVED}
MALFORMED = "entry.malformed"


def rule_of(stated: object) -> tuple[str, object]:
    """Return rule and field by which an entry is refused."""
    try:
        parse_entry(canonical.encode(stated))
    except AuditError as wrong:
        return wrong.rule, wrong.facts.get("field", "")
    return "accepted", ""


def test_entry_comes_back() -> None:
    """An entry reads as what was written, and its leaf is the hash of exactly these bytes."""
    data = encode_entry(ENTRY)
    assert parse_entry(data) == ENTRY
    assert entry_leaf(data) == sha256(b"\0" + data).digest()
    assert data.startswith(b'{"arrived_at":"2017-02-14T01:00:00.000000Z","envelope":{"payload":"e30=",')


TIMES = {
    "no zone": "2017-02-14T01:00:00.000000",
    "another zone": "2017-02-14T08:00:00.000000+07:00",
    "UTC in figures": "2017-02-14T01:00:00.000000+00:00",
    "no fraction": "2017-02-14T01:00:00Z",
    "three decimals": "2017-02-14T01:00:00.000Z",
    "small letters": "2017-02-14t01:00:00.000000z",
    "a space for the T": "2017-02-14 01:00:00.000000Z",
    "a day that is none": "2017-02-29T01:00:00.000000Z",
    "a month that is none": "2017-13-01T01:00:00.000000Z",
    "hour 24": "2017-02-14T24:00:00.000000Z",
    "second 60": "2016-12-31T23:59:60.000000Z",
    "year 0": "0000-02-14T01:00:00.000000Z",
    "Arabic digits": "\u0662\u0660\u0661\u0667-02-14T01:00:00.000000Z",
    "a date": "2017-02-14",
    "nothing": "",
    "a number": 1487034000,
    "null": None,
}
REFUSED: dict[str, tuple[object, tuple[str, str]]] = {
    **{
        f"arrived at {name}": (STATED | {"arrived_at": t}, (MALFORMED, "arrived_at"))
        for name, t in TIMES.items()
    },
    **{
        f"received at {name}": (STATED | {"received_at": t}, (MALFORMED, "received_at"))
        for name, t in TIMES.items()
    },
    "received before it arrived": (
        STATED | {"arrived_at": RECEIVED, "received_at": ARRIVED},
        (MALFORMED, "received_at"),
    ),
    "a field more": (STATED | {"note": ""}, (MALFORMED, "entry")),
    "a field less": (
        {"arrived_at": ARRIVED, "envelope": LAID_OUT},
        (MALFORMED, "entry"),
    ),
    "a list": ([ARRIVED, LAID_OUT, RECEIVED], (MALFORMED, "entry")),
    "text": ("entry", (MALFORMED, "entry")),
    "no envelope": (STATED | {"envelope": None}, ("envelope.not_canonical", "")),
    "envelope as text": (STATED | {"envelope": ENVELOPE.encode().decode()}, ("envelope.not_canonical", "")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_entry(case: str) -> None:
    """An entry that differs in this from a good one is refused, with the field that is wrong."""
    stated, expected = REFUSED[case]
    assert rule_of(STATED) == ("accepted", "")
    assert rule_of(stated) == expected


def test_received_when_it_arrived_is_fine() -> None:
    """Both times may be the same moment."""
    assert rule_of(STATED | {"received_at": ARRIVED}) == ("accepted", "")


@pytest.mark.parametrize("change", [b" ", b"\n", b"\0"])
def test_refuses_bytes_around_it(change: bytes) -> None:
    """An entry is its bytes: nothing may stand before or after them."""
    for data in (change + encode_entry(ENTRY), encode_entry(ENTRY) + change):
        with pytest.raises(AuditError):
            parse_entry(data)


def _of_payload(size: int, signatures: tuple[tuple[str, bytes], ...] = ENVELOPE.signatures) -> Entry:
    return Entry(ARRIVED, Envelope(b"x" * size, signatures), RECEIVED)


def test_refuses_what_is_too_long() -> None:
    """An entry beyond 65,535 bytes is neither written nor read; one of exactly that size is written."""
    assert MAX_ENTRY == 65_535
    assert len(encode_entry(_of_payload(49_011, ()))) == MAX_ENTRY
    assert len(encode_entry(_of_payload(48_879))) == MAX_ENTRY - 3
    for entry in (_of_payload(49_012, ()), _of_payload(48_882)):
        with pytest.raises(StatementError, match=r"entry\.too_long"):
            encode_entry(entry)
    stated: dict[str, Any] = STATED | {"envelope": json.loads(_of_payload(48_882).envelope.encode())}
    assert rule_of(stated) == ("bytes.too_long", "")


def test_times_are_written_one_way() -> None:
    """A moment of any zone is written in UTC with six decimals, and reads back as the same moment."""
    moment = datetime(2017, 2, 14, 8, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=7)))
    assert write_time(moment) == RECEIVED
    assert read_time(RECEIVED) == moment
    assert write_time(datetime(2017, 1, 1, tzinfo=UTC)) == "2017-01-01T00:00:00.000000Z"
