"""Amounts are exact in the smallest unit of their currency."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.rules.currencies import DECIMALS, AmountRefused, minor_units, price_words


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("799.00", "GBP", 79_900),
        ("799", "GBP", 79_900),
        ("0.1", "USD", 10),
        ("18000", "JPY", 18_000),
        ("18000.00", "JPY", 18_000),
        ("1.234", "BHD", 1_234),
        ("799", "BHD", 799_000),
        ("1.2345", "CLF", 12_345),
        (163.66, "USD", 16_366),
        (100, "USD", 10_000),
        (0.1 + 0.2, "USD", 30),
        (24_512.5, "JPY", 24_513),
        ("-5.00", "USD", -500),
    ],
)
def test_amounts_become_whole_smallest_units(amount: object, currency: str, expected: int) -> None:
    assert minor_units(amount, currency) == expected


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("799.005", "more decimals than USD"),
        ("1e-300", "more decimals"),
        ("1e300", "beyond any price"),
        ("NaN", "beyond any price"),
        (float("inf"), "beyond any price"),
        ("", "not an amount"),
        ("12 GBP", "not an amount"),
        (None, "not an amount"),
        (True, "not an amount"),
        ([1], "not an amount"),
    ],
)
def test_what_is_no_amount_is_refused_in_words(amount: object, words: str) -> None:
    with pytest.raises(AmountRefused, match=words):
        minor_units(amount, "USD")


@given(st.integers(0, 10**12 - 1), st.sampled_from(sorted(DECIMALS)))
def test_an_amount_written_out_is_read_back(units: int, currency: str) -> None:
    decimals = DECIMALS[currency]
    digits = str(units).rjust(decimals + 1, "0")
    written = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    assert minor_units(written, currency) == units


@pytest.mark.parametrize(
    ("units", "currency", "words"),
    [(12_900, "USD", "129.00 USD"), (18_000, "JPY", "18000 JPY"), (799_000, "BHD", "799.000 BHD")],
)
def test_a_price_is_said_with_the_decimals_of_its_currency(
    units: int, currency: str, words: str
) -> None:
    assert price_words(units, currency) == words
