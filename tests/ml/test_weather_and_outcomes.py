"""Single values checked by hand: carried weather, chosen forecasts, settled outcomes."""

import numpy as np
import pandas as pd
import pytest

from ml.features import build_features
from ml.weather import VARIABLES

DEPARTURE = pd.Timestamp("2013-05-06T15:20Z")
NO_FORECASTS = pd.DataFrame(columns=["airport", *VARIABLES], dtype=float).assign(
    airport=pd.Series(dtype=str),
    valid_at=pd.Series(dtype="datetime64[us, UTC]"),
    issued_at=pd.Series(dtype="datetime64[us, UTC]"),
)


def hours_ago(hours: float) -> pd.Timestamp:
    """An instant before the departure's hour."""
    return DEPARTURE.floor("h") - pd.Timedelta(hours=hours)


def make_flights(*others: tuple[float, bool, float | None]) -> pd.DataFrame:
    """Flight 0 of interest and others: hours before its hour, whether cancelled, delay."""
    departures = [DEPARTURE, *(hours_ago(hours) for hours, _, _ in others)]
    scheduled = pd.Series(pd.to_datetime(departures)).dt.as_unit("us")
    return pd.DataFrame({
        "flight_id": range(len(departures)),
        "carrier": "AA",
        "flight_number": [str(number) for number in range(len(departures))],
        "origin": "JFK",
        "destination": "LAX",
        "service_date": scheduled.dt.tz_convert("America/New_York").dt.date,
        "scheduled_departure_at": scheduled,
        "scheduled_arrival_at": scheduled + pd.Timedelta(hours=6),
        "distance_km": 3974.0,
        "cancelled": [False, *(cancelled for _, cancelled, _ in others)],
        "departure_delay_minutes": [np.nan, *(delay for _, _, delay in others)],
    })


def make_observations(values: dict[float, dict[str, float]]) -> pd.DataFrame:
    """Observations by hours before the departure's hour, known an hour later."""
    rows = [
        {"airport": "JFK", "observed_at": hours_ago(hours), "known_at": hours_ago(hours - 1)} | seen
        for hours, seen in values.items()
    ]
    frame = pd.DataFrame(rows, columns=["airport", "observed_at", "known_at", *VARIABLES])
    return frame.astype(dict.fromkeys(VARIABLES, float))


def make_forecast(lead_hours: float, *, for_hours_ago: float = 0, gust_mps: float) -> dict:
    """One forecast for an hour near departure."""
    return {
        "airport": "JFK",
        "valid_at": hours_ago(for_hours_ago),
        "issued_at": hours_ago(lead_hours),
        "gust_mps": gust_mps,
    }


def describe(
    flights: pd.DataFrame,
    observations: pd.DataFrame | None = None,
    forecasts: list[dict] | None = None,
    horizon_hours: int = 2,
) -> pd.Series:
    """Features of flight 0."""
    seen = make_observations({}) if observations is None else observations
    told = NO_FORECASTS
    if forecasts:
        told = pd.DataFrame(forecasts).reindex(
            columns=["airport", "valid_at", "issued_at", *VARIABLES]
        )
    frame = build_features(flights, seen, told, horizon_hours=horizon_hours, targets=[0])
    return frame.iloc[0]


def test_the_hour_that_is_not_over_is_not_seen() -> None:
    row = describe(
        make_flights(), make_observations({2: {"temperature_c": 9}, 3: {"temperature_c": 4}})
    )
    assert row["observed_temperature_c"] == 4
    assert row["observations_known_at"] == row["predicted_at"] == hours_ago(2)


def test_pressure_is_carried_forward_three_hours_and_never_interpolated() -> None:
    seen = {5: {"pressure_hpa": 1000}, 2: {"pressure_hpa": 1030}}
    assert describe(make_flights(), make_observations(seen))["observed_pressure_hpa"] == 1000
    old = {7: {"pressure_hpa": 1000}, 3: {"pressure_hpa": np.nan}}
    assert np.isnan(describe(make_flights(), make_observations(old))["observed_pressure_hpa"])


def test_no_gust_means_the_wind() -> None:
    row = describe(make_flights(), make_observations({3: {"wind_mps": 7, "gust_mps": np.nan}}))
    assert row["observed_gust_mps"] == 7


def test_rain_is_added_and_not_carried_forward() -> None:
    seen = {hours: {"precipitation_mm": 1.5} for hours in (3, 4)}
    row = describe(make_flights(), make_observations(seen))
    assert row["observed_precipitation_6h_mm"] == 3


def test_late_knowledge_of_an_hour_is_not_used() -> None:
    seen = make_observations({3: {"temperature_c": 9}, 4: {"temperature_c": 5}})
    seen.loc[0, "known_at"] = hours_ago(1)
    assert describe(make_flights(), seen)["observed_temperature_c"] == 5


def test_the_newest_forecast_issued_in_time_speaks() -> None:
    forecasts = [
        make_forecast(30, gust_mps=10),
        make_forecast(24, gust_mps=20),
        make_forecast(23, gust_mps=99),
    ]
    row = describe(make_flights(), None, forecasts, horizon_hours=24)
    assert row["forecast_gust_mps"] == 20
    assert row["forecasts_known_at"] == row["known_at"] == row["predicted_at"]


def test_a_stale_forecast_is_as_good_as_none() -> None:
    assert (
        describe(make_flights(), None, [make_forecast(36, gust_mps=9)], 24)["forecast_gust_mps"]
        == 9
    )
    row = describe(make_flights(), None, [make_forecast(37, gust_mps=9)], 24)
    assert np.isnan(row["forecast_gust_mps"])
    assert pd.isna(row["forecasts_known_at"])


@pytest.mark.parametrize("hours_before", [0, 1, 12])
def test_the_first_forecast_there_is_is_not_read_before_it_was_issued(hours_before: float) -> None:
    late = make_forecast(23, for_hours_ago=hours_before, gust_mps=40)
    row = describe(make_flights(), None, [late], 24)
    assert np.isnan(row["forecast_gust_max_12h_before_mps"])
    assert np.isnan(row["forecast_gust_mps"])
    assert pd.isna(row["forecasts_known_at"])


def test_the_half_day_before_a_departure_is_read() -> None:
    told = [
        make_forecast(25, for_hours_ago=hours, gust_mps=gust)
        for hours, gust in ((0, 11), (5, 19), (12, 28), (13, 77))
    ]
    row = describe(make_flights(), None, told, 24)
    assert row["forecast_gust_max_12h_before_mps"] == 28
    assert row["forecast_gust_max_mps"] == 11


def test_forecasts_around_departure_give_the_worst_gust() -> None:
    forecasts = [
        make_forecast(25, for_hours_ago=-2, gust_mps=31),
        make_forecast(25, for_hours_ago=0, gust_mps=12),
        make_forecast(25, for_hours_ago=-4, gust_mps=77),
    ]
    row = describe(make_flights(), None, forecasts, 24)
    assert (row["forecast_gust_mps"], row["forecast_gust_max_mps"]) == (12, 31)


def test_only_outcomes_settled_two_hours_before_count() -> None:
    settled, unsettled = (4.0, True, None), (3.75, True, None)
    row = describe(make_flights(settled, (4.5, False, 0.0), unsettled))
    assert row["airport_disrupted_3h"] == 0.5
    assert row["outcomes_known_at"] == hours_ago(2)
    assert describe(make_flights(settled, unsettled))["airport_disrupted_3h"] == 1


def test_a_window_opens_after_its_first_instant() -> None:
    row = describe(make_flights((7.0, True, None), (6.75, False, 0.0)))
    assert row["airport_disrupted_3h"] == 0


def test_no_flight_in_the_window_is_missing_rather_than_calm() -> None:
    row = describe(make_flights((20.0, True, None)))
    assert np.isnan(row["airport_disrupted_3h"])
    assert row["airport_disrupted_24h"] == 1


def test_a_flight_without_outcome_is_not_counted() -> None:
    row = describe(make_flights((5.0, False, None), (5.5, False, 180.0)))
    assert row["airport_disrupted_3h"] == 1


@pytest.mark.parametrize("delay_minutes", [120.0, 500.0])
def test_all_that_is_known_of_a_long_delay_is_that_it_is_long(delay_minutes: float) -> None:
    row = describe(make_flights((5.0, False, delay_minutes), (5.5, False, -10.0)))
    assert row["airport_delay_minutes_3h"] == 60


def test_departures_nearby_are_counted_with_the_flight_itself() -> None:
    row = describe(make_flights((0.0, False, None), (2.5, False, None), (9.0, False, None)))
    assert row["origin_departures_per_hour"] == 2
    assert row["origin_departures_before_3h"] == 3
    assert row["origin_departures_of_day"] == 4


def test_days_from_a_holiday_are_signed_and_end_after_a_week() -> None:
    flights = make_flights()
    shifts = {0: np.nan, 20: -1, 21: 0, 22: 1, 28: 7, 29: np.nan}
    for days, expected in shifts.items():
        moved = flights.assign(
            scheduled_departure_at=flights["scheduled_departure_at"] + pd.Timedelta(days=days)
        )
        told = describe(moved)["days_from_holiday"]
        np.testing.assert_equal(told, np.float32(expected))


def test_what_another_region_knows_says_nothing_of_this_one() -> None:
    seen = make_observations({4: {"gust_mps": 9.0}})
    newer = make_observations({3: {"gust_mps": 30.0, "visibility_m": 50.0}}).assign(airport="LAX")
    alone, beside = (
        describe(make_flights(), frame)
        for frame in (seen, pd.concat([newer, seen], ignore_index=True))
    )
    assert alone["observations_known_at"] == beside["observations_known_at"] == hours_ago(3)
    weather = [name for name in alone.index if name.startswith(("observed_", "region_"))]
    assert beside[weather].equals(alone[weather])
