"""What the pages on the anchor, new epochs and the log's key show, made from the pages' small log."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from api.log_key import rotation
from api.signing import scripted_entropy
from api.story_values import ZONE
from audit.ledger.anchor import Anchor
from audit.ledger.epoch import cite
from audit.proofs import merkle
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.entry import parse_entry
from audit.proofs.keyring import Keyring
from audit.proofs.keys import DEMO_ORIGIN, demo_signing_key
from audit.proofs.statement import parse_envelope, parse_statement
from tests.page_log import KEYS, PageLog

ANCHORED = (1, 28, 35)
"""The sizes that the anchor of the page holds: a few of the log's thirty-five."""
LEFT = 28
"""The size of the backup that the new epoch of the page goes on from."""
NEW_ORIGIN = "minhchung.example/da-nang-demo-2"
NEXT_LOG_KEY = demo_signing_key(300)
MOMENT = datetime(2017, 1, 18, 8, 45, tzinfo=ZONE)


def anchor(log: PageLog, folder: Path) -> Anchor:
    """Anchor some checkpoints of the log."""
    made = Anchor.create(folder / "anchor")
    for size in ANCHORED:
        made.advance(
            log.notes[size], lambda one, two: merkle.consistency_proof(log.leaf_hashes[:two], one, two)
        )
    return made


def anchor_file(log: PageLog) -> bytes:
    """Return the bytes of the anchor."""
    with tempfile.TemporaryDirectory() as folder:
        return anchor(log, Path(folder)).path.read_bytes()


def keyring_at(log: PageLog, size: int) -> Keyring:
    """Return the keys after the first entries of the log."""
    keyring = Keyring()
    for position, state in enumerate(log.entries[:size]):
        keyring.follow(parse_statement(parse_entry(state).envelope.payload), position)
    return keyring


def citation(log: PageLog) -> bytes:
    """Return what a new epoch says that goes on from an older backup."""
    left = Checkpoint(DEMO_ORIGIN, LEFT, merkle.root(log.leaf_hashes[:LEFT]))
    with tempfile.TemporaryDirectory() as folder:
        stated = cite(anchor(log, Path(folder)).newest, left, keyring_at(log, LEFT), NEW_ORIGIN)
    return json.dumps({"continues": stated}, ensure_ascii=False, indent=2).encode()


def log_key_rotation(log: PageLog) -> bytes:
    """Return the envelope by which the log goes on with another key."""
    seen = len(log.entries), merkle.root(log.leaf_hashes).hex()
    return rotation(DEMO_ORIGIN, seen, MOMENT, KEYS["log"], NEXT_LOG_KEY, scripted_entropy).envelope


def log_key_payload(log: PageLog) -> bytes:
    """Return its statement, laid out for reading."""
    stated = json.loads(parse_envelope(log_key_rotation(log)).payload)
    return json.dumps(stated, ensure_ascii=False, indent=2).encode()


def makers(log: Callable[[], PageLog]) -> dict[str, tuple[str, Callable[[], bytes]]]:
    """Return what makes each block: the kind of its fence, and its bytes."""
    return {
        "anchor": ("text", lambda: anchor_file(log())),
        "continues": ("json", lambda: citation(log())),
        "log key rotation": ("json", lambda: log_key_rotation(log())),
        "log key rotation payload": ("json", lambda: log_key_payload(log())),
    }
