"""What the Forecast page reads: the newest claim, nothing from later, people and money."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.factories.booking import make_booking, make_leg, put_on_booking
from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_flight
from tests.factories.prediction import make_champion, make_prediction
from tests.factories.traveller import make_traveller
from tests.factories.user import make_actor
from tests.factories.weather import make_weather_forecast, make_weather_observation
from warehouse.errors import PermissionRefused
from warehouse.queries.forecast import find_forecaster, list_flights_ahead
from warehouse.queries.weather import list_weather
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, Role

DAY = timedelta(hours=24)


def flights_seen_by(actor: Actor, **window: object) -> list:
    asked = {"at": STORM_AT, "until": STORM_AT + DAY} | window
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        return list_flights_ahead(session, actor, **asked)


def staff(session: Session) -> Actor:
    return make_actor(session, Role.AGENT)


def test_the_newest_claim_stands_and_later_ones_are_not_seen(database: str) -> None:
    with transaction(Access.OWNER) as session:
        actor = staff(session)
        flight = make_flight(session, scheduled_departure_at=STORM_AT + timedelta(hours=2))
        for horizon, hours_ago, probability in [(24, 22, 0.1), (6, 4, 0.3), (2, -1, 0.9)]:
            make_prediction(
                session,
                flight_id=flight.flight_id,
                horizon_hours=horizon,
                predicted_at=STORM_AT - timedelta(hours=hours_ago),
                probability=probability,
            )
    [seen] = flights_seen_by(actor)
    assert (seen.probability, seen.horizon_hours) == (0.3, 6)
    assert seen.by_horizon == {24: 0.1, 6: 0.3}
    assert seen.base_rate == 0.05


def test_travellers_and_money_are_those_of_confirmed_legs(database: str) -> None:
    with transaction(Access.OWNER) as session:
        actor = staff(session)
        flight = make_flight(session)
        make_prediction(session, flight_id=flight.flight_id, probability=0.5)
        booking = make_booking(session)
        put_on_booking(session, booking, make_traveller(session), 2)
        make_leg(
            session,
            flight_id=flight.flight_id,
            booking_id=booking.booking_id,
            price_minor_units=50_000,
        )
        make_leg(session, flight_id=flight.flight_id, price_minor_units=20_000)
        make_leg(session, flight_id=flight.flight_id, status="cancelled")
    [seen] = flights_seen_by(actor)
    assert (seen.travellers, seen.value_minor_units, seen.currency) == (3, 70_000, "USD")
    assert seen.expected_travellers == pytest.approx(1.5)
    assert seen.expected_value_minor_units == pytest.approx(35_000)


def test_only_flights_of_the_window_with_a_claim_are_listed(database: str) -> None:
    with transaction(Access.OWNER) as session:
        actor = staff(session)
        make_flight(session)
        for hours in (-1, 0, 23, 24):
            flight = make_flight(session, scheduled_departure_at=STORM_AT + timedelta(hours=hours))
            make_prediction(session, flight_id=flight.flight_id)
    departures = [seen.scheduled_departure_at - STORM_AT for seen in flights_seen_by(actor)]
    assert departures == [timedelta(0), timedelta(hours=23)]


def test_a_customer_may_not_read_the_forecast(database: str) -> None:
    with transaction(Access.OWNER) as session:
        actor = make_actor(session, Role.CUSTOMER)
    with pytest.raises(PermissionRefused):
        flights_seen_by(actor)


def test_the_forecaster_is_the_champion_in_force(database: str) -> None:
    with transaction(Access.OWNER) as session:
        actor = staff(session)
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        assert find_forecaster(session, actor) is None
    with transaction(Access.OWNER) as session:
        champion = make_champion(session)
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        found = find_forecaster(session, actor)
    assert found is not None
    assert found.release_id == champion.release_id


def test_weather_shows_the_newest_forecast_and_nothing_known_later(database: str) -> None:
    with transaction(Access.OWNER) as session:
        actor = staff(session)
        make_weather_observation(session, observed_at=STORM_AT - timedelta(hours=1), gust_mps=20)
        make_weather_observation(session, observed_at=STORM_AT, gust_mps=99)
        for hours_ago, gust in [(24, 5), (12, 10), (0, 15)]:
            make_weather_forecast(
                session,
                valid_at=STORM_AT + timedelta(hours=1),
                issued_at=STORM_AT - timedelta(hours=hours_ago - 1),
                gust_mps=gust,
            )
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        hours = list_weather(
            session,
            actor,
            "JFK",
            start=STORM_AT - DAY,
            until=STORM_AT + DAY,
            known_by=STORM_AT,
        )
    assert [(hour.gust_mps, hour.is_forecast, hour.is_simulated) for hour in hours] == [
        (20, False, False),
        (10, True, True),
    ]
