"""How suppositions are written: what is malformed is refused in both languages, with what comes nearest."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from api.errors import UnknownSubject
from api.nearest import unreadable
from api.supposing import points, positions


def test_positions_ranges_and_adjustments_are_read() -> None:
    """One, several, a range; points of a cell."""
    assert positions(["8175,8262", "3-5"]) == [8175, 8262, 3, 4, 5]
    assert points(["SNV/A1.2=1.5"]) == {("SNV", "A1.2"): Fraction(3, 2)}


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("n8175", "8175"),
        ("9-7", "7-9"),
        ("5..8", "5-8"),
        ("1-9000000", "1-1000000"),
        ("x", None),
        (",", None),
    ],
)
def test_what_is_no_position_is_refused_with_the_nearest(written: str, nearest: str | None) -> None:
    """Of the numbers that are there one is made that can be read; where there are none, none is named."""
    with pytest.raises(UnknownSubject, match="no position such as 8175") as refused:
        positions([written])
    said = refused.value.told()
    assert "không phải vị trí" in said
    if nearest is None:
        assert "chẳng hạn" not in said
    else:
        assert positions([nearest])
        assert f"chẳng hạn {nearest}]" not in said
        assert f"chẳng hạn {nearest}." in said
        assert f"like that: {nearest}, for example." in said


@pytest.mark.parametrize(("written", "nearest"), [("SNV:A1.2=1", "SNV/A1.2=1"), ("SNV A1.2 1", "SNV/A1.2=1")])
def test_what_is_no_adjustment_is_refused_with_the_nearest(written: str, nearest: str) -> None:
    """Other signs between the same three words."""
    with pytest.raises(UnknownSubject, match=f"like that: {nearest}, for example") as refused:
        points([written])
    assert f"chẳng hạn {nearest}." in refused.value.told()
    assert points([nearest])


def test_a_file_that_is_not_there_is_refused_with_the_one_beside_it(tmp_path: Path) -> None:
    """Whoever mistypes a name is told the one that comes nearest."""
    (tmp_path / "criteria.yaml").write_text("", "utf-8")
    wrong = unreadable(tmp_path / "critera.yaml", FileNotFoundError(2, "No such file or directory"))
    assert "critera.yaml cannot be read: No such file or directory." in str(wrong)
    assert f"{tmp_path}/criteria.yaml for example" in str(wrong)
    assert f"chẳng hạn {tmp_path}/criteria.yaml" in wrong.told()
