"""A handful of hotels, rooms and bookings around the storm of December 2013."""

from datetime import date, datetime

import pandas as pd

from pipelines.simulator.booking_facts import BookingFacts
from pipelines.simulator.hotel_facts import HotelFacts
from pipelines.sources.generated_travel import GeneratedTravel

STORM_AT = datetime.fromisoformat("2013-12-10T11:00:00+00:00")
TONIGHT, TOMORROW = date(2013, 12, 10), date(2013, 12, 11)
FIRST_REPORT = pd.Timestamp("2012-12-15T05:00Z")


def make_hotels() -> pd.DataFrame:
    """Two hotels at JFK, of which the second never refunds, and one at LGA."""
    columns = [
        *("hotel_ref", "name", "airport", "latitude", "longitude", "distance_km", "stars"),
        *("supplier_reliability", "refundable", "is_generated"),
    ]
    rows = [
        ("H0001", "Amber Anchor Inn", "JFK", 40.65, -73.79, 1.2, 3, 0.9, True, True),
        ("H0002", "Birch Key Hotel", "JFK", 40.63, -73.76, 1.9, 4, 0.8, False, True),
        ("H0007", "Cedar Swan Lodge", "LGA", 40.78, -73.87, 0.7, 2, 0.9, True, True),
    ]
    return pd.DataFrame(rows, columns=columns)


def make_rooms() -> pd.DataFrame:
    """Three rooms a kind and night; the storm leaves one double in the first hotel tonight."""
    reports = [
        (hotel, kind, night, FIRST_REPORT, 3, price, "USD", sleeps, True)
        for hotel in ("H0001", "H0002", "H0007")
        for kind, price, sleeps in (("single", 10_000, 1), ("double", 12_000, 2))
        for night in (TONIGHT, TOMORROW)
    ]
    storm_at = pd.Timestamp("2013-12-10T17:00Z")
    reports.append(("H0001", "double", TONIGHT, storm_at, 1, 15_000, "USD", 2, True))
    columns = [
        *("hotel_ref", "room_type", "night", "reported_at", "total", "price_minor_units"),
        *("currency", "occupancy", "is_generated"),
    ]
    return pd.DataFrame(reports, columns=columns)


def make_travel() -> GeneratedTravel:
    """Five bookings, the last of them made after the storm's instant."""
    booked = [
        ("AAAAAA", "2013-11-01T10:00Z", 2),
        ("BBBBBB", "2013-11-01T10:00Z", 1),
        ("CCCCCC", "2013-12-10T10:57Z", 1),
        ("DDDDDD", "2013-12-10T10:59Z", 1),
        ("EEEEEE", "2013-12-10T11:01Z", 1),
    ]
    refs = [ref for ref, _, _ in booked]
    bookings = pd.DataFrame({
        "booking_ref": refs,
        "booked_at": pd.to_datetime([at for _, at, _ in booked], utc=True),
        "trip_purpose": "leisure",
        "traveller_count": [count for _, _, count in booked],
        "currency": "USD",
        "value_minor_units": 50_000,
        "is_generated": True,
    })
    parties = [(ref, place) for ref, _, count in booked for place in range(1, count + 1)]
    travellers = pd.DataFrame({
        "traveller_ref": [f"T{number:06d}" for number in range(len(parties))],
        "given_name": "Ada",
        "family_name": [f"Finch{number}" for number in range(len(parties))],
        "email": [f"ada.{number}@example.com" for number in range(len(parties))],
        "phone": "+1-212-555-0101",
        "home_airport": "JFK",
        "loyalty_tier": "none",
        "is_generated": True,
    })
    named = pd.DataFrame(parties, columns=["booking_ref", "position"])
    legs = pd.DataFrame({
        "booking_ref": refs,
        "position": 1,
        "carrier": "B6",
        "flight_number": "15",
        "origin": "JFK",
        "destination": "SFO",
        "service_date": TONIGHT,
        "cabin": "economy",
        "price_minor_units": 30_000,
    })
    stays = pd.DataFrame({
        "booking_ref": ["AAAAAA"],
        "position": 1,
        "hotel_ref": "H0001",
        "room_type": "double",
        "check_in_on": TONIGHT,
        "check_out_on": TOMORROW,
        "rooms": 1,
        "price_minor_units": 12_000,
        "is_generated": True,
    })
    return GeneratedTravel(
        flights=make_flights().head(0),
        travellers=travellers,
        bookings=bookings,
        booking_travellers=named.assign(traveller_ref=travellers["traveller_ref"]),
        legs=legs,
        stays=stays,
        hotels=make_hotels(),
        room_inventory=make_rooms(),
    )


def make_flights() -> pd.DataFrame:
    """The one flight all bookings are on."""
    return pd.DataFrame({
        "carrier": ["B6"],
        "flight_number": "15",
        "origin": "JFK",
        "destination": "SFO",
        "service_date": TONIGHT,
        "scheduled_departure_at": pd.Timestamp("2013-12-10T20:00Z"),
        "scheduled_arrival_at": pd.Timestamp("2013-12-11T02:30Z"),
        "distance_km": 4_162.0,
        "is_generated": False,
    })


def make_hotel_facts() -> HotelFacts:
    """The small hotels with their rooms."""
    return HotelFacts(make_hotels(), make_rooms())


def make_booking_facts() -> BookingFacts:
    """The small bookings."""
    return BookingFacts(make_travel(), make_flights())
