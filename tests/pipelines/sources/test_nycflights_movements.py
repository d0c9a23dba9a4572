"""The schedule: every trap of the file, one test each."""

import random

import pandas as pd
import pytest

from pipelines.sources import nycflights
from pipelines.sources.nycflights_movements import KM_PER_MILE, airports_used, parse_movements

from .conftest import FLIGHT_LINE


def one_flight(flights, carrier, number, origin, on):
    found = flights.accepted[
        (flights.accepted["carrier"] == carrier)
        & (flights.accepted["flight_number"] == number)
        & (flights.accepted["origin"] == origin)
        & (flights.accepted["service_date"] == pd.Timestamp(on).date())
    ]
    assert len(found) == 1
    return found.iloc[0]


def test_every_row_is_accepted_or_rejected(flights):
    assert flights.received_count == 336_776
    assert len(flights.accepted) + len(flights.rejected) == flights.received_count
    assert flights.rejected.empty


def test_a_flight_is_known_by_carrier_number_origin_and_day(flights):
    key = ["carrier", "flight_number", "origin", "service_date"]
    assert not flights.accepted.duplicated(key).any()


def test_scheduled_departure_is_the_utc_hour_of_the_file_plus_its_minute(flights):
    flight = one_flight(flights, "UA", "1545", "EWR", "2013-01-01")
    assert flight["scheduled_departure_at"] == pd.Timestamp("2013-01-01T10:15Z")
    assert flight["scheduled_arrival_at"] == pd.Timestamp("2013-01-01T14:19Z")
    assert flight["distance_km"] == pytest.approx(1400 * KM_PER_MILE)


def test_departures_stand_still_on_the_local_clock_when_summer_time_begins(flights):
    before = one_flight(flights, "B6", "725", "JFK", "2013-03-09")["scheduled_departure_at"]
    after = one_flight(flights, "B6", "725", "JFK", "2013-03-11")["scheduled_departure_at"]
    local = [at.tz_convert("America/New_York").strftime("%H") for at in (before, after)]
    assert local == ["05", "05"]
    assert (before.hour, after.hour) == (10, 9)


def test_arrival_past_midnight_is_the_next_day_at_the_destination(flights):
    # 23:59 from New York, 04:45 on the clock of Ponce, one hour ahead of it in winter.
    flight = one_flight(flights, "B6", "739", "JFK", "2013-01-02")
    assert flight["scheduled_departure_at"] == pd.Timestamp("2013-01-03T04:59Z")
    assert flight["scheduled_arrival_at"] == pd.Timestamp("2013-01-03T08:45Z")


def test_every_flight_lasts_as_long_as_its_distance_lets_expect(flights):
    accepted = flights.accepted
    block = accepted["scheduled_arrival_at"] - accepted["scheduled_departure_at"]
    minutes = block.dt.total_seconds() / 60
    assert ((minutes - 58 - accepted["distance_km"] / 13).abs() < 120).all()


def test_an_arrival_in_the_hour_that_clocks_skip_is_taken_by_elapsed_time():
    movements = parse_movements(None).accepted
    landed_in_the_gap = movements[
        (movements["flight_number"] == "35")
        & (movements["destination"] == "PBI")
        & (movements["scheduled_departure_at"] == pd.Timestamp("2013-03-10T02:45Z"))
    ]
    assert landed_in_the_gap["actual_arrival_at"].tolist() == [pd.Timestamp("2013-03-10T07:03Z")]


def test_actual_instants_agree_with_the_delays_all_year():
    movements = parse_movements(None).accepted
    for moment in ("departure", "arrival"):
        late = movements[f"actual_{moment}_at"] - movements[f"scheduled_{moment}_at"]
        stated = movements[f"{moment}_delay_minutes"]
        told = stated.notna()
        assert (late[told].dt.total_seconds() / 60 == stated[told].astype(float)).all()


def test_airports_missing_from_the_package_are_found_elsewhere():
    airports = nycflights.read_airports().set_index("iata")
    assert len(airports) > 7_000
    assert not airports.isna().any(axis=None)
    assert airports.loc[["BQN", "PSE", "SJU"], "time_zone"].tolist() == ["America/Puerto_Rico"] * 3
    assert airports.loc["STT", "latitude"] == pytest.approx(18.34, abs=0.01)


def test_every_flight_goes_between_known_airports_by_known_carriers(flights):
    airports = set(nycflights.read_airports()["iata"])
    assert set(airports_used(flights.accepted)) <= airports
    assert set(flights.accepted["carrier"].unique()) == set(nycflights.read_carriers()["code"])


def test_the_tail_number_is_never_read(flights, reports):
    frames = [parse_movements(None).accepted, flights.accepted, reports]
    assert not any("tail" in name for frame in frames for name in frame)


def test_no_flight_is_given_the_aircraft_that_flew_it_as_if_it_had_been_assigned(flights, reports):
    frames = [parse_movements(None).accepted, flights.accepted, reports]
    assert not any("aircraft" in name for frame in frames for name in frame)


def test_the_order_of_the_file_does_not_matter(flights_file, flights_text, tmp_path):
    lines = flights_text.splitlines()[1:2001]
    in_order = nycflights.read_flights(flights_file(*lines)).accepted
    shuffled_path = flights_file(*random.Random(7).sample(lines, len(lines)))
    shuffled = nycflights.read_flights(shuffled_path.rename(tmp_path / "shuffled.csv")).accepted
    pd.testing.assert_frame_equal(in_order, shuffled)


@pytest.mark.parametrize(
    ("change", "column_name", "reason"),
    [
        (("UA,1545", "UA,fifteen"), "flight", "is not a whole number"),
        (("EWR,IAH", "EWR,ZZZ"), "dest", "is not an airport airportsdata knows"),
        (("830,819", "830,2561"), "sched_arr_time", "is no clock time"),
        (("T10:00:00Z", "TnoonZ"), "time_hour", "is not an instant"),
        (("2013,1,1,", "2013,1,2,"), "day", "disagrees with time_hour"),
        (("IAH,227,1400", "IAH,227,NA"), "distance", "is missing"),
        (("517,515,2,", "517,515,NA,"), "dep_time", "and dep_delay must both be"),
    ],
)
def test_a_bad_row_is_rejected_with_its_line_text_and_reason(
    flights_file, change, column_name, reason
):
    bad = FLIGHT_LINE.replace(*change)
    good = FLIGHT_LINE.replace("1545", "1546")
    source = nycflights.read_flights(flights_file(good, bad))
    assert source.accepted["flight_number"].tolist() == ["1546"]
    rejected = source.rejected.iloc[0]
    assert (rejected["line"], rejected["raw"], rejected["column_name"]) == (3, bad, column_name)
    assert rejected["reason"].startswith(reason)
    assert source.received_count == 2


def test_a_flight_that_appears_twice_is_rejected_once(flights_file):
    source = nycflights.read_flights(flights_file(FLIGHT_LINE, FLIGHT_LINE))
    assert (len(source.accepted), len(source.rejected), source.received_count) == (1, 1, 2)


def test_slices_are_half_open_and_add_up(flights):
    noon, midnight, next_noon = (
        pd.Timestamp(at) for at in ("2013-12-09T17:00Z", "2013-12-10T05:00Z", "2013-12-10T17:00Z")
    )
    first, second = (
        nycflights.flights_between(noon, midnight),
        nycflights.flights_between(midnight, next_noon),
    )
    whole = nycflights.flights_between(noon, next_noon)
    pd.testing.assert_frame_equal(pd.concat([first, second], ignore_index=True), whole)
    assert whole["scheduled_departure_at"].between(noon, next_noon, inclusive="left").all()


def test_a_caller_cannot_change_what_the_next_one_reads(flights):
    mine = nycflights.read_flights().accepted
    mine["origin"] = "XXX"
    assert set(nycflights.read_flights().accepted["origin"].unique()) == {"EWR", "JFK", "LGA"}
