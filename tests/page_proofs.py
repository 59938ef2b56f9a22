"""What the pages on receipts, cosignatures, trust and witnesses show, made from the pages' small log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime

from api.story_values import ZONE
from api.witness import FORMAT
from audit.proofs import merkle
from audit.proofs.checkpoint import Checkpoint, sign_checkpoint
from audit.proofs.contradiction import Contradiction, convict, format_contradiction
from audit.proofs.cosignature import cosign, cosignature_message, cosigner_vkey
from audit.proofs.entry import parse_entry
from audit.proofs.errors import AuditError
from audit.proofs.keys import DEMO_ORIGIN, SigningKey, demo_signing_key
from audit.proofs.mldsa import MlDsaSigningKey
from audit.proofs.note import open_note, unverified_text, vkey
from audit.proofs.policy import Group, Policy, Witness
from audit.proofs.receipt import Receipt, format_receipt, parse_proof
from audit.proofs.trust import Trust, TrustedLog
from audit.proofs.trust_file import format_trust
from audit.proofs.witness import AddCheckpoint, format_request
from tests.page_log import KEYS, PAGES, PageLog

OPERATOR = "Sở Nội vụ thành phố Đà Nẵng"
TIME = int(datetime(2017, 1, 18, 8, 40, tzinfo=ZONE).timestamp())
WITNESS_KEYS: Mapping[str, SigningKey] = {
    "thanh-tra": demo_signing_key(200),
    "kiem-toan": demo_signing_key(201),
    "so-noi-vu": demo_signing_key(202),
}
OPERATORS = {"thanh-tra": "Thanh tra thành phố", "kiem-toan": "Kiểm toán Nhà nước", "so-noi-vu": OPERATOR}
RECORD_KEY = MlDsaSigningKey.from_seed(hashlib.sha256(b"minhchung demo record key").digest())
RECORD_VKEY = cosigner_vkey(DEMO_ORIGIN, RECORD_KEY.public_key)
LOG_VKEY = vkey(DEMO_ORIGIN, KEYS["log"].public_key)
RECORD_BLOCK = "checkpoint of record"


def signing_name(name: str) -> str:
    """Return the name a witness signs under."""
    return f"witness.example/{name}"


WITNESSES = tuple(
    Witness(name, cosigner_vkey(signing_name(name), key.public_key), OPERATORS[name])
    for name, key in WITNESS_KEYS.items()
)
POLICY = Policy(WITNESSES, (Group("hai-nơi", 2, tuple(WITNESS_KEYS)),), "hai-nơi")


def newest(log: PageLog) -> bytes:
    """Return the newest checkpoint of the small log."""
    return log.notes[len(log.entries)]


def cosigned(log: PageLog, *names: str) -> bytes:
    """Return it with the lines of witnesses."""
    text = unverified_text(newest(log))
    lines = (
        cosign(text, signing_name(name), WITNESS_KEYS[name], TIME + number)
        for number, name in enumerate(names)
    )
    return newest(log) + b"".join(lines)


def receipt(log: PageLog) -> bytes:
    """Return the receipt for the entry of the page on entries."""
    index = log.labels["evidence"]
    entry = parse_entry(log.entries[index])
    path = tuple(merkle.inclusion_proof(log.leaf_hashes, index))
    note = cosigned(log, "thanh-tra", "kiem-toan")
    return format_receipt(Receipt(entry.arrived_at, entry.received_at, index, path, note))


def trust_file(log: PageLog) -> bytes:
    """Return a trust in the small log that knows its newest checkpoint."""
    known = TrustedLog(DEMO_ORIGIN, OPERATOR, (LOG_VKEY,), newest(log))
    return format_trust(Trust((known,), POLICY))


def request(log: PageLog) -> bytes:
    """Return the request to cosign the newest checkpoint after the one of the entry."""
    old, size = log.labels["evidence"] + 1, len(log.entries)
    proof = tuple(merkle.consistency_proof(log.leaf_hashes, old, size))
    return format_request(AddCheckpoint(old, proof, newest(log)))


def answer(log: PageLog) -> bytes:
    """Return what a witness answers to it."""
    return cosigned(log, "thanh-tra").removeprefix(newest(log))


def contradiction(log: PageLog) -> Contradiction:
    """Return the evidence against a copy of the small log that changed the adjustment and went on."""
    changed, size = log.labels["adjustment"], len(log.entries)
    copy = [*log.leaf_hashes[:changed], merkle.leaf_hash(b"0.75 instead"), *log.leaf_hashes[changed + 1 :]]
    copy.append(merkle.leaf_hash(b"and on"))
    note = sign_checkpoint(Checkpoint(DEMO_ORIGIN, size + 1, merkle.root(copy)), KEYS["log"])
    return convict(newest(log), note, copy)


def configuration() -> bytes:
    """Return the configuration file of a witness."""
    logs = [{"origin": DEMO_ORIGIN, "vkeys": [LOG_VKEY]}]
    stated = {
        "format": FORMAT,
        "name": signing_name("thanh-tra"),
        "operator": OPERATORS["thanh-tra"],
        "keys": ["thanh-tra.key"],
        "directory": "state",
        "logs": logs,
    }
    return json.dumps(stated, ensure_ascii=False, indent=2).encode()


def of_record(log: PageLog, shown: bytes) -> bytes:
    """Return what is shown if it is the newest checkpoint with both signatures, else one signed anew.

    ML-DSA signatures are randomised: an example cannot be made again, only verified.
    """
    text = unverified_text(newest(log))
    try:
        opened = open_note(shown, [LOG_VKEY, RECORD_VKEY])
    except AuditError:
        opened = None
    if opened is not None and opened.text == text and len(opened.signatures) == 2:
        return shown
    return newest(log) + cosign(text, DEMO_ORIGIN, RECORD_KEY, TIME)


def _shown(page: str, block: str) -> bytes:
    text = (PAGES / page).read_text("utf-8")
    _, _, after = text.partition(f"<!-- from the code: {block} -->\n\n```text\n")
    return after.partition("```")[0].encode()


def makers(log: Callable[[], PageLog]) -> dict[str, tuple[str, Callable[[], bytes]]]:
    """Return what makes each block: the kind of its fence, and its bytes."""
    return {
        "receipt": ("text", lambda: receipt(log())),
        "times of the receipt": ("json", lambda: parse_proof(receipt(log())).extra),
        "cosigned checkpoint": ("text", lambda: cosigned(log(), "thanh-tra", "kiem-toan")),
        "key of a witness": ("text", lambda: WITNESSES[0].vkey.encode()),
        "signed bytes of a witness": (
            "text",
            lambda: cosignature_message("", TIME, unverified_text(newest(log()))),
        ),
        RECORD_BLOCK: ("text", lambda: of_record(log(), _shown("cosignature.md", RECORD_BLOCK))),
        "record key": ("text", RECORD_VKEY.encode),
        "trust file": ("json", lambda: trust_file(log())),
        "configuration": ("json", configuration),
        "request to cosign": ("text", lambda: request(log())),
        "answer of a witness": ("text", lambda: answer(log())),
        "contradiction": ("text", lambda: format_contradiction(contradiction(log()))),
    }
