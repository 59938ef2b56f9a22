"""Where things lie: one data directory, and the database it names or the environment does."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

DATA_VARIABLE = "MINHCHUNG_DATA"
DATABASE_VARIABLE = "MINHCHUNG_DATABASE_URL"
DEFAULT_DATA = Path("data")


@dataclass(frozen=True, slots=True)
class Settings:
    """The data directory holds the log (on SQLite), the log's key and the evidence."""

    data: Path

    @property
    def database_url(self) -> str:
        """The URL of the log: `MINHCHUNG_DATABASE_URL`, else `minhchung.db` in the data directory."""
        return os.environ.get(DATABASE_VARIABLE) or f"sqlite:///{self.data / 'minhchung.db'}"

    @property
    def log_key(self) -> Path:
        """The private key of the log."""
        return self.data / "log.key"

    @property
    def evidence(self) -> Path:
        """The byte store of evidence."""
        return self.data / "evidence"


def settings(data: Path | None = None) -> Settings:
    """Return the settings for a data directory: given, from `MINHCHUNG_DATA`, or `./data`."""
    return Settings(data or Path(os.environ.get(DATA_VARIABLE) or DEFAULT_DATA))
