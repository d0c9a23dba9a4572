"""Duffel's bookings: their state, the key they were made under, and what a cancellation gives."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.providers.duffel_bookings import (
    key_of,
    parse_booking,
    parse_cancellation,
    parse_page,
)
from pipelines.providers.errors import ProviderRefused
from pipelines.providers.hotel_supplier import BookingState, SupplierBooking
from tests.pipelines.providers.hotel_payloads import KEY, duffel_booking, duffel_rate


def test_the_shared_booking_is_read_value_by_value(shared_fixtures: Path) -> None:
    payload = json.loads((shared_fixtures / "hotels/duffel_stays_booking_200.json").read_text())
    assert parse_booking(payload) == SupplierBooking(
        supplier="duffel",
        booking_ref="bok_0000ARxBI85qTkbDDEZMO3",
        idempotency_key=None,
        state=BookingState.CONFIRMED,
        hotel_ref="duffel:acc_0000AWr2VsUNIF1Vl91xg0",
        confirmation_ref="dhg-4692ARxBI85qTkbDDEZMO8",
        check_in_on=date(2023, 5, 20),
        check_out_on=date(2023, 5, 24),
        rooms=1,
        price_minor_units=None,
        currency=None,
        confirmed_at=datetime(2022, 12, 20, 15, 45, 3, tzinfo=UTC),
        cancelled_at=None,
    )
    # Duffel keeps the metadata of whoever booked: that is where our key travels.
    assert payload["data"]["metadata"] == {"checkout_reference": "usr_0000AePJGl5G9ZYfmNllrs"}


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, BookingState.CONFIRMED),
        ({"status": "requested"}, BookingState.PENDING),
        ({"status": "a new word"}, BookingState.PENDING),
        ({"status": "failed"}, BookingState.FAILED),
        ({"status": "cancelled"}, BookingState.CANCELLED),
        ({"status": "cancellation_confirmed"}, BookingState.CANCELLED),
        ({"status": "cancellation_requested"}, BookingState.PENDING),
        ({"status": None}, BookingState.CONFIRMED),
        ({"status": None, "cancelled_at": "2027-01-15T10:00:00Z"}, BookingState.CANCELLED),
        ({"status": None, "confirmed_at": None}, BookingState.PENDING),
    ],
)
def test_states_are_read_in_our_words(changes: dict[str, Any], state: BookingState) -> None:
    assert parse_booking(duffel_booking(**changes)).state is state


def test_the_key_is_found_in_the_metadata() -> None:
    assert key_of(duffel_booking()["data"]) == KEY
    for metadata in (None, {}, {"idempotency_key": "not ours"}, "odd"):
        assert key_of({"metadata": metadata}) is None


def test_a_page_names_the_next_one() -> None:
    entry = duffel_booking()["data"]
    assert parse_page({"data": [entry], "meta": {"after": "g2wAA"}}) == ([entry], "g2wAA")
    assert parse_page({"data": [], "meta": None}) == ([], None)


@pytest.mark.parametrize("payload", [None, {}, {"data": None}, {"data": {}}, {"data": ["odd"]}])
def test_what_is_no_page_never_passes_for_an_empty_one(payload: object) -> None:
    with pytest.raises(ProviderRefused, match="other than a list of bookings"):
        parse_page(payload)


def cancelled(cancelled_at: str | None, *timeline: dict[str, str]) -> dict[str, Any]:
    rate = duffel_rate(cancellation_timeline=list(timeline))
    return duffel_booking(
        status="cancelled",
        cancelled_at=cancelled_at,
        accommodation={"id": "acc_1", "rooms": [{"rates": [rate]}]},
    )


FULL = {"before": "2027-01-14T18:00:00Z", "refund_amount": "300.00", "currency": "USD"}
HALF = {"before": "2027-01-15T10:00:00Z", "refund_amount": "150.00", "currency": "USD"}


@pytest.mark.parametrize(
    ("cancelled_at", "fee", "refund"),
    [
        ("2027-01-14T17:59:59Z", 0, 30_000),
        ("2027-01-14T18:00:00Z", 15_000, 15_000),
        ("2027-01-15T10:00:00Z", 30_000, 0),
        (None, None, None),
    ],
)
def test_the_timeline_says_what_comes_back(
    cancelled_at: str | None, fee: int | None, refund: int | None
) -> None:
    cancellation = parse_cancellation(cancelled(cancelled_at, HALF, FULL))
    assert (cancellation.fee_minor_units, cancellation.refund_minor_units) == (fee, refund)
    assert cancellation.currency == "USD"


def test_without_a_timeline_nothing_comes_back() -> None:
    cancellation = parse_cancellation(cancelled(None))
    assert (cancellation.fee_minor_units, cancellation.refund_minor_units) == (30_000, 0)


def test_of_a_booking_that_does_not_show_its_rate_the_amounts_are_unknown() -> None:
    payload = duffel_booking(status="cancelled", accommodation={"id": "acc_1"})
    cancellation = parse_cancellation(payload)
    assert (cancellation.fee_minor_units, cancellation.currency) == (None, None)


def test_a_booking_that_still_stands_is_no_cancellation() -> None:
    with pytest.raises(ProviderRefused, match="says that bok_1 is confirmed"):
        parse_cancellation(duffel_booking())
