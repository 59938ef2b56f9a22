"""Clocks: the real one, and a demo's scripted one that runs on from its last scripted moment."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


def real_clock() -> datetime:
    """Return the time of the machine."""
    return datetime.now(UTC)


class ScriptedClock:
    """Shows what the script sets, and goes on from there as time passes once the script has ended."""

    def __init__(self, moment: datetime, *, running: bool = False) -> None:
        self._moment = moment
        self._since = time.monotonic() if running else None

    def set(self, moment: datetime) -> None:
        """Show another moment."""
        self._moment = moment

    def __call__(self) -> datetime:
        """Return the moment shown."""
        if self._since is None:
            return self._moment
        return self._moment + timedelta(seconds=time.monotonic() - self._since)
