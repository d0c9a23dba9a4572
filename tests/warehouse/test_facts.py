"""Frames for the models hold what was known at an instant and nothing later."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from tests.factories.flight import make_cancelled_flight, make_flight
from tests.factories.frames import DEPARTS_AT
from tests.factories.weather import make_weather_forecast, make_weather_observation
from warehouse.queries.facts import flights_frame, forecasts_frame, observations_frame
from warehouse.session import transaction

DAY = {"start": DEPARTS_AT - timedelta(days=1), "end": DEPARTS_AT + timedelta(days=1)}
DELAY_KNOWN_AT = DEPARTS_AT + timedelta(minutes=120)
LEFT_AT = DEPARTS_AT + timedelta(minutes=200)
COLUMNS = [
    *["flight_id", "carrier", "flight_number", "origin", "destination", "service_date"],
    *["scheduled_departure_at", "scheduled_arrival_at", "distance_km"],
    *["cancelled", "departure_delay_minutes", "arrival_delay_minutes"],
    *["aircraft", "aircraft_known_at"],
]


def flights(known_by: datetime | None = None, **options: Any) -> pd.DataFrame:
    with transaction() as session:
        return flights_frame(session, known_by=known_by, **(DAY | options))


@pytest.fixture
def late_flight(database: str) -> None:
    with transaction() as session:
        make_flight(
            session,
            scheduled_departure_at=DEPARTS_AT,
            status="departed",
            reported_at=LEFT_AT,
            delay_reported_at=DELAY_KNOWN_AT,
            actual_departure_at=LEFT_AT,
            departure_delay_minutes=200.0,
        )


def test_the_frame_has_the_canonical_columns_even_when_empty(database: str) -> None:
    assert list(flights().columns) == COLUMNS
    assert flights().empty


@pytest.mark.parametrize(
    ("known_by", "delay"),
    [
        (DELAY_KNOWN_AT - timedelta(seconds=1), None),
        (DELAY_KNOWN_AT, 120.0),
        (LEFT_AT - timedelta(seconds=1), 120.0),
        (LEFT_AT, 200.0),
        (None, 200.0),
    ],
)
def test_a_delay_is_known_bit_by_bit(
    late_flight: None, known_by: datetime | None, delay: float | None
) -> None:
    (found,) = flights(known_by)["departure_delay_minutes"]
    assert (None if pd.isna(found) else found) == delay


@pytest.mark.parametrize(("minutes", "is_cancelled"), [(-1, False), (0, True)])
def test_a_cancellation_is_known_from_its_report(
    database: str, minutes: int, is_cancelled: bool
) -> None:
    with transaction() as session:
        make_cancelled_flight(
            session, scheduled_departure_at=DEPARTS_AT, cancelled_reported_at=DEPARTS_AT
        )
    (found,) = flights(DEPARTS_AT + timedelta(minutes=minutes))["cancelled"]
    assert bool(found) is is_cancelled
    assert flights()["cancelled"].tolist() == [True]


@pytest.mark.parametrize(("seconds", "is_known"), [(-1, False), (0, True)])
def test_an_assigned_aircraft_is_known_from_its_assignment(
    database: str, seconds: int, is_known: bool
) -> None:
    assigned_at = DEPARTS_AT - timedelta(hours=8)
    with transaction() as session:
        make_flight(
            session,
            scheduled_departure_at=DEPARTS_AT,
            aircraft="N123AA",
            aircraft_known_at=assigned_at,
        )
    found = flights(assigned_at + timedelta(seconds=seconds)).iloc[0]
    assert found[["aircraft", "aircraft_known_at"]].notna().tolist() == [is_known, is_known]
    assert flights()["aircraft"].tolist() == ["N123AA"]


@pytest.mark.parametrize(("seconds", "delay"), [(-1, None), (0, 190.0)])
def test_an_arrival_is_known_when_it_happens(
    database: str, seconds: int, delay: float | None
) -> None:
    with transaction() as session:
        make_flight(
            session,
            scheduled_departure_at=DEPARTS_AT,
            status="arrived",
            reported_at=LEFT_AT,
            actual_departure_at=LEFT_AT,
            departure_delay_minutes=200.0,
            actual_arrival_at=LEFT_AT + timedelta(hours=1),
            arrival_delay_minutes=190.0,
        )
    known_by = LEFT_AT + timedelta(hours=1, seconds=seconds)
    (found,) = flights(known_by)["arrival_delay_minutes"]
    assert (None if pd.isna(found) else found) == delay


def test_generated_flights_come_only_when_asked_for(database: str) -> None:
    with transaction() as session:
        make_flight(session, scheduled_departure_at=DEPARTS_AT, is_generated=True)
    assert flights().empty
    assert len(flights(with_generated=True)) == 1


def test_the_end_is_exclusive(database: str) -> None:
    with transaction() as session:
        make_flight(session, scheduled_departure_at=DEPARTS_AT)
    assert len(flights(start=DEPARTS_AT, end=DEPARTS_AT + timedelta(seconds=1))) == 1
    assert flights(start=DEPARTS_AT - timedelta(hours=1), end=DEPARTS_AT).empty


def test_an_observation_is_absent_until_it_is_known(database: str) -> None:
    with transaction() as session:
        observation = make_weather_observation(session)
        span = {
            "start": observation.observed_at,
            "end": observation.observed_at + timedelta(hours=1),
        }
        early = observation.known_at - timedelta(seconds=1)
        assert observations_frame(session, known_by=early, **span).empty
        known = observations_frame(session, known_by=observation.known_at, **span)
        assert known["wind_mps"].tolist() == [observation.wind_mps]


def test_a_forecast_is_absent_until_it_is_issued(database: str) -> None:
    with transaction() as session:
        forecast = make_weather_forecast(session)
        span = {"start": forecast.valid_at, "end": forecast.valid_at + timedelta(hours=1)}
        early = forecast.issued_at - timedelta(seconds=1)
        assert forecasts_frame(session, issued_by=early, **span).empty
        assert len(forecasts_frame(session, issued_by=forecast.issued_at, **span)) == 1
        assert forecasts_frame(session, source="nobody", **span).empty
