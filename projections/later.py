"""A mapping that is read when it is first looked into, and never if it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Later(Mapping[Key, Value]):
    """Stands for what `read` returns."""

    def __init__(self, read: Callable[[], Mapping[Key, Value]]) -> None:
        self._read = read

    @cached_property
    def _there(self) -> Mapping[Key, Value]:
        return self._read()

    def __getitem__(self, key: Key) -> Value:
        return self._there[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._there)

    def __len__(self) -> int:
        return len(self._there)
