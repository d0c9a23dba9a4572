"""What a traveller is told, for each thing that can happen to a flight."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dashboard.views.trip_words import (
    current_leg,
    message_about,
    nights_of,
    status_of,
    times_of,
)
from warehouse.queries.fallbacks import OfferRow
from warehouse.queries.trips import Trip, TripLeg
from warehouse.vocabulary import AlertBasis, BookingId, FallbackActionId, FallbackStatus, LegId

AT = datetime(2013, 12, 10, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)
LEG = TripLeg(
    leg_id=LegId(1),
    booking_id=BookingId(1),
    booking_ref="BK1",
    flight_name="B6 615",
    carrier_name="JetBlue",
    origin="JFK",
    origin_city="New York",
    origin_time_zone="America/New_York",
    destination="LAX",
    destination_city="Los Angeles",
    destination_time_zone="America/Los_Angeles",
    scheduled_departure_at=AT + 12 * HOUR,
    scheduled_arrival_at=AT + 18 * HOUR,
    is_confirmed=True,
    is_cancelled=False,
    delay_minutes=None,
    departed_at=None,
    arrived_at=None,
    alert_basis=None,
    party_size=1,
    is_generated=True,
)
OFFER = OfferRow(
    fallback_action_id=FallbackActionId(1),
    booking_ref="BK1",
    status=FallbackStatus.OFFERED,
    flight_name="B6 615",
    origin="JFK",
    destination="LAX",
    scheduled_departure_at=AT + 12 * HOUR,
    time_zone="America/New_York",
    hotel_name="Runway Inn",
    distance_km=2.0,
    stars=3.0,
    is_generated=True,
    room_type="standard",
    rooms=1,
    check_in_on=date(2013, 12, 10),
    check_out_on=date(2013, 12, 11),
    price_minor_units=12_000,
    currency="USD",
    offered_at=AT,
    hold_expires_at=AT + HOUR,
    accepted_at=None,
    supplier_ref=None,
    end_reason=None,
)
CANCELLED = replace(LEG, is_cancelled=True)


@pytest.mark.parametrize(
    ("leg", "sentence", "action", "is_disturbed"),
    [
        (
            LEG,
            "Your flight B6 615 to Los Angeles leaves as planned, Tue 10 Dec 18:00 EST.",
            "Nothing to do; it leaves in 12 h 00 min.",
            False,
        ),
        (
            CANCELLED,
            "Your flight B6 615 to Los Angeles, Tue 10 Dec 18:00 EST, is cancelled.",
            "You need not call: the desk knows, and what it can offer you appears here.",
            True,
        ),
        (
            replace(LEG, delay_minutes=150),
            "Your flight B6 615 to Los Angeles leaves about 2 h 30 min late, at 20:30 EST.",
            "Look here again before you set out: it may change.",
            True,
        ),
        (
            replace(LEG, alert_basis=AlertBasis.PREDICTED),
            "Your flight B6 615 to Los Angeles, Tue 10 Dec 18:00 EST, may be disrupted;"
            " the desk is watching it.",
            "Nothing to do yet. Look here again before you set out.",
            True,
        ),
        (
            replace(LEG, departed_at=AT + 13 * HOUR, delay_minutes=60),
            "Your flight B6 615 to Los Angeles is on its way and should land about 22:00 PST.",
            "Nothing to do.",
            False,
        ),
    ],
)
def test_one_sentence_and_one_action(
    leg: TripLeg, sentence: str, action: str, is_disturbed: bool
) -> None:
    message = message_about(leg, [], AT)
    assert (message.sentence, message.action, message.is_disturbed) == (
        sentence,
        action,
        is_disturbed,
    )


def test_an_offer_waiting_is_the_one_thing_to_do() -> None:
    later = replace(OFFER, hold_expires_at=AT + 3 * HOUR)
    assert message_about(CANCELLED, [later, OFFER], AT).action == (
        "Say whether you want the room we hold for you, by 07:00 EST (in 1 h 00 min)."
    )


def test_an_offer_run_out_is_asked_about_no_more() -> None:
    assert "the desk knows" in message_about(CANCELLED, [OFFER], AT + HOUR).action


def test_a_room_taken_is_told_instead() -> None:
    booked = replace(OFFER, status=FallbackStatus.BOOKED)
    assert message_about(CANCELLED, [booked], AT).action == "Your room at Runway Inn is booked."


def test_nobody_without_a_flight_is_told_of_one() -> None:
    assert message_about(None, [], AT).sentence == "You have no flight ahead of you."


def test_the_page_is_about_the_first_leg_that_is_not_over() -> None:
    flown = replace(LEG, leg_id=LegId(2), scheduled_departure_at=AT - HOUR, arrived_at=AT)
    dropped = replace(LEG, leg_id=LegId(3), scheduled_departure_at=AT, is_confirmed=False)
    trip = Trip(BookingId(1), "BK1", (flown, dropped, LEG), ())
    assert current_leg([trip], AT) == LEG
    long_after = LEG.scheduled_arrival_at + 7 * HOUR
    assert current_leg([Trip(BookingId(1), "BK1", (CANCELLED,), ())], long_after) is None


def test_each_end_is_in_its_airports_own_time() -> None:
    assert times_of(LEG) == "Tue 10 Dec 18:00 EST → 21:00 PST"
    overnight = replace(LEG, scheduled_arrival_at=AT + 24 * HOUR)
    assert times_of(overnight) == "Tue 10 Dec 18:00 EST → 03:00 PST (+1 day)"


def test_nights_are_counted_without_the_day_of_leaving() -> None:
    assert nights_of(OFFER) == "10\N{EN DASH}11 Dec, 1 night"
    across = replace(OFFER, check_in_on=date(2013, 12, 30), check_out_on=date(2014, 1, 2))
    assert nights_of(across) == "30 Dec\N{EN DASH}2 Jan, 3 nights"


@pytest.mark.parametrize(
    ("leg", "words"),
    [
        (LEG, "as planned"),
        (CANCELLED, "cancelled"),
        (replace(LEG, delay_minutes=14), "as planned"),
        (replace(LEG, delay_minutes=45), "45 min late"),
        (replace(LEG, departed_at=AT), "in the air"),
        (replace(LEG, departed_at=AT, arrived_at=AT), "landed"),
        (replace(LEG, is_confirmed=False), "not booked any more"),
        (replace(LEG, alert_basis=AlertBasis.PREDICTED), "may be disrupted"),
    ],
)
def test_a_legs_state_in_two_words(leg: TripLeg, words: str) -> None:
    assert status_of(leg)[0] == words
