"""The fold in JavaScript, in one process of Node for many questions, beside the fold in Python."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from audit.proofs.entry import read_time, write_time
from audit.proofs.keyring import KEY_EVENTS
from audit.proofs.state import encode_items
from domain import admission, published, ranking, scoring
from domain.criteria import Block
from domain.events import Event, kind_of, read_body
from domain.ranking import Place
from domain.shapes import write
from domain.standing import Round, Standing, StateItem

ROOT = Path(__file__).parents[4]
BROWSER = ROOT / "audit" / "browser"
SCRIPT = Path(__file__).with_name("fold.mjs")

Told = dict[str, Any]
"""A statement with its position and the two times of its entry, as the fold in JavaScript takes it."""


def question(command: str, **given: Any) -> str:
    """Spell a command with what is given to it."""
    return json.dumps({"command": command, **given}, ensure_ascii=False) + "\n"


class Ask:
    """Asks a process of Node one thing after the other."""

    def __init__(self, to: IO[str], back: IO[str]) -> None:
        self._to, self._back = to, back

    def __call__(self, command: str, **given: Any) -> Any:
        """Return the answer to a command."""
        return self.spelled(question(command, **given))

    def spelled(self, asked: str) -> Any:
        """Return the answer to a question that is spelled already."""
        self._to.write(asked)
        self._to.flush()
        return json.loads(self._back.readline() or '{"failed": "Node ended"}')


@contextmanager
def node(folder: Path = BROWSER / "fold") -> Iterator[Ask]:
    """Start Node once, over the modules of a folder, to be asked one thing after the other."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("no Node.js on this machine")
    with subprocess.Popen(
        [found, "--no-warnings", str(SCRIPT), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Ask(process.stdin, process.stdout)
        finally:
            process.stdin.close()


# --- statements and events ------------------------------------------------------------------------------


def told(event: Event, origin: str = "example.vn/log") -> Told:
    """Write an event as the statement that it could have been made from, as far as a fold reads one."""
    header = {
        "round": event.round,
        "agency": event.agency,
        "criterion": event.criterion,
        "matter": event.matter,
    }
    stated = {name: value for name, value in header.items() if value is not None}
    arrived = write_time(event.arrived_at)
    return {
        "position": event.position,
        "arrived_at": arrived,
        "received_at": arrived,
        "statement": {
            "log": origin,
            "id": event.id,
            "type": event.kind.name,
            "body": write(event.body),
            **stated,
        },
    }


def event_of(one: Told) -> Event | None:
    """Read a statement as the domain sees it; who signed it moves no score."""
    stated = one["statement"]
    if stated["type"] in KEY_EVENTS:
        return None
    kind = kind_of(stated["type"])
    return Event(
        position=one["position"],
        id=stated.get("id", str(one["position"])),
        kind=kind,
        body=read_body(kind, stated["body"]),
        signed_by=(stated.get("actor", "somebody"),),
        arrived_at=read_time(one["arrived_at"]),
        round=stated.get("round"),
        agency=stated.get("agency"),
        criterion=stated.get("criterion"),
        matter=stated.get("matter"),
    )


def events_of(log: Iterable[Told]) -> list[Event]:
    """Read the statements of a log, without those about keys."""
    return [event for one in log if (event := event_of(one)) is not None]


# --- the fold in Python ---------------------------------------------------------------------------------


def lines(standing: Standing, position: int) -> list[str]:
    """Return every item as it would be published at this position, of all rounds, by ascending key."""
    return spelled([item for found in standing.rounds.values() for item in items(standing, found, position)])


def items(standing: Standing, found: Round, position: int) -> Sequence[StateItem]:
    """Return the items of a round as they would be published at this position."""
    return published.state(standing, found, places(standing, found), position)


def places(standing: Standing, found: Round) -> list[Place]:
    """Rank every block of a round."""
    return [place for block in Block for place in _block(standing, found, block)]


def _block(standing: Standing, found: Round, block: Block) -> tuple[Place, ...]:
    cards = [scoring.card(standing, found.code, code) for code, its in found.agencies.items() if its is block]
    return ranking.rank(found.criteria, cards)


def spelled(state: Iterable[StateItem]) -> list[str]:
    """Spell items canonically, by ascending key."""
    return [line.decode() for line in encode_items(sorted(state, key=lambda item: item.key))]


def digest(spelling: Sequence[str]) -> str:
    """Return the number of lines and a digest over them."""
    return f"{len(spelling)} {hashlib.sha256(chr(10).join(spelling).encode()).hexdigest()}"


def folded(events: Iterable[Event], leave: Collection[int] = (), at: Collection[int] = ()) -> Answer:
    """Fold events without some of them; answer what it comes to at these sizes, as Node does."""
    standing, answers, sizes = Standing(), [], sorted(at)
    for event in [*events, None]:
        while sizes and (event is None or event.position >= sizes[0]):
            answers.append(lines(standing, sizes.pop(0) - 1))
        if event is not None and event.position not in leave:
            admission.follow(standing, event)
    versions = [(v, found.code) for found in standing.rounds.values() for v in found.versions]
    return answers, [[code, v.number, v.position, spelled(v.state)] for v, code in versions]


Answer = tuple[list[list[str]], list[list[Any]]]
"""The lines at each size, and round, number, position and lines of each published version."""


def agree(ask: Ask, log: Sequence[Told], leave: Collection[int] = (), at: Collection[int] = ()) -> None:
    """Fold a log on both sides and compare: the lines at these sizes, and every published version."""
    ask("log", name="agree", statements=log)
    agree_on(ask, "agree", events_of(log), leave, at or (log[-1]["position"] + 1,))


def agree_on(
    ask: Ask, name: str, events: Iterable[Event], leave: Collection[int], at: Collection[int]
) -> None:
    """Compare as `agree` does, over a log that Node knows by name."""
    compare(ask, name, folded(events, leave, at), leave, at)


def compare(ask: Ask, name: str, mine: Answer, leave: Collection[int], at: Collection[int]) -> None:
    """Compare with what Python came to; digests first, lines where they differ."""
    its = ask("fold", name=name, leave=list(leave), at=list(at))
    assert "failed" not in its, its["failed"]
    sizes, versions = mine
    stated = [[*version[:3], digest(version[3])] for version in versions]
    if [one["lines"] for one in its["at"]] != list(map(digest, sizes)) or its["versions"] != stated:
        its = ask("fold", name=name, leave=list(leave), at=list(at), whole=True)
        assert [one["lines"] for one in its["at"]] == sizes
        assert its["versions"] == versions
        raise AssertionError("the digests differ, and the lines do not")
