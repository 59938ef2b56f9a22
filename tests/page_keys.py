"""What happens to keys after the end of the small log, for the page on keys: doubt, suspension, a card."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from api.signing import scripted_entropy, uuid7
from audit.proofs import merkle
from audit.proofs.certificate import possession, write_chain
from audit.proofs.commitment import commit
from audit.proofs.keyring import BOUND, ENROLLED, REINSTATED, REPUDIATED, SUSPENDED
from audit.proofs.keys import DEMO_ORIGIN, SigningKey, demo_signing_key
from audit.proofs.statement import Envelope, sign_statement
from tests.audit.proofs.chains import USAGE
from tests.page_log import KEYS, PageLog
from tests.page_storage import MOMENT
from tests.page_story import NEXT_KEY, public

NEWEST_KEY = demo_signing_key(40)
"""The key that snv-2 is enrolled with after the revocation."""
LABELS = ("enrolment anew", "repudiation", "suspension", "reinstatement", "binding")
"""What is stated after the end of the small log, in this order."""
SALT = scripted_entropy("page certificates")
RECEIVED = "2017-01-18T02:20:00.000000Z"


def made(log: PageLog) -> dict[str, Envelope]:
    """Return the statements by label, in the order of the log."""
    size, key, both = len(log.entries), NEWEST_KEY.public_key.id, (KEYS["dk-1"], KEYS["dk-2"])
    names = ("dk-1", "dk-2")
    anew = {"actor": "snv-2", "public_key": public(NEWEST_KEY), "custody": "platform"}
    lost = {"key": NEXT_KEY.public_key.id, "positions": [log.labels["rotation"]]}
    chain = certificates()
    bound = {"key": key, "certificate": digest(chain[0]), "possession": proof(size)}
    return {
        "enrolment anew": _state(log, ENROLLED, anew, (*names, "snv-2"), (*both, NEWEST_KEY)),
        "repudiation": _state(log, REPUDIATED, lost, ("snv-2",), (NEWEST_KEY,)),
        "suspension": _state(log, SUSPENDED, {"key": key, "category": "MISLAID"}, ("snv-2",), (NEWEST_KEY,)),
        "reinstatement": _state(log, REINSTATED, {"key": key}, names, both),
        "binding": _state(log, BOUND, bound, ("snv-2",), (NEWEST_KEY,), write_chain(chain)),
    }


def _state(
    log: PageLog,
    kind: str,
    body: Mapping[str, Any],
    actors: Sequence[str],
    signers: Sequence[SigningKey],
    chain: str = "",
) -> Envelope:
    named = sorted((s.public_key.id, actor) for s, actor in zip(signers, actors, strict=True))
    stated_id = uuid7(MOMENT, scripted_entropy(f"page {kind} anew"))
    stated = {
        "v": 1,
        "log": DEMO_ORIGIN,
        "id": stated_id,
        "type": kind,
        "body": body,
        "occurred_at": MOMENT.isoformat(timespec="seconds"),
        "attachments": [],
        "commitments": {"certificates": _commitment(stated_id, chain)} if chain else {},
        "signers": [key for key, _ in named],
        "actors": [actor for _, actor in named],
        "threshold": len(named),
        "seen": {"size": len(log.entries), "root": merkle.root(log.leaf_hashes).hex()},
    }
    return sign_statement(stated, signers)


def _commitment(stated_id: str, chain: str) -> str:
    return commit(salt=SALT, log=DEMO_ORIGIN, statement_id=stated_id, field="certificates", value=chain)


# --- a card of its own ----------------------------------------------------------------------------------


def card_key(name: str) -> Ed25519PrivateKey:
    """Return a key that everybody can make, of a card or of the authority."""
    return Ed25519PrivateKey.from_private_bytes(sha256(f"minhchung demo card {name}".encode()).digest())


def signed_for(enrolled_at: int) -> bytes:
    """Return what the card signs: the newest key of snv-2, enrolled there."""
    return possession(
        log=DEMO_ORIGIN,
        key=NEWEST_KEY.public_key.id,
        actor="snv-2",
        enrolled_at=enrolled_at,
        certificate=digest(certificates()[0]),
    )


def proof(enrolled_at: int) -> str:
    """Return the card's signature."""
    return base64.b64encode(card_key("person").sign(signed_for(enrolled_at))).decode()


def digest(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of a certificate."""
    return sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


@cache
def certificates() -> tuple[x509.Certificate, x509.Certificate]:
    """Return the chain of the card: it, and the authority that issued it; Ed25519 makes the same bytes."""
    return _issue("snv-2 (minh họa)", "person", ca=False), _issue("CA minh họa", "authority", ca=True)


def _issue(subject: str, name: str, *, ca: bool) -> x509.Certificate:
    signs = {"digital_signature": not ca, "key_cert_sign": ca, "crl_sign": ca}
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name("CA minh họa"))
        .public_key(card_key(name).public_key())
        .serial_number(2 - ca)
        .not_valid_before(datetime(2016, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2026, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(
            x509.KeyUsage(**{**USAGE, **signs}),
            critical=True,
        )
        .sign(card_key("authority"), None)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _payload(log: PageLog, label: str) -> bytes:
    stated = json.loads(made(log)[label].payload)
    return json.dumps(stated, ensure_ascii=False, indent=2).encode()


def makers(log: Callable[[], PageLog]) -> dict[str, tuple[str, Callable[[], bytes]]]:
    """Return what makes each block: the kind of its fence, and its bytes."""
    return {
        "suspension payload": ("json", lambda: _payload(log(), "suspension")),
        "repudiation payload": ("json", lambda: _payload(log(), "repudiation")),
        "binding payload": ("json", lambda: _payload(log(), "binding")),
        "chain of certificates": ("text", lambda: write_chain(certificates()).encode()),
        "proof of possession": ("text", lambda: signed_for(len(log().entries))),
    }
