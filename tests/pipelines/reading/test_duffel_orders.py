"""Orders of Duffel: a row for each passenger on each segment."""

from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest

from pipelines.reading import duffel_orders
from tests.pipelines.reading.payloads import (
    duffel_order,
    duffel_segment,
    reasons_of,
    said_rows,
    understood,
)

LONDON = {"iata_code": "LHR", "time_zone": "Europe/London"}
YORK = {"iata_code": "JFK", "time_zone": "America/New_York"}


def one_flight(*, order: dict[str, Any] | None = None, **overrides: Any) -> dict[str, Any]:
    flight = duffel_segment(LONDON, YORK, "2027-03-04") | overrides
    return duffel_order(slices=[{"segments": [flight]}], **(order or {}))


def order_rows(document: Any) -> list[dict[str, Any]]:
    read = understood(document)
    assert read.rejected.to_dict("records") == []
    return said_rows(read)


def test_a_row_for_each_passenger_on_each_segment() -> None:
    rows = order_rows({"data": duffel_order()})
    assert [(row["given_name"], row["origin"], row["cabin"]) for row in rows] == [
        ("Amelia", "LHR", "business"),
        ("Fred", "LHR", "economy"),
        ("Amelia", "JFK", "business"),
        ("Fred", "JFK", "economy"),
    ]
    assert rows[0] == {
        "line": 1,
        "booking_ref": "RZPNX8",
        "status": "confirmed",
        "kind": "flight",
        "traveller_ref": "pas_1",
        "given_name": "Amelia",
        "family_name": "Earhart",
        "email": "amelia@example.com",
        "phone": "+442080160509",
        "carrier": "BA",
        "flight_number": "117",
        "origin": "LHR",
        "destination": "JFK",
        "departure_at": datetime(2027, 3, 4, 12, tzinfo=UTC),
        "arrival_at": datetime(2027, 3, 5, 2, 30, tzinfo=UTC),
        "departure_on": pd.Timestamp(2027, 3, 4),
        "cabin": "business",
        "price_minor_units": 109_080,
        "currency": "GBP",
        "booked_at": datetime(2027, 1, 2, 10, 0, 0, 123_000, tzinfo=UTC),
        "source_updated_at": datetime(2027, 1, 3, 10, tzinfo=UTC),
    }


def test_what_an_order_costs_stands_once() -> None:
    prices = [row.get("price_minor_units") for row in order_rows([duffel_order(), duffel_order()])]
    assert prices == [109_080, None, None, None] * 2


def test_times_are_those_of_the_airports_clocks() -> None:
    row = order_rows(duffel_order())[2]
    # Two days before, clocks in New York were put forward, and those in London were not.
    assert row["departure_at"] == datetime(2027, 3, 14, 16, tzinfo=UTC)
    assert row["arrival_at"] == datetime(2027, 3, 14, 21, 30, tzinfo=UTC)


@pytest.mark.parametrize("time_zone", [None, "Mars/Olympus", 7])
def test_without_a_zone_of_its_own_an_airport_has_the_known_one(time_zone: Any) -> None:
    flight = {"origin": {"iata_code": "JFK", "time_zone": time_zone}}
    assert order_rows(one_flight(**flight))[0]["departure_at"].hour == 17


def test_a_day_at_the_end_of_the_world_is_local() -> None:
    tonga = {"iata_code": "TBU", "time_zone": "Pacific/Tongatapu"}
    row = order_rows(one_flight(origin=tonga, departing_at="2027-03-04T08:00:00"))[0]
    assert row["departure_at"] == datetime(2027, 3, 3, 19, tzinfo=UTC)
    assert row["departure_on"].date() == date(2027, 3, 4)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"cancelled_at": "2027-02-01T10:00:00Z"}, "cancelled"),
        ({"cancellation": {"id": "ore_1", "confirmed_at": "2027-02-01T10:00:00Z"}}, "cancelled"),
        ({"cancellation": {"id": "ore_1"}}, "cancelled"),
        ({"cancellation": {"id": "ore_1", "confirmed_at": None}}, "confirmed"),
        ({}, "confirmed"),
    ],
)
def test_an_order_stands_until_its_cancellation_is_confirmed(
    said: dict[str, Any], status: str
) -> None:
    assert {row["status"] for row in order_rows(duffel_order(**said))} == {status}


def test_a_cancellation_is_newer_than_the_sync_before_it() -> None:
    rows = order_rows(duffel_order(cancelled_at="2027-01-03T10:00:00.642Z"))
    assert rows[0]["source_updated_at"] == datetime(2027, 1, 3, 10, 0, 0, 642_000, tzinfo=UTC)


def test_an_airlines_change_makes_an_order_newer() -> None:
    changes = [{"updated_at": "2027-02-01T10:00:00Z"}]
    rows = order_rows(duffel_order(airline_initiated_changes=changes))
    assert rows[0]["source_updated_at"] == datetime(2027, 2, 1, 10, tzinfo=UTC)


def test_a_cancelled_order_without_flights_is_cancelled_whole() -> None:
    [row] = order_rows(duffel_order(slices=[], cancelled_at="2027-02-01T10:00:00Z"))
    assert (row["kind"], row["status"]) == ("booking", "cancelled")


def test_only_those_aboard_fly() -> None:
    seat = [{"passenger_id": "pas_2", "cabin_class": "economy"}]
    assert [row["given_name"] for row in order_rows(one_flight(passengers=seat))] == ["Fred"]


@pytest.mark.parametrize("seats", [None, [], [{"passenger_id": "other", "cabin_class": "first"}]])
def test_where_nobody_is_said_to_be_aboard_all_are(seats: Any) -> None:
    rows = order_rows(one_flight(passengers=seats))
    assert [row["given_name"] for row in rows] == ["Amelia", "Fred"]
    assert {row.get("cabin") for row in rows} == ({"first"} if seats else {None})


def test_without_a_locator_the_orders_id_names_it() -> None:
    assert order_rows(duffel_order(booking_reference=None))[0]["booking_ref"] == "ord_1"


def test_a_flight_that_cannot_be_told_does_not_hide_the_others() -> None:
    order = duffel_order()
    del order["slices"][0]["segments"][0]["marketing_carrier_flight_number"]
    read = understood(order)
    assert len(read.segments) == 2
    [rejected] = read.rejected.to_dict("records")
    assert (rejected["line"], rejected["column_name"]) == (1, "flight_number")
    assert said_rows(read)[0]["price_minor_units"] == 109_080


@pytest.mark.parametrize(
    ("order", "column"),
    [
        (duffel_order(booking_reference=None, id=None), "booking_ref"),
        (duffel_order(slices=None), "kind"),
        (one_flight(departing_at=None), "departure_at"),
        (one_flight(departing_at="2027-03-28T01:30:00"), "departure_at"),
        (one_flight(origin=None), "origin"),
        (one_flight(destination={}), "destination"),
        (one_flight(marketing_carrier=None), "carrier"),
    ],
)
def test_what_cannot_be_told_is_rejected(order: Any, column: str) -> None:
    assert [name for name, _ in reasons_of(order)] == [column]


def test_an_order_of_endless_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duffel_orders, "MOST_ROWS", 3)
    [(_, reason)] = reasons_of(duffel_order())
    assert "more than 3 rows" in reason
