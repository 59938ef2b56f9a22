"""Points are exact: what is read strictly, written back the same, and rounded once."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.points import add, exact, hundredths, published, stated, write
from domain.refusals import Malformed

AMOUNTS = st.fractions(min_value=0, max_value=10**12)
TEN_THOUSANDTHS = st.integers(0, 10**18).map(lambda n: Fraction(n, 10**4))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("7", 7),
        ("0.5", Fraction(1, 2)),
        ("12.3456", Fraction(123456, 10000)),
        ("0.0001", Fraction(1, 10**4)),
        ("999999999999999", 10**15 - 1),
    ],
)
def test_stated_number_is_read_exactly(text: str, value: Fraction) -> None:
    """A decimal string of up to fifteen digits and four decimals is read as it stands."""
    assert stated(text) == value


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (1, "points.not_text"),
        (0.5, "points.not_text"),
        (True, "points.not_text"),
        (None, "points.not_text"),
        ([0] * 100, "points.not_text"),
        ("-1", "points.negative"),
        ("-0", "points.negative"),
        ("0.12345", "points.too_precise"),
        ("1.00001", "points.too_precise"),
        ("", "points.malformed"),
        ("+1", "points.malformed"),
        (" 1", "points.malformed"),
        ("1\n", "points.malformed"),
        ("01", "points.malformed"),
        ("1.", "points.malformed"),
        (".5", "points.malformed"),
        ("1.0", "points.malformed"),
        ("1.50", "points.malformed"),
        ("1_000", "points.malformed"),
        ("1,5", "points.malformed"),
        ("1e2", "points.malformed"),
        ("NaN", "points.malformed"),
        ("٣", "points.malformed"),
        ("1000000000000000", "points.malformed"),
        ("1/3", "points.malformed"),
    ],
)
def test_stated_number_has_one_spelling(text: object, rule: str) -> None:
    """Anything else is refused by its own rule, with no more than forty characters of it."""
    with pytest.raises(Malformed) as refused:
        stated(text)
    assert refused.value.refusal.rule == rule
    assert len(str(refused.value.refusal.facts["stated"])) <= 40


@pytest.mark.parametrize(
    ("text", "value"), [("1/3", Fraction(1, 3)), ("22/7", Fraction(22, 7)), ("1.5", 1.5)]
)
def test_exact_number_is_a_decimal_or_a_reduced_fraction(text: str, value: Fraction) -> None:
    """What was computed is read as `n/d` where no decimal of four places says the same."""
    assert exact(text) == value


@pytest.mark.parametrize(
    "text", ["2/6", "1/2", "3/1", "0/3", "1/0", "01/3", "1/03", "-1/3", "1/3/5", "1/3 ", "1 / 3", "٣/7", 3]
)
def test_exact_number_has_one_spelling(text: object) -> None:
    """A fraction that could be reduced or written as a decimal, or any other spelling, is refused."""
    with pytest.raises(Malformed):
        exact(text)


@given(AMOUNTS | TEN_THOUSANDTHS)
def test_exact_number_is_written_so_that_it_reads_the_same(value: Fraction) -> None:
    """Writing and reading an exact number gives the same number."""
    assert exact(write(value)) == value


@given(TEN_THOUSANDTHS.filter(lambda value: value < 10**14))
def test_stated_number_is_written_so_that_it_reads_the_same(value: Fraction) -> None:
    """Writing a number of four decimals gives a stated number."""
    assert stated(write(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [("0", "0"), ("100", "100"), ("-1.5", "-1.5"), ("2/3", "2/3"), ("-2/3", "-2/3"), ("1/10000", "0.0001")],
)
def test_written_number(value: str, text: str) -> None:
    """A number is written without needless zeros; a difference may be negative."""
    assert write(Fraction(value)) == text


@pytest.mark.parametrize(
    ("value", "rounded", "shown"),
    [
        ("0", 0, "0.00"),
        ("0.005", 1, "0.01"),
        ("0.00499999", 0, "0.00"),
        ("89.995", 9000, "90.00"),
        ("89.994999", 8999, "89.99"),
        ("1/3", 33, "0.33"),
        ("2/3", 67, "0.67"),
        ("105", 10500, "105.00"),
        ("-0.005", 0, "0.00"),
        ("-0.006", -1, "-0.01"),
        ("-1.5", -150, "-1.50"),
    ],
)
def test_published_number_is_rounded_half_up(value: str, rounded: int, shown: str) -> None:
    """Half a hundredth goes up, and only what is published is rounded."""
    assert hundredths(Fraction(value)) == rounded
    assert published(Fraction(value)) == shown


@given(TEN_THOUSANDTHS)
def test_rounding_is_the_one_of_the_schoolbook(value: Fraction) -> None:
    """For what is not negative, decimal arithmetic's ROUND_HALF_UP gives the same."""
    with localcontext(prec=60):
        decimal = Decimal(value.numerator) / Decimal(value.denominator)
        expected = decimal.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    assert published(value) == str(expected)


@pytest.mark.parametrize(
    ("values", "total"),
    [
        ([], "0"),
        (["1/2", "1/3", "1/6"], "1"),
        (["1/4", "1/2", "1"], "7/4"),
        (["1/3", "-1/3"], "0"),
        (["0.1"] * 10, "1"),
    ],
)
def test_exact_numbers_are_added(values: list[str], total: str) -> None:
    """Fractions of any denominators add up exactly, and nothing adds up to nothing."""
    assert add(map(Fraction, values)) == Fraction(total)


@given(st.lists(st.fractions(), max_size=8))
def test_adding_is_what_sum_does(values: list[Fraction]) -> None:
    """For any exact numbers, in any order, the result is that of `sum`, in lowest terms."""
    added = add(values)
    assert added == add(reversed(values)) == sum(values, Fraction(0))
    assert added.as_integer_ratio() == sum(values, Fraction(0)).as_integer_ratio()
