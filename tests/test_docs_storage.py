"""The pages on the anchor, new epochs and the log's key: their examples verify as the pages say."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from audit.ledger.anchor import HEADER, Anchor
from audit.proofs import canonical, merkle
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.continuation import read_continuation, verify_continuation
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.note import open_note
from audit.proofs.statement import parse_envelope, parse_statement, verify_signatures
from tests.page_proofs import LOG_VKEY
from tests.page_storage import ANCHORED, LEFT, NEW_ORIGIN, NEXT_LOG_KEY, keyring_at
from tests.pages import code, page_log


def test_the_anchor_on_the_page_holds_the_logs_checkpoints(tmp_path: Path) -> None:
    """Read strictly, each record has its mark as the grammar says, and opens under the log's key."""
    path = tmp_path / "anchor"
    path.write_bytes(code("anchor.md", "anchor").encode())
    mark, rebuilt = hashlib.sha256(HEADER).digest(), HEADER
    held = list(Anchor.open(path).records())
    for one in held:
        open_note(one.note, [LOG_VKEY])
        mark = hashlib.sha256(mark + one.note).digest()
        rebuilt += one.note + f"# {mark.hex()}\n".encode()
    assert tuple(one.checkpoint.size for one in held) == ANCHORED
    assert rebuilt == path.read_bytes()


def test_the_citation_on_the_page_is_proved_from_what_is_left() -> None:
    """The old log signed the checkpoint, and what is left ends where the missing positions begin."""
    stated = json.loads(code("genesis.md", "continues"))["continues"]
    left = Checkpoint(DEMO_ORIGIN, LEFT, merkle.root(page_log().leaf_hashes[:LEFT]))
    cited = read_continuation(stated, NEW_ORIGIN)
    verify_continuation(cited, left=left, vkeys=[LOG_VKEY])
    assert (cited.missing_from, cited.missing_to) == (28, 35)


def test_the_rotation_on_the_page_is_admitted_after_the_small_log() -> None:
    """Over both keys, it gives the log its next one, from the checkpoint that covers it on."""
    size = len(page_log().entries)
    keys = keyring_at(page_log(), size)
    envelope = parse_envelope(code("keys.md", "log key rotation").strip().encode())
    statement = parse_statement(envelope.payload)
    verify_signatures(envelope, statement, keys.keys_for(statement))
    keys.check(statement, size)
    keys.follow(statement, size)
    assert keys.log_keys[-1] == (size + 1, NEXT_LOG_KEY.public_key)
    shown = canonical.encode(json.loads(code("keys.md", "log key rotation payload")))
    assert shown == envelope.payload
