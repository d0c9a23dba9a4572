"""A clock reading and a rough expectation give one instant."""

import pandas as pd
import pytest

from pipelines.sources.wall_clock import is_clock_time, nearest_instant


def instant_of(hhmm: float, zone: str, expected_at: str) -> pd.Timestamp:
    found = nearest_instant(
        pd.Series([hhmm]), pd.Series([zone]), pd.Series([pd.Timestamp(expected_at)])
    )
    return found.iloc[0]


@pytest.mark.parametrize(
    ("hhmm", "zone", "expected_at", "instant"),
    [
        # New York 22:00 to San Juan, clocks there one hour ahead: 02:50 is the next day.
        (250, "America/Puerto_Rico", "2013-01-02T06:30Z", "2013-01-02T06:50Z"),
        # Midnight written as 2400 closes the day that was running.
        (2400, "America/New_York", "2013-01-02T04:50Z", "2013-01-02T05:00Z"),
        # One minute past it, on the day after.
        (1, "America/New_York", "2013-01-02T04:50Z", "2013-01-02T05:01Z"),
        # Late in the evening before, although the expectation is after midnight.
        (2355, "America/New_York", "2013-01-02T05:20Z", "2013-01-02T04:55Z"),
        # Westward, arriving the same local morning.
        (900, "America/Los_Angeles", "2013-07-01T16:10Z", "2013-07-01T16:00Z"),
        # Honolulu: five hours behind, the same local day.
        (1530, "Pacific/Honolulu", "2013-01-02T01:00Z", "2013-01-02T01:30Z"),
    ],
)
def test_the_day_of_a_reading_follows_from_the_expectation(hhmm, zone, expected_at, instant):
    assert instant_of(hhmm, zone, expected_at) == pd.Timestamp(instant)


@pytest.mark.parametrize(
    ("expected_at", "instant"),
    [("2013-11-03T05:20Z", "2013-11-03T05:30Z"), ("2013-11-03T06:20Z", "2013-11-03T06:30Z")],
)
def test_of_the_hour_that_comes_twice_the_nearer_one_is_taken(expected_at, instant):
    assert instant_of(130, "America/New_York", expected_at) == pd.Timestamp(instant)


def test_a_reading_in_the_skipped_hour_comes_from_a_clock_not_yet_put_forward():
    assert instant_of(203, "America/New_York", "2013-03-10T07:03Z") == pd.Timestamp(
        "2013-03-10T07:03Z"
    )


def test_no_reading_gives_no_instant():
    assert instant_of(float("nan"), "America/New_York", "2013-03-10T07:03Z") is pd.NaT


def test_only_numbers_a_clock_can_show_are_clock_times():
    readings = pd.Series([0, 59, 60, 1199, 2359, 2360, 2400, 2401, -5, None])
    assert is_clock_time(readings).tolist() == [
        *[True, True, False, False, True],
        *[False, True, False, False, False],
    ]
