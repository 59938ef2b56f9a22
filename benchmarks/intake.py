"""Intake of real statements on SQLite: signature, admission, leaf; and with scores and ranks inline."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import cycle, islice
from pathlib import Path

from api.clock import ScriptedClock
from api.demo import LOG_KEY, example_folder
from api.example import load_example
from api.runtime import open_runtime
from api.settings import Settings
from api.signing import Desk, Draft
from api.story_values import ZONE
from audit.ledger.database import open_database
from audit.ledger.evidence import Evidence
from audit.ledger.fast import fastest_check
from audit.ledger.intake import Intake
from audit.ledger.publisher import Publisher
from audit.ledger.recorder import LedgerRecorder
from audit.ledger.submission import Accepted, Submission
from audit.proofs.keys import DEMO_ORIGIN, demo_signing_key
from benchmarks.measure import WARM_UP, Line, interleaved, unlimited, within
from domain.criteria import Criterion, StatedRule
from domain.points import write

BATCH = 100
LIMIT = 0.0005
ROUND = "2017"
"""The round of the demo that is left open."""
MOMENT = datetime(2018, 2, 8, 9, tzinfo=ZONE)
"""A day before its self-assessment is due."""
CONTENT = b"evidence of a benchmark\n"

Cell = tuple[str, Criterion]


def one_statement(demo: Path, folder: Path, rounds: int) -> list[Line]:
    """Submit the same batches to two copies of the demo: to intake alone, and to intake as it is wired."""
    alone, wired = (Settings(folder / name) for name in ("alone", "wired"))
    for copy in (alone, wired):
        shutil.copytree(demo, copy.data)
        Evidence.at(copy.evidence).put(CONTENT)
    runtime = open_runtime(wired, clock=ScriptedClock(MOMENT))
    recorder = LedgerRecorder(open_database(alone.database_url))
    bare = _intake(alone, recorder)
    try:
        office, before = Office(bare), bare.size
        seconds = interleaved(office.sign, [_admitted(bare), _admitted(runtime.intake)], rounds)
        assert bare.checkpoint == runtime.intake.checkpoint
        assert bare.size == before + BATCH * (WARM_UP + rounds)
    finally:
        runtime.log.database.close()
        recorder.database.close()
    what = f"intake of one statement, in batches of {BATCH}"
    return [
        within(what, seconds[0] / BATCH, LIMIT, milliseconds=True),
        unlimited("  with scores and ranks inline", seconds[1] / BATCH, milliseconds=True),
    ]


def _intake(settings: Settings, recorder: LedgerRecorder) -> Intake:
    publisher = Publisher(DEMO_ORIGIN, demo_signing_key(LOG_KEY))
    evidence = Evidence.at(settings.evidence)
    intake = Intake(recorder, publisher, evidence, ScriptedClock(MOMENT), check=fastest_check())
    intake.catch_up()
    return intake


def _admitted(intake: Intake) -> Callable[[list[Submission]], None]:
    def submit(batch: list[Submission]) -> None:
        for outcome in intake.submit(batch):
            assert isinstance(outcome, Accepted), outcome
            assert not outcome.repeated

    return submit


class Office:
    """Signs for the focal officers of every agency, cell after cell: evidence, then a self score."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._keys = keys = {
            person.actor: demo_signing_key(person.key) for person in load_example(example_folder()).people
        }
        self._desk = Desk(DEMO_ORIGIN, keys)
        self._desk.counters = {k: intake.keyring.next_counter(k) - 1 for k in intake.keyring.records}
        self._desk.versions = dict(intake.standing.versions)
        self._drafts = self._drafted()

    def sign(self, _turn: int, many: int = BATCH) -> list[Submission]:
        """Return the next batch, signed over the newest checkpoint."""
        self._desk.seen = self._intake.checkpoint
        return [self._desk.sign(draft) for draft in islice(self._drafts, many)]

    def _drafted(self) -> Iterator[Draft]:
        """Draft for one cell after the other; after the last, begin again with other points."""
        cells = self._cells()
        for number, cell in enumerate(cycle(cells)):
            yield self._evidence(cell, number)
            yield self._self_score(cell, number // len(cells))

    def _cells(self) -> list[Cell]:
        found = self._intake.standing.rounds[ROUND]
        return [
            (agency, criterion)
            for code, criterion in found.criteria.by_code.items()
            for agency, block in found.agencies.items()
            if criterion.is_stated and code in found.criteria.declared(block) and self._may_sign(agency)
        ]

    def _may_sign(self, agency: str) -> bool:
        """Whether the focal officer still has the key that the example began with."""
        focal = self._intake.standing.dossier(ROUND, agency).focal
        record = self._intake.keyring.records.get(self._keys[focal].public_key.id) if focal else None
        return record is not None and record.ended_at is None and record.suspended_at is None

    def _evidence(self, cell: Cell, number: int) -> Draft:
        sha256 = hashlib.sha256(CONTENT).hexdigest()
        return self._draft(
            "EvidenceSubmitted.v1",
            cell,
            {"serial": f"{number}/BC", "version": 1},
            {"title": "Báo cáo kết quả thực hiện kế hoạch cải cách hành chính"},
            [{"sha256": sha256, "size": len(CONTENT), "media_type": "text/plain"}],
        )

    def _self_score(self, cell: Cell, turn: int) -> Draft:
        _, criterion = cell
        assert isinstance(criterion.rule, StatedRule)
        choices = criterion.rule.choices or (criterion.max_points, criterion.max_points / 2)
        points = write(choices[turn % len(choices)])
        return self._draft("SelfScoreDeclared.v1", cell, {"points": points}, {"note": "Theo hồ sơ lưu"}, [])

    def _draft(
        self,
        kind: str,
        cell: Cell,
        body: dict[str, object],
        texts: dict[str, str],
        attachments: list[dict[str, object]],
    ) -> Draft:
        agency, criterion = cell
        focal = self._intake.standing.dossier(ROUND, agency).focal
        assert focal is not None
        return Draft(
            type=kind,
            actors=(focal,),
            body=body,
            occurred_at=MOMENT,
            round=ROUND,
            agency=agency,
            criterion=criterion.code,
            texts=texts,
            attachments=attachments,
        )
