"""What the pages on time and erasure show, made from the pages' small log."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from audit.proofs.entry import parse_entry, read_time, write_time
from audit.proofs.head import open_head
from audit.proofs.interval import Bound, Interval, interval
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.statement import Statement, parse_statement
from audit.proofs.timestamp import cosigned_stamps
from domain.shapes import write
from domain.stated.choices import ErasureCategory
from domain.stated.erasure import ErasedTexts, OpeningsErased
from tests.page_log import PageLog
from tests.page_proofs import LOG_VKEY, POLICY, cosigned


def statement(log: PageLog, label: str) -> Statement:
    """Return the statement with a label."""
    return parse_statement(parse_entry(log.entry(label)).envelope.payload)


def bounds(log: PageLog) -> Interval:
    """Return when the evidence of the page on entries was stated, by the cosigned checkpoint."""
    head = open_head(cosigned(log, "thanh-tra", "kiem-toan"), vkeys=[LOG_VKEY], policy=POLICY)

    def received(position: int) -> datetime:
        return read_time(parse_entry(log.entries[position]).received_at)

    return interval(
        log.labels["evidence"],
        statement(log, "evidence").seen,
        received,
        cosigned_stamps(head.checkpoint.size, head.cosigned),
        log=DEMO_ORIGIN,
    )


def _told(bound: Bound | None) -> object:
    if bound is None:
        return None
    return {"at": write_time(bound.at), "source": bound.source.value, "by": bound.by, "size": bound.size}


def _interval(log: PageLog) -> bytes:
    found = bounds(log)
    told = {"not_before": _told(found.not_before), "not_after": _told(found.not_after)}
    return json.dumps(told | {"contradicts": found.contradicts}, ensure_ascii=False, indent=2).encode()


def _erasure(log: PageLog) -> bytes:
    texts = ErasedTexts(statement=statement(log, "evidence").id, fields=("title",))
    body = OpeningsErased(category=ErasureCategory.SUBJECT_REQUEST, erased=(texts,))
    return json.dumps(write(body), ensure_ascii=False, indent=2).encode()


def makers(log: Callable[[], PageLog]) -> dict[str, tuple[str, Callable[[], bytes]]]:
    """Return what makes each block: the kind of its fence, and its bytes."""
    return {
        "interval": ("json", lambda: _interval(log())),
        "body of an erasure": ("json", lambda: _erasure(log())),
    }
