"""Files that survive a power cut: written beside their place, flushed, put there whole."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Put a file in place as a whole, over what may be there; when this returns, nothing loses it."""
    beside = _write_beside(path, data)
    beside.replace(path)
    sync_folder(path.parent)


def create_whole(path: Path, data: bytes) -> None:
    """Put a file where none is; raises FileExistsError, and then what is there stays as it is."""
    beside = _write_beside(path, data)
    try:
        os.link(beside, path)  # unlike a rename it never replaces
    finally:
        beside.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush the names in a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_beside(path: Path, data: bytes) -> Path:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return beside
