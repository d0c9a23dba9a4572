"""The generated year hangs together: people, bookings, flights, hotels and rooms."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from pipelines.sources import nycflights
from pipelines.sources.generated_bookings import record_locators

FLIGHT = ["carrier", "flight_number", "origin", "service_date"]
REF_AND_POSITION = ["booking_ref", "position"]
A_NIGHT = pd.Timedelta(hours=4)


@pytest.fixture(scope="module")
def all_flights(travel, flights) -> pd.DataFrame:
    return pd.concat([flights.accepted, travel.flights], ignore_index=True)


@pytest.fixture(scope="module")
def flown(travel, all_flights) -> pd.DataFrame:
    """Legs with the flight each rides on, in order."""
    legs = travel.legs.merge(
        all_flights, on=[*FLIGHT, "destination"], how="left", validate="m:1", indicator=True
    )
    return legs.sort_values(REF_AND_POSITION, ignore_index=True)


@pytest.fixture(scope="module")
def consecutive(flown) -> pd.DataFrame:
    """Pairs of legs that follow one another in a booking."""
    following = flown.groupby("booking_ref")[
        ["origin", "scheduled_departure_at", "carrier", "is_generated"]
    ].shift(-1)
    pairs = flown.join(following.add_suffix("_next"))
    pairs = pairs[pairs["origin_next"].notna()]
    wait = pairs["scheduled_departure_at_next"] - pairs["scheduled_arrival_at"]
    return pairs.assign(wait=wait)


def test_every_leg_rides_on_a_flight_that_exists(flown):
    assert (flown["_merge"] == "both").all()


def test_flights_are_known_by_their_key_real_and_generated_together(all_flights):
    assert not all_flights.duplicated(FLIGHT).any()


def test_generated_numbers_cannot_collide_with_real_ones(travel, flights):
    assert (travel.flights["flight_number"].astype(int) >= 9_000).all()
    assert (flights.accepted["flight_number"].astype(int) < 9_000).all()


def test_generated_flights_have_the_columns_of_real_ones(travel, flights):
    assert list(travel.flights) == list(flights.accepted)
    assert travel.flights.dtypes.to_dict() == flights.accepted.dtypes.to_dict()
    assert travel.flights["is_generated"].all()


def test_generated_flights_take_as_long_as_real_ones(travel, flights):
    def minutes_beyond_cruise(frame):
        block = frame["scheduled_arrival_at"] - frame["scheduled_departure_at"]
        return block.dt.total_seconds() / 60 - frame["distance_km"] / 13

    real, generated = (
        minutes_beyond_cruise(frame).mean() for frame in (flights.accepted, travel.flights)
    )
    assert generated == pytest.approx(real, abs=8)


def test_generated_flights_leave_between_six_and_ten_on_local_clocks(travel):
    zones = nycflights.read_airports().set_index("iata")["time_zone"]
    hours = pd.concat([
        group["scheduled_departure_at"].dt.tz_convert(zone).dt.hour
        for zone, group in travel.flights.groupby(travel.flights["origin"].map(zones))
    ])
    assert hours.between(6, 21).all()


def test_generated_flights_fly_routes_their_carrier_serves(travel, flights):
    served = flights.accepted.groupby("carrier")["destination"].agg(set)
    ends = travel.flights[["carrier", "origin", "destination"]].drop_duplicates()
    new_york = {"EWR", "JFK", "LGA"}
    assert all(
        {row.origin, row.destination} - new_york <= served[row.carrier] for row in ends.itertuples()
    )


def test_about_as_many_bookings_as_planned(travel):
    assert len(travel.bookings) == 48_000
    assert travel.bookings["booking_ref"].is_unique
    assert set(travel.legs["booking_ref"]) == set(travel.bookings["booking_ref"])


def test_record_locators_are_distinct_and_readable():
    locators = record_locators(200_000)
    assert locators.is_unique
    assert locators.str.fullmatch(r"[A-HJ-NP-Z2-9]{6}").all()


def test_legs_follow_one_another_in_place_and_time(consecutive):
    assert (consecutive["destination"] == consecutive["origin_next"]).all()
    assert (consecutive["wait"] >= pd.Timedelta(minutes=50)).all()


def test_connections_leave_time_to_change_and_not_too_much(consecutive):
    same_day = consecutive[consecutive["wait"] < A_NIGHT]
    assert same_day["wait"].between(pd.Timedelta(minutes=50), pd.Timedelta(minutes=180)).all()
    assert (same_day["carrier"] == same_day["carrier_next"]).all()
    feeding = same_day["is_generated"] & ~same_day["is_generated_next"].astype(bool)
    onward = ~same_day["is_generated"] & same_day["is_generated_next"].astype(bool)
    assert feeding.sum() > 2_000
    assert onward.sum() > 2_000


def test_all_shapes_of_trips_occur(flown):
    shape = flown.groupby("booking_ref").agg(
        legs=("position", "size"), first=("origin", "first"), last=("destination", "last")
    )
    is_round = shape["first"] == shape["last"]
    from_new_york = shape["first"].isin(["EWR", "JFK", "LGA"])
    shares = {
        "one way": (shape["legs"] == 1).mean(),
        "round from New York": (is_round & from_new_york).mean(),
        "visit to New York": (is_round & ~from_new_york & (shape["legs"] == 2)).mean(),
        "with connections": (shape["legs"] >= 3).mean(),
    }
    assert all(share > 0.05 for share in shares.values()), shares


def test_every_booking_departs_from_new_york_on_a_real_flight(flown):
    real = flown[~flown["is_generated"]]
    assert set(real["booking_ref"]) == set(flown["booking_ref"])


def test_bookings_are_made_before_the_first_departure(travel, flown):
    first = flown.groupby("booking_ref")["scheduled_departure_at"].min()
    bookings = travel.bookings.set_index("booking_ref")
    ahead = first - bookings["booked_at"]
    assert (ahead > pd.Timedelta(hours=3)).all()
    median = ahead.groupby(bookings["trip_purpose"]).median()
    assert median["business"] < pd.Timedelta(days=15) < median["leisure"]


def test_parties_are_families_and_single_business_travellers(travel):
    sizes = travel.bookings.groupby("trip_purpose")["traveller_count"].agg(["min", "max", "mean"])
    assert sizes.loc["business"].tolist() == [1, 1, 1]
    assert sizes.loc["leisure", ["min", "max"]].tolist() == [1, 5]
    listed = travel.booking_travellers.groupby("booking_ref").size()
    counted = travel.bookings.set_index("booking_ref")["traveller_count"]
    pd.testing.assert_series_equal(listed.sort_index(), counted.sort_index(), check_names=False)


def test_every_traveller_is_known_once_and_booked(travel):
    assert travel.travellers["traveller_ref"].is_unique
    booked = travel.booking_travellers["traveller_ref"]
    assert set(booked) == set(travel.travellers["traveller_ref"])


def test_nobody_is_on_two_trips_at_a_time(travel, flown):
    times = flown.groupby("booking_ref").agg(
        begins_at=("scheduled_departure_at", "min"), ends_at=("scheduled_arrival_at", "max")
    )
    trips = travel.booking_travellers.join(times, on="booking_ref")
    trips = trips.sort_values(["traveller_ref", "begins_at"])
    home_at = trips.groupby("traveller_ref")["ends_at"].shift()
    assert not (trips["begins_at"] <= home_at).any()


def test_some_travel_several_times(travel):
    trips = travel.booking_travellers.groupby("traveller_ref").size()
    assert (trips > 1).mean() > 0.3
    assert trips.max() < 20


def test_nobody_can_be_reached(travel):
    assert travel.travellers["email"].str.fullmatch(r"[a-z.]+\.t\d{6}@example\.(com|org|net)").all()
    assert travel.travellers["email"].is_unique
    assert travel.travellers["phone"].str.fullmatch(r"\+1-\d{3}-555-01\d\d").all()


def test_everyone_begins_at_home(travel, flown):
    first = flown.drop_duplicates("booking_ref").set_index("booking_ref")["origin"]
    named = travel.booking_travellers.merge(travel.travellers, on="traveller_ref")
    assert (named["booking_ref"].map(first) == named["home_airport"]).all()


def test_stays_lie_between_two_legs_at_their_airport(travel, consecutive):
    zones = nycflights.read_airports().set_index("iata")["time_zone"]
    gaps = consecutive[consecutive["wait"] > A_NIGHT]
    stays = travel.stays.merge(travel.hotels, on="hotel_ref", validate="m:1").merge(
        gaps, left_on=["booking_ref", "airport"], right_on=["booking_ref", "destination"]
    )
    assert len(stays) == len(travel.stays)
    for zone, group in stays.groupby(stays["airport"].map(zones)):
        arrived_on = group["scheduled_arrival_at"].dt.tz_convert(zone).dt.date
        leaves_on = group["scheduled_departure_at_next"].dt.tz_convert(zone).dt.date
        assert (group["check_in_on"] == arrived_on).all()
        assert (group["check_out_on"] == leaves_on).all()


def test_rooms_hold_the_party(travel):
    beds = {"single": 1, "double": 2, "family": 4}
    stays = travel.stays.merge(travel.bookings, on="booking_ref")
    assert (stays["room_type"].map(beds) * stays["rooms"] >= stays["traveller_count"]).all()


def test_a_booking_is_worth_its_legs_and_stays(travel):
    parts = pd.concat([travel.legs, travel.stays]).groupby("booking_ref")["price_minor_units"]
    worth = travel.bookings.set_index("booking_ref")["value_minor_units"]
    pd.testing.assert_series_equal(parts.sum().sort_index(), worth.sort_index(), check_names=False)


def test_a_stay_costs_what_its_nights_are_offered_for(travel):
    first = travel.room_inventory.drop_duplicates(["hotel_ref", "room_type", "night"])
    offered = first.set_index(["hotel_ref", "room_type", "night"])["price_minor_units"]
    for stay in travel.stays.sample(50, random_state=1).itertuples():
        nights = pd.date_range(stay.check_in_on, stay.check_out_on, inclusive="left").date
        total = sum(offered[stay.hotel_ref, stay.room_type, night] for night in nights)
        assert stay.price_minor_units == total * stay.rooms


def test_hotels_stand_near_their_airport(travel):
    hotels = travel.hotels
    assert hotels["hotel_ref"].is_unique
    assert hotels["name"].is_unique
    assert hotels["distance_km"].between(0.5, 14.1).all()
    assert hotels["supplier_reliability"].between(0, 1).all()
    around_new_york = hotels.groupby("airport").size()[["EWR", "JFK", "LGA"]]
    assert around_new_york.between(10, 14).all()


def test_everything_invented_says_so(travel):
    marked = ["flights", "travellers", "bookings", "stays", "hotels", "room_inventory"]
    assert all(getattr(travel, name)["is_generated"].all() for name in marked)


def test_thousands_travel_in_the_storm(travel, flown):
    start, end = pd.Timestamp("2013-12-08T05:00Z"), pd.Timestamp("2013-12-12T05:00Z")
    during = flown[flown["scheduled_departure_at"].between(start, end, inclusive="left")]
    real = during[~during["is_generated"]]
    travellers = travel.booking_travellers.merge(real, on="booking_ref")["traveller_ref"]
    assert travellers.nunique() > 1_000


def test_demand_follows_weekdays_and_holidays(travel, flown):
    real = flown[~flown["is_generated"]].merge(travel.bookings, on="booking_ref")
    day = pd.to_datetime(real["service_date"])
    of_purpose = real["trip_purpose"]
    saturday, tuesday = (day.dt.day_of_week == 5), (day.dt.day_of_week == 1)
    business = of_purpose == "business"
    assert (saturday & business).sum() < 0.5 * (tuesday & business).sum()
    thanksgiving = day.between("2013-11-26", "2013-12-01").sum() / 6
    a_calm_week = day.between("2013-11-05", "2013-11-10").sum() / 6
    assert thanksgiving > 1.1 * a_calm_week


HASHED = """
import hashlib, pandas as pd
from pipelines.sources.generated_travel import generate_travel
digest = hashlib.sha256()
for frame in vars(generate_travel()).values():
    digest.update(pd.util.hash_pandas_object(frame).to_numpy().tobytes())
print(digest.hexdigest())
"""


def test_another_process_generates_the_same_year(travel):
    digest = hashlib.sha256()
    for frame in vars(travel).values():
        digest.update(pd.util.hash_pandas_object(frame).to_numpy().tobytes())
    there = subprocess.run(
        [sys.executable, "-c", HASHED],
        env=os.environ | {"PYTHONHASHSEED": "4711"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == digest.hexdigest()


def test_prices_are_whole_and_positive(travel):
    for name in ("legs", "stays", "room_inventory"):
        prices = getattr(travel, name)["price_minor_units"]
        assert prices.dtype == np.int64
        assert (prices > 0).all()
