"""Wall times on the days when clocks change, and on all the others."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import WallTimeRefused
from warehouse.rules.wall_time import (
    Occurrence,
    instant_of,
    nearest_instant_of,
    range_words,
    read_wall_time,
    window_of,
)

NEW_YORK = "America/New_York"
SPRING, AUTUMN = datetime(2013, 3, 10), datetime(2013, 11, 3)  # noqa: DTZ001 - wall times
HOUR = timedelta(hours=1)
ZONES = [NEW_YORK, "Europe/Paris", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]


@pytest.mark.parametrize(
    ("starts", "ends", "hours"),
    [
        (SPRING - 2 * HOUR, SPRING + 6 * HOUR, 7),
        (AUTUMN - 2 * HOUR, AUTUMN + 6 * HOUR, 9),
        (SPRING + 22 * HOUR, SPRING + 30 * HOUR, 8),
    ],
)
def test_a_night_shift_keeps_both_local_ends_whatever_the_clocks_do(starts, ends, hours) -> None:
    window = window_of(starts, ends, NEW_YORK)
    assert window.ends_at - window.starts_at == hours * HOUR
    assert (window.starts_local, window.ends_local) == (
        f"{starts:%Y-%m-%d %H:%M}",
        f"{ends:%Y-%m-%d %H:%M}",
    )


def test_a_time_that_clocks_skip_is_refused_with_what_to_choose() -> None:
    with pytest.raises(WallTimeRefused, match=r"02:30 does not exist in America/New_York.*03:30"):
        instant_of(SPRING + 2.5 * HOUR, NEW_YORK)


def test_a_time_that_comes_twice_has_to_say_which() -> None:
    wall = AUTUMN + 1.5 * HOUR
    with pytest.raises(WallTimeRefused, match=r"twice.*01:30 EDT \(05:30 UTC\).*01:30 EST"):
        instant_of(wall, NEW_YORK)
    first = instant_of(wall, NEW_YORK, Occurrence.FIRST)
    assert instant_of(wall, NEW_YORK, Occurrence.SECOND) - first == HOUR


def test_in_a_series_a_change_of_clocks_is_decided_and_told() -> None:
    at, words = nearest_instant_of(SPRING + 2.5 * HOUR, NEW_YORK)
    assert at == datetime(2013, 3, 10, 7, 30, tzinfo=UTC)
    assert "2013-03-10 03:30 is taken instead" in words
    at, words = nearest_instant_of(AUTUMN + 1.5 * HOUR, NEW_YORK)
    assert at == datetime(2013, 11, 3, 5, 30, tzinfo=UTC)
    assert "the first is taken" in words


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (-2, "let it end after it starts"),
        (0, "let it end after"),
        (37, "37 hours long; at most 36"),
    ],
)
def test_a_shift_ends_after_it_starts_and_within_36_hours(end: int, words: str) -> None:
    starts = datetime(2013, 12, 10, 6)  # noqa: DTZ001 - a wall time
    with pytest.raises(WallTimeRefused, match=words):
        window_of(starts, starts + end * HOUR, NEW_YORK)


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "America"])
def test_a_zone_nobody_knows_is_refused(zone: str) -> None:
    with pytest.raises(WallTimeRefused, match="is no time zone"):
        instant_of(SPRING, zone)


def test_wall_times_are_read_as_they_are_typed() -> None:
    assert read_wall_time(" 2013-12-10T06:00 ") == read_wall_time("2013-12-10 06:00")
    with pytest.raises(WallTimeRefused, match="write it as 2013-12-10 06:00"):
        read_wall_time("10.12. 6 Uhr")


def test_a_range_reads_with_its_zone_at_both_ends() -> None:
    night = window_of(SPRING - 2 * HOUR, SPRING + 6 * HOUR, NEW_YORK)
    assert night.words == "Sat 9 Mar 22:00 EST to Sun 10 Mar 06:00 EDT"
    at = datetime(2013, 12, 10, 11, tzinfo=UTC)
    assert range_words(at, at + 8 * HOUR, NEW_YORK) == "Tue 10 Dec 06:00 to 14:00 EST"


@given(
    at=st.datetimes(datetime(2013, 1, 1), datetime(2014, 1, 1)),  # noqa: DTZ001 - naive on purpose
    zone=st.sampled_from(ZONES),
)
def test_every_instant_is_found_again_by_what_its_clocks_show(at: datetime, zone: str) -> None:
    instant = at.replace(tzinfo=UTC)
    local = instant.astimezone(ZoneInfo(zone))
    which = Occurrence.SECOND if local.fold else Occurrence.FIRST
    assert instant_of(local.replace(tzinfo=None), zone, which) == instant
