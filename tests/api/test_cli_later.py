"""Commands that are loaded later stand in the table as their modules have them."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer

import api.cli
from api.cli import app
from api.cli_later import LATER


@pytest.mark.parametrize("where", sorted(set(LATER.values())))
def test_every_command_of_a_module_is_in_the_table(where: tuple[str, str]) -> None:
    """A group stands there under its own name, or else each of its commands does."""
    module, attribute = where
    named = {name for name in LATER if LATER[name] == where}
    commands = typer.main.get_group(getattr(import_module(module), attribute)).commands
    assert named == commands.keys() or len(named - commands.keys()) == len(named) == 1


def test_every_module_of_commands_is_in_the_table() -> None:
    """None is forgotten."""
    modules = {f"api.{path.stem}" for path in Path(api.cli.__file__).parent.glob("cli_*.py")}
    assert modules - {"api.cli_later", "api.cli_options"} == {module for module, _ in LATER.values()}


@pytest.mark.parametrize("name", LATER)
def test_each_has_its_name_and_its_help(name: str) -> None:
    """Loading one gives the command that was asked for."""
    found = typer.main.get_group(app).commands[name]
    assert found.name == name
    assert found.help


def test_verifying_loads_none_of_them() -> None:
    """What `verify` needs does not include the modules of other commands."""
    loaded = "import sys, api.cli; print(*(m for m in sys.modules if m.startswith('api.cli_')))"
    told = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout
    assert set(told.split()) == {"api.cli_later", "api.cli_options"}
