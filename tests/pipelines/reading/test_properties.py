"""Whatever comes in is read, rejected with its reason or refused in words, and none of it lost."""

import json
from email.policy import SMTP
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pipelines.reading.mutations import (
    damaged,
    json_values,
    lines_of,
    mutated,
    read_or_refuse,
)
from tests.pipelines.reading.payloads import (
    booking_row,
    duffel_order,
    flight_reservation,
    lodging_reservation,
    mail_of,
    microdata_of,
    page_of,
)

TWO = [flight_reservation(), lodging_reservation()]
MANY = {
    "@context": "https://schema.org",
    "@graph": [
        *TWO,
        {"@type": "ReservationPackage", "reservationNumber": "P1", "subReservation": TWO},
        {"@type": "Organization", "name": "Airline", "@id": "#airline"},
        flight_reservation({"@id": "#flight"}),
        flight_reservation()["reservationFor"] | {"@id": "#flight", "airline": {"@id": "#airline"}},
    ],
}
PAGE = page_of(TWO, MANY, body=microdata_of(flight_reservation())).encode()
MAIL = mail_of(PAGE.decode(), Date="Thu, 26 Nov 2026 18:00:00 +0000")
MAIL.add_attachment(json.dumps(TWO).encode(), "application", "ld+json", filename="trip.jsonld")
MAIL.add_attachment(b"%PDF", "application", "pdf", filename="trip.pdf")
NAMES = st.sampled_from(["a.json", "a.jsonld", "a.html", "a.eml", "a", "a.bin"])
hard = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def as_bytes(tree: Any) -> bytes:
    return json.dumps(tree).encode()


@hard
@given(json_values, NAMES)
def test_any_json_is_read_or_refused(tree: Any, name: str) -> None:
    read_or_refuse(as_bytes(tree), name)


@hard
@given(st.binary(), NAMES)
def test_any_bytes_are_read_or_refused(content: bytes, name: str) -> None:
    read_or_refuse(content, name)


@hard
@given(st.text(alphabet=st.sampled_from('{}[]",:<>!-=/ \n&;@ab1\\'), max_size=80), NAMES)
def test_any_near_markup_is_read_or_refused(text: str, name: str) -> None:
    read_or_refuse(text.encode(), name)


@hard
@given(mutated(TWO, kept=("@type", 0, 1)))
def test_every_reservation_is_read_or_rejected(tree: Any) -> None:
    understood = read_or_refuse(as_bytes(tree), "trip.json")
    assert understood is not None
    assert lines_of(understood) >= {1, 2}


@hard
@given(mutated(MANY))
def test_any_graph_is_read_or_refused(tree: Any) -> None:
    read_or_refuse(as_bytes(tree), "trip.json")


@hard
@given(mutated([duffel_order(), duffel_order()], kept=("slices", 0, 1)))
def test_every_order_is_read_or_rejected(orders: Any) -> None:
    understood = read_or_refuse(as_bytes({"data": orders}), "orders.json")
    assert understood is not None
    assert lines_of(understood) == {1, 2}


@hard
@given(mutated({"data": [duffel_order()], "meta": {"after": "x"}, "type": "orders"}))
def test_any_page_of_orders_is_read_or_refused(page: Any) -> None:
    read_or_refuse(as_bytes(page), "orders.json")


@hard
@given(st.lists(mutated(booking_row()) | json_values, max_size=3))
def test_every_row_is_read_or_rejected(rows: list[Any]) -> None:
    page = {"data": rows, "next_cursor": None, "high_watermark": None}
    understood = read_or_refuse(as_bytes(page), "page.json")
    assert understood is not None
    assert len(understood.segments) + len(understood.rejected) == len(rows)


@hard
@given(damaged(PAGE))
def test_any_page_is_read_or_refused(content: bytes) -> None:
    read_or_refuse(content, "trip.html")


@hard
@given(damaged(MAIL.as_bytes(policy=SMTP)))
def test_any_mail_is_read_or_refused(content: bytes) -> None:
    read_or_refuse(content, "trip.eml")


@hard
@given(damaged(as_bytes(TWO)))
def test_any_broken_json_is_read_or_refused(content: bytes) -> None:
    read_or_refuse(content, "trip.json")
