"""C2SP tlog-checkpoint without extension lines: origin, size and root of the log, signed as a note."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from audit.proofs.errors import CheckpointError
from audit.proofs.keys import Signer
from audit.proofs.lines import ED25519, key_id, signature_line
from audit.proofs.merkle import HASH_SIZE, MAX_SIZE

_ORIGIN = re.compile(r"[^\s+]{1,255}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: how many entries, and the root over them (32 bytes)."""

    origin: str
    size: int
    root: bytes


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Read a note's text as a checkpoint: read, written back, compared.

    Raises CheckpointError `checkpoint.malformed` with the line that is wrong.
    """
    try:
        lines = text.decode().split("\n")
    except UnicodeDecodeError:
        raise CheckpointError("checkpoint.malformed", line="not UTF-8") from None
    if len(lines) != 4 or lines[3] != "":
        raise CheckpointError("checkpoint.malformed", line="not three lines")
    if not _ORIGIN.fullmatch(lines[0]):
        raise CheckpointError("checkpoint.malformed", line="origin")
    found = Checkpoint(lines[0], _size(lines[1]), _root(lines[2]))
    if format_checkpoint(found) != text:
        raise CheckpointError("checkpoint.malformed", line="another spelling")
    return found


def _size(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 19) or int(text) > MAX_SIZE:
        raise CheckpointError("checkpoint.malformed", line="size")
    return int(text)


def _root(text: str) -> bytes:
    try:
        root = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        root = b""
    if len(root) != HASH_SIZE:
        raise CheckpointError("checkpoint.malformed", line="root")
    return root


def format_checkpoint(checkpoint: Checkpoint) -> bytes:
    """Write the text of a checkpoint's note."""
    encoded = base64.b64encode(checkpoint.root).decode()
    return f"{checkpoint.origin}\n{checkpoint.size}\n{encoded}\n".encode()


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """Return the note of a checkpoint, signed under the log's origin."""
    text, name = format_checkpoint(checkpoint), checkpoint.origin
    key = key_id(name, ED25519, signer.public_key.raw)
    return text + b"\n" + signature_line(name, key, signer.sign(text))
