"""The log attests what it publishes, takes no false attestation in, and `verify` finds one that got in."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from api.attesting import unattested
from api.runtime import Runtime
from api.settings import DATABASE_VARIABLE, Settings
from api.verification import examine
from audit.ledger import deciding, tree
from audit.ledger.attested import BLINDING
from audit.ledger.database import open_database
from audit.ledger.submission import Accepted, Refused, Submission
from audit.ledger.tables import openings
from audit.proofs.keyring import LOG_ACTOR
from domain.standing import Attested
from tests.api.falsely import SECRET, attestation, publish, state_root
from tests.api.interrupted import STEPS
from tests.conftest import ROOT
from tests.furnished import APPROVAL, PUBLISHED
from tests.worlds import World, reopen


@pytest.fixture
def world(small_log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A copy of the log, with a result that waits for approval and publication."""
    monkeypatch.delenv(DATABASE_VARIABLE, raising=False)
    shutil.copytree(small_log, tmp_path / "data")
    opened = reopen(tmp_path / "data")
    yield opened
    opened.close()


def attested(world: World, code: str = APPROVAL) -> Attested:
    """Return what was attested of a round's first version."""
    return world.intake.standing.attested[code, 1]


def secret_of(runtime: Runtime, position: int) -> str:
    """Return the secret of an attestation, which an auditor may read."""
    recorded = next(runtime.log.entries(position))
    its = openings.c.statement_id == recorded.statement.id
    with runtime.log.database.read() as connection:
        (row,) = connection.execute(openings.select().where(its))
    assert (row.field, row.visibility) == (BLINDING, "AUDITORS")
    return str(row.value)


# --- the log attests by itself --------------------------------------------------------------------------


def test_log_attests_what_it_publishes(world: World) -> None:
    """The entry after a publication is the log's own: its root then, and the state that was published."""
    position = publish(world)
    made = attested(world)
    assert made.position == position + 1
    assert made.stated.size == position + 1
    with world.runtime.log.database.read() as connection:
        assert made.stated.root == tree.root_at(connection, position + 1).hex()
    assert made.stated.state_root == state_root(world, secret_of(world.runtime, made.position))
    (recorded, *_) = world.runtime.log.entries(made.position)
    assert recorded.statement.actor == LOG_ACTOR


def test_every_attestation_has_a_secret_of_its_own(world: World) -> None:
    """Two states that are alike have roots that are not."""
    publish(world)
    secrets = {secret_of(world.runtime, attested(world, code).position) for code in (APPROVAL, PUBLISHED)}
    assert len(secrets) == 2


def test_what_follows_in_the_same_batch_is_not_attested(world: World) -> None:
    """The attested size is that of the publication, though its batch went on; whoever sent it is answered."""
    world.state("ResultApproved", "ub-1", round=APPROVAL, body={"version": 1})
    published, later = world.tell(
        world.draft("ResultPublished", "tk-1", round=APPROVAL, body={"version": 1}),
        world.draft("ReviewConferenceHeld", "tk-1", round=APPROVAL, body={"on": "2017-02-08"}),
    )
    assert (attested(world).stated.size, attested(world).position) == (published + 1, later + 1)
    assert world.intake.checkpoint is not None
    assert world.intake.checkpoint[0] == later + 2


def test_what_was_left_unattested_is_attested_at_the_start(world: World, tmp_path: Path) -> None:
    """A process that ended between publication and attestation is made up for by the next one."""
    position = publish(world, silently=True)
    assert (APPROVAL, 1) not in world.intake.standing.attested
    world.close()
    again = reopen(tmp_path / "data")
    assert attested(again).position == position + 1
    assert unattested(again.intake.standing) == []
    again.close()
    assert examine(tmp_path / "data").findings == ()


@pytest.mark.parametrize("step", STEPS)
def test_killed_before_any_step_of_its_attestation_the_log_makes_up_for_it(
    step: str, world: World, tmp_path: Path
) -> None:
    """Whatever it died before, the next start leaves one attestation of what was published, a true one."""
    size = world.size
    world.close()
    words = [sys.executable, "-m", "tests.api.interrupted", str(tmp_path / "data"), step]
    assert subprocess.run(words, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    again = reopen(tmp_path / "data")
    published = size + 1
    assert (attested(again).position, again.size) == (published + 1, published + 2)
    assert unattested(again.intake.standing) == []
    again.close()
    examined = examine(tmp_path / "data")
    assert (examined.findings, examined.refolded.refolded) == ((), examined.refolded.attested)


# --- what is turned away --------------------------------------------------------------------------------


FALSE: dict[str, tuple[Callable[[World], Submission], str]] = {
    "another root": (lambda w: attestation(w, root="00" * 32), "attestation.other_root"),
    "another size": (lambda w: attestation(w, size=9), "attestation.other_size"),
    "a size that the log does not have": (lambda w: attestation(w, size=10**9), "attestation.other_size"),
    "another state": (lambda w: attestation(w, state_root="00" * 32), "attestation.other_state"),
    "the state under another secret": (
        lambda w: attestation(w, state_root=state_root(w, "cd" * 32)),
        "attestation.other_state",
    ),
    "an item fewer": (lambda w: attestation(w, count=3), "attestation.other_count"),
    "a short secret": (lambda w: attestation(w, blinding="ab"), "state.malformed_secret"),
    "a secret that is none": (lambda w: attestation(w, blinding="zz" * 32), "state.malformed_secret"),
    "another secret than was committed to": (
        lambda w: replace(attestation(w), openings=(replace(attestation(w).openings[0], value="cd" * 32),)),
        "opening.mismatch",
    ),
    "no secret": (lambda w: replace(attestation(w), openings=()), "opening.missing"),
}


@pytest.mark.parametrize("wrong", FALSE)
def test_false_attestations_are_turned_away(wrong: str, world: World) -> None:
    """Even over the log's own signature: nothing is attested but what its fold and its tree are."""
    publish(world, silently=True)
    made, rule = FALSE[wrong]
    (outcome,) = world.submit(made(world))
    assert isinstance(outcome, Refused)
    assert outcome.refusal.rule == rule
    (good,) = world.submit(attestation(world))
    assert isinstance(good, Accepted)


# --- what verify finds ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "rule"),
    [({"state_root": "00" * 32}, "attestation.other_state"), ({"root": "00" * 32}, "attestation.other_root")],
)
def test_a_false_attestation_that_got_in_is_found(
    changes: Any, rule: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operator whose intake does not look signs and commits it; whoever folds the log again sees it."""
    position = publish(world, silently=True) + 1
    monkeypatch.setattr(deciding, "check_attested", lambda *_: None)
    (outcome,) = world.submit(attestation(world, **changes))
    assert isinstance(outcome, Accepted)
    world.close()
    found = [(f.layer, f.position, f.rule) for f in examine(tmp_path / "data").findings]
    assert found == [("attestation", position, rule)]


def _examined(demo: Path, into: Path, value: str | None) -> Any:
    """Put another value in the place of every secret, or erase it, and examine the log."""
    shutil.copytree(demo, into)
    database = open_database(Settings(into).database_url)
    with database.begin() as connection:
        connection.execute(update(openings).where(openings.c.field == BLINDING).values(value=value))
    database.close()
    return examine(into)


def test_the_attestations_of_the_demo_are_refolded(demo_data: Path) -> None:
    """Both of its versions were attested, are what the fold gives, and were confirmed by the auditor."""
    its = examine(demo_data).refolded
    assert (its.attested, its.refolded, its.confirmed, its.findings) == (2, 2, 2, ())


def test_another_secret_is_found(demo_data: Path, tmp_path: Path) -> None:
    """It is neither what was committed to nor what hides the attested leaves."""
    examined = _examined(demo_data, tmp_path / "data", SECRET)
    found = [(f.layer, f.rule) for f in examined.findings]
    assert (
        sorted(found)
        == [("attestation", "attestation.other_state")] * 2 + [("opening", "opening.mismatch")] * 2
    )


def test_what_lost_its_secret_is_only_attested(demo_data: Path, tmp_path: Path) -> None:
    """Erased as any opening may be: nothing is wrong, and the verdict says that nothing was folded again."""
    examined = _examined(demo_data, tmp_path / "data", None)
    assert examined.ok
    assert (examined.refolded.attested, examined.refolded.refolded) == (2, 0)
