"""Who is stranded: whose disruption leaves them away from home tonight without a bed."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HOME_REACH_KM = 60.0
"""As far as a traveller goes home for the night; New York's three airports lie within it."""

LIKELY_PROBABILITY = 0.5
"""From here on a predicted disruption is worth holding a room for."""

SPARE_SEAT_SHARE = 1 / 6
"""Of a flight's seats, those still free: domestic load factors of 2013 were near five sixths."""

LAST_CHECK_IN = time(3)
"""Local time of the morning after at which a night is no longer worth a room."""


@dataclass(frozen=True, slots=True)
class DisruptedLeg:
    """What is known at an instant of one leg an alert touches, and of its lead traveller."""

    alert_id: int
    generation: int
    booking_id: int
    leg_id: int
    party_size: int
    flight_name: str
    origin: str
    time_zone: str
    service_date: date
    scheduled_departure_at: datetime
    is_cancelled: bool
    delay_minutes: float | None
    has_left: bool
    probability: float | None
    later_flights: int
    cancelled_flights: int
    home_distance_km: float | None
    has_room_tonight: bool
    usual_stars: float | None


def stranded_because(leg: DisruptedLeg, *, at: datetime) -> str | None:
    """Say why a leg's travellers need a room near its origin tonight; None if they do not.

    They do when the leg will not leave today, too little of the same carrier follows on the route
    today, they are away from home, and their booking has no bed near there tonight. Seats are not
    in the record: later flights count as a way out when their usual spare seats would carry the
    passengers of every flight cancelled on the route so far.

    Parameters
    ----------
    leg:
        The leg as known at `at`; `home_distance_km` None means nobody knows where home is, and
        then the traveller counts as away.
    at:
        Instant of the question, UTC.

    Returns
    -------
    :
        One sentence an agent reads, or None.
    """
    cause = _why_it_does_not_leave(leg)
    is_home = leg.home_distance_km is not None and leg.home_distance_km <= HOME_REACH_KM
    if cause is None or is_home or leg.has_room_tonight or _can_leave_today(leg):
        return None
    if leg.has_left or is_night_over(leg, at=at):
        return None
    return f"{leg.flight_name} {cause}, {_later_words(leg)}, {_home_words(leg)}"


def is_night_over(leg: DisruptedLeg, *, at: datetime) -> bool:
    """Tell whether the leg's night has gone too far for anybody to check in."""
    local = at.astimezone(ZoneInfo(leg.time_zone))
    return local.replace(tzinfo=None) >= datetime.combine(
        leg.service_date + timedelta(days=1), LAST_CHECK_IN
    )


def _can_leave_today(leg: DisruptedLeg) -> bool:
    return leg.later_flights * SPARE_SEAT_SHARE >= max(leg.cancelled_flights, 1)


def _later_words(leg: DisruptedLeg) -> str:
    if leg.later_flights == 0:
        return "no later flight of the carrier today"
    flights = "flight" if leg.later_flights == 1 else "flights"
    return f"too few seats on {leg.later_flights} later {flights} today"


def _home_words(leg: DisruptedLeg) -> str:
    if leg.home_distance_km is None:
        return "home unknown"
    return f"{leg.home_distance_km:.0f} km from home"


def _why_it_does_not_leave(leg: DisruptedLeg) -> str | None:
    if leg.is_cancelled:
        return "is cancelled"
    if leg.delay_minutes is not None:
        return _late_into_the_night(leg, leg.delay_minutes)
    if leg.probability is not None and leg.probability >= LIKELY_PROBABILITY:
        return f"is {leg.probability:.0%} likely to be disrupted"
    return None


def _late_into_the_night(leg: DisruptedLeg, delay_minutes: float) -> str | None:
    expected_at = leg.scheduled_departure_at + timedelta(minutes=delay_minutes)
    leaves_today = expected_at.astimezone(ZoneInfo(leg.time_zone)).date() <= leg.service_date
    return None if leaves_today else f"is {delay_minutes:.0f} min late, past midnight"
