"""Who needs a bed tonight, one fact at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.factories.defaults import STORM_AT, STORM_ON
from warehouse.rules.stranding import DisruptedLeg, is_night_over, stranded_because

LEG = DisruptedLeg(
    alert_id=1,
    generation=1,
    booking_id=1,
    leg_id=1,
    party_size=2,
    flight_name="B6 615",
    origin="JFK",
    time_zone="America/New_York",
    service_date=STORM_ON,
    scheduled_departure_at=STORM_AT + timedelta(hours=12),
    is_cancelled=True,
    delay_minutes=None,
    has_left=False,
    probability=None,
    later_flights=0,
    cancelled_flights=1,
    home_distance_km=301.0,
    has_room_tonight=False,
    usual_stars=None,
)
ON_TIME = replace(LEG, is_cancelled=False)


def test_a_cancelled_last_flight_strands_whoever_is_away_from_home() -> None:
    assert stranded_because(LEG, at=STORM_AT) == (
        "B6 615 is cancelled, no later flight of the carrier today, 301 km from home"
    )


@pytest.mark.parametrize(
    "way_out",
    [
        {"is_cancelled": False},
        {"home_distance_km": 60.0},
        {"has_room_tonight": True},
        {"later_flights": 6},
        {"later_flights": 12, "cancelled_flights": 2},
        {"has_left": True},
    ],
)
def test_each_way_out_is_enough(way_out: dict[str, object]) -> None:
    assert stranded_because(replace(LEG, **way_out), at=STORM_AT) is None  # type: ignore[arg-type]


def test_who_lives_nobody_knows_where_counts_as_away() -> None:
    why = stranded_because(replace(LEG, home_distance_km=None), at=STORM_AT)
    assert why is not None
    assert why.endswith("home unknown")


def test_later_flights_count_only_with_seats_for_everybody_cancelled() -> None:
    crowded = replace(LEG, later_flights=6, cancelled_flights=2)
    why = stranded_because(crowded, at=STORM_AT)
    assert why is not None
    assert "too few seats on 6 later flights today" in why


@pytest.mark.parametrize(("delay_minutes", "is_stranded"), [(120.0, False), (361.0, True)])
def test_a_delay_strands_only_past_local_midnight(delay_minutes: float, is_stranded: bool) -> None:
    late = replace(ON_TIME, delay_minutes=delay_minutes)
    assert (stranded_because(late, at=STORM_AT) is not None) is is_stranded


@pytest.mark.parametrize(
    ("probability", "is_stranded"), [(0.49, False), (0.5, True), (None, False)]
)
def test_a_prediction_strands_from_one_half_on(
    probability: float | None, is_stranded: bool
) -> None:
    predicted = replace(ON_TIME, probability=probability)
    assert (stranded_because(predicted, at=STORM_AT) is not None) is is_stranded


def test_a_night_ends_at_three_in_the_morning_of_the_airport() -> None:
    three_in_new_york = datetime(2013, 12, 11, 8, tzinfo=UTC)
    assert is_night_over(LEG, at=three_in_new_york)
    assert not is_night_over(LEG, at=three_in_new_york - timedelta(minutes=1))
    assert stranded_because(LEG, at=three_in_new_york) is None
