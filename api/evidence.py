"""Where a log's evidence lies, and the keys, apart from it, that seal it."""

from __future__ import annotations

import base64
import binascii
import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from api.log_key import private_bytes
from api.settings import EVIDENCE_KEY_VARIABLE, Settings
from audit.ledger.errors import LogStopped
from audit.ledger.evidence import Evidence
from audit.ledger.files import create_whole
from audit.ledger.sealing import KEY, Vault
from audit.ledger.shelves import DirectoryShelf, Shelf


def evidence_of(settings: Settings) -> Evidence:
    """Return the store of a log's evidence; its keys are read once they are needed."""
    return Evidence(_shelf(settings), lambda: vault_of(settings))


def vault_of(settings: Settings) -> Vault | None:
    """Return what seals evidence; nothing where no key was ever made.

    Raises LogStopped where the file of keys is open to others, or is none.
    """
    path = settings.evidence_key
    return _read(path, path.stat().st_ctime_ns) if path.exists() else None


def keep_evidence_key(settings: Settings) -> Vault:
    """Return what seals evidence, with a new key where there is none yet.

    Raises LogStopped where there is evidence already that no new key opens: the old one has to come back.
    """
    path = settings.evidence_key
    if not path.exists():
        if evidence_of(settings).any_sealed():
            raise LogStopped(f"{path} is not there, and evidence is sealed by it; bring it back")
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):  # another process of the same log made it just now
            create_whole(path, base64.b64encode(os.urandom(KEY)) + b"\n")
    vault = vault_of(settings)
    if vault is None:
        raise LogStopped(f"{path} is not there")
    return vault


def key_is_apart(settings: Settings) -> bool:
    """Whether whoever takes the data directory has the evidence sealed, without its key."""
    return settings.data.resolve() not in settings.evidence_key.resolve().parents


@lru_cache(maxsize=8)
def _read(path: Path, _changed: int) -> Vault:
    try:
        lines = private_bytes(path).split()
        return Vault([base64.b64decode(line, validate=True) for line in lines])
    except (binascii.Error, ValueError):
        wanted = f"{KEY} bytes in base64 on each line, the one that seals first"
        raise LogStopped(f"{path} holds no keys of evidence: {wanted} ({EVIDENCE_KEY_VARIABLE})") from None


def _shelf(settings: Settings) -> Shelf:
    if settings.evidence_bucket is None:
        return DirectoryShelf(settings.evidence)
    from audit.ledger.shelf_s3 import s3_shelf  # an extra

    return s3_shelf(settings.evidence_bucket)
