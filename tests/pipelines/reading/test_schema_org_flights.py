"""Flights in both dialects of schema.org, and in the ways that mails get them wrong."""

from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest

from tests.pipelines.reading.payloads import (
    a_flight,
    flight_reservation,
    reasons_of,
    row_of,
    said_rows,
    understood,
)

AIRLINE = {"@type": "Airline", "name": "Continental", "iataCode": "CO"}


def flight_row(**overrides: Any) -> dict[str, Any]:
    return row_of(flight_reservation(a_flight(**overrides)))


def flight_reasons(**overrides: Any) -> list[tuple[str, str]]:
    return reasons_of(flight_reservation(a_flight(**overrides)))


def instant(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)


def test_a_flight_in_gmails_dialect() -> None:
    assert row_of(flight_reservation()) == {
        "line": 1,
        "booking_ref": "QX7RT2",
        "status": "confirmed",
        "kind": "flight",
        "given_name": "Eva",
        "family_name": "Green",
        "email": "eva@example.com",
        "carrier": "UA",
        "flight_number": "110",
        "origin": "SFO",
        "destination": "JFK",
        "departure_at": instant(2027, 3, 5, 4, 15),
        "arrival_at": instant(2027, 3, 5, 11, 30),
        "departure_on": pd.Timestamp(2027, 3, 4),
    }


def test_schema_orgs_own_dialect_says_the_same() -> None:
    flight = a_flight(flightNumber="UA110", airline=None, provider=AIRLINE)
    other = flight_reservation(
        flight,
        reservationNumber=None,
        reservationId="QX7RT2",
        reservationStatus="https://schema.org/ReservationConfirmed",
    )
    assert row_of(other) == row_of(flight_reservation())


@pytest.mark.parametrize(
    ("said", "carrier", "number"),
    [
        ({"flightNumber": "UA110"}, "UA", "110"),
        ({"flightNumber": "ua 0110"}, "UA", "110"),
        ({"flightNumber": "UA-110"}, "UA", "110"),
        ({"flightNumber": 110}, "UA", "110"),
        ({"flightNumber": 110.0}, "UA", "110"),
        ({"flightNumber": "0110"}, "UA", "110"),
        ({"flightNumber": "UAL110"}, "UA", "110"),
        ({"flightNumber": "110", "airline": "UA"}, "UA", "110"),
        ({"flightNumber": "4U8102", "airline": None}, "4U", "8102"),
        # What stands beside the number as its airline knows better than the number.
        ({"flightNumber": "UA110", "airline": AIRLINE}, "CO", "110"),
        ({"flightNumber": "UA110", "airline": None, "provider": AIRLINE}, "UA", "110"),
        ({"flightNumber": "UA110", "airline": None, "seller": AIRLINE}, "UA", "110"),
        ({"flightNumber": "110", "airline": None, "provider": AIRLINE}, "CO", "110"),
        (
            {"airline": None, "provider": AIRLINE, "seller": {"iataCode": "UA"}},
            "UA",
            "110",
        ),
        ({"operatedBy": AIRLINE}, "UA", "110"),
    ],
)
def test_whose_flight_it_is(said: dict[str, Any], carrier: str, number: str) -> None:
    row = flight_row(**said)
    assert (row["carrier"], row["flight_number"]) == (carrier, number)


def test_the_reservation_may_name_the_carrier() -> None:
    reservation = flight_reservation(a_flight(airline=None), provider=AIRLINE)
    assert row_of(reservation)["carrier"] == "CO"


@pytest.mark.parametrize(
    ("said", "column"),
    [
        ({"flightNumber": None}, "flight_number"),
        ({"flightNumber": "soon"}, "flight_number"),
        ({"flightNumber": "UA0"}, "flight_number"),
        ({"flightNumber": "110", "airline": {"name": "United"}}, "carrier"),
        ({"flightNumber": "UAL110", "airline": None}, "carrier"),
        ({"departureAirport": None}, "origin"),
        ({"departureAirport": {"name": "Somewhere"}}, "origin"),
        ({"arrivalAirport": {"iataCode": "New York"}}, "destination"),
        ({"departureTime": None}, "departure_at"),
        ({"departureTime": "soon"}, "departure_at"),
        ({"departureTime": "1812-03-04T20:15:00-08:00"}, "departure_at"),
        ({"departureTime": "2027-02-30T20:15:00-08:00"}, "departure_at"),
        ({"arrivalTime": "2027-03-03T06:30:00-05:00"}, "arrival_at"),
    ],
)
def test_what_cannot_be_told_is_rejected(said: dict[str, Any], column: str) -> None:
    [(name, _)] = flight_reasons(**said)
    assert name == column


@pytest.mark.parametrize(
    "said",
    [
        {"departureTime": None, "departureDay": "2027-03-04"},
        {"departureTime": "2027-03-04"},
    ],
)
def test_a_day_alone_is_not_enough(said: dict[str, Any]) -> None:
    [(column, reason)] = flight_reasons(**said)
    assert column == "departure_at"
    assert reason == "Only the day 2027-03-04 is given: ask the sender for the time of day."


def test_a_cancelled_flight_needs_no_more_than_what_tells_which_it_is() -> None:
    flight = a_flight(
        departureTime=None, departureDay="2027-03-04", arrivalTime=None, arrivalAirport=None
    )
    row = row_of(flight_reservation(flight, reservationStatus="Cancelled"))
    assert (row["status"], row["departure_on"].date()) == ("cancelled", date(2027, 3, 4))
    assert "departure_at" not in row


def test_times_without_offset_are_those_of_the_airport() -> None:
    row = flight_row(departureTime="2027-03-04T20:15:00", arrivalTime="2027-03-05 06:30")
    assert row["departure_at"] == instant(2027, 3, 5, 4, 15)
    assert row["arrival_at"] == instant(2027, 3, 5, 11, 30)


def test_without_offset_an_unknown_airport_is_no_help() -> None:
    [(_, reason)] = flight_reasons(
        departureAirport={"iataCode": "QQQ"}, departureTime="2027-03-04T20:15"
    )
    assert reason.startswith("The time 2027-03-04 20:15:00 has no offset")


def test_the_day_of_departure_is_the_airports_own() -> None:
    row = flight_row(departureTime="2027-03-05T04:15:00Z")
    assert row["departure_on"].date() == date(2027, 3, 4)


def test_kitinerarys_times_carry_their_zone() -> None:
    at = {"@type": "QDateTime", "timezone": "America/Los_Angeles"}
    for text in ("2027-03-04T20:15:00-08:00", "2027-03-04T20:15:00"):
        row = flight_row(departureAirport="QQQ", departureTime=at | {"@value": text})
        assert row["departure_at"] == instant(2027, 3, 5, 4, 15)


def test_clocks_put_forward_skip_times() -> None:
    [(column, reason)] = flight_reasons(departureTime="2027-03-14T02:30:00")
    assert column == "departure_at"
    assert reason.startswith("Clocks in America/Los_Angeles are put forward over 2027-03-14 02:30")


def test_of_an_hour_that_comes_twice_the_first_is_meant() -> None:
    row = flight_row(departureTime="2027-11-07T01:30:00", arrivalTime=None)
    assert row["departure_at"] == instant(2027, 11, 7, 8, 30)


@pytest.mark.parametrize(
    ("carrier", "written", "day"),
    [
        ("4U", "02-04-2018 18:35", date(2018, 2, 4)),
        ("UA", "02-14-2018 18:35", date(2018, 2, 14)),
        ("UA", "14-02-2018 18:35", date(2018, 2, 14)),
        ("UA", "02-02-2018 18:35", date(2018, 2, 2)),
    ],
)
def test_a_year_at_the_end(carrier: str, written: str, day: date) -> None:
    row = flight_row(airline={"iataCode": carrier}, departureTime=written, arrivalTime=None)
    assert row["departure_on"].date() == day


def test_a_date_that_may_be_two_days_is_not_guessed() -> None:
    [(_, reason)] = flight_reasons(departureTime="02-04-2018 18:35")
    assert reason == (
        '"02-04-2018 18:35" may be one of two days: ask the sender for it with the year first.'
    )


def test_an_arrival_after_midnight_may_carry_the_day_of_departure() -> None:
    row = flight_row(arrivalTime="2027-03-04T06:30:00-05:00")
    assert row["arrival_at"] == instant(2027, 3, 5, 11, 30)


def test_airports_may_be_named_instead_of_coded() -> None:
    row = flight_row(
        departureAirport={"name": "Seattle-Tacoma International Airport"}, arrivalAirport="jfk"
    )
    assert (row["origin"], row["destination"]) == ("SEA", "JFK")


def test_each_flight_of_a_reservation_is_read_alone() -> None:
    back = a_flight(flightNumber="111", departureTime="2027-03-09T08:00:00-05:00")
    back |= {"departureAirport": "JFK", "arrivalAirport": "SFO"}
    back |= {"arrivalTime": "2027-03-09T12:00:00-08:00"}
    read = understood(flight_reservation([a_flight(), a_flight(flightNumber="?"), back]))
    assert [row["flight_number"] for row in said_rows(read)] == ["110", "111"]
    [rejected] = read.rejected.to_dict("records")
    assert (rejected["line"], rejected["column_name"]) == (1, "flight_number")
    assert '"flightNumber": "?"' in rejected["raw"]
    assert '"flightNumber": "111"' not in rejected["raw"]


@pytest.mark.parametrize(
    ("written", "cabin"),
    [
        ({"@type": "AirplaneSeatClass", "name": "Business"}, "business"),
        ("Premium Economy", "premium_economy"),
        ("ECO LIGHT", "economy"),
        ("First Class", "first"),
        ("BASIC", None),
    ],
)
def test_the_cabin_is_told_and_a_fare_is_none(written: Any, cabin: str | None) -> None:
    assert row_of(flight_reservation(airplaneSeatClass=written)).get("cabin") == cabin
