"""An export can be verified with nothing but the proofs: whatever was changed in it is found and named."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from api.settings import Settings
from audit.ledger.errors import ExportRefused
from audit.ledger.export import export_log
from audit.proofs.__main__ import main
from audit.proofs.copies import open_copy
from audit.proofs.errors import CopyError
from audit.proofs.verifier import verify_log
from tests.worlds import World, agency


@pytest.fixture
def exported(world: World, tmp_path: Path) -> Path:
    """The export of a log of three hundred entries, one full tile and one that is not, with words."""
    for batch in range(3):
        numbers = range(batch * 100, batch * 100 + 100)
        world.tell(*(world.draft("AgencyRegistered", "dk-1", body=agency(f"A{n}")) for n in numbers))
    write(world, tmp_path / "export", words=True)
    return tmp_path / "export"


def write(world: World, folder: Path, *, entries: bool = True, words: bool = False) -> int:
    """Export a log."""
    with world.runtime.log.database.read() as connection:
        return export_log(connection, folder, entries=entries, words=words)


def test_export_verifies_alone(world: World, exported: Path) -> None:
    """Every check of the log itself holds on the export: same size, same root, same signatures."""
    verdict = verify_log(open_copy(exported).copy)
    assert verdict.findings == ()
    assert (verdict.size, verdict.root.hex()) == world.intake.checkpoint
    assert verdict.signatures >= verdict.size
    assert main([str(exported)]) == 0


def test_a_data_directory_verifies_alone(world: World, settings: Settings) -> None:
    """A data directory is read with Python's own SQLite, while the log is open."""
    if not settings.database.is_file():
        pytest.skip("a log on PostgreSQL is exported first")
    world.state("AgencyRegistered", "dk-1", body=agency("A1"))
    verdict = verify_log(open_copy(settings.data).copy)
    assert verdict.findings == ()
    assert verdict.size == world.size == 2


def test_tiles_are_laid_out_as_c2sp_has_them(exported: Path) -> None:
    """Full tiles, the partial ones with their width, entry bundles likewise."""
    assert (exported / "tile/0/000").stat().st_size == 256 * 32
    assert (exported / "tile/0/001.p/45").stat().st_size == 45 * 32
    assert (exported / "tile/1/000.p/1").stat().st_size == 32
    assert (exported / "tile/entries/000").is_file()
    assert (exported / "tile/entries/001.p/45").is_file()


def test_hashes_only_say_nothing_of_what_was_stated(world: World, exported: Path, tmp_path: Path) -> None:
    """What everybody may have holds no entry and no word."""
    write(world, tmp_path / "public", entries=False)
    assert not (tmp_path / "public/tile/entries").exists()
    assert not (tmp_path / "public/openings.json").exists()
    assert (tmp_path / "public/tile/0/000").read_bytes() == (exported / "tile/0/000").read_bytes()
    assert not any(b"AgencyRegistered" in path.read_bytes() for path in files(tmp_path / "public"))


def files(folder: Path) -> list[Path]:
    """Return all files of a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def flip(path: Path, at: int) -> None:
    """Flip one bit of a file."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def reroot(path: Path) -> None:
    """Let a checkpoint state another root."""
    origin, size, _, *rest = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([origin, size, b64encode(bytes(32)), *rest]))


DAMAGES: dict[str, tuple[Callable[[Path], None], str, int | None]] = {
    "an entry": (lambda f: flip(f / "tile/entries/000", 5000), "leaf.other_bytes", None),
    "a leaf hash": (lambda f: flip(f / "tile/0/000", 32 * 7), "leaf.other_bytes", 7),
    "a checkpoint": (lambda f: flip(f / "checkpoints/101", 40), "signature.bad", None),
    "the root of the head": (lambda f: reroot(f / "checkpoint"), "head.other_root", None),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_damage_to_an_export_is_found(exported: Path, what: str) -> None:
    """One flipped bit in any of its files is found, by the check that it is for."""
    damage, rule, position = DAMAGES[what]
    (exported / "checkpoints" / "301").unlink(missing_ok=True)
    damage(exported)
    findings = verify_log(open_copy(exported).copy).findings
    found = [finding for finding in findings if finding.rule == rule]
    assert found, findings
    assert position is None or found[0].position == position
    assert main([str(exported)]) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda f: (f / "tile/entries/000").unlink(),
        lambda f: (f / "tile/entries/000").write_bytes((f / "tile/entries/000").read_bytes()[:-1]),
        lambda f: (f / "openings.json").write_text("no JSON"),
        lambda f: (f / "checkpoint").write_text("no note"),
        lambda f: (f / "checkpoint").unlink(),
    ],
    ids=["bundle gone", "bundle cut", "words unreadable", "no note", "no checkpoint"],
)
def test_what_cannot_be_read_is_said_to_be(
    exported: Path, damage: Callable[[Path], object], capsys: pytest.CaptureFixture[str]
) -> None:
    """An export that lacks a file is no verdict: it ends with 2, and names the file."""
    damage(exported)
    assert main([str(exported)]) == 2
    assert "audit.proofs: " in capsys.readouterr().err


def test_an_export_goes_into_a_new_folder(world: World, exported: Path) -> None:
    """What lies somewhere already is never mixed with an export."""
    with pytest.raises(ExportRefused, match=r"export\.not_empty"):
        write(world, exported)


def test_a_folder_of_something_else_is_no_log(tmp_path: Path) -> None:
    """What is neither a data directory nor an export is told apart from a damaged one."""
    with pytest.raises(CopyError, match=r"copy\.unreadable"):
        open_copy(tmp_path)


def test_proofs_alone_say_what_they_do_not_check(exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The answer names every layer, and that scores were not folded and nobody was trusted."""
    assert main([str(exported), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["fold"] == "not checked"
    assert told["trust"] == "consistent with itself"
    unasked = {layer for layer, said in told["layers"].items() if said == "not checked"}
    assert unasked == {"trust", "witness", "time"}
    assert {said for layer, said in told["layers"].items() if layer not in unasked} == {"ok"}
    assert told["keys_kept_by_the_platform"] == told["keys"] > 0
    assert main([str(exported)]) == 0
    said = capsys.readouterr().out
    assert "fold: not checked" in said
    assert f"custody: platform, {told['keys']} of {told['keys']} keys" in said
