"""Commands whose modules are loaded when one of them is asked for: what verifies waits for nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

LATER: Mapping[str, tuple[str, str]] = {
    "progress": ("api.cli_process", "process"),
    "conflicts": ("api.cli_process", "process"),
    "changes": ("api.cli_process", "process"),
    "case": ("api.cli_case", "app"),
    "inbox": ("api.cli_inbox", "app"),
    "what-if": ("api.cli_history", "app"),
    "pivotal": ("api.cli_history", "app"),
    "robustness": ("api.cli_history", "app"),
    "diff": ("api.cli_history", "app"),
    "search": ("api.cli_search", "app"),
    "findings": ("api.cli_findings", "app"),
    "fairness": ("api.cli_findings", "app"),
    "council": ("api.cli_process", "council"),
    "dispute": ("api.cli_process", "dispute"),
    "keys": ("api.cli_keys", "keys"),
    "backup": ("api.cli_storage", "app"),
    "restore": ("api.cli_storage", "app"),
    "seal-evidence": ("api.cli_storage", "app"),
    "anchor": ("api.cli_storage", "app"),
    "log-key": ("api.cli_storage", "app"),
    "erase": ("api.cli_erasure", "app"),
    "witness": ("api.cli_witness", "app"),
    "cosign": ("api.cli_witness", "app"),
    "timestamp": ("api.cli_timestamp", "app"),
    "trust": ("api.cli_trust", "app"),
    "export": ("api.cli_export", "app"),
    "attest": ("api.cli_attest", "attest"),
    "synth": ("api.cli_synth", "app"),
    "serve": ("api.cli_serve", "app"),
    "submit": ("api.cli_submit", "app"),
    "upload": ("api.cli_submit", "app"),
    "rebuild": ("api.cli_rebuild", "app"),
}
"""Command -> the module that has it, and the name of its group there."""


class Commands(TyperGroup):
    """The commands of `api.cli`, and those that are loaded later."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Loading(self.commands)


class _Loading(MutableMapping[str, Any]):
    """Name -> command, in the order of the help; what is not there yet is loaded when it is taken."""

    def __init__(self, there: Mapping[str, Any]) -> None:
        self._commands: dict[str, Any] = {**there, **dict.fromkeys(LATER)}

    def __getitem__(self, name: str) -> Any:
        if self._commands[name] is None:
            self._commands[name] = _load(*LATER[name], name)
        return self._commands[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        del self._commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._commands)

    def __len__(self) -> int:
        return len(self._commands)


def _load(module: str, attribute: str, name: str) -> Any:
    """Return a group under its own name, or one command of a group that has none."""
    group = typer.main.get_group(getattr(import_module(module), attribute))
    found = group.commands.get(name, group)
    found.name = name
    return found
