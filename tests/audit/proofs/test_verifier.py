"""The whole log: a good copy has no finding, and whatever is tampered with is named."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from audit.proofs import merkle, verifier
from audit.proofs.checkpoint import Checkpoint, format_checkpoint, sign_checkpoint
from audit.proofs.commitment import Opening
from audit.proofs.entry import Entry, encode_entry, parse_entry
from audit.proofs.errors import BadSignature
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import PublicKey, Signer, SigningKey
from audit.proofs.note import key_hash, sign_note
from audit.proofs.statement import Envelope, Statement, sign_payload
from audit.proofs.verifier import LogCopy, Row, verify_log
from tests.audit.proofs.logs import (
    KEYS,
    SALT,
    Journal,
    cell,
    leaves_of,
    real_keys,
    small_log,
    statement_at,
    uuid7,
)

GOOD = small_log().copy()
ROWS = tuple(GOOD.rows)
SIZE = len(ROWS)
LOG_KEY = KEYS[LOG_ACTOR]
STRANGER = SigningKey.from_seed(b"nobody in the registry has it...")
SCORE = "SelfScoreDeclared.v1"
Found = tuple[int | None, str, str]


def findings(copy: LogCopy, **options: Any) -> list[Found]:
    """Return what is found, in the verdict's order."""
    return [(found.position, found.layer, found.rule) for found in verify_log(copy, **options).findings]


# --- the good copy --------------------------------------------------------------------------------------


def test_good_copy_has_no_finding() -> None:
    """A log that nobody touched is verified, and the verdict says what was checked."""
    verdict = verify_log(GOOD)
    assert (verdict.ok, verdict.findings) == (True, ())
    assert (verdict.origin, verdict.size, verdict.root) == (
        "minhchung.example/da-nang-demo",
        SIZE,
        GOOD.head[1],
    )
    assert (verdict.signatures, verdict.keys, verdict.checkpoints, verdict.openings) == (25, 8, 4, 2)
    assert (verdict.clock, verdict.platform_keys, verdict.log_key) == ("scripted", 1, LOG_KEY.public_key)


def test_good_statements_are_handed_on_in_order() -> None:
    """Whoever folds in the same pass gets each statement once, at its position; progress ends at the size."""
    observed: list[tuple[int, str]] = []
    sizes: list[int] = []

    def observe(position: int, entry: Entry, statement: Statement) -> None:
        assert entry == parse_entry(ROWS[position].entry)
        observed.append((position, statement.id))

    verify_log(replace(GOOD, rows=iter(ROWS)), observe=observe, progress=sizes.append)
    assert observed == [(row.position, statement_at(row).id) for row in ROWS]
    assert sizes[-1] == SIZE


def test_bad_statement_is_not_handed_on() -> None:
    """A statement whose signature is bad, and one that does not parse, never reach the fold."""
    observed: list[int] = []
    damaged = with_entry(with_entry(GOOD, 5, restated(5, b"1.75", b"1.95")), 7, ROWS[7].entry[:-1])
    verify_log(damaged, observe=lambda position, _entry, _statement: observed.append(position))
    assert observed == [n for n in range(SIZE) if n not in (5, 7)]


@pytest.mark.parametrize("chunk", [1, 2, 5])
def test_reading_ahead_changes_no_verdict(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many entries are read ahead, keys enrolled among them included, the findings are the same."""
    damaged = with_entry(GOOD, 5, restated(5, b"1.75", b"1.95"))
    whole = verify_log(GOOD), findings(damaged)
    monkeypatch.setattr(verifier, "CHUNK", chunk)
    assert (verify_log(GOOD), findings(damaged)) == whole


def test_given_check_is_asked_for_every_signature() -> None:
    """A faster check takes the place of the usual one, and its no is a finding."""
    asked: list[str] = []

    def check(key: PublicKey, signature: bytes, data: bytes) -> None:
        asked.append(key.id)
        key.verify(signature, data)
        if key == KEYS["lead-9"].public_key:
            raise BadSignature("signature.bad", key=key.id)

    assert (3, "signature", "signature.bad") in findings(GOOD, check=check)
    assert len(asked) >= 20


def test_log_key_that_is_known_beforehand_is_the_only_one_trusted() -> None:
    """With the log's key at hand, a log opened by any other key is refused, its checkpoints too."""
    assert findings(GOOD, log_key=LOG_KEY.public_key) == []
    found = findings(GOOD, log_key=KEYS["reg-1"].public_key)
    assert found[0] == (0, "registry", "genesis.other_log_key")
    assert found[1:] == [(None, "checkpoint", "note.no_known_signature")] * 4


# --- who tampers, and with what in hand -----------------------------------------------------------------


def with_rows(copy: LogCopy, rows: Sequence[Row]) -> LogCopy:
    """Change rows and nothing else: somebody edits the table of events."""
    return replace(copy, rows=tuple(rows))


def with_row(copy: LogCopy, position: int, /, **columns: Any) -> LogCopy:
    """Change columns of one row."""
    rows = list(copy.rows)
    rows[position] = rows[position]._replace(**columns)
    return with_rows(copy, rows)


def with_entry(copy: LogCopy, position: int, entry: bytes) -> LogCopy:
    """Change the bytes of one entry."""
    return with_row(copy, position, entry=entry)


def rehashed(copy: LogCopy) -> LogCopy:
    """Make leaf hashes and head fit the rows: somebody who owns the whole database."""
    leaves = leaves_of(tuple(copy.rows))
    return replace(copy, leaf_hashes=leaves, head=(len(leaves), merkle.root(leaves)))


def resigned(copy: LogCopy, sizes: Sequence[int] = (1, 4, 7, SIZE)) -> LogCopy:
    """Sign new checkpoints besides: somebody who holds the log's key as well."""
    made = rehashed(copy)
    notes = [
        (
            size,
            sign_checkpoint(Checkpoint(Journal.origin, size, merkle.root(made.leaf_hashes[:size])), LOG_KEY),
        )
        for size in sizes
    ]
    return replace(made, checkpoints=notes)


def restated(position: int, old: bytes, new: bytes) -> bytes:
    """Return an entry whose statement says something else under the same signatures."""
    entry = parse_entry(ROWS[position].entry)
    payload = entry.envelope.payload.replace(old, new)
    assert payload != entry.envelope.payload
    return encode_entry(replace(entry, envelope=replace(entry.envelope, payload=payload)))


def retimed(position: int, /, **times: Any) -> bytes:
    """Return an entry with other times, which nobody but the log signs."""
    return encode_entry(replace(parse_entry(ROWS[position].entry), **times))


def flipped(data: bytes, bit: int) -> bytes:
    """Return bytes with one bit turned over."""
    at = bit // 8
    return data[:at] + bytes([data[at] ^ 1 << bit % 8]) + data[at + 1 :]


def renumbered(rows: Sequence[Row]) -> list[Row]:
    """Give rows the positions at which they now stand."""
    return [row._replace(position=position) for position, row in enumerate(rows)]


def exchanged(first: int, second: int) -> list[Row]:
    """Let two rows change places and positions."""
    rows = list(ROWS)
    rows[first], rows[second] = rows[second], rows[first]
    return renumbered(rows)


def forged(row: Row, *signers: Signer, payload: bytes | None = None) -> Row:
    """Return a row whose envelope is signed by others than it should be."""
    entry = parse_entry(row.entry)
    signed = sign_payload(payload or entry.envelope.payload, signers)
    return row._replace(entry=encode_entry(replace(entry, envelope=signed)))


def continued(*state: Callable[[Journal], Envelope]) -> LogCopy:
    """Return the log continued by statements that were let in unasked, under a checkpoint of its own."""
    journal = small_log()
    for make in state:
        journal.enter(make(journal))
    journal.commit()
    return journal.copy()


def _by_lead(counter: int = 2, **others: Any) -> Callable[[Journal], Envelope]:
    return lambda journal: journal.one("lead-9", SCORE, {}, counter=counter, **cell("SNV", 3), **others)


def _by_stranger(journal: Journal) -> Envelope:
    journal.keys["lead-9"] = STRANGER
    return journal.one("lead-9", SCORE, {}, **cell("SNV", 3))


def _enrolled_by_one(journal: Journal) -> Envelope:
    journal.keys["lead-9"] = STRANGER
    return journal.enrolment("lead-9", "reg-1")


def _without_seen(journal: Journal) -> Envelope:
    journal.seen = None
    return journal.one("lead-9", SCORE, {}, counter=2, **cell("SNV", 3))


def without_signatures(position: int) -> bytes:
    """Return an entry whose envelope carries no signature."""
    entry = parse_entry(ROWS[position].entry)
    return encode_entry(replace(entry, envelope=replace(entry.envelope, signatures=())))


# --- tampering ------------------------------------------------------------------------------------------

EARLIER = "2017-01-03T01:00:00.000000Z"
OTHER_BYTES, OTHER_SUBJECT = "leaf.other_bytes", "row.other_subject"
UNKNOWN_AFTER_GENESIS = [(n, "registry", "key.unknown") for n in range(1, SIZE)]
WITHOUT_6 = [*ROWS[:6], *ROWS[7:]]
REPEATED_7 = renumbered([*ROWS[:8], ROWS[7], *ROWS[8:]])


def seen_false(*positions: int) -> list[Found]:
    """Expect that what these signers had seen is not this log any more."""
    return [(position, "seen", "seen.false") for position in positions]


ENTRIES: dict[str, tuple[LogCopy, list[Found]]] = {
    "points changed under the signature": (
        with_entry(GOOD, 5, restated(5, b"1.75", b"1.95")),
        [(5, "leaf", OTHER_BYTES), (5, "signature", "signature.bad")],
    ),
    "points changed, leaf and head made to fit": (
        rehashed(with_entry(GOOD, 5, restated(5, b"1.75", b"1.95"))),
        [
            (5, "signature", "signature.bad"),
            *seen_false(*range(7, SIZE)),
            *[(None, "checkpoint", "checkpoint.other_root")] * 2,
        ],
    ),
    "points changed by whoever holds the log's key": (
        resigned(with_entry(GOOD, 5, restated(5, b"1.75", b"1.95"))),
        [(5, "signature", "signature.bad"), *seen_false(*range(7, SIZE))],
    ),
    "quorum changed in genesis": (
        with_entry(GOOD, 0, restated(0, b'"quorum":2', b'"quorum":1')),
        [
            (0, "leaf", OTHER_BYTES),
            (0, "signature", "signature.bad"),
            *UNKNOWN_AFTER_GENESIS,
            (None, "checkpoint", "genesis.missing"),
        ],
    ),
    "cut short, so that it no longer parses": (
        with_entry(GOOD, 7, ROWS[7].entry[:-1]),
        [(7, "leaf", OTHER_BYTES), (7, "content", "bytes.not_canonical")],
    ),
    "emptied": (
        with_entry(GOOD, 7, b""),
        [(7, "leaf", OTHER_BYTES), (7, "content", "bytes.not_canonical")],
    ),
    "spelled otherwise": (
        with_entry(GOOD, 7, ROWS[7].entry.replace(b'":"', b'": "', 1)),
        [(7, "leaf", OTHER_BYTES), (7, "content", "bytes.not_canonical")],
    ),
    "a rotation that no longer parses": (
        with_entry(GOOD, 9, ROWS[9].entry[1:]),
        [
            (9, "leaf", OTHER_BYTES),
            (9, "content", "bytes.not_canonical"),
            (10, "registry", "key.unknown"),
            (12, "registry", "key.unknown"),
        ],
    ),
    "signed by a stranger": (
        with_rows(GOOD, [*ROWS[:5], forged(ROWS[5], STRANGER), *ROWS[6:]]),
        [(5, "leaf", OTHER_BYTES), (5, "signature", "signature.stranger")],
    ),
    "signatures removed": (
        with_entry(GOOD, 5, without_signatures(5)),
        [(5, "leaf", OTHER_BYTES), (5, "content", "envelope.not_canonical")],
    ),
    "one of two signatures removed from the minutes": (
        with_rows(GOOD, [*ROWS[:8], forged(ROWS[8], KEYS["lead-9"]), *ROWS[9:]]),
        [(8, "leaf", OTHER_BYTES), (8, "signature", "signature.too_few")],
    ),
    "arrival put earlier": (
        with_entry(GOOD, 5, retimed(5, arrived_at=EARLIER)),
        [(5, "leaf", OTHER_BYTES)],
    ),
    "received before it arrived": (
        with_entry(GOOD, 5, retimed(5, received_at=EARLIER)),
        [(5, "leaf", OTHER_BYTES), (5, "content", "entry.malformed")],
    ),
    "received before the one before it": (
        with_entry(GOOD, 12, retimed(12, arrived_at=EARLIER, received_at=EARLIER)),
        [(12, "order", "time.runs_back"), (12, "leaf", OTHER_BYTES)],
    ),
    "received before the one before it, by whoever holds the log's key": (
        resigned(with_entry(GOOD, 12, retimed(12, arrived_at=EARLIER, received_at=EARLIER))),
        [(12, "order", "time.runs_back")],
    ),
}
ORDER: dict[str, tuple[LogCopy, list[Found]]] = {
    "two entries exchanged": (
        with_rows(GOOD, exchanged(4, 5)),
        [
            (4, "order", OTHER_SUBJECT),
            (4, "leaf", OTHER_BYTES),
            (4, "counter", "counter.ahead"),
            (5, "order", OTHER_SUBJECT),
            (5, "order", "time.runs_back"),
            (5, "leaf", OTHER_BYTES),
            (5, "counter", "counter.stale"),
        ],
    ),
    "two entries of other people exchanged": (
        with_rows(GOOD, exchanged(5, 6)),
        [(5, "leaf", OTHER_BYTES), (6, "order", "time.runs_back"), (6, "leaf", OTHER_BYTES)],
    ),
    "two entries exchanged by whoever holds the log's key": (
        resigned(with_rows(GOOD, exchanged(5, 6))),
        [(6, "order", "time.runs_back"), *seen_false(*range(7, SIZE))],
    ),
    "two rows exchanged, positions kept": (
        with_rows(GOOD, [*ROWS[:5], ROWS[6], ROWS[5], *ROWS[7:]]),
        [
            (5, "order", "position.not_contiguous"),
            (5, "order", "time.runs_back"),
            (5, "leaf", OTHER_BYTES),
            (6, "order", "position.not_contiguous"),
            (6, "leaf", OTHER_BYTES),
        ],
    ),
    "one deleted, the rest moved up by whoever holds the log's key": (
        resigned(with_rows(GOOD, renumbered(WITHOUT_6)), (1, 4, 7, SIZE - 1)),
        [
            *seen_false(6, 7, 8),
            (9, "order", OTHER_SUBJECT),
            *seen_false(9, 10),
            (11, "order", OTHER_SUBJECT),
            *seen_false(11),
        ],
    ),
    "the last one deleted": (
        with_rows(GOOD, ROWS[:-1]),
        [
            (None, "tree", "head.other_size"),
            (None, "tree", "head.other_root"),
            (None, "checkpoint", "checkpoint.other_root"),
            (None, "checkpoint", "checkpoint.does_not_cover"),
        ],
    ),
    "one repeated": (
        rehashed(with_rows(GOOD, REPEATED_7)),
        [
            (8, "order", OTHER_SUBJECT),
            (8, "content", "id.twice"),
            (8, "counter", "counter.stale"),
            (None, "checkpoint", "checkpoint.other_root"),
            (None, "checkpoint", "checkpoint.does_not_cover"),
        ],
    ),
    "stream column changed": (with_row(GOOD, 5, stream="2016/STC/A1.2"), [(5, "order", OTHER_SUBJECT)]),
    "version column changed": (with_row(GOOD, 5, version=3), [(5, "order", OTHER_SUBJECT)]),
    "topic column changed": (with_row(GOOD, 5, topic="QuantitiesDeclared.v1"), [(5, "order", OTHER_SUBJECT)]),
    "position column changed": (with_row(GOOD, 5, position=99), [(99, "order", "position.not_contiguous")]),
}
BESIDE: dict[str, tuple[LogCopy, list[Found]]] = {
    "a stored leaf hash changed": (
        replace(GOOD, leaf_hashes=[*GOOD.leaf_hashes[:3], bytes(32), *GOOD.leaf_hashes[4:]]),
        [(3, "leaf", OTHER_BYTES)],
    ),
    "a stored leaf hash missing": (
        replace(GOOD, leaf_hashes=GOOD.leaf_hashes[:-1]),
        [(12, "leaf", "leaf.not_stored"), (None, "tree", "head.other_size")],
    ),
    "a stored leaf hash too many": (
        replace(GOOD, leaf_hashes=[*GOOD.leaf_hashes, bytes(32)]),
        [(None, "tree", "head.other_size")],
    ),
    "the head's root changed": (replace(GOOD, head=(SIZE, bytes(32))), [(None, "tree", "head.other_root")]),
    "the head's size changed": (
        replace(GOOD, head=(SIZE + 1, GOOD.head[1])),
        [(None, "tree", "head.other_size")],
    ),
    "nothing left but the head": (
        replace(GOOD, rows=(), leaf_hashes=(), openings={}),
        [
            (None, "tree", "head.other_size"),
            (None, "tree", "head.other_root"),
            (None, "checkpoint", "genesis.missing"),
        ],
    ),
    "nothing at all": (
        LogCopy((), (), (0, merkle.EMPTY_ROOT), ()),
        [(None, "checkpoint", "genesis.missing")],
    ),
    "words changed": (
        replace(GOOD, openings={uuid7(5): [Opening("title", SALT, "Báo cáo khác")]}),
        [(4, "opening", "opening.mismatch")],
    ),
    "words under another salt": (
        replace(GOOD, openings={uuid7(5): [replace(GOOD.openings[uuid7(5)][0], salt=bytes(32))]}),
        [(4, "opening", "opening.mismatch")],
    ),
    "words for a field that was not committed to": (
        replace(GOOD, openings={uuid7(6): [Opening("note", SALT, "thêm vào")]}),
        [(5, "opening", "opening.unknown_field")],
    ),
    "words moved to another statement": (
        replace(GOOD, openings={uuid7(8): GOOD.openings[uuid7(5)]}),
        [(7, "opening", "opening.unknown_field")],
    ),
}
CONTINUED: dict[str, tuple[LogCopy, list[Found]]] = {
    "a root that this log never had was seen": (
        continued(_by_lead(seen={"size": 7, "root": "00" * 32})),
        seen_false(13),
    ),
    "a root of another size was seen": (
        continued(_by_lead(seen={"size": 4, "root": merkle.root(GOOD.leaf_hashes[:7]).hex()})),
        seen_false(13),
    ),
    "a checkpoint that came later was seen": (
        continued(_by_lead(seen={"size": 14, "root": "00" * 32})),
        seen_false(13),
    ),
    "a size without checkpoint was seen": (
        continued(_by_lead(seen={"size": 5, "root": merkle.root(GOOD.leaf_hashes[:5]).hex()})),
        seen_false(13),
    ),
    "an id stands twice": (continued(_by_lead(id=uuid7(6))), [(13, "content", "id.twice")]),
    "another log's statement": (
        continued(_by_lead(log="elsewhere.example/log")),
        [(13, "content", "log.other")],
    ),
    "a statement once more": (
        continued(lambda _: parse_entry(ROWS[7].entry).envelope),
        [(13, "content", "id.twice"), (13, "counter", "counter.stale")],
    ),
    "a statement by a revoked key": (
        continued(lambda journal: journal.one("head-snv", SCORE, {}, **cell("SNV", 3))),
        [(13, "registry", "key.revoked")],
    ),
    "a statement under another's name": (
        continued(_by_lead(actor="head-stc")),
        [(13, "registry", "key.other_actor")],
    ),
    "a counter ahead, and then on from there": (
        continued(_by_lead(3), _by_lead(4)),
        [(13, "counter", "counter.ahead")],
    ),
    "a counter that stands still": (continued(_by_lead(1)), [(13, "counter", "counter.stale")]),
    "genesis once more": (
        continued(lambda journal: journal.genesis()),
        [(13, "registry", "genesis.misplaced")],
    ),
    "a key enrolled by one registrar": (
        continued(_enrolled_by_one),
        [(13, "registry", "key.registrars_needed")],
    ),
    "nothing was seen": (continued(_without_seen), [(13, "seen", "seen.missing")]),
    "a stranger's statement": (
        continued(_by_stranger),
        [(13, "registry", "key.unknown")],
    ),
}

TEXT = format_checkpoint(Checkpoint(Journal.origin, *GOOD.head))
LAST = GOOD.checkpoints[-1][1]
ELSEWHERE = Checkpoint("elsewhere.example/log", *GOOD.head)


def with_last_checkpoint(note: bytes, size: int = SIZE) -> LogCopy:
    """Put another note in the place of the newest checkpoint."""
    return replace(GOOD, checkpoints=[*GOOD.checkpoints[:-1], (size, note)])


def under_our_hash(signature: bytes) -> bytes:
    """Return the newest checkpoint's text with a signature that claims to be the log's."""
    line = base64.b64encode(key_hash(Journal.origin, LOG_KEY.public_key) + signature).decode()
    return TEXT + f"\n\u2014 {Journal.origin} {line}\n".encode()


CHECKPOINTS: dict[str, tuple[LogCopy, list[str]]] = {
    "by another key": (
        with_last_checkpoint(sign_checkpoint(Checkpoint(Journal.origin, *GOOD.head), STRANGER)),
        ["note.no_known_signature"],
    ),
    "by another key, in the log's name": (
        with_last_checkpoint(under_our_hash(STRANGER.sign(TEXT))),
        ["signature.bad"],
    ),
    "changed after it was signed": (
        with_last_checkpoint(LAST.replace(b"\n13\n", b"\n12\n")),
        ["signature.bad"],
    ),
    "without its signature": (with_last_checkpoint(TEXT), ["note.malformed"]),
    "over another root": (
        with_last_checkpoint(sign_checkpoint(Checkpoint(Journal.origin, SIZE, bytes(32)), LOG_KEY)),
        ["checkpoint.other_root"],
    ),
    "of another size": (with_last_checkpoint(GOOD.checkpoints[2][1]), ["checkpoint.other_log"]),
    "of another log": (
        with_last_checkpoint(sign_note(format_checkpoint(ELSEWHERE), Journal.origin, LOG_KEY)),
        ["checkpoint.other_log"],
    ),
    "of another log, in its name": (
        with_last_checkpoint(sign_checkpoint(ELSEWHERE, LOG_KEY)),
        ["note.no_known_signature"],
    ),
    "with an extension line": (
        with_last_checkpoint(sign_note(TEXT + b"extension\n", Journal.origin, LOG_KEY)),
        ["checkpoint.malformed"],
    ),
    "emptied": (with_last_checkpoint(b""), ["note.malformed"]),
    "too long to be read": (with_last_checkpoint(b"a" * 1_000_001), ["note.too_long"]),
    "missing at the end": (
        replace(GOOD, checkpoints=GOOD.checkpoints[:-1]),
        ["checkpoint.does_not_cover"],
    ),
    "beyond the end": (
        with_last_checkpoint(sign_checkpoint(Checkpoint(Journal.origin, 20, bytes(32)), LOG_KEY), 20),
        ["checkpoint.other_root", "checkpoint.does_not_cover"],
    ),
}
TAMPERED = (
    {f"entry: {name}": case for name, case in ENTRIES.items()}
    | {f"order: {name}": case for name, case in ORDER.items()}
    | {f"beside the entries: {name}": case for name, case in BESIDE.items()}
    | {f"continued: {name}": case for name, case in CONTINUED.items()}
    | {
        f"checkpoint: {name}": (copy, [(None, "checkpoint", rule) for rule in rules])
        for name, (copy, rules) in CHECKPOINTS.items()
    }
)


@pytest.mark.parametrize("case", TAMPERED)
def test_names_what_was_tampered_with(case: str) -> None:
    """Each kind of tampering is found: by position, layer and rule, the cause before its consequences."""
    copy, expected = TAMPERED[case]
    assert findings(copy) == expected


def test_forged_entry_in_the_middle_is_named() -> None:
    """An entry slipped in among others is named by its key, and later checkpoints do not hold."""
    row = forged(ROWS[5]._replace(version=2), STRANGER, payload=_payload_by(STRANGER))
    slipped_in = rehashed(with_rows(GOOD, renumbered([*ROWS[:5], row, *ROWS[5:]])))
    found = findings(slipped_in)
    assert (5, "registry", "key.unknown") in found
    assert (None, "checkpoint", "checkpoint.other_root") in found
    assert found[0][0] == 5


def _payload_by(key: Signer) -> bytes:
    journal = Journal(keys=dict(KEYS) | {"lead-9": key}, signed=99)
    return journal.one("lead-9", SCORE, {"points": "2"}, **cell("SNV", 1)).payload


def test_deleted_entry_is_named_by_the_gap() -> None:
    """Where an entry is missing, the next one says which position was expected."""
    verdict = verify_log(with_rows(GOOD, WITHOUT_6))
    assert (verdict.findings[0].position, verdict.findings[0].rule) == (7, "position.not_contiguous")
    assert verdict.findings[0].facts == {"expected": 6}


def test_lost_checkpoints_make_what_was_seen_unprovable() -> None:
    """Without any checkpoint neither the head nor what signers had seen can be vouched for."""
    found = findings(replace(GOOD, checkpoints=()))
    assert found == [*seen_false(*range(1, SIZE)), (None, "checkpoint", "checkpoint.does_not_cover")]


def test_log_cut_back_to_a_checkpoint_is_consistent_with_itself() -> None:
    """A log that ends at an older checkpoint has no finding: only who knows a newer one can tell."""
    older = replace(rehashed(with_rows(GOOD, ROWS[:7])), checkpoints=GOOD.checkpoints[:3])
    assert findings(older) == []
    assert verify_log(older).size == 7


def test_log_of_another_origin_is_no_place_for_demo_keys() -> None:
    """A log elsewhere is verified like any other with keys of its own, and refused with demo keys."""
    journal = Journal(origin="noi-vu.example/log", keys=real_keys())
    journal.enter(journal.genesis())
    journal.commit()
    assert findings(journal.copy()) == []
    demo = Journal(origin="noi-vu.example/log")
    demo.enter(demo.genesis())
    demo.commit()
    assert findings(demo.copy()) == [(0, "registry", "key.demo"), (None, "checkpoint", "genesis.missing")]


# --- single bits ----------------------------------------------------------------------------------------


def _flips(count: int) -> list[tuple[int, int]]:
    """Return (position, bit) pairs over all entries, the same on every run."""
    chance = random.Random(2016)  # noqa: S311 (the same flips on every run)
    places = [n % SIZE for n in range(count)]
    return [(position, chance.randrange(8 * len(ROWS[position].entry))) for position in places]


def test_any_flipped_bit_is_found_and_its_entry_named() -> None:
    """Of some two hundred single bits all over the log, each is found at the position of its entry."""
    layers: set[str] = set()
    for position, bit in _flips(208):
        found = findings(with_entry(GOOD, position, flipped(ROWS[position].entry, bit)))
        assert (position, "leaf", OTHER_BYTES) in found, (position, bit)
        assert found[0][0] == position, (position, bit)
        layers |= {layer for place, layer, _ in found if place == position}
    assert {"leaf", "content", "signature"} <= layers


def test_flipped_bit_is_found_though_all_hashes_are_made_to_fit() -> None:
    """Who owns the database but not the log's key cannot hide a single bit."""
    for position, bit in _flips(52):
        copy = rehashed(with_entry(GOOD, position, flipped(ROWS[position].entry, bit)))
        assert not verify_log(copy).ok, (position, bit)


def test_flipped_bit_of_what_was_signed_is_named_whoever_flips_it() -> None:
    """Nor can the holder of the log's key hide a bit of what people signed: its entry is named."""
    chance = random.Random(2017)  # noqa: S311 (the same flips on every run)
    for n in range(52):
        position = n % SIZE
        entry = parse_entry(ROWS[position].entry)
        payload = flipped(entry.envelope.payload, chance.randrange(8 * len(entry.envelope.payload)))
        changed = encode_entry(replace(entry, envelope=replace(entry.envelope, payload=payload)))
        found = findings(resigned(with_entry(GOOD, position, changed)))
        assert found[0][0] == position, (position, payload)
        assert found[0][1] in {"content", "order", "registry", "signature"}
