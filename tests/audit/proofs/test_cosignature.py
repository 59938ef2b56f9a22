"""Cosignatures: who saw a checkpoint, under which name and when, and nothing else passes for it."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs import mldsa
from audit.proofs.checkpoint import Checkpoint, format_checkpoint
from audit.proofs.cosignature import (
    LAST_MOMENT,
    MAX_TIME,
    TIME_SIZE,
    Cosigner,
    cosign,
    cosignature_message,
    cosigner_vkey,
    moment_of,
    subtree_message,
    write_moment,
)
from audit.proofs.errors import AuditError, CheckpointError, UnsafeKey
from audit.proofs.keys import SigningKey, demo_signing_key
from audit.proofs.lines import COSIGNATURE_V1, ED25519, SUBTREE_V1, key_id, signature_line, vkey_line
from audit.proofs.mldsa import MlDsaSigningKey, load_ml_dsa_key
from audit.proofs.note import append_lines, open_note, parse_vkey, sign_note, vkey
from tests.audit.proofs.witnessed import rule_of

ORIGIN, WITNESS, TIME = "log.example/2016", "witness.example/w1", 1_485_000_000
HEAD = Checkpoint(ORIGIN, 1000, bytes(range(32)))
TEXT = format_checkpoint(HEAD)
LOG_KEY = demo_signing_key(0)
NOTE = sign_note(TEXT, ORIGIN, LOG_KEY)
KEYS: dict[str, Cosigner] = {
    "Ed25519": demo_signing_key(200),
    "ML-DSA-44": MlDsaSigningKey.from_seed(bytes(range(32))),
}
VKEYS = {kind: cosigner_vkey(WITNESS, key.public_key) for kind, key in KEYS.items()}
NUMBERS = {"Ed25519": COSIGNATURE_V1, "ML-DSA-44": SUBTREE_V1}
LENGTHS = {"Ed25519": 64, "ML-DSA-44": mldsa.SIGNATURE_SIZE}
BOTH = list(KEYS)

# A checkpoint of a public log of certificates, as two public witnesses cosigned it in May 2026.
PUBLIC_NOTE = """\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
""".encode()  # noqa: E501 - as it was published
PUBLIC_VKEYS = (
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f",
    "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv",
)


def made(kind: str, time: int = TIME, text: bytes = TEXT, name: str = WITNESS) -> bytes:
    """Return the line of a cosigner."""
    return cosign(text, name, KEYS[kind], time)


def forged(kind: str, blob: bytes, name: str = WITNESS) -> bytes:
    """Return a line with the key id of a cosigner and whatever after it."""
    return signature_line(name, key_id(name, NUMBERS[kind], KEYS[kind].public_key.raw), blob)


def signed(kind: str, message: bytes, time: int = TIME) -> bytes:
    """Return what stands in a line after the key id: a time, and a true signature over other bytes."""
    return time.to_bytes(TIME_SIZE, "big") + KEYS[kind].sign(message)


# --- what opens -----------------------------------------------------------------------------------------


def test_a_note_of_the_public_network_opens_under_log_and_witnesses() -> None:
    """What a log and two witnesses out there signed verifies here, with the times they state."""
    found = open_note(PUBLIC_NOTE, PUBLIC_VKEYS).signatures
    assert [(one.name, one.algorithm, one.time) for one in found] == [
        ("arche2025h1.staging.ct.transparency.dev", ED25519, None),
        ("remora.n621.de", COSIGNATURE_V1, 1_779_573_024),
        ("witness.stagemole.eu", COSIGNATURE_V1, 1_779_573_024),
    ]


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("time", [0, 1, TIME, MAX_TIME])
def test_a_cosignature_opens_with_its_time(kind: str, time: int) -> None:
    """A cosigned note opens under the cosigner's key and tells the time it states."""
    (found,) = open_note(NOTE + made(kind, time), [VKEYS[kind]]).signatures
    assert (found.name, found.time, found.algorithm) == (WITNESS, time, NUMBERS[kind])
    assert found.vkey == VKEYS[kind]
    assert NOTE + found.line == append_lines(NOTE, found.line)


def test_log_and_both_kinds_of_cosigners_open_one_note() -> None:
    """Three algorithms on one note: each signature is told by its key, in the order of the lines."""
    note = NOTE + made("ML-DSA-44") + made("Ed25519")
    found = open_note(note, [*VKEYS.values(), vkey(ORIGIN, LOG_KEY.public_key)]).signatures
    assert [one.algorithm for one in found] == [ED25519, SUBTREE_V1, COSIGNATURE_V1]


def test_the_message_of_ed25519_is_two_lines_and_the_text() -> None:
    """The signed bytes are those of the specification, written out by hand."""
    text = b"example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    assert cosignature_message("any", 1_679_315_147, text) == b"cosignature/v1\ntime 1679315147\n" + text


def test_the_message_of_ml_dsa_is_the_structure_of_the_specification() -> None:
    """Label, name, time, origin, start, end, root: written out by hand, byte for byte."""
    text = format_checkpoint(Checkpoint("log.example", 0x0102, b"\xab" * 32))
    assert subtree_message("w.example", 0x6418504B, text) == (
        b"subtree/v1\n\0"
        b"\x09w.example"
        b"\0\0\0\0\x64\x18\x50\x4b"
        b"\x0blog.example"
        b"\0\0\0\0\0\0\0\0"
        b"\0\0\0\0\0\0\x01\x02" + b"\xab" * 32
    )


# --- what is refused ------------------------------------------------------------------------------------

OTHER = format_checkpoint(Checkpoint(ORIGIN, 1001, HEAD.root))
BAD, UNKNOWN = "signature.bad", "note.no_known_signature"

REFUSED: dict[str, tuple[Callable[[str], bytes], str]] = {
    "over another size": (lambda kind: NOTE + made(kind, text=OTHER), BAD),
    "with another time": (
        lambda kind: NOTE + forged(kind, (TIME + 1).to_bytes(8, "big") + _blob(kind)[TIME_SIZE:]),
        BAD,
    ),
    "with a time beyond counting": (
        lambda kind: NOTE + forged(kind, b"\x80" + _blob(kind)[1:]),
        BAD,
    ),
    "with a time that is signed and beyond counting": (
        lambda kind: NOTE + forged(kind, signed(kind, _message(kind, MAX_TIME + 1), MAX_TIME + 1)),
        BAD,
    ),
    "without a time": (lambda kind: NOTE + forged(kind, _blob(kind)[TIME_SIZE:]), BAD),
    "with a time alone": (lambda kind: NOTE + forged(kind, bytes(TIME_SIZE)), BAD),
    "with half a time": (lambda kind: NOTE + forged(kind, bytes(4)), BAD),
    "a byte short": (lambda kind: NOTE + forged(kind, _blob(kind)[:-1]), BAD),
    "a byte long": (lambda kind: NOTE + forged(kind, _blob(kind) + b"\0"), BAD),
    "over the text alone": (lambda kind: NOTE + forged(kind, signed(kind, TEXT)), BAD),
    "under another name": (lambda kind: NOTE + made(kind, name="witness.example/w2"), UNKNOWN),
    "twice": (lambda kind: NOTE + made(kind) + made(kind), "note.signature_twice"),
    "in the algorithm of the log": (
        lambda kind: NOTE + signature_line(WITNESS, _plain_id(kind), KEYS[kind].sign(TEXT)),
        UNKNOWN,
    ),
}


def _blob(kind: str) -> bytes:
    return base64.b64decode(made(kind).split()[2])[4:]


def _message(kind: str, time: int, text: bytes = TEXT) -> bytes:
    message = cosignature_message if kind == "Ed25519" else subtree_message
    return message(WITNESS, time, text)


def _plain_id(kind: str) -> bytes:
    return key_id(WITNESS, ED25519, KEYS[kind].public_key.raw)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("case", REFUSED)
def test_refuses_cosignature(case: str, kind: str) -> None:
    """A cosignature that differs in this from a good one does not open the note."""
    note, rule = REFUSED[case]
    assert rule_of(lambda: open_note(NOTE + made(kind), [VKEYS[kind]])) == "accepted"
    assert rule_of(lambda: open_note(note(kind), [VKEYS[kind]])) == rule


def test_ml_dsa_names_its_cosigner() -> None:
    """The same key under two names: an Ed25519 cosignature could be carried over, one of ML-DSA cannot."""
    other = "witness.example/w2"
    moved = forged("ML-DSA-44", _blob("ML-DSA-44"), other)
    assert (
        rule_of(lambda: open_note(NOTE + moved, [cosigner_vkey(other, KEYS["ML-DSA-44"].public_key)])) == BAD
    )
    carried = forged("Ed25519", _blob("Ed25519"), other)
    found = open_note(NOTE + carried, [cosigner_vkey(other, KEYS["Ed25519"].public_key)])
    assert found.signers == (other,)


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace(b"\n1000\n", b"\n01000\n"),
        TEXT.replace(b"\n1000\n", b"\n+1000\n"),
        TEXT.replace(b"\n1000\n", b"\n1_000\n"),
        TEXT + b"an extension line\n",
        b"no checkpoint\n",
    ],
)
def test_ml_dsa_opens_no_other_spelling_of_a_checkpoint(text: bytes) -> None:
    """The signature covers numbers, not their spelling: only the one spelling opens under it."""
    note = text + b"\n" + made("ML-DSA-44")
    assert rule_of(lambda: open_note(note, [VKEYS["ML-DSA-44"]])) == "checkpoint.malformed"


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("text", [b"no checkpoint\n", TEXT + b"extension\n", TEXT.replace(b"1000", b"01000")])
def test_nothing_but_a_checkpoint_is_cosigned(kind: str, text: bytes) -> None:
    """A cosigner's key is never lent to other words."""
    with pytest.raises(CheckpointError):
        made(kind, text=text)


@pytest.mark.parametrize(
    ("time", "written"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (LAST_MOMENT, "9999-12-31T23:59:59Z"),
        (LAST_MOMENT + 1, "253402300800"),
        (MAX_TIME, str(MAX_TIME)),
    ],
)
def test_every_time_that_a_cosigner_may_claim_can_be_written(time: int, written: str) -> None:
    """A witness that claims a year beyond 9999 stops nobody's verdict."""
    assert write_moment(time) == written
    assert moment_of(time).year <= 9999


@pytest.mark.parametrize("time", [-1, MAX_TIME + 1])
def test_no_time_outside_the_format_is_stated(time: int) -> None:
    """A time that could not be read back is not signed."""
    with pytest.raises(ValueError, match="time"):
        made("Ed25519", time)


@pytest.mark.parametrize("name", ["á" * 128, "x" * 255])
def test_ml_dsa_names_are_at_most_255_bytes(name: str) -> None:
    """A name of 255 characters may have too many bytes; then it is not signed under."""
    fits = len(name.encode()) <= 255
    assert rule_of(lambda: made("ML-DSA-44", name=name)) == ("accepted" if fits else "checkpoint.malformed")


IDENTITY = b"\x01" + bytes(31)


RAW = {kind: key.public_key.raw for kind, key in KEYS.items()}
STATED: dict[str, tuple[str, str]] = {
    "Ed25519": (VKEYS["Ed25519"], "accepted"),
    "ML-DSA-44": (VKEYS["ML-DSA-44"], "accepted"),
    "of low order": (vkey_line(WITNESS, COSIGNATURE_V1, IDENTITY), "key.unsafe"),
    "Ed25519 with the other's key": (vkey_line(WITNESS, COSIGNATURE_V1, RAW["ML-DSA-44"]), "key.unsafe"),
    "ML-DSA-44 with the other's key": (vkey_line(WITNESS, SUBTREE_V1, RAW["Ed25519"]), "key.unsafe"),
    "a byte long": (vkey_line(WITNESS, SUBTREE_V1, RAW["ML-DSA-44"] + b"\0"), "key.unsafe"),
    "a byte short": (vkey_line(WITNESS, SUBTREE_V1, RAW["ML-DSA-44"][:-1]), "key.unsafe"),
    "of an unknown algorithm": (vkey_line(WITNESS, 0x05, RAW["Ed25519"]), "vkey.unknown_algorithm"),
    "Ed25519 under another name": (VKEYS["Ed25519"].replace("w1", "w2"), "vkey.malformed"),
    "ML-DSA-44 under another name": (VKEYS["ML-DSA-44"].replace("w1", "w2"), "vkey.malformed"),
    "with a line feed": (VKEYS["Ed25519"] + "\n", "vkey.malformed"),
}


@pytest.mark.parametrize("case", STATED)
def test_refuses_verifier_key_of_a_cosigner(case: str) -> None:
    """A cosigner's key is spelled exactly, of its length, and safe."""
    stated, rule = STATED[case]
    assert rule_of(lambda: parse_vkey(stated)) == rule


@pytest.mark.parametrize("kind", BOTH)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_changed_byte_is_refused(kind: str, data: st.DataObject) -> None:
    """Whichever byte of a cosigned note changes, the cosigner's key does not open it."""
    note = NOTE.removesuffix(NOTE[len(TEXT) + 1 :]) + made(kind)
    at, mask = data.draw(st.integers(0, len(note) - 1)), data.draw(st.integers(1, 255))
    changed = note[:at] + bytes([note[at] ^ mask]) + note[at + 1 :]
    assert rule_of(lambda: open_note(changed, [VKEYS[kind]])) != "accepted"


# --- keys of ML-DSA-44 ----------------------------------------------------------------------------------


def test_a_ml_dsa_key_comes_back_from_its_file() -> None:
    """A PEM holds the key; what it signs verifies under the same public half."""
    made_once = MlDsaSigningKey.generate()
    again = MlDsaSigningKey.from_pem(made_once.to_pem())
    assert again.public_key == made_once.public_key
    again.public_key.verify(made_once.sign(b"x"), b"x")
    assert len(made_once.sign(b"x")) == mldsa.SIGNATURE_SIZE


def test_a_key_of_another_kind_is_no_ml_dsa_key() -> None:
    """An Ed25519 file is refused by its rule, not by a crash."""
    with pytest.raises(UnsafeKey, match=r"key\.not_ml_dsa"):
        MlDsaSigningKey.from_pem(SigningKey.generate().to_pem())


@pytest.mark.parametrize("signature", [b"", bytes(mldsa.SIGNATURE_SIZE), bytes(64)])
def test_ml_dsa_refuses_what_is_no_signature(signature: bytes) -> None:
    """Signatures of wrong length or content are bad signatures."""
    key = load_ml_dsa_key(KEYS["ML-DSA-44"].public_key.raw)
    assert rule_of(lambda: key.verify(signature, b"x")) == BAD


def test_appending_makes_a_note_or_nothing() -> None:
    """Lines that would break the note are not put under it."""
    with pytest.raises(AuditError, match=r"note\.malformed"):
        append_lines(NOTE, b"not a line\n")
