"""Free rooms: enough on calm nights, few in a storm, and never known too early."""

from datetime import date

import pandas as pd
import pytest

from pipelines.sources.generated_inventory import FIRST_REPORT_AT, measure_disruption

ROOM = ["hotel_ref", "room_type", "night"]


@pytest.fixture(scope="module")
def rooms(travel) -> pd.DataFrame:
    near = travel.hotels[["hotel_ref", "airport"]]
    return travel.room_inventory.merge(near, on="hotel_ref")


def newest(rooms: pd.DataFrame, night: date) -> pd.DataFrame:
    return (
        rooms[rooms["night"] == night].sort_values("reported_at").drop_duplicates(ROOM, keep="last")
    )


def test_the_volume_is_bounded(rooms):
    assert 100_000 < len(rooms) < 400_000


def test_a_report_is_known_by_room_night_and_instant(rooms):
    assert not rooms.duplicated([*ROOM, "reported_at"]).any()


def test_every_night_around_new_york_is_reported_before_the_season(rooms):
    first = rooms[rooms["reported_at"] == FIRST_REPORT_AT]
    of_new_york = first[first["airport"].isin(["EWR", "JFK", "LGA"])]
    assert (of_new_york.groupby(["hotel_ref", "room_type"])["night"].nunique() == 365).all()


def test_every_night_of_a_stay_is_in_the_inventory(travel):
    known = pd.MultiIndex.from_frame(travel.room_inventory[ROOM])
    stays = travel.stays
    last_nights = stays.assign(
        night=(pd.to_datetime(stays["check_out_on"]) - pd.Timedelta(days=1)).dt.date
    )
    first_nights = stays.rename(columns={"check_in_on": "night"})
    for nights in (first_nights, last_nights):
        assert pd.MultiIndex.from_frame(nights[ROOM]).isin(known).all()


def test_rooms_are_never_negative_and_mostly_there(rooms):
    assert (rooms["total"] >= 0).all()
    first = rooms[rooms["reported_at"] == FIRST_REPORT_AT]
    assert (first["total"] > 0).mean() > 0.99


def test_rooms_are_scarce_and_dear_on_the_night_of_the_storm(rooms):
    near_newark = rooms[rooms["airport"] == "EWR"]
    storm, calm = newest(near_newark, date(2013, 12, 10)), newest(near_newark, date(2013, 11, 12))
    assert storm["total"].sum() < 0.2 * calm["total"].sum()
    assert storm["price_minor_units"].mean() > 1.2 * calm["price_minor_units"].mean()


def test_storm_reports_only_ever_take_rooms_away_and_raise_prices(rooms):
    first = rooms[rooms["reported_at"] == FIRST_REPORT_AT].set_index(ROOM)
    later = rooms[rooms["reported_at"] > FIRST_REPORT_AT].join(first.add_suffix("_first"), on=ROOM)
    assert (later["total"] < later["total_first"]).all()
    assert (later["price_minor_units"] >= later["price_minor_units_first"]).all()
    assert set(later["airport"]) == {"EWR", "JFK", "LGA"}


def test_at_six_in_the_morning_of_the_storm_nothing_is_scarce_yet(rooms):
    replay_at = pd.Timestamp("2013-12-10T11:00Z")
    tonight = rooms[(rooms["night"] == date(2013, 12, 10)) & (rooms["airport"] == "LGA")]
    known = tonight[tonight["reported_at"] <= replay_at]
    assert known["total"].sum() > 0.8 * tonight.drop_duplicates(ROOM)["total"].sum()


def test_scarcity_follows_only_what_carriers_had_reported_by_then(flights, reports):
    noon = pd.Timestamp("2013-12-10T17:00Z")
    known_at_noon = reports[reports["reported_at"] <= noon]
    whole = measure_disruption(flights.accepted, reports)
    knowing_less = measure_disruption(flights.accepted, known_at_noon)
    until_noon = whole[whole["reported_at"] <= noon].reset_index(drop=True)
    knowing_less = knowing_less[knowing_less["reported_at"] <= noon].reset_index(drop=True)
    pd.testing.assert_frame_equal(until_noon, knowing_less)
