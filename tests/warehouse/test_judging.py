"""What claims are judged by: every claim about a span of departures, and who was booked."""

from datetime import timedelta

import pytest

from tests.factories.booking import make_booking, make_leg
from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_flight
from tests.factories.prediction import make_prediction
from tests.factories.traveller import make_traveller
from warehouse.queries.judging import claims_frame, exposure_frame
from warehouse.session import Access, transaction

SPAN = {"start": STORM_AT, "end": STORM_AT + timedelta(days=1)}


def test_exposure_counts_confirmed_legs_and_everybody_on_them(database: str) -> None:
    with transaction(Access.OWNER) as session:
        flight = make_flight(session, scheduled_departure_at=STORM_AT).flight_id
        pair = make_booking(
            session, travellers=[make_traveller(session), make_traveller(session)]
        ).booking_id
        make_leg(session, booking_id=pair, flight_id=flight, price_minor_units=70_000)
        make_leg(session, flight_id=flight, price_minor_units=20_000)
        make_leg(session, flight_id=flight, status="cancelled")
        gone = make_booking(session, status="cancelled").booking_id
        make_leg(session, booking_id=gone, flight_id=flight)
        late = make_flight(session, scheduled_departure_at=SPAN["end"]).flight_id
        make_leg(session, flight_id=late)
    with transaction() as session:
        exposure = exposure_frame(session, **SPAN)
    assert exposure.to_dict("records") == [
        {"flight_id": flight, "bookings": 2, "travellers": 3, "value_minor_units": 90_000}
    ]


def test_nobody_booked_gives_the_columns_all_the_same(database: str) -> None:
    with transaction() as session:
        exposure = exposure_frame(session, **SPAN)
    assert exposure.empty
    assert list(exposure) == ["flight_id", "bookings", "travellers", "value_minor_units"]


def test_claims_are_those_about_the_departures_of_the_span(database: str) -> None:
    with transaction(Access.OWNER) as session:
        flight = make_flight(session, scheduled_departure_at=STORM_AT).flight_id
        later = make_flight(session, scheduled_departure_at=SPAN["end"]).flight_id
        make_prediction(session, flight_id=flight, probability=0.4)
        make_prediction(session, flight_id=flight, horizon_hours=2, controls={})
        make_prediction(session, flight_id=later)
    with transaction() as session:
        claims = claims_frame(session, **SPAN)
    assert claims[["flight_id", "horizon_hours"]].values.tolist() == [[flight, 2], [flight, 24]]
    assert claims["climatology"].isna().tolist() == [True, False]
    assert claims["climatology"][1] == pytest.approx(0.05)
    assert claims["basis"].tolist() == ["model", "model"]
