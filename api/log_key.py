"""The log's private key on disk: readable by its owner alone, encrypted where a password is given, rotated.

A password comes from a file or the environment, never from the command line, which others can read.
"""

from __future__ import annotations

import base64
import os
from datetime import datetime
from pathlib import Path

from api.settings import Settings
from api.signing import Entropy, random_entropy, uuid7
from audit.ledger.errors import LogStopped
from audit.ledger.files import create_whole, sync_folder, write_whole
from audit.ledger.submission import Submission
from audit.proofs.errors import AuditError
from audit.proofs.keyring import LOG_ACTOR, LOG_KEY_ROTATED
from audit.proofs.keys import Signer, SigningKey
from audit.proofs.statement import sign_statement

PASSWORD_VARIABLE = "MINHCHUNG_LOG_KEY_PASSWORD"  # noqa: S105 - the name of a variable
PASSWORD_FILE_VARIABLE = "MINHCHUNG_LOG_KEY_PASSWORD_FILE"  # noqa: S105 - likewise
OF_OTHERS = 0o077


def keep_key(settings: Settings, key: SigningKey) -> None:
    """Write the log's private key into the data directory; raises FileExistsError where one is."""
    settings.data.mkdir(parents=True, exist_ok=True)
    create_whole(settings.log_key, key.to_pem(password()))


def load_key(path: Path) -> SigningKey:
    """Read a private key; raises LogStopped where it is missing, open to others, or does not open."""
    pem, secret = private_bytes(path), password()
    try:
        return SigningKey.from_pem(pem, secret)
    except TypeError:
        if secret is None:
            hint = f"{PASSWORD_FILE_VARIABLE} names the file with its password"
            raise LogStopped(f"{path} is encrypted; {hint}") from None
        raise LogStopped(
            f"{path} is not encrypted, though a password is given; `minhchung log-key --encrypt` does it"
        ) from None
    except (ValueError, AuditError):
        raise LogStopped(f"{path} does not open: another password, or no Ed25519 key") from None


def load_keys(settings: Settings) -> tuple[SigningKey, SigningKey | None]:
    """Read the log's key, and the next one where it has been made."""
    coming = settings.next_log_key
    return load_key(settings.log_key), load_key(coming) if coming.exists() else None


def password() -> bytes | None:
    """Return the password of key files: from a file of its owner's alone, else from the environment."""
    if named := os.environ.get(PASSWORD_FILE_VARIABLE):
        return private_bytes(Path(named)).removesuffix(b"\n")
    given = os.environ.get(PASSWORD_VARIABLE)
    return given.encode() if given else None


def encrypt_key(settings: Settings) -> None:
    """Encrypt a key that was kept in the clear; raises LogStopped without a password."""
    secret = password()
    if secret is None:
        raise LogStopped(f"{PASSWORD_FILE_VARIABLE} must name the file with the password")
    try:
        key = SigningKey.from_pem(private_bytes(settings.log_key))
    except TypeError:
        raise LogStopped(f"{settings.log_key} is encrypted already") from None
    write_whole(settings.log_key, key.to_pem(secret))


def is_encrypted(path: Path) -> bool:
    """Whether a key file tells nothing to whoever takes it."""
    return b"BEGIN ENCRYPTED PRIVATE KEY" in private_bytes(path)


def private_bytes(path: Path) -> bytes:
    """Read a key file of its owner's alone; raises LogStopped where it is missing or open to others."""
    try:
        mode = path.stat().st_mode
        content = path.read_bytes()
    except FileNotFoundError:
        raise LogStopped(f"{path} is not there") from None
    if mode & OF_OTHERS:
        raise LogStopped(f"{path} can be read by others; `chmod 600` it first")
    return content


# --- rotation -------------------------------------------------------------------------------------------


def make_next_key(settings: Settings) -> SigningKey:
    """Make the key that the log goes on with, or find the one that was made before."""
    if not settings.next_log_key.exists():
        create_whole(settings.next_log_key, SigningKey.generate().to_pem(password()))
    return load_key(settings.next_log_key)


def rotation(
    origin: str,
    seen: tuple[int, str] | None,
    at: datetime,
    old: Signer,
    new: Signer,
    entropy: Entropy = random_entropy,
) -> Submission:
    """State over both keys that the log goes on with the new one: from the checkpoint over this on."""
    named = sorted(signer.public_key.id for signer in (old, new))
    stated: dict[str, object] = {
        "v": 1,
        "log": origin,
        "id": uuid7(at, entropy(f"id {LOG_KEY_ROTATED}")),
        "type": LOG_KEY_ROTATED,
        "body": {
            "public_key": base64.b64encode(new.public_key.raw).decode(),
            "replaces": old.public_key.id,
        },
        "occurred_at": at.isoformat(timespec="seconds"),
        "attachments": [],
        "commitments": {},
        "signers": named,
        "actors": [LOG_ACTOR] * len(named),
        "threshold": len(named),
    }
    if seen is not None:
        stated["seen"] = {"size": seen[0], "root": seen[1]}
    return Submission(sign_statement(stated, [old, new]).encode())


def take_over(settings: Settings) -> None:
    """Put the next key in the place of the old one, once the log has rotated to it."""
    settings.next_log_key.replace(settings.log_key)
    sync_folder(settings.data)
