"""What a file is, by its content and never by its name; what could run where it is opened is not taken."""

from __future__ import annotations

ENOUGH = 4096
"""So many bytes tell."""
_KINDS = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_NEVER = (b"minhchung.evidence/", b"<!doctype", b"<html", b"<script", b"<svg", b"<?xml", b"#!")


def media_type(beginning: bytes) -> str | None:
    """Return the type of a file by its first bytes; nothing where it is none that is taken as evidence.

    Office documents are what their container is: zip, or OLE storage.
    """
    for magic, kind in _KINDS:
        if beginning.startswith(magic):
            return kind
    shown = beginning.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if shown.startswith(_NEVER) or b"\0" in beginning:
        return None
    try:
        beginning.decode()
    except UnicodeDecodeError as wrong:
        if wrong.start < len(beginning) - 3 or len(beginning) < ENOUGH:  # not a letter that is cut in two
            return None
    return "text/plain"
