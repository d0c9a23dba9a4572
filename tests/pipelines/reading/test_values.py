"""Single values: instants, prices, names and codes in the ways documents write them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.reading.errors import Unusable
from pipelines.reading.moments import instant_of, read_moment, stamp_of
from pipelines.reading.money import read_price
from pipelines.reading.travellers import split_name
from pipelines.reading.values import code_of, email_of, number_of, said, text_of


@pytest.mark.parametrize(
    "text",
    [
        "2027-03-04T20:15:00-08:00",
        "2027-03-04T20:15-0800",
        "2027-03-04T20:15:00.000-08",
        "2027-03-04 20:15:00 -8:00",
        "2027/03/04 20:15-08:00",
        "20270305T041500Z",
        "2027-3-5T4:15z",
        " 2027-03-05T04:15:00Z ",
    ],
)
def test_one_instant_written_in_many_ways(text: str) -> None:
    moment = read_moment(text, "departure_at")
    assert moment is not None
    assert instant_of(moment, None, "departure_at") == datetime(2027, 3, 5, 4, 15, tzinfo=UTC)


@pytest.mark.parametrize("text", ["25:00", "2027-13-01", "2027-03-04T24:61", "1e5", "0001-01-01"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Unusable) as refused:
        read_moment(text, "departure_at")
    assert refused.value.column_name == "departure_at"


def test_an_unknown_zone_is_no_zone() -> None:
    for name in ("Mars/Olympus", "../../etc", "America", "x" * 500, "a\0b"):
        moment = read_moment({"@value": "2027-03-04T20:15:00", "timezone": name}, "departure_at")
        assert moment is not None
        assert moment.zone is None


def test_stamps_keep_their_fractions() -> None:
    stamp = stamp_of("2020-04-11T15:48:11.642Z")
    assert stamp == datetime(2020, 4, 11, 15, 48, 11, 642_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "price"),
    [
        ("90.80", "GBP", (9_080, "GBP")),
        (90.8, "gbp", (9_080, "GBP")),
        (1200, "JPY", (1_200, "JPY")),
        ("1.234", "KWD", (1_234, "KWD")),
        ("1,234.50 total", "USD", (123_450, "USD")),
        ("€ 1.234,50", "EUR", (123_450, "EUR")),
        ("90.8000", "GBP", (9_080, "GBP")),
        ("0", "GBP", (0, "GBP")),
        ("90.805", "GBP", None),
        ("-5", "GBP", None),
        ("90.80", None, None),
        ("90.80", "pounds", None),
        ("free", "GBP", None),
        (float("nan"), "GBP", None),
        ("9" * 40, "GBP", None),
    ],
)
def test_prices_in_minor_units(amount: Any, currency: Any, price: Any) -> None:
    assert read_price(amount, currency) == price


@pytest.mark.parametrize(
    ("name", "given", "family"),
    [
        ("Eva Green", "Eva", "Green"),
        ("Eva Maria Green", "Eva Maria", "Green"),
        ("Green, Eva", "Eva", "Green"),
        ("GREEN/EVA MRS", "EVA", "GREEN"),
        ("Cher", None, "Cher"),
        ("/", None, "/"),
        (None, None, None),
    ],
)
def test_names_are_split(name: str | None, given: str | None, family: str | None) -> None:
    assert split_name(name) == (given, family)


def test_texts_are_read_liberally() -> None:
    assert text_of("  a &amp;\n b ") == "a & b"
    assert text_of(110) == "110"
    assert text_of([110.0]) == "110"
    assert text_of({"@value": {"value": "x"}}) == "x"
    for nothing in (None, True, "", " ", [], ["a", "b"], {}, float("inf"), 10**40):
        assert text_of(nothing) is None


def test_codes_addresses_and_numbers() -> None:
    assert code_of("jfk") == "JFK"
    assert code_of("KJFK") is None
    assert email_of("MAILTO:eva@example.com") == "eva@example.com"
    assert email_of("eva at example") is None
    assert (number_of("4.5"), number_of("1e999"), number_of("x")) == (4.5, None, None)


def test_names_are_found_in_any_case() -> None:
    assert said({"CheckInTime": "x"}, "checkinTime") == "x"
    assert said({"a": "", "b": None, "c": 0}, "a", "b", "c") == 0
    assert said("text", "a") is None
