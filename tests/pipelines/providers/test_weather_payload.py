"""Values are read whatever they are, and what is refused can be kept by Postgres."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipelines.providers.weather_payload import Refusals, instant, number, one_line, raw_text

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (3, 3.0),
        (" 3.5 ", 3.5),
        ("1e3", 1000.0),
        (True, None),
        ("", None),
        ("three", None),
        (float("nan"), None),
        (float("inf"), None),
        ("inf", None),
        (10**400, None),
        ([3], None),
        (None, None),
    ],
)
def test_a_number_is_finite_or_none(sent: object, read: float | None) -> None:
    assert number(sent) == read


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2026-11-26T12:00", NOON),
        ("2026-11-26 12:00:00", NOON),
        ("2026-11-26T12:00:00.000Z", NOON),
        ("2026-11-26T07:00:00-05:00", NOON),
        (int(NOON.timestamp()), NOON),
        (str(int(NOON.timestamp())), NOON),
        ("2026-13-45", None),
        ("9999-12-31T23:00", None),
        ("0001-01-01T00:00+14:00", None),
        (1, None),
        (1e300, None),
        (True, None),
        ([], None),
    ],
)
def test_an_instant_is_utc_or_none(sent: object, read: datetime | None) -> None:
    assert instant(sent) == read


def test_an_offset_is_taken_only_from_times_without_zone() -> None:
    ahead = timedelta(hours=2)

    assert instant("2026-11-26T14:00", offset=ahead) == NOON
    assert instant("2026-11-26T12:00Z", offset=ahead) == NOON
    assert instant(int(NOON.timestamp()), offset=ahead) == NOON


def test_text_is_what_postgres_can_keep() -> None:
    assert one_line(" two\n lines\0 \ud800") == "two lines \\ud800"
    assert raw_text({"a": "°\ud800"}) == '{"a": "°\\ud800"}'


def test_what_is_nested_too_deeply_does_not_stop_the_reading() -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]

    refused = Refusals()
    refused.add(1, nested, "hourly", "is nonsense")

    assert list(refused.frame()["raw"]) == ["(nested too deeply to write out)"]
