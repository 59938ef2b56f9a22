"""Files that somebody else made: plain ones, of their folder, as long as they may be, or refused with why."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from audit.proofs.errors import AuditError, CopyError
from audit.proofs.files import read_file, read_given, read_list

NAME = "tile/0"
LIMIT = 4
PATIENCE = 10
"""Seconds; only a reader that waits for the pipe takes them."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one file of four bytes."""
    (tmp_path / "log" / "tile").mkdir(parents=True)
    (tmp_path / "log" / NAME).write_bytes(b"abcd")
    return tmp_path / "log"


def refused(folder: Path) -> object:
    """Return why the file is refused."""
    with pytest.raises(CopyError) as wrong:
        read_file(folder, NAME, LIMIT)
    assert (wrong.value.rule, wrong.value.facts["path"]) == ("copy.unreadable", str(folder / NAME))
    return wrong.value.facts["reason"]


def test_a_plain_file_is_read_whole(folder: Path) -> None:
    """As long as it may be, and also through a link that leads to the folder itself."""
    (folder.parent / "link").symlink_to(folder)
    assert read_file(folder, NAME, LIMIT) == b"abcd"
    assert read_file(folder.parent / "link", NAME, LIMIT) == b"abcd"


def test_a_file_that_is_too_long_is_refused(folder: Path) -> None:
    """It is not even begun."""
    (folder / NAME).write_bytes(b"abcde")
    assert refused(folder) == "too long"


def _link(folder: Path) -> None:
    (folder / NAME).rename(folder / "there")
    (folder / NAME).symlink_to(folder / "there")


def _linked_folder(folder: Path) -> None:
    (folder / "tile").rename(folder / "tiles")
    (folder / "tile").symlink_to("tiles")


@pytest.mark.parametrize("hide", [_link, _linked_folder])
def test_a_file_behind_a_link_is_refused(folder: Path, hide: Callable[[Path], None]) -> None:
    """The link may be the file, or a folder on the way to it."""
    hide(folder)
    assert refused(folder) == "behind a link"


def test_a_pipe_is_refused_and_not_waited_for(folder: Path) -> None:
    """Nobody writes into it: whoever opened it to read would wait for ever."""
    (folder / NAME).unlink()
    os.mkfifo(folder / NAME)
    told: list[object] = []
    asked = Thread(target=lambda: told.append(refused(folder)), daemon=True)
    asked.start()
    asked.join(PATIENCE)
    assert told == ["not a file"]


def test_of_what_was_given_no_more_is_read_than_can_be_of_use(folder: Path) -> None:
    """One byte more than the limit is enough to see that there are too many."""
    assert read_given(folder / NAME, 2) == b"abc"


BAD_JSON = {
    "no JSON": (b"{", "copy.unreadable"),
    "no text": (b"\xff", "copy.unreadable"),
    "deep": (b"[" * 200_000, "copy.unreadable"),
    "a key twice": (b'{"a":1,"a":2}', "bytes.not_canonical"),
}


@pytest.mark.parametrize("case", BAD_JSON)
def test_a_list_that_is_no_json_is_refused(folder: Path, case: str) -> None:
    """Half of it, depth without end, or two answers to one question."""
    data, rule = BAD_JSON[case]
    (folder / "list.json").write_bytes(data)
    with pytest.raises(AuditError) as wrong:
        read_list(folder, "list.json", 1_000_000)
    assert wrong.value.rule == rule


def test_a_list_that_is_not_there_is_none(folder: Path) -> None:
    """Not every copy has one; and one that is there is read."""
    assert read_list(folder, "list.json", 100) is None
    (folder / "list.json").write_bytes(b"[1]")
    assert read_list(folder, "list.json", 100) == [1]
