"""Reading files that somebody else made: plain ones, in their own folder, and no longer than they may be."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

from audit.proofs.errors import CopyError
from audit.proofs.handwritten import no_key_twice


def read_file(folder: Path, name: str, limit: int) -> bytes:
    """Return the bytes of a file under a folder.

    Raises OSError, and CopyError `copy.unreadable` for what is not a plain file (a pipe would be waited for,
    a device has no end), lies behind a link (a folder that holds itself has no end either), or is too long.
    """
    path = folder / name
    if os.path.realpath(path) != os.path.join(os.path.realpath(folder), *Path(name).parts):
        raise CopyError("copy.unreadable", path=str(path), reason="behind a link")
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise CopyError("copy.unreadable", path=str(path), reason="not a file")
        if found.st_size > limit:
            raise CopyError("copy.unreadable", path=str(path), reason="too long")
        return file.read(limit + 1)[:limit]


def read_given(path: Path, limit: int) -> bytes:
    """Return what a reader gave by name, a pipe of their shell perhaps: no more than can be of use."""
    with path.open("rb") as file:
        return file.read(limit + 1)


def read_list(folder: Path, name: str, limit: int) -> Any:
    """Read JSON that lies beside a log; nothing where there is no such file. Raises as `read_file` does."""
    if not (folder / name).exists():
        return None
    try:
        return json.loads(read_file(folder, name, limit), object_pairs_hook=no_key_twice)
    except (ValueError, RecursionError):
        raise CopyError("copy.unreadable", path=str(folder / name), reason="not JSON") from None
