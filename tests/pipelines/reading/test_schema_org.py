"""What holds for reservations of any kind: status, travellers, packages, prices, lines."""

from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.reading import schema_org
from tests.pipelines.reading.payloads import (
    a_flight,
    flight_reservation,
    lodging_reservation,
    reasons_of,
    row_of,
    said_rows,
    understood,
)

EVA, ADAM = {"@type": "Person", "name": "Eva Green"}, {"@type": "Person", "name": "Adam Driver"}


@pytest.mark.parametrize("place", ["", "http://schema.org/", "https://schema.org/", "schema:"])
@pytest.mark.parametrize("word", ["Confirmed", "ReservationConfirmed", "reservationconfirmed"])
def test_confirmed_in_any_spelling(place: str, word: str) -> None:
    assert row_of(flight_reservation(reservationStatus=place + word))["status"] == "confirmed"


@pytest.mark.parametrize(
    "status",
    [
        "http://schema.org/Cancelled",
        "https://schema.org/ReservationCancelled",
        "Canceled",
        {"@id": "https://schema.org/ReservationCancelled"},
        ["http://schema.org/Cancelled"],
    ],
)
def test_cancelled_in_any_spelling(status: Any) -> None:
    assert row_of(flight_reservation(reservationStatus=status))["status"] == "cancelled"


def test_a_status_that_is_not_said_stays_unsaid() -> None:
    assert "status" not in row_of(flight_reservation(reservationStatus=None))


@pytest.mark.parametrize("word", ["Hold", "ReservationPending"])
def test_what_is_not_confirmed_yet_is_no_trip(word: str) -> None:
    [(column, reason)] = reasons_of(flight_reservation(reservationStatus=word))
    assert column == "status"
    assert reason == (
        f"The reservation is not confirmed yet ({word}): nobody travels on it until a"
        " confirmation comes in."
    )


def test_an_unknown_status_is_not_guessed() -> None:
    [(column, reason)] = reasons_of(flight_reservation(reservationStatus="http://x.org/Maybe"))
    assert column == "status"
    assert reason == "Nobody knows the status http://x.org/Maybe: ask for Confirmed or Cancelled."


def test_each_traveller_has_a_row() -> None:
    rows = said_rows(understood(flight_reservation(underName=[EVA, ADAM, EVA])))
    assert [row["given_name"] for row in rows] == ["Eva", "Adam"]


@pytest.mark.parametrize("nobody", [None, [], {"@type": "Organization", "name": "Acme Ltd"}])
def test_a_flight_of_nobody_named_is_everybodys(nobody: Any) -> None:
    row = row_of(flight_reservation(underName=nobody))
    assert not {"given_name", "family_name", "traveller_ref"} & row.keys()


def test_a_person_is_read_in_full() -> None:
    person = {
        "@type": "Person",
        "givenName": "Eva",
        "familyName": "van der Green",
        "email": "mailto:eva@example.com",
        "telephone": "+1 555 0100",
        "identifier": {"@type": "PropertyValue", "value": "T-1"},
    }
    row = row_of(flight_reservation(underName=person))
    assert (row["given_name"], row["family_name"]) == ("Eva", "van der Green")
    assert (row["email"], row["phone"], row["traveller_ref"]) == (
        "eva@example.com",
        "+1 555 0100",
        "T-1",
    )


def test_an_address_that_is_none_is_left_out() -> None:
    assert "email" not in row_of(flight_reservation(underName=EVA | {"email": "nowhere"}))


def test_without_a_number_nobody_can_tell_the_booking() -> None:
    [(column, _)] = reasons_of(flight_reservation(reservationNumber=None))
    assert column == "booking_ref"


@pytest.mark.parametrize("type_", ["FlightReservation", "Reservation", "LodgingReservation"])
def test_a_bare_cancellation_is_of_the_whole_booking(type_: str) -> None:
    bare = {
        "@type": type_,
        "reservationNumber": "QX7RT2",
        "reservationStatus": "Cancelled",
        "underName": EVA,
        "modifiedTime": "2027-02-01T08:30:00-08:00",
    }
    assert row_of(bare) == {
        "line": 1,
        "booking_ref": "QX7RT2",
        "kind": "booking",
        "status": "cancelled",
        "source_updated_at": datetime(2027, 2, 1, 16, 30, tzinfo=UTC),
    }


def test_a_bare_confirmation_says_nothing() -> None:
    [(column, _)] = reasons_of(flight_reservation(reservationFor=None))
    assert column == "kind"


def test_a_package_shares_what_its_reservations_leave_out() -> None:
    package = {
        "@type": "ReservationPackage",
        "reservationNumber": "PACK",
        "reservationStatus": "Confirmed",
        "underName": ADAM,
        "subReservation": [
            flight_reservation(reservationNumber=None, underName=None),
            lodging_reservation(reservationNumber="OWN"),
        ],
    }
    rows = said_rows(understood(package))
    assert [(row["kind"], row["booking_ref"], row["given_name"]) for row in rows] == [
        ("flight", "PACK", "Adam"),
        ("stay", "OWN", "Eva"),
    ]
    assert [row["line"] for row in rows] == [1, 2]


def test_reservations_may_hang_together() -> None:
    second = flight_reservation(a_flight(flightNumber="111"), reservationNumber=None)
    rows = said_rows(understood(flight_reservation(subReservation=second)))
    assert [(row["booking_ref"], row["flight_number"]) for row in rows] == [
        ("QX7RT2", "110"),
        ("QX7RT2", "111"),
    ]


def test_a_graph_may_point_to_its_parts() -> None:
    graph = [
        flight_reservation({"@id": "#flight"}, underName={"@id": "#eva"}),
        a_flight(airline={"@id": "#united"}) | {"@id": "#flight"},
        {"@type": "Airline", "@id": "#united", "iataCode": "UA"},
        EVA | {"@id": "#eva"},
    ]
    read = understood({"@context": "https://schema.org", "@graph": graph})
    [row] = said_rows(read)
    assert (row["carrier"], row["given_name"]) == ("UA", "Eva")
    assert read.ignored_count == 3


@pytest.mark.parametrize(
    "document",
    [
        [flight_reservation()],
        {"@graph": [flight_reservation()]},
        [[flight_reservation()]],
        {"@type": "EmailMessage", "about": flight_reservation()},
        flight_reservation() | {"@type": ["FlightReservation", "Thing"]},
        flight_reservation() | {"@type": "http://schema.org/FlightReservation"},
        flight_reservation() | {"@type": "schema:FlightReservation"},
        flight_reservation() | {"@type": "Reservation"},
    ],
)
def test_a_reservation_is_found_wherever_it_stands(document: Any) -> None:
    assert row_of(document) == row_of(flight_reservation())


def test_expanded_json_ld_says_the_same() -> None:
    expanded = {
        "@type": ["http://schema.org/FlightReservation"],
        "http://schema.org/reservationNumber": [{"@value": "QX7RT2"}],
        "http://schema.org/reservationStatus": [{"@id": "http://schema.org/Confirmed"}],
        "http://schema.org/underName": [{"http://schema.org/name": [{"@value": "Eva Green"}]}],
        "http://schema.org/reservationFor": [a_flight()],
    }
    row = row_of([expanded])
    assert row == row_of(flight_reservation(underName=EVA))


@pytest.mark.parametrize(
    "other",
    [
        {"@type": "EventReservation", "reservationNumber": "E1"},
        {"@type": "TrainReservation", "reservationNumber": "T1"},
        {"@type": "Reservation", "reservationNumber": "1", "reservationFor": {"@type": "Event"}},
        {"@type": "Organization", "name": "Acme"},
        {
            "@type": "Hotel",
            "potentialAction": {
                "@type": "ReserveAction",
                "result": {"@type": "LodgingReservation"},
            },
        },
    ],
)
def test_what_is_no_flight_and_no_stay_is_counted(other: Any) -> None:
    read = understood([other, flight_reservation()])
    assert (len(read.segments), len(read.rejected), read.ignored_count) == (1, 0, 1)


def test_lines_count_the_reservations_of_a_document() -> None:
    broken = flight_reservation(reservationNumber=None)
    read = understood([flight_reservation(), broken, {"@type": "Thing"}, lodging_reservation()])
    assert read.segments["line"].tolist() == [1, 3]
    assert read.rejected["line"].tolist() == [2]


def test_a_price_stands_once_whoever_travels_on_whatever() -> None:
    flights = [a_flight(), a_flight(flightNumber="111")]
    reservation = flight_reservation(
        flights, underName=[EVA, ADAM], totalPrice="1,090.80", priceCurrency="usd"
    )
    rows = said_rows(understood(reservation))
    assert [row.get("price_minor_units") for row in rows] == [109_080, None, None, None]
    assert rows[0]["currency"] == "USD"


def test_a_price_repeated_on_each_leg_of_a_booking_counts_once() -> None:
    price = {"totalPrice": 4321, "priceCurrency": "SEK"}
    legs = [flight_reservation(a_flight(flightNumber=number), **price) for number in ("1", "2")]
    other = flight_reservation(reservationNumber="OTHER", **price)
    rows = said_rows(understood([*legs, other]))
    assert [row.get("price_minor_units") for row in rows] == [432_100, None, 432_100]


def test_a_price_may_be_specified_elsewhere() -> None:
    price = {"@type": "PriceSpecification", "price": "90.80", "priceCurrency": "EUR"}
    assert row_of(flight_reservation(totalPrice=price))["price_minor_units"] == 9_080


def test_a_stamp_that_is_none_is_as_good_as_not_said() -> None:
    row = row_of(flight_reservation(modifiedTime="yesterday", bookingTime="2027-01-14"))
    assert "source_updated_at" not in row
    assert row["booked_at"] == datetime(2027, 1, 14, tzinfo=UTC)


def test_a_reservation_of_endless_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_org, "MOST_ROWS", 3)
    [(_, reason)] = reasons_of(flight_reservation([a_flight()] * 2, underName=[EVA, ADAM]))
    assert "more than 3 rows" in reason
