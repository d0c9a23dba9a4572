"""Stays in both dialects of schema.org."""

from typing import Any

import pandas as pd
import pytest

from tests.pipelines.reading.payloads import HOTEL, lodging_reservation, reasons_of, row_of


def test_a_stay_in_gmails_dialect() -> None:
    assert row_of(lodging_reservation(lodgingUnitType="Double room")) == {
        "line": 1,
        "booking_ref": "HX9",
        "status": "confirmed",
        "kind": "stay",
        "given_name": "Eva",
        "family_name": "Green",
        "hotel_name": "Harbour & Sons",
        "hotel_address": "1 Quay, Boston, US",
        "hotel_latitude": 42.36,
        "hotel_longitude": -71.05,
        "room_type": "Double room",
        "check_in_on": pd.Timestamp(2027, 3, 5),
        "check_out_on": pd.Timestamp(2027, 3, 7),
    }


@pytest.mark.parametrize(
    "nights",
    [
        {"checkinTime": "2027-03-05T15:00:00-05:00", "checkoutTime": "2027-03-07T11:00:00-05:00"},
        {"checkinTime": "2027-03-05", "checkoutTime": "2027-03-07"},
        {"checkinTime": "2027-03-05T15:00:00+0:00", "checkoutTime": "2027-03-07T11:00"},
        # As written, whatever offset stands beside it: it is the hotel's own day.
        {"checkinTime": "2027-03-05T23:00:00Z", "checkoutTime": "2027-03-07T01:00:00+14:00"},
    ],
)
def test_schema_orgs_own_dialect_says_the_same(nights: dict[str, str]) -> None:
    other = lodging_reservation(checkinDate=None, checkoutDate=None, **nights)
    assert row_of(other) == row_of(lodging_reservation())


@pytest.mark.parametrize(
    ("hotel", "expected"),
    [
        ({"address": "1 Quay, Boston"}, {"hotel_address": "1 Quay, Boston"}),
        ({"identifier": "H-7"}, {"hotel_ref": "H-7"}),
        ({"name": "Harbour &amp; Sons"}, {"hotel_name": "Harbour & Sons"}),
        (
            {"geo": None, "latitude": "1.5", "longitude": 2},
            {"hotel_latitude": 1.5, "hotel_longitude": 2.0},
        ),
        ({"geo": {"latitude": 91, "longitude": "east"}}, {"hotel_latitude": None}),
    ],
)
def test_hotels_are_read_liberally(hotel: dict[str, Any], expected: dict[str, Any]) -> None:
    row = row_of(lodging_reservation(reservationFor=HOTEL | hotel))
    assert {name: row.get(name) for name in expected} == expected


@pytest.mark.parametrize("type_", ["Hotel", "Hostel", "BedAndBreakfast"])
def test_a_plain_reservation_of_a_hotel_is_a_stay(type_: str) -> None:
    plain = lodging_reservation(reservationFor=HOTEL | {"@type": type_})
    assert row_of(plain | {"@type": "Reservation"})["kind"] == "stay"


@pytest.mark.parametrize(
    ("said", "column"),
    [
        ({"checkinDate": None}, "check_in_on"),
        ({"checkoutDate": "late"}, "check_out_on"),
        ({"checkoutDate": "2027-03-05"}, "check_out_on"),
        ({"reservationFor": {"@type": "Hotel"}}, "hotel_name"),
    ],
)
def test_what_cannot_be_told_is_rejected(said: dict[str, Any], column: str) -> None:
    [(name, _)] = reasons_of(lodging_reservation(**said))
    assert name == column
