"""Signed notes: what is opened is text that a trusted key signed, and nothing around it is left to chance."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs.errors import AuditError, BadSignature, NoteError
from audit.proofs.keys import demo_signing_key
from audit.proofs.note import MAX_NOTE, MAX_SIGNATURES, Note, key_hash, open_note, sign_note, vkey

NAME = "minhchung.example/notes"
KEY, OTHER_KEY = demo_signing_key(0), demo_signing_key(1)
VKEY, OTHER_VKEY = vkey(NAME, KEY.public_key), vkey("witness.example", OTHER_KEY.public_key)
TEXT = "dòng một\n\ndòng ba\n".encode()
NOTE = sign_note(TEXT, NAME, KEY)
LINE = NOTE.removeprefix(TEXT + b"\n")
STRANGER = sign_note(TEXT, "stranger.example", OTHER_KEY).removeprefix(TEXT + b"\n")

PUBLIC_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLIC_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
PUBLIC_SIGNATURE = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)


def signature_line(raw: bytes, name: str = NAME) -> bytes:
    """Write a signature line."""
    return f"\u2014 {name} {base64.b64encode(raw).decode()}\n".encode()


def rule_of(note: bytes, *vkeys: str) -> str:
    """Return the rule by which a note is refused; `accepted` when it is not."""
    try:
        open_note(note, vkeys or (VKEY,))
    except AuditError as wrong:
        return wrong.rule
    return "accepted"


# --- what is opened -------------------------------------------------------------------------------------


def test_opens_the_note_everybody_knows() -> None:
    """The example of Go's note package opens under its verifier key."""
    note = f"{PUBLIC_TEXT}\n\u2014 PeterNeumann {PUBLIC_SIGNATURE}\n".encode()
    assert open_note(note, [PUBLIC_VKEY]) == Note(PUBLIC_TEXT.encode(), ("PeterNeumann",))


def test_opens_what_it_signs() -> None:
    """A note opens to its text, blank lines included, and to the name that signed it."""
    assert open_note(NOTE, [VKEY]) == Note(TEXT, (NAME,))


@pytest.mark.parametrize("note", [NOTE + STRANGER, TEXT + b"\n" + STRANGER + LINE])
def test_passes_over_unknown_signatures(note: bytes) -> None:
    """Signatures of keys one does not trust change nothing, before or after one's own."""
    assert open_note(note, [VKEY]) == Note(TEXT, (NAME,))


def test_same_key_under_another_name_is_unknown() -> None:
    """The key hash covers the name: a signature does not pass under a name it was not made for."""
    renamed = TEXT + b"\n" + LINE.replace(NAME.encode(), b"other.example")
    assert rule_of(renamed, vkey("other.example", KEY.public_key)) == "note.no_known_signature"


def test_two_keys_may_sign_under_one_name() -> None:
    """While a log changes its key both sign; either key opens the note, and the name counts once."""
    note = sign_note(TEXT, NAME, KEY, OTHER_KEY)
    both = [VKEY, vkey(NAME, OTHER_KEY.public_key)]
    assert [open_note(note, vkeys).signers for vkeys in ([both[0]], [both[1]], both)] == [(NAME,)] * 3


def test_names_every_signer_that_verified() -> None:
    """A cosigned note names all trusted signers, in the order of their lines."""
    note = NOTE + sign_note(TEXT, "witness.example", OTHER_KEY).removeprefix(TEXT + b"\n")
    assert open_note(note, [OTHER_VKEY, VKEY]).signers == (NAME, "witness.example")


# --- what is refused ------------------------------------------------------------------------------------

HASH = key_hash(NAME, KEY.public_key)
SIGNATURE = KEY.sign(TEXT)
ENCODED = base64.b64encode(HASH + SIGNATURE)
BAD, MALFORMED, UNKNOWN = "signature.bad", "note.malformed", "note.no_known_signature"

REFUSED: dict[str, tuple[bytes, str]] = {
    "text tampered with": (NOTE.replace("một".encode(), b"hai"), BAD),
    "a line more in the text": ("thêm\n".encode() + NOTE, BAD),
    "a blank line less": (NOTE.replace(b"\n\n", b"\n", 1), BAD),
    "a blank line more": (TEXT + b"\n\n" + LINE, BAD),
    "signature of other text": (TEXT + b"\n" + signature_line(HASH + KEY.sign(b"other\n")), BAD),
    "signature of another key under this hash": (
        TEXT + b"\n" + signature_line(HASH + OTHER_KEY.sign(TEXT)),
        BAD,
    ),
    "signature a byte short": (TEXT + b"\n" + signature_line(HASH + SIGNATURE[:-1]), BAD),
    "signature a byte long": (TEXT + b"\n" + signature_line(HASH + SIGNATURE + b"\0"), BAD),
    "a bad signature of a trusted key beside a good one": (
        NOTE + signature_line(HASH + bytes(64)),
        "note.signature_twice",
    ),
    "a bad signature of a trusted key before a good one": (
        TEXT + b"\n" + signature_line(HASH + bytes(64)) + LINE,
        BAD,
    ),
    "the same signature twice": (NOTE + LINE, "note.signature_twice"),
    "wrong key hash": (TEXT + b"\n" + signature_line(b"\0\0\0\0" + SIGNATURE), UNKNOWN),
    "unknown signers only": (TEXT + b"\n" + STRANGER, UNKNOWN),
    "no signature": (TEXT, MALFORMED),
    "an empty signature block": (TEXT + b"\n", MALFORMED),
    "a signature without text before it": (LINE, MALFORMED),
    "no newline at the end": (NOTE[:-1], MALFORMED),
    "a newline more at the end": (NOTE + b"\n", MALFORMED),
    "text after the signatures": (NOTE + "hết\n".encode(), MALFORMED),
    "line ends of Windows": (NOTE.replace(b"\n", b"\r\n"), MALFORMED),
    "a carriage return in the text": (sign_note(TEXT, NAME, KEY).replace(b"ba\n", b"ba\r\n"), MALFORMED),
    "a tab in the text": (NOTE.replace(b" ", b"\t", 1), MALFORMED),
    "a null in the text": (NOTE.replace(b"d", b"\0", 1), MALFORMED),
    "a control in an unknown signer's name": (NOTE + signature_line(bytes(68), "a\x01b"), MALFORMED),
    "a delete in an unknown signer's name": (NOTE + signature_line(bytes(68), "a\x7fb"), MALFORMED),
    "text that is not UTF-8": (b"\xff" + NOTE, MALFORMED),
    "a plus sign in a name": (NOTE + signature_line(bytes(68), "a+b"), MALFORMED),
    "a space in a name": (NOTE + signature_line(bytes(68), "a b"), MALFORMED),
    "a no-break space in a name": (NOTE + signature_line(bytes(68), "a\u00a0b"), MALFORMED),
    "no name": (NOTE + signature_line(bytes(68), ""), MALFORMED),
    "a hyphen for the dash": (TEXT + b"\n" + LINE.replace("\u2014".encode(), b"-"), MALFORMED),
    "an en dash for the dash": (TEXT + b"\n" + LINE.replace("\u2014".encode(), "\u2013".encode()), MALFORMED),
    "no dash": (TEXT + b"\n" + LINE.removeprefix("\u2014 ".encode()), MALFORMED),
    "two spaces": (TEXT + b"\n" + LINE.replace(b" ", b"  ", 1), MALFORMED),
    "a space at the end of the line": (TEXT + b"\n" + LINE.replace(b"\n", b" \n"), MALFORMED),
    "base64 without padding": (TEXT + b"\n" + LINE.replace(b"=", b""), MALFORMED),
    "base64 with a set bit too many": (
        TEXT + b"\n" + LINE.replace(ENCODED, ENCODED[:-2] + bytes([ENCODED[-2] + 1]) + b"="),
        MALFORMED,
    ),
    "base64 for addresses": (
        NOTE + "\u2014 a ".encode() + base64.urlsafe_b64encode(b"\xff" * 68) + b"\n",
        MALFORMED,
    ),
    "base64 with a line feed": (
        TEXT + b"\n" + LINE.replace(ENCODED, ENCODED[:40] + b"\n" + ENCODED[40:]),
        MALFORMED,
    ),
    "a key hash alone": (NOTE + signature_line(b"\0\0\0\0", "a"), MALFORMED),
    "too many signatures": (NOTE + STRANGER * MAX_SIGNATURES, MALFORMED),
    "too long": (b"a" * (MAX_NOTE + 1 - len(NOTE)) + NOTE, "note.too_long"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_note(case: str) -> None:
    """A note that differs in this from a good one is refused, by its rule."""
    note, rule = REFUSED[case]
    assert rule_of(NOTE) == "accepted"
    assert rule_of(note) == rule


def test_limits_are_reached_before_they_are_exceeded() -> None:
    """A note of the largest size, and one with the most signatures, still opens."""
    body = b"a" * (MAX_NOTE - len(NOTE) + len(TEXT) - 1) + b"\n"
    assert len(sign_note(body, NAME, KEY)) == MAX_NOTE == 1_000_000
    assert rule_of(sign_note(body, NAME, KEY)) == "accepted"
    assert rule_of(NOTE + STRANGER * (MAX_SIGNATURES - 1)) == "accepted"
    assert MAX_SIGNATURES == 100


def test_no_trusted_key_opens_nothing() -> None:
    """Without a key to trust, a note is never opened."""
    with pytest.raises(NoteError, match=r"note\.no_known_signature"):
        open_note(NOTE, [])


def test_bad_signature_names_the_key() -> None:
    """A signature that does not verify is a BadSignature, as in statements."""
    with pytest.raises(BadSignature) as refused:
        open_note(NOTE.replace(b"ba\n", b"hai\n"), [VKEY])
    assert refused.value.facts == {"key": KEY.public_key.id}


IDENTITY_KEY = base64.b64encode(b"\x01\x01" + bytes(31)).decode()
SHORT_KEY = base64.b64encode(b"\x01" + KEY.public_key.raw[:31]).decode()
OTHER_ALGORITHM = base64.b64encode(b"\x02" + KEY.public_key.raw).decode()


@pytest.mark.parametrize(
    ("stated", "rule"),
    [
        ("", "vkey.malformed"),
        (NAME, "vkey.malformed"),
        (VKEY + "\n", "vkey.malformed"),
        (VKEY[:-1], "vkey.malformed"),
        (VKEY.replace("+", " "), "vkey.malformed"),
        (VKEY.removeprefix(NAME), "vkey.malformed"),
        ("a b" + VKEY.removeprefix(NAME), "vkey.malformed"),
        ("other.example" + VKEY.removeprefix(NAME), "vkey.malformed"),
        (f"{NAME}+00000000+{VKEY.rpartition('+')[2]}", "vkey.malformed"),
        (f"{NAME}+{HASH.hex().upper()}+{VKEY.rpartition('+')[2]}", "vkey.malformed"),
        (f"{NAME}+{HASH.hex()}+", "vkey.malformed"),
        (
            f"{NAME}+{HASH.hex()}+{base64.b64encode(bytes([2]) + KEY.public_key.raw).decode()}",
            "vkey.unknown_algorithm",
        ),
        (
            f"{NAME}+{HASH.hex()}+{base64.b64encode(bytes([1]) + KEY.public_key.raw[:31]).decode()}",
            "key.unsafe",
        ),
        (f"{NAME}+{HASH.hex()}+{IDENTITY_KEY}", "key.unsafe"),
    ],
)
def test_refuses_verifier_key(stated: str, rule: str) -> None:
    """A verifier key that is not spelled exactly, or not safe, is refused before any note is looked at."""
    assert rule_of(NOTE, VKEY, stated) == rule


@pytest.mark.parametrize("text", [b"", b"no newline", b"tab\there\n", b"null\0\n", b"\r\n"])
def test_signs_no_text_that_could_not_be_opened(text: bytes) -> None:
    """A text without a newline at its end, or with controls, is not signed."""
    with pytest.raises(NoteError, match=r"note\.malformed"):
        sign_note(text, NAME, KEY)


def test_proofs_of_other_logs_are_no_notes_of_ours(vectors: Path) -> None:
    """The public tlog-proof strings carry unsigned checkpoints: accepted or refused there, none opens."""
    suite = json.loads((vectors / "c2sp-tlog-proof" / "tlog_proof_formats_repo.json").read_text())
    stated = [vector["want"] for vector in suite["marshal"]] + suite["reject"]
    assert len(stated) == 9
    assert {rule_of(text.encode()) for text in stated} == {MALFORMED}


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(NOTE) - 1), st.integers(1, 255))
def test_any_changed_byte_is_refused(at: int, mask: int) -> None:
    """Whichever byte of a note changes, it does not open."""
    assert rule_of(NOTE[:at] + bytes([NOTE[at] ^ mask]) + NOTE[at + 1 :]) != "accepted"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80) | st.text("\u2014 \na+=\u00a0", max_size=40).map(str.encode))
def test_arbitrary_bytes_never_surprise(data: bytes) -> None:
    """Whatever bytes come, they are refused as AuditError."""
    assert rule_of(data) != "accepted"
