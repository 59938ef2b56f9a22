"""The right to send an evidence file: a line that a key signs over log, digest, size and end."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import NoReturn

from api.service.errors import MayNotUpload
from audit.proofs.errors import AuditError
from audit.proofs.keyring import Keyring
from audit.proofs.keys import Signer

SCHEME = "Minhchung-Upload"
_CONTEXT = "minhchung.upload/v1"
_CREDENTIALS = re.compile(
    rf"{SCHEME} key=([0-9a-f]{{64}}), size=(0|[1-9][0-9]{{0,12}}), until=([1-9][0-9]{{0,11}}), "
    r"signature=([A-Za-z0-9+/]{86}==)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class UploadRight:
    """Whose key may send which file, of so many bytes, `until` a moment (seconds since 1970)."""

    key: str
    sha256: str
    size: int
    until: int

    def signed(self, origin: str) -> bytes:
        """Return the bytes that are signed."""
        return "".join(
            f"{part}\n" for part in (_CONTEXT, origin, self.sha256, self.size, self.until)
        ).encode()


def sign_right(signer: Signer, origin: str, sha256: str, size: int, until: int) -> str:
    """Return the value of the `Authorization` header that lets a file in."""
    right = UploadRight(signer.public_key.id, sha256, size, until)
    signature = base64.b64encode(signer.sign(right.signed(origin))).decode()
    return f"{SCHEME} key={right.key}, size={size}, until={until}, signature={signature}"


def may_upload(header: str | None, sha256: str, origin: str, keyring: Keyring, now: float) -> UploadRight:
    """Read who may send this file; raises MayNotUpload unless an enrolled key says so and it is not over.

    This is the one place that decides it.
    """
    found = _CREDENTIALS.fullmatch(header or "")
    if found is None:
        _refuse("credentials")
    right = UploadRight(found[1], sha256, int(found[2]), int(found[3]))
    record = keyring.records.get(right.key)
    if record is None or record.ended_at is not None or record.suspended_at is not None:
        _refuse("signing_key")
    if now > right.until:
        _refuse("until")
    try:
        record.public.verify(base64.b64decode(found[4], validate=True), right.signed(origin))
    except (AuditError, binascii.Error):
        _refuse("signature")
    return right


def _refuse(part: str) -> NoReturn:
    raise MayNotUpload(part)
