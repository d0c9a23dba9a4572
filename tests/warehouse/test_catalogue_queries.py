"""What Dagster's catalogue shows is asked of the record: free rooms by night, flights by name."""

from datetime import timedelta

from tests.factories.defaults import STORM_AT, STORM_ON
from tests.factories.feed import make_refused
from tests.factories.flight import make_flight
from tests.factories.hotel import make_hotel, make_room_night
from warehouse.queries.feeds import count_quarantine
from warehouse.queries.flight_names import name_flights
from warehouse.queries.inventory import FreeRooms, list_free_rooms
from warehouse.session import Access, transaction

DAY = timedelta(days=1)


def test_free_rooms_are_counted_by_night_around_the_airports_with_most_hotels(
    database: str,
) -> None:
    with transaction(Access.OWNER) as session:
        for airport, hotels in (("JFK", 2), ("LGA", 2), ("BOS", 1)):
            for _ in range(hotels):
                hotel_id = make_hotel(session, airport=airport).hotel_id
                make_room_night(session, hotel_id=hotel_id, reported_total=5)
                make_room_night(session, hotel_id=hotel_id, night=STORM_ON + DAY, reported_total=1)
        # The supplier took back more rooms than are free: none is, and no other hotel's are gone.
        make_room_night(
            session, hotel_id=hotel_id, room_type="suite", reported_total=1, allocated=3
        )
    with transaction() as session:
        found = list_free_rooms(session, first_on=STORM_ON, last_on=STORM_ON + DAY, airports=2)
        small = list_free_rooms(session, first_on=STORM_ON, last_on=STORM_ON, airports=3)
    assert found == [
        FreeRooms("JFK", STORM_ON, 10),
        FreeRooms("LGA", STORM_ON, 10),
        FreeRooms("JFK", STORM_ON + DAY, 2),
        FreeRooms("LGA", STORM_ON + DAY, 2),
    ]
    assert small[0] == FreeRooms("BOS", STORM_ON, 5)


def test_a_flight_is_named_as_people_name_it(database: str) -> None:
    with transaction(Access.OWNER) as session:
        flight = make_flight(session, scheduled_departure_at=STORM_AT)
        expected = (
            f"{flight.carrier} {flight.flight_number} {flight.origin}-{flight.destination}"
            f" {STORM_AT:%d %b %H:%M}"
        )
        flight_id = flight.flight_id
    with transaction() as session:
        assert name_flights(session, [flight_id, -1]) == {flight_id: expected}


def test_quarantine_is_counted_of_one_feed(database: str) -> None:
    with transaction(Access.OWNER) as session:
        make_refused(session)
        make_refused(session, feed="flight")
    with transaction() as session:
        assert [each.feed for each in count_quarantine(session, feed="flight")] == ["flight"]
        assert len(count_quarantine(session)) == 2
