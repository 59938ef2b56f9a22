"""Twelve ways to tamper with a log, twenty times each: found with a trust file, and said what without one."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from api.runtime import reading
from api.settings import Settings
from api.verdict import verdict_on_log
from audit.ledger.receipts import receipt_at
from audit.proofs.checkpoint import parse_checkpoint
from audit.proofs.entry import encode_entry, parse_entry
from audit.proofs.errors import AuditError
from audit.proofs.note import sign_note, unverified_text
from audit.proofs.receipt import ALONE, check_receipt_alone, format_receipt, parse_receipt, verify_receipt
from audit.proofs.statement import pae
from tests.audit.proofs.witnessed import LOG_VKEY
from tests.tampering.forging import (
    Sound,
    build,
    copied,
    judged,
    rebuild,
    resigned,
    run_sql,
    states,
)
from tests.worlds import KEYS

pytestmark = pytest.mark.slow

TIMES = 20


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """A sound log, built once."""
    return build(tmp_path_factory.mktemp("tampering"))


@dataclass(frozen=True, slots=True)
class Told:
    """What has to be found: one of these rules, at this position if at one; `alone`: without trust too."""

    rules: frozenset[str]
    position: int | None = None
    alone: bool = True


def told(*rules: str, position: int | None = None, alone: bool = True) -> Told:
    """Say what has to be found."""
    return Told(frozenset(rules), position, alone)


# --- the classes ----------------------------------------------------------------------------------------


def deleted(sound: Sound, copy: Path, chance: random.Random) -> Told:
    """A row is taken out; or the operator writes the whole log anew without it."""
    position = chance.randrange(sound.first, sound.size - 1)
    if chance.random() < 0.5:
        run_sql(copy, ("DELETE FROM stored_events WHERE position = ?", [position]))
        return told("position.not_contiguous", position=position + 1)
    rest = states(copy)
    del rest[position]
    rebuild(copy, rest)
    return told("trust.rewound", position=sound.size - 1)


def inserted(sound: Sound, copy: Path, chance: random.Random) -> Told:
    """The operator puts in a statement signed with a key that was never enrolled."""
    position = chance.randrange(sound.first, sound.size)
    rows = states(copy)
    stranger = resigned(rows[position], lambda stated: stated.update(id=_other_id(stated["id"])))
    entry = parse_entry(stranger)
    ((_, signature),) = entry.envelope.signatures
    unknown = replace(entry.envelope, signatures=(("ab" * 32, signature),))
    rebuild(copy, [*rows[:position], encode_entry(replace(entry, envelope=unknown)), *rows[position:]])
    return told("signature.stranger", position=position)


def swapped(sound: Sound, copy: Path, chance: random.Random) -> Told:
    """Two entries change places in the table, or the operator writes the log anew in that order."""
    position = chance.randrange(sound.first, sound.size - 1)
    rows = states(copy)
    if chance.random() < 0.5:
        first, second = rows[position], rows[position + 1]
        run_sql(
            copy,
            ("UPDATE stored_events SET state = ? WHERE position = ?", [second, position]),
            ("UPDATE stored_events SET state = ? WHERE position = ?", [first, position + 1]),
        )
        return told("leaf.other_bytes", position=position)
    rows[position], rows[position + 1] = rows[position + 1], rows[position]
    rebuild(copy, rows)
    return told("trust.contradicted", alone=False)


def duplicated(sound: Sound, copy: Path, chance: random.Random) -> Told:
    """An entry is put in a second time, at the end."""
    rows = states(copy)
    rebuild(copy, [*rows, rows[chance.randrange(sound.first, sound.size)]])
    return told("id.twice", position=sound.size)


def truncated(sound: Sound, copy: Path, chance: random.Random) -> Told:
    """The last entries are cut off; the head still counts them, or the operator signs a shorter one."""
    left = chance.randrange(sound.first, sound.size)
    if chance.random() < 0.5:
        run_sql(copy, ("DELETE FROM stored_events WHERE position >= ?", [left]))
        return told("head.other_size")
    rebuild(copy, states(copy)[:left])
    return told("trust.rewound", position=left, alone=False)


def rewound(sound: Sound, copy: Path, chance: random.Random) -> Told:
    """An old copy is put in the log's place: every signature in it is true."""
    left = chance.randrange(sound.first, sound.size)
    rebuild(copy, states(copy)[:left])
    return told("trust.rewound", position=left, alone=False)


def signed_again(sound: Sound, copy: Path, chance: random.Random) -> Told:
    """A signer whose key was stolen has stated other points, and the operator writes the log anew."""
    rows = states(copy)
    scores = [p for p in range(sound.first, sound.size) if b"SelfScoreDeclared" in _payload(rows[p])]
    position = chance.choice(scores)
    points = chance.choice(("0", "0.25"))
    rows[position] = resigned(rows[position], lambda stated: stated["body"].update(points=points))
    rebuild(copy, rows)
    return told("trust.contradicted", alone=False)


def key_swapped(sound: Sound, copy: Path, chance: random.Random) -> Told:
    """A statement carries the signature of somebody else's enrolled key."""
    position = chance.randrange(sound.first, sound.size)
    rows = states(copy)
    entry = parse_entry(rows[position])
    actor = chance.choice(["dk-1", "tk-1", "ub-1"])
    other = KEYS[actor].public_key.id, KEYS[actor].sign(pae(entry.envelope.payload))
    rows[position] = encode_entry(replace(entry, envelope=replace(entry.envelope, signatures=(other,))))
    rebuild(copy, rows)
    return told("signature.stranger", position=position)


def forked(sound: Sound, copy: Path, chance: random.Random) -> Told:
    """From some entry on the log goes on differently, and is just as long and just as well signed."""
    position = chance.randrange(sound.first, sound.size)
    rows = states(copy)
    moment = parse_entry(rows[position]).received_at
    rows[position] = encode_entry(replace(parse_entry(rows[position]), arrived_at=_earlier(moment)))
    rebuild(copy, rows)
    return told("trust.contradicted", alone=False)


def grafted(sound: Sound, copy: Path, chance: random.Random) -> Told:
    """Cosignatures that witnesses gave to one checkpoint are put under another."""
    sizes = sorted(_sizes(copy) - {sound.size})
    size = chance.choice(sizes)
    run_sql(copy, ("UPDATE cosignatures SET size = ? WHERE size = ?", [size, sound.size]))
    return told("cosignature.bad", position=size - 1)


def projection_edited(sound: Sound, copy: Path, chance: random.Random) -> Told:
    """A score or a place is changed where the site reads it."""
    agency = chance.choice(("SNV", "STC", "NHS"))
    if chance.random() < 0.5:
        run_sql(copy, ("UPDATE ranks SET rank = rank + 1 WHERE agency = ?", [agency]))
        return told("projection.ranks_differ")
    run_sql(copy, ("UPDATE cell_scores SET points = '2' WHERE agency = ? AND criterion = 'A1.3'", [agency]))
    return told("projection.cell_scores_differ")


CLASSES: dict[str, Callable[[Sound, Path, random.Random], Told]] = {
    "delete": deleted,
    "insert": inserted,
    "swap": swapped,
    "duplicate": duplicated,
    "truncate": truncated,
    "rewind": rewound,
    "re-sign": signed_again,
    "key swap": key_swapped,
    "fork": forked,
    "proof graft": grafted,
    "projection edit": projection_edited,
}


@pytest.mark.parametrize("turn", range(TIMES))
@pytest.mark.parametrize("name", CLASSES)
def test_tampering_is_found_and_named(sound: Sound, tmp_path: Path, name: str, turn: int) -> None:
    """By a trust file kept apart it is found, at its place; and it is said what is found without one."""
    copy = copied(sound, tmp_path / "copy")
    expected = CLASSES[name](sound, copy, random.Random(f"{name} {turn}"))  # noqa: S311 - repeatable
    examined = judged(copy, sound.trust)
    found = examined.findings
    named = [one for one in found if one.rule in expected.rules]
    assert named, found
    assert expected.position is None or expected.position in {one.position for one in named}, found
    without = judged(copy, None).findings
    assert examined.alone == without
    assert verdict_on_log(examined)["without_trust"] == {"ok": not without, "findings": len(without)}
    alone = {one.rule for one in without}
    by_trust = {rule for rule in expected.rules if rule.startswith("trust.")}
    assert not alone & by_trust
    if expected.alone and not by_trust:
        assert alone & expected.rules


def test_the_log_that_is_tampered_with_is_sound(sound: Sound) -> None:
    """Before anything is done to it nothing is found, with and without the trust file."""
    assert judged(sound.data, sound.trust).findings == ()
    assert judged(sound.data, None).findings == ()


@pytest.mark.parametrize("turn", range(TIMES))
def test_an_edited_receipt_is_refused(sound: Sound, turn: int) -> None:
    """The twelfth class: a receipt whose times, place, proof or checkpoint were changed proves nothing."""
    chance = random.Random(f"receipt {turn}")  # noqa: S311 - repeatable
    position = chance.randrange(sound.first, sound.size)
    with reading(Settings(sound.data, beside_data=True)) as log, log.database.read() as connection:
        receipt = receipt_at(connection, position)
    envelope = parse_entry(states(sound.data)[position]).envelope.encode()
    verify_receipt(receipt, envelope=envelope, vkeys=[LOG_VKEY])
    assert check_receipt_alone(receipt, envelope=envelope) == ALONE
    for edited in (*_edited(receipt, chance), _signed_otherwise(receipt), _moved_bit(receipt, chance)):
        with pytest.raises(AuditError):
            verify_receipt(edited, envelope=envelope, vkeys=[LOG_VKEY])
    for edited in _edited(receipt, chance):
        with pytest.raises(AuditError):
            check_receipt_alone(edited, envelope=envelope)
    assert check_receipt_alone(_signed_otherwise(receipt), envelope=envelope) == ALONE


def _signed_otherwise(receipt: bytes) -> bytes:
    """The same words with the key of somebody else under them: only who knows the log's key can tell."""
    read = parse_receipt(receipt)
    text = unverified_text(read.checkpoint)
    origin = parse_checkpoint(text).origin
    return format_receipt(replace(read, checkpoint=sign_note(text, origin, KEYS["dk-1"])))


def _moved_bit(receipt: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(receipt))
    return bytes([*receipt[:at], receipt[at] ^ 1 << chance.randrange(8), *receipt[at + 1 :]])


def _edited(receipt: bytes, chance: random.Random) -> Iterator[bytes]:
    """Times, place and proof: what does not even fit together any more."""
    read = parse_receipt(receipt)
    yield format_receipt(replace(read, index=read.index ^ 1 << chance.randrange(4)))
    yield format_receipt(replace(read, arrived_at=_earlier(read.arrived_at)))
    hashes = list(read.hashes)
    place = chance.randrange(len(hashes))
    hashes[place] = bytes([hashes[place][0] ^ 1, *hashes[place][1:]])
    yield format_receipt(replace(read, hashes=tuple(hashes)))
    yield format_receipt(replace(read, hashes=read.hashes[:-1]))


def _payload(state: bytes) -> bytes:
    return parse_entry(state).envelope.payload


def _sizes(data: Path) -> set[int]:
    with sqlite3.connect(data / "minhchung.db") as connection:
        found = {row[0] for row in connection.execute("SELECT size FROM checkpoints")}
    connection.close()
    return found


def _other_id(stated: str) -> str:
    last = "0" if stated[-1] != "0" else "1"
    return stated[:-1] + last


def _earlier(moment: str) -> str:
    """The same moment of the year before."""
    return f"{int(moment[:4]) - 1}{moment[4:]}"
