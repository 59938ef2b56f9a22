"""The log's key: kept by its owner alone, encrypted, rotated over both keys, or signing somewhere else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from api.log_key import (
    PASSWORD_FILE_VARIABLE,
    PASSWORD_VARIABLE,
    encrypt_key,
    is_encrypted,
    keep_key,
    load_key,
    make_next_key,
    rotation,
    take_over,
)
from api.runtime import open_runtime
from api.settings import Settings
from api.verification import examine
from audit.ledger.errors import LogStopped, StartRefused
from audit.ledger.submission import Accepted, Submission
from audit.ledger.tables import checkpoints
from audit.proofs.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from audit.proofs.errors import AuditError
from audit.proofs.keyring import LOG_ACTOR
from audit.proofs.keys import DEMO_ORIGIN, PublicKey, Signer, SigningKey, load_public_key
from audit.proofs.note import open_note, vkey
from tests.api.kept import clock
from tests.audit.ledger.callers import in_short, registering
from tests.conftest import ROOT
from tests.worlds import KEYS, World, begin

OLD = KEYS[LOG_ACTOR]
SECRET = "mật khẩu của sổ"


@pytest.fixture(autouse=True)
def no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is set on the machine that runs this."""
    for variable in (PASSWORD_VARIABLE, PASSWORD_FILE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    """A file with the password that only its owner can read."""
    path = tmp_path / "password"
    path.write_text(SECRET + "\n", "utf-8")
    path.chmod(0o600)
    return path


# --- the file -------------------------------------------------------------------------------------------


def test_a_key_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    """It is written so, never over another one, and refused when others can read it."""
    settings = Settings(tmp_path / "data")
    keep_key(settings, OLD)
    assert settings.log_key.stat().st_mode & 0o777 == 0o600
    assert load_key(settings.log_key).public_key == OLD.public_key
    with pytest.raises(FileExistsError):
        keep_key(settings, SigningKey.generate())
    for mode in (0o640, 0o604, 0o620):
        settings.log_key.chmod(mode)
        with pytest.raises(LogStopped, match="chmod 600"):
            load_key(settings.log_key)


@pytest.mark.parametrize("where", ["file", "environment"])
def test_a_key_is_encrypted_with_a_password(
    tmp_path: Path, password_file: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password comes from a file or the environment; the PEM tells nothing without it."""
    settings = Settings(tmp_path / "data")
    if where == "file":
        monkeypatch.setenv(PASSWORD_FILE_VARIABLE, str(password_file))
    else:
        monkeypatch.setenv(PASSWORD_VARIABLE, SECRET)
    keep_key(settings, OLD)
    assert is_encrypted(settings.log_key)
    assert load_key(settings.log_key).public_key == OLD.public_key


@pytest.mark.parametrize(
    ("stored", "given", "match"),
    [
        (SECRET, None, "is encrypted"),
        (SECRET, "another one", "does not open"),
        (None, SECRET, "is not encrypted"),
    ],
)
def test_a_password_that_does_not_fit_is_said(
    tmp_path: Path, stored: str | None, given: str | None, match: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever starts the log learns what to set; a key kept in the clear by mistake is noticed."""
    settings = Settings(tmp_path / "data")
    settings.data.mkdir()
    settings.log_key.write_bytes(OLD.to_pem(stored.encode() if stored else None))
    settings.log_key.chmod(0o600)
    if given:
        monkeypatch.setenv(PASSWORD_VARIABLE, given)
    with pytest.raises(LogStopped, match=match):
        load_key(settings.log_key)


def test_a_password_file_that_others_can_read_is_refused(
    tmp_path: Path, password_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password that everybody has is none."""
    settings = Settings(tmp_path / "data")
    keep_key(settings, OLD)
    password_file.chmod(0o644)
    monkeypatch.setenv(PASSWORD_FILE_VARIABLE, str(password_file))
    with pytest.raises(LogStopped, match="chmod 600"):
        load_key(settings.log_key)


def test_a_key_in_the_clear_is_encrypted_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, and only with a password; the key stays the same."""
    settings = Settings(tmp_path / "data")
    keep_key(settings, OLD)
    with pytest.raises(LogStopped, match="must name"):
        encrypt_key(settings)
    monkeypatch.setenv(PASSWORD_VARIABLE, SECRET)
    encrypt_key(settings)
    assert is_encrypted(settings.log_key)
    assert settings.log_key.stat().st_mode & 0o777 == 0o600
    assert load_key(settings.log_key).public_key == OLD.public_key
    with pytest.raises(LogStopped, match="already"):
        encrypt_key(settings)


@pytest.mark.parametrize("content", [b"", b"no key", OLD.to_pem()[:60]])
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    """A file that holds something else is not a key of any kind."""
    path = tmp_path / "log.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(LogStopped, match="does not open"):
        load_key(path)


# --- rotation -------------------------------------------------------------------------------------------


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A log of three entries whose next key has been made, opened with both."""
    settings = Settings(tmp_path / "data")
    begin(settings.data).close()
    make_next_key(settings)
    opened = World(open_runtime(settings, clock=clock()), clock())
    for number in range(2):
        opened.submit(registering(opened, f"A{number}"))
    yield opened
    opened.close()


def settings_of(tmp_path: Path) -> Settings:
    """Return where the log lies."""
    return Settings(tmp_path / "data")


def rotating(world: World, new: Signer) -> Submission:
    """Sign that the log goes on with another key."""
    return rotation(DEMO_ORIGIN, world.intake.checkpoint, world.clock(), OLD, new)


def state_rotation(world: World, settings: Settings) -> SigningKey:
    """Let the log state its next key; return it."""
    coming = load_key(settings.next_log_key)
    (outcome,) = world.submit(rotating(world, coming))
    assert isinstance(outcome, Accepted), outcome
    return coming


def signers(world: World, *keys: Signer) -> dict[int, list[int]]:
    """Return for each checkpoint which of the keys signed it, by their places."""
    found: dict[int, list[int]] = {}
    with world.runtime.log.database.read() as connection:
        for size, note in connection.execute(select(checkpoints.c.size, checkpoints.c.note)):
            for place, key in enumerate(keys):
                try:
                    stated = parse_checkpoint(open_note(note, [vkey(DEMO_ORIGIN, key.public_key)]).text)
                except AuditError:
                    continue
                assert stated.size == size
                found.setdefault(size, []).append(place)
    return found


def test_checkpoints_follow_the_rotation(world: World, tmp_path: Path) -> None:
    """Up to the rotation they are signed by the old key, from the one that covers it on by the new one."""
    new = state_rotation(world, settings_of(tmp_path))
    world.submit(registering(world, "B"))
    assert signers(world, OLD, new) == {1: [0], 2: [0], 3: [0], 4: [1], 5: [1]}
    assert world.intake.keyring.log_keys == ((1, OLD.public_key), (4, new.public_key))
    assert examine(settings_of(tmp_path).data).ok


def test_a_rotation_in_the_middle_of_a_batch_counts_for_all_of_it(world: World, tmp_path: Path) -> None:
    """The checkpoint over the batch is signed by the key that the batch ends with; refusals by either."""
    new = load_key(settings_of(tmp_path).next_log_key)
    desk = world.desk()
    batch = [registering(world, "B", desk=desk), rotating(world, new), registering(world, "C", desk=desk)]
    assert in_short(world.submit(*batch, Submission(b"{}"))) == [3, 4, 5, "envelope.not_canonical"]
    assert signers(world, OLD, new)[6] == [1]
    assert examine(settings_of(tmp_path).data).ok


def test_after_a_restart_the_new_key_goes_on(world: World, tmp_path: Path) -> None:
    """Before the new key came to its place, the log finds it where it was made; after that, there."""
    settings = settings_of(tmp_path)
    new = state_rotation(world, settings)
    world.close()
    for size in (5, 6):
        again = World(open_runtime(settings, clock=clock()), clock())
        again.submit(registering(again, f"B{size}"))
        assert signers(again, OLD, new)[size] == [1]
        again.close()
        if size == 5:
            take_over(settings)
    assert not settings.next_log_key.exists()
    assert examine(settings.data).ok


def test_the_old_key_alone_cannot_go_on(world: World, tmp_path: Path) -> None:
    """Without the new key the log does not start; nothing is signed by a key that it gave up."""
    settings = settings_of(tmp_path)
    state_rotation(world, settings)
    world.close()
    settings.next_log_key.unlink()
    with pytest.raises(StartRefused) as refused:
        open_runtime(settings, clock=clock())
    assert refused.value.rule == "log_key.not_at_hand"


def test_a_key_that_is_not_at_hand_is_not_rotated_to(world: World) -> None:
    """The log refuses a rotation that would leave it without a key to sign the next checkpoint with."""
    assert in_short(world.submit(rotating(world, SigningKey.generate()))) == ["log_key.not_at_hand"]


def test_a_checkpoint_by_a_key_that_was_given_up_is_found(world: World, tmp_path: Path) -> None:
    """Whoever still has the old key signs for older sizes only; the verifier follows the rotation."""
    settings = settings_of(tmp_path)
    state_rotation(world, settings)
    with world.runtime.log.database.begin() as connection:
        row = connection.execute(select(checkpoints).where(checkpoints.c.size == 4)).one()
        forged = sign_checkpoint(Checkpoint(DEMO_ORIGIN, 4, row.root), OLD)
        connection.execute(checkpoints.update().where(checkpoints.c.size == 4).values(note=forged))
    found = [(one.layer, one.rule, one.facts["size"]) for one in examine(settings.data).findings]
    assert found == [("checkpoint", "note.no_known_signature", 4)]


# --- a key that signs somewhere else --------------------------------------------------------------------

MODULE = """
import sys
from audit.proofs.keys import demo_signing_key

key = demo_signing_key(0)
print(key.public_key.raw.hex(), flush=True)
for line in sys.stdin:
    print(key.sign(bytes.fromhex(line)).hex(), flush=True)
"""


class SignerElsewhere:
    """A signer whose key is in a process of its own, as it would be in a module of hardware."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._asked, self._answers = self._process.stdin, self._process.stdout
        self._key = load_public_key(bytes.fromhex(self._answers.readline()))

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        return self._key

    def sign(self, data: bytes) -> bytes:
        """Ask the other process."""
        self._asked.write(data.hex() + "\n")
        self._asked.flush()
        return bytes.fromhex(self._answers.readline())

    def close(self) -> None:
        """End the other process."""
        self._asked.close()
        assert self._process.wait(30) == 0


def test_a_log_runs_with_a_key_that_it_never_holds(tmp_path: Path) -> None:
    """Whatever can sign will do: no key file is there, and checkpoints and refusals verify."""
    settings = settings_of(tmp_path)
    begin(settings.data).close()
    settings.log_key.unlink()
    signer = SignerElsewhere()
    world = World(open_runtime(settings, clock=clock(), log_key=signer), clock())
    assert in_short(world.submit(registering(world, "A"), Submission(b"{}"))) == [1, "envelope.not_canonical"]
    world.close()
    signer.close()
    examined = examine(settings.data)
    assert examined.ok
    assert (examined.verdict.size, examined.refusals) == (2, 1)
