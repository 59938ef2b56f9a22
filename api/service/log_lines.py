"""What the service writes down about itself, in lines of JSON: no body, no address asked for, no person."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any, TextIO

import structlog

_HERE = str(Path(__file__).parents[2])
Event = MutableMapping[str, Any]


def lines(to: TextIO | None = None) -> structlog.typing.FilteringBoundLogger:
    """Return where lines are written; standard output, where nothing else is named."""
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(to or sys.stdout),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    return logger


def where(wrong: BaseException) -> list[str]:
    """Return what went wrong and where, the cause first; not its message, which may quote what was sent."""
    return [f"{type(one).__name__} at {_place(one)}" for one in reversed(list(_chain(wrong)))]


def _chain(wrong: BaseException | None) -> Iterator[BaseException]:
    while wrong is not None:
        yield wrong
        wrong = wrong.__cause__ or (None if wrong.__suppress_context__ else wrong.__context__)


def _place(wrong: BaseException) -> str:
    """Return the innermost place of ours that it went through, else the innermost of all."""
    frames = traceback.extract_tb(wrong.__traceback__)
    ours = [frame for frame in frames if frame.filename.startswith(_HERE) and ".venv" not in frame.filename]
    if not frames:
        return "-"
    frame = (ours or frames)[-1]
    return f"{frame.filename.removeprefix(_HERE).lstrip('/')}:{frame.lineno} {frame.name}"


class Lines(logging.Handler):
    """Hands on what libraries log, as the same lines; of an exception what it is and where, not its text."""

    def __init__(self, to: structlog.typing.FilteringBoundLogger) -> None:
        super().__init__(logging.WARNING)
        self._to = to

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        wrong = record.exc_info[1] if record.exc_info else None
        told = {"where": where(wrong)} if wrong is not None else {}
        text = record.msg if wrong is not None else record.getMessage()
        self._to.log(record.levelno, "library", logger=record.name, text=str(text).partition("\n")[0], **told)
