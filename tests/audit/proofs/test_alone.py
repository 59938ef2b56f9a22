"""The proofs copied out alone, into an environment that has nothing but `cryptography`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path

import pytest

from audit.proofs.trust import Trust, TrustedLog
from audit.proofs.trust_file import format_trust
from tests.audit.proofs.witnessed import LOG_VKEY, OPERATOR, POLICY, cosigned, log
from tests.conftest import ROOT

NEEDED = ("cryptography", "cffi", "pycparser")
"""`cryptography`, and what it needs itself."""
OURS = (
    "domain",
    "audit.ledger",
    "projections",
    "api",
    "sqlalchemy",
    "eventsourcing",
    "fastapi",
    "rfc3161_client",
)


def copy_package(name: str, into: Path) -> None:
    """Copy an installed package as it lies here, file by file, without a network."""
    found = distribution(name)
    for file in found.files or ():
        source = Path(str(found.locate_file(file)))
        if ".." not in file.parts and source.is_file():
            (into / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, into / file)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with `cryptography`, and beside it a folder with `audit/proofs` alone."""
    folder = tmp_path_factory.mktemp("alone")
    venv.create(folder / "venv", with_pip=False)
    (packages,) = (folder / "venv").glob("lib/python*/site-packages")
    for name in NEEDED:
        copy_package(name, packages)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "audit" / "proofs", folder / "audit" / "proofs", ignore=ignored)
    (folder / "audit" / "__init__.py").touch()
    return folder


def run(alone: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the environment's Python in the folder that has the proofs alone."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [str(alone / "venv" / "bin" / "python"), *words],
        cwd=alone,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def export(alone: Path) -> Path:
    """An export of the small log, whose newest checkpoint two witnesses cosigned, and a trust file."""
    folder, journal = alone / "export", log()
    size = len(journal.rows)
    for name, data in {
        f"tile/0/000.p/{size}": b"".join(journal.leaves()),
        f"tile/entries/000.p/{size}": b"".join(len(r.entry).to_bytes(2) + r.entry for r in journal.rows),
        "checkpoint": cosigned(journal.checkpoints[-1][1], "thanh-tra", "so-noi-vu"),
        **{f"checkpoints/{at}": note for at, note in journal.checkpoints[:-1]},
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    known = TrustedLog(log().origin, OPERATOR, (LOG_VKEY,), journal.checkpoints[1][1])
    (alone / "trust.json").write_bytes(format_trust(Trust((known,), POLICY)))
    return folder


def test_nothing_else_is_there(alone: Path) -> None:
    """None of the product's other parts, and none of its libraries, can be imported; the proofs can."""
    for name in OURS:
        assert run(alone, "-c", f"import {name}").returncode == 1, name
    modules = [path.stem for path in (alone / "audit" / "proofs").glob("*.py") if path.stem != "__main__"]
    done = run(alone, "-c", "; ".join(f"import audit.proofs.{name}" for name in modules))
    assert done.returncode == 0, done.stderr


def test_an_export_is_verified_by_the_proofs_alone(alone: Path, export: Path) -> None:
    """It is the known log, two witnesses cosigned it, all layers are sound, and no fold is claimed."""
    done = run(alone, "-m", "audit.proofs", str(export), "--trust", "trust.json", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert set(told["layers"].values()) == {"ok"}
    assert (told["fold"], told["trust"]) == ("not checked", "by the trust file")
    assert [one["name"] for one in told["witnesses"]] == ["thanh-tra", "so-noi-vu"]


def test_a_tampered_export_is_named_by_the_proofs_alone(alone: Path, export: Path) -> None:
    """One flipped bit ends with 1, at its position."""
    copy = alone / "tampered"
    shutil.copytree(export, copy)
    (bundle,) = (path for path in copy.glob("tile/entries/**/*") if path.is_file())
    data = bytearray(bundle.read_bytes())
    data[-30] ^= 1
    bundle.write_bytes(bytes(data))
    done = run(alone, "-m", "audit.proofs", str(copy), "--trust", "trust.json", "--json")
    assert done.returncode == 1
    assert len(log().rows) - 1 in {found["position"] for found in json.loads(done.stdout)["findings"]}


def test_it_is_another_environment_than_this_one(alone: Path) -> None:
    """What is imported there comes from there."""
    done = run(alone, "-c", "import cryptography, audit; print(cryptography.__file__, audit.__file__)")
    assert done.returncode == 0, done.stderr
    assert all(path.startswith(str(alone)) for path in done.stdout.split())
    assert sys.prefix not in done.stdout
