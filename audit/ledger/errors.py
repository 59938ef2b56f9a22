"""What goes wrong with the log's storage: one base, and each error says what to do next."""

from __future__ import annotations

from typing import ClassVar


class LedgerError(Exception):
    """The base of everything that the ledger raises."""


class NoDatabase(LedgerError):
    """A log that should be read is not there; a missing one is never taken for a fresh one."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"there is no log at {path}; `minhchung demo` makes one, `--data DIR` names another place"
        )


class WriterBusy(LedgerError):
    """Another process writes this SQLite log."""

    def __init__(self, path: str, pid: str) -> None:
        super().__init__(f"process {pid or '?'} writes {path}; one process writes a SQLite log at a time")


class ReadOnly(LedgerError):
    """Somebody tries to write through a database that was opened for reading."""

    def __init__(self) -> None:
        super().__init__("this log was opened for reading only; open it as its writer")


class NotDurable(LedgerError):
    """The database would acknowledge what a power cut can take back."""

    def __init__(self, setting: str, found: object) -> None:
        super().__init__(f"{setting} is {found}: commits would not survive a power cut")


class EvidenceError(LedgerError):
    """Evidence cannot be had; `rule` is `evidence.missing`, `.altered`, `.sealed` or `.malformed_name`."""

    def __init__(self, rule: str, sha256: str) -> None:
        super().__init__(f"evidence {sha256[:64]}: {rule}")
        self.rule = rule


class LogStopped(LedgerError):
    """The log must not be written before somebody has looked at it."""


class StorageRefused(LedgerError):
    """The base of what is refused by a rule; `facts` are what was found, and nothing was changed."""

    about: ClassVar[str] = "refused"

    def __init__(self, rule: str, **facts: str | int) -> None:
        self.rule = rule
        self.facts = facts
        told = ", ".join(f"{name} {value}" for name, value in facts.items())
        super().__init__(f"{self.about}: {rule}" + (f" ({told})" if told else ""))


class StartRefused(StorageRefused, LogStopped):
    """What the log stands on does not agree."""

    about = "the log is not written as it stands"


class LogBehind(StartRefused):
    """The log lacks entries that were acknowledged: it was lost, or an old backup was restored."""

    def __init__(self, size: int, anchored: int) -> None:
        super().__init__("log.behind", size=size, anchored=anchored, missing=anchored - size)


class RefillRefused(StorageRefused):
    """A log cannot be refilled with what is at hand."""

    about = "the log is not refilled"


class BackupRefused(StorageRefused):
    """A log cannot be copied, or a copy not be put in its place."""

    about = "no copy was made"


class StampingRefused(StorageRefused):
    """A time token cannot be had, read or kept."""

    about = "no time token was kept"


class ErasureRefused(StorageRefused):
    """Words cannot be erased: by the rule that the statement of it did not meet."""

    about = "nothing was erased"


class EpochRefused(StorageRefused):
    """A log cannot be continued as a new one."""

    about = "no new epoch was begun"


class ExportRefused(StorageRefused):
    """An export is written where nothing is, or not at all."""

    about = "not exported"
