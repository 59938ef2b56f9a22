"""The page on evidence at rest: its example opens by its own steps, with nothing of our code."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from audit.ledger.sealing import Vault

PAGE = Path("docs/formats/evidence.md").read_text("utf-8")
STORED, KEY = (base64.b64decode(block) for block in re.findall(r"```text\n(.+?)```", PAGE, re.DOTALL))


def test_the_example_opens_by_the_steps_of_the_page() -> None:
    """Head, key, chunk, digest."""
    digest = re.findall(r"`([0-9a-f]{64})`", PAGE)[0]
    assert STORED[:22] == b"minhchung.evidence/v1\n"
    assert STORED[22:30] == hashlib.sha256(b"minhchung.evidence/v1 key\n" + KEY).digest()[:8]
    key = AESGCM(KEY).decrypt(STORED[30:42], STORED[42:90], STORED[:30] + bytes.fromhex(digest))
    content = AESGCM(key).decrypt(bytes(11) + b"\1", STORED[90:], None)
    assert hashlib.sha256(content).hexdigest() == digest
    assert b"".join(Vault([KEY]).unseal(digest, [STORED])) == content
