"""The embedded year is handed over hour by hour: what was known after it began, by its end."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pandas as pd
import pytest

from pipelines.partitions import HISTORY_ENDS_AT, HISTORY_STARTS_AT, Window
from pipelines.providing import EmbeddedProvider
from pipelines.sources import nycflights
from pipelines.sources.generated_travel import generate_travel

STORM_HOUR = datetime(2013, 12, 10, 10, tzinfo=UTC)
HOUR = Window(STORM_HOUR, STORM_HOUR + timedelta(hours=1))
PROVIDER = EmbeddedProvider()


def before_and_during() -> tuple[Window, Window]:
    """Give the first stretch of history up to the storm hour, and the hour itself."""
    return Window(HISTORY_STARTS_AT, STORM_HOUR), HOUR


def test_an_hour_holds_its_end_and_not_its_start() -> None:
    reports = nycflights.read_flight_reports()
    counted = reports["reported_at"].between(HOUR.start, HOUR.end, inclusive="right").sum()
    handed = PROVIDER.flight_reports(HOUR).rows["reported_at"]
    assert len(handed) == counted > 0
    assert handed.min() > HOUR.start


def test_an_hour_of_weather_is_known_when_it_is_over() -> None:
    rows = PROVIDER.observations(HOUR).rows
    assert set(rows["airport"]) == {"EWR", "JFK", "LGA"}
    assert set(rows["observed_at"]) == {pd.Timestamp(HOUR.start)}
    assert set(rows["known_at"]) == {pd.Timestamp(HOUR.end)}


def test_forecasts_issued_at_the_end_of_the_hour_are_there_to_predict_with() -> None:
    rows = PROVIDER.forecasts(HOUR).rows
    assert set(rows["issued_at"]) == {pd.Timestamp(HOUR.end)}
    ahead = (rows["valid_at"] - rows["issued_at"]) / pd.Timedelta(hours=1)
    assert {2, 24} <= set(ahead)


@pytest.mark.parametrize("fact", ["flight_reports", "observations", "room_inventory"])
def test_hours_leave_nothing_out_and_repeat_nothing(fact: str) -> None:
    first, hour = before_and_during()
    parts = [len(getattr(PROVIDER, fact)(window).rows) for window in (first, hour)]
    whole = getattr(PROVIDER, fact)(Window(first.start, hour.end)).rows
    assert len(whole) == sum(parts)


def test_the_first_hour_brings_what_was_known_before_the_year() -> None:
    hour = Window(HISTORY_STARTS_AT, HISTORY_STARTS_AT + timedelta(hours=1))
    booked = PROVIDER.bookings(hour).bookings["booked_at"]
    assert booked.min() < HISTORY_STARTS_AT
    assert booked.max() <= hour.end


def test_bookings_come_with_all_that_belongs_to_them() -> None:
    given = PROVIDER.bookings(Window(STORM_HOUR, STORM_HOUR + timedelta(days=1)))
    made = set(given.bookings["booking_ref"])
    assert made
    assert set(given.legs["booking_ref"]) == made
    assert set(given.booking_travellers["booking_ref"]) == made
    everything = generate_travel().legs
    assert len(given.legs) == everything["booking_ref"].isin(made).sum()


def test_what_a_file_had_corrected_is_told_once() -> None:
    first, hour = before_and_during()
    told = PROVIDER.observations(first).corrected
    assert told is not None
    assert "wind_mps" in set(told["column_name"])
    assert PROVIDER.observations(hour).corrected is None


def test_the_schedule_is_handed_over_by_the_day_of_departure() -> None:
    day = Window(STORM_HOUR.replace(hour=0), STORM_HOUR.replace(hour=0) + timedelta(days=1))
    real, generated = PROVIDER.flights(day)
    assert not real.rows["is_generated"].any()
    assert generated.rows["is_generated"].all()
    assert real.rows["scheduled_departure_at"].between(day.start, day.end, inclusive="left").all()


def test_nothing_is_made_up_after_the_data_ends() -> None:
    later = Window(HISTORY_ENDS_AT, HISTORY_ENDS_AT + timedelta(hours=1))
    with pytest.raises(dg.Failure, match="no live provider is configured"):
        PROVIDER.observations(later)
