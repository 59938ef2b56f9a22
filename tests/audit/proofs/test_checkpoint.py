"""Checkpoints: three lines, read, written back and compared."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint, sign_checkpoint
from audit.proofs.errors import CheckpointError
from audit.proofs.keys import demo_signing_key
from audit.proofs.merkle import MAX_SIZE
from audit.proofs.note import open_note, vkey

ORIGIN = "minhchung.example/da-nang-demo"
ROOT = bytes(range(32))
ENCODED = base64.b64encode(ROOT).decode()
GOOD = Checkpoint(ORIGIN, 1000, ROOT)
KEY = demo_signing_key(0)


def line_of(text: bytes) -> str:
    """Return which line makes a checkpoint refused; `accepted` when none does."""
    try:
        parse_checkpoint(text)
    except CheckpointError as wrong:
        return str(wrong.facts["line"]) if wrong.rule == "checkpoint.malformed" else wrong.rule
    return "accepted"


def text(origin: str = ORIGIN, size: str = "1000", root: str = ENCODED, more: str = "") -> bytes:
    """Write lines as they are."""
    return f"{origin}\n{size}\n{root}\n{more}".encode()


def test_signed_checkpoint_comes_back() -> None:
    """A signed checkpoint opens under the log's origin and reads as what was signed."""
    note = open_note(sign_checkpoint(GOOD, KEY), [vkey(ORIGIN, KEY.public_key)])
    assert (parse_checkpoint(note.text), note.signers) == (GOOD, (ORIGIN,))


@pytest.mark.parametrize("size", [0, 1, 9, 10, 2**53, MAX_SIZE])
def test_any_size_comes_back(size: int) -> None:
    """Sizes from none to the largest are written as plain digits and read back."""
    found = Checkpoint(ORIGIN, size, ROOT)
    assert parse_checkpoint(format_checkpoint(found)) == found


SIZES = {
    "sign and underscore": " +1_000",
    "plus sign": "+1000",
    "minus sign": "-1",
    "underscore": "1_000",
    "space before": " 1000",
    "space after": "1000 ",
    "Arabic digits": "\u0661\u0660\u0660\u0660",
    "full-width digits": "\uff11\uff10",
    "superscript": "\u00b2",
    "nothing": "",
    "hexadecimal": "0x3e8",
    "exponent": "1e3",
    "fraction": "1000.0",
    "carriage return": "1000\r",
    "beyond counting": str(MAX_SIZE + 1),
    "twenty digits": "0" * 19 + "1",
    "ten thousand digits": "9" * 10_000,
}
ROOTS = {
    "31 bytes": base64.b64encode(ROOT[:31]).decode(),
    "33 bytes": base64.b64encode(ROOT + b"\0").decode(),
    "empty": "",
    "no padding": ENCODED.rstrip("="),
    "padding twice": ENCODED + "=",
    "space before": " " + ENCODED,
    "space after": ENCODED + " ",
    "for addresses": base64.urlsafe_b64encode(b"\xff" * 32).decode(),
    "hexadecimal": ROOT.hex(),
    "not ASCII": "\u00e1" + ENCODED[1:],
    "carriage return": ENCODED + "\r",
}
REFUSED = (
    {f"size: {name}": (text(size=size), "size") for name, size in SIZES.items()}
    | {f"root: {name}": (text(root=root), "root") for name, root in ROOTS.items()}
    | {
        "size: leading zeros": (text(size="005"), "another spelling"),
        "size: two zeros": (text(size="00"), "another spelling"),
        "root: a set bit too many": (text(root=ENCODED[:-2] + "9="), "another spelling"),
        "origin: empty": (text(origin=""), "origin"),
        "origin: a space": (text(origin="minhchung example"), "origin"),
        "origin: a no-break space": (text(origin="minhchung\u00a0example"), "origin"),
        "origin: a plus sign": (text(origin="minhchung+example"), "origin"),
        "origin: too long": (text(origin="a" * 256), "origin"),
        "line ends of Windows": (text().replace(b"\n", b"\r\n"), "origin"),
        "extension line": (text(more="extension\n"), "not three lines"),
        "extension without its end": (text(more="extension"), "not three lines"),
        "blank line more": (text(more="\n"), "not three lines"),
        "blank line before": (b"\n" + text(), "not three lines"),
        "no newline at the end": (text()[:-1], "not three lines"),
        "two lines": (f"{ORIGIN}\n1000\n".encode(), "not three lines"),
        "nothing": (b"", "not three lines"),
        "signature left in": (sign_checkpoint(GOOD, KEY), "not three lines"),
        "not UTF-8": (b"\xff" + text(), "not UTF-8"),
    }
)


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_checkpoint(case: str) -> None:
    """Lines that a lax parser would take for a checkpoint are refused, with the line that is wrong."""
    stated, line = REFUSED[case]
    assert line_of(text()) == "accepted"
    assert line_of(stated) == line


def test_checkpoints_of_public_proofs_are_refused(vectors: Path) -> None:
    """The stand-ins for checkpoints in the public tlog-proof vectors are no checkpoints."""
    suite = json.loads((vectors / "c2sp-tlog-proof" / "tlog_proof_formats_repo.json").read_text())
    lines = {line_of(vector["checkpoint"].encode()) for vector in suite["marshal"]}
    assert lines == {"not three lines"}


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(text()) - 1), st.integers(1, 255))
def test_changed_byte_is_refused_or_seen(at: int, mask: int) -> None:
    """With any byte changed the lines are refused or say something else: no two spellings mean the same."""
    changed = text()[:at] + bytes([text()[at] ^ mask]) + text()[at + 1 :]
    if line_of(changed) == "accepted":
        assert parse_checkpoint(changed) != GOOD
        assert format_checkpoint(parse_checkpoint(changed)) == changed
