"""Where things lie: one data directory, and the database it names or the environment does."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

DATA_VARIABLE = "MINHCHUNG_DATA"
DATABASE_VARIABLE = "MINHCHUNG_DATABASE_URL"
ANCHOR_VARIABLE = "MINHCHUNG_ANCHOR"
EVIDENCE_VARIABLE = "MINHCHUNG_EVIDENCE"
EVIDENCE_KEY_VARIABLE = "MINHCHUNG_EVIDENCE_KEY"
DEFAULT_DATA = Path("data")


@dataclass(frozen=True, slots=True)
class Settings:
    """The data directory holds the log (on SQLite), the log's key and the evidence.

    `beside_data`: whatever the environment says, log and anchor lie in the directory itself.
    """

    data: Path
    beside_data: bool = False

    @property
    def database_url(self) -> str:
        """The URL of the log: `MINHCHUNG_DATABASE_URL`, else `minhchung.db` in the data directory."""
        return self._from(DATABASE_VARIABLE) or f"sqlite:///{self.database}"

    @property
    def database(self) -> Path:
        """The file of a log on SQLite."""
        return self.data / "minhchung.db"

    @property
    def anchor(self) -> Path:
        """What was acknowledged: `MINHCHUNG_ANCHOR`, at best on another disk, else beside the data."""
        return Path(self._from(ANCHOR_VARIABLE) or self.data / "anchor")

    @property
    def log_key(self) -> Path:
        """The private key of the log."""
        return self.data / "log.key"

    @property
    def next_log_key(self) -> Path:
        """The private key that the log is about to rotate to."""
        return self.data / "log.key.next"

    @property
    def record_key(self) -> Path:
        """The ML-DSA-44 key that signs checkpoints of record, where there is one."""
        return self.data / "record.key"

    @property
    def continues(self) -> Path:
        """Of a log that continues another as a new epoch: the data directory of what is left of that one."""
        return self.data / "continues"

    @property
    def trust(self) -> Path:
        """The demo's trust file; of a real log it lies with whoever trusts, never here."""
        return self.data / "trust.json"

    @property
    def evidence(self) -> Path:
        """The byte store of evidence, where it is a directory."""
        return self.data / "evidence"

    @property
    def evidence_bucket(self) -> str | None:
        """Where evidence lies instead: `MINHCHUNG_EVIDENCE`, such as `s3://bucket/folder`."""
        return self._from(EVIDENCE_VARIABLE)

    @property
    def evidence_key(self) -> Path:
        """The keys that seal evidence: `MINHCHUNG_EVIDENCE_KEY`, best elsewhere, else beside the data."""
        return Path(self._from(EVIDENCE_KEY_VARIABLE) or self.data / "evidence.key")

    @property
    def incoming(self) -> Path:
        """Pieces of evidence that are on their way in."""
        return self.evidence / "incoming"

    def _from(self, variable: str) -> str | None:
        return None if self.beside_data else os.environ.get(variable)


def settings(data: Path | None = None) -> Settings:
    """Return the settings for a data directory: given, from `MINHCHUNG_DATA`, or `./data`."""
    return Settings(data or Path(os.environ.get(DATA_VARIABLE) or DEFAULT_DATA))
