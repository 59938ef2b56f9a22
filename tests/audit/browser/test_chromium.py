"""The same modules in a real Chromium: public vectors and unsafe keys, and a dossier."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.audit.browser import test_canonical, test_formats, test_keys, test_merkle
from tests.audit.browser.asked import Asked
from tests.audit.browser.test_dossier import KINDS, _made, same
from tests.audit.proofs.test_canonical import REFUSED
from tests.audit.proofs.test_keys import LOW_ORDER, UNSAFE

pytestmark = pytest.mark.browser
VECTORS: tuple[Callable[..., None], ...] = (
    test_canonical.test_writes_what_rfc_8785_writes,
    test_canonical.test_reads_the_public_files_as_python_does,
    test_canonical.test_naughty_strings_do_no_harm,
    test_keys.test_verdicts_of_wycheproof,
    test_merkle.test_public_proof_vectors,
    test_formats.test_signs_what_dsse_signs,
    test_formats.test_public_proofs_are_read_and_refused_as_published,
)


@pytest.mark.parametrize("test", VECTORS, ids=lambda test: test.__name__)
def test_public_vectors(test: Callable[..., None], chromium: Asked, vectors: Path) -> None:
    """Every public vector is accepted or refused in Chromium as it is in Node."""
    test(chromium, vectors)


def test_refuses_unsafe_keys(chromium: Asked) -> None:
    """Keys under which a signature proves nothing are refused before Chromium believes them."""
    for case in UNSAFE:
        test_keys.test_refuses_unsafe_key(case, chromium)
    for case in LOW_ORDER:
        if case != "order 1":
            test_keys.test_refuses_point_of_mixed_order(case, chromium)
    for number in (0, 999):
        test_keys.test_keys_that_everybody_can_make_are_known(number, chromium)


def test_refuses_other_spellings(chromium: Asked) -> None:
    """What is refused in Node is refused in Chromium."""
    for case in REFUSED:
        test_canonical.test_refuses_another_spelling(case, chromium)
    for text in test_formats.NUMBERS:
        test_formats.test_sizes_have_one_spelling(text, chromium)


@pytest.mark.parametrize("kind", KINDS)
def test_dossiers_are_judged_alike(kind: str, chromium: Asked, small_log: Path) -> None:
    """A dossier has the verdict that Python gives, and so has one with a digit changed."""
    data = _made(small_log, kind)
    assert same(chromium, data)["ok"]
    at = data.index(b'"leaf":"') + len('"leaf":"')
    assert not same(chromium, data[:at] + (b"0" if data[at : at + 1] != b"0" else b"1") + data[at + 1 :])[
        "ok"
    ]
