"""A provider of one flight, one booking, one hotel and a few hours of weather in January 2013."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd

from pipelines.partitions import Window
from pipelines.providing import BookingHandover, EmbeddedProvider, Handover
from tests.factories.airport import NEW_YORK
from tests.factories.frames import CALM

SOURCE = "tiny"
FIRST_HOUR = datetime(2013, 1, 1, tzinfo=UTC)
UNTIL = FIRST_HOUR + timedelta(hours=20)
DEPARTS_AT = FIRST_HOUR + timedelta(hours=18)
LANDS_AT = DEPARTS_AT + timedelta(minutes=61)
FLIGHT_KEY = {
    "carrier": "B6",
    "flight_number": "123",
    "origin": "JFK",
    "service_date": date(2013, 1, 1),
}
PRICED = {"price_minor_units": 15_000, "currency": "USD"}
STANDING = PRICED | {"status": "confirmed"}


def known_in(rows: list[dict[str, Any]], column: str, window: Window) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    return frame[(frame[column] > window.start) & (frame[column] <= window.end)]


class TinyProvider(EmbeddedProvider):
    """Hands over the same few facts, with the wind and the airport's code as the test wants."""

    wind_mps: float = 8.0
    second_airport: str = "BOS"

    def airports(self) -> Handover:
        places = [("JFK", "Kennedy", 40.6, -73.8), (self.second_airport, "Logan", 42.4, -71.0)]
        rows = [
            {"iata": iata, "name": name, "city": name, "latitude": north, "longitude": east}
            for iata, name, north, east in places
        ]
        return Handover(SOURCE, pd.DataFrame(rows).assign(time_zone=NEW_YORK))

    def carriers(self) -> Handover:
        return Handover(SOURCE, pd.DataFrame([{"code": "B6", "name": "JetBlue"}]))

    def flights(self, window: Window) -> list[Handover]:
        flight = FLIGHT_KEY | {
            "destination": "BOS",
            "scheduled_departure_at": DEPARTS_AT,
            "scheduled_arrival_at": LANDS_AT,
            "distance_km": 301.0,
            "is_generated": False,
        }
        return [Handover(SOURCE, known_in([flight], "scheduled_departure_at", window))]

    def flight_reports(self, window: Window) -> Handover:
        left = {"departure_delay_minutes": 0, "arrival_delay_minutes": None}
        landed = {"departure_delay_minutes": 0, "arrival_delay_minutes": 0}
        rows = [
            FLIGHT_KEY | {"kind": kind, "reported_at": at, "occurred_at": at} | delays
            for kind, at, delays in (
                ("departed", DEPARTS_AT, left),
                ("arrived", LANDS_AT, landed),
            )
        ]
        return Handover(SOURCE, known_in(rows, "reported_at", window))

    def observations(self, window: Window) -> Handover:
        rows = [
            {"airport": "JFK", "observed_at": at, "known_at": at + timedelta(hours=1)}
            | CALM
            | {"wind_mps": self.wind_mps, "gust_mps": 12.0}
            for at in (FIRST_HOUR + timedelta(hours=hour) for hour in range(60))
        ]
        return Handover(SOURCE, known_in(rows, "known_at", window))

    def forecasts(self, window: Window) -> Handover:
        rows = [
            {"source": SOURCE, "airport": "JFK", "valid_at": at + timedelta(hours=2)}
            | {"issued_at": at}
            | CALM
            for at in (FIRST_HOUR + timedelta(hours=hour) for hour in range(60))
        ]
        return Handover(SOURCE, known_in(rows, "issued_at", window))

    def travellers(self) -> Handover:
        traveller = {
            "traveller_ref": "T1",
            "given_name": "Ada",
            "family_name": "Lind",
            "email": "ada.lind@example.com",
            "phone": "+1-646-555-0100",
            "home_airport": "JFK",
            "loyalty_tier": None,
            "is_generated": True,
        }
        return Handover(SOURCE, pd.DataFrame([traveller]))

    def hotels(self) -> Handover:
        hotel = {
            "hotel_ref": "H1",
            "name": "Harbour Inn",
            "airport": "JFK",
            "latitude": 40.6,
            "longitude": -73.8,
            "distance_km": 2.0,
            "stars": 3,
            "supplier_reliability": 0.9,
            "is_refundable": True,
            "is_generated": True,
        }
        return Handover(SOURCE, pd.DataFrame([hotel]))

    def bookings(self, window: Window) -> BookingHandover:
        booking = {
            "booking_ref": "ABC234",
            "booked_at": FIRST_HOUR + timedelta(hours=3),
            "source_updated_at": FIRST_HOUR + timedelta(hours=3),
            "status": "confirmed",
            "value_minor_units": 30_000,
            "currency": "USD",
            "trip_purpose": "business",
            "is_generated": True,
        }
        made = known_in([booking], "booked_at", window)
        one = {"booking_ref": "ABC234", "position": 1}
        stay = {
            "hotel_ref": "H1",
            "room_type": "double",
            "check_in_on": date(2013, 1, 1),
            "check_out_on": date(2013, 1, 2),
            "rooms": 1,
        }
        parts = [
            pd.DataFrame([one | part]).iloc[: len(made)]
            for part in (
                {"traveller_ref": "T1"},
                FLIGHT_KEY | {"cabin": "economy"} | STANDING,
                stay | STANDING,
            )
        ]
        return BookingHandover(SOURCE, made, *parts)

    def room_inventory(self, window: Window) -> Handover:
        room = {
            "hotel_ref": "H1",
            "room_type": "double",
            "night": date(2013, 1, 1),
            "reported_total": 4,
            "count_semantics": "gross",
            "reported_at": FIRST_HOUR + timedelta(hours=2),
        }
        return Handover(SOURCE, known_in([room | PRICED], "reported_at", window))
