"""Node, started once for all tests of the fold."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.audit.browser.fold.folding import Ask, node


@pytest.fixture(scope="session")
def ask() -> Iterator[Ask]:
    """The fold in JavaScript, to be asked one thing after the other; skips where there is no Node."""
    with node() as asked:
        yield asked
