"""What a traveller is told: one sentence about their next flight, and the one thing to do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.components.instants import clock_time, countdown, day_and_time
from warehouse.queries.fallbacks import OfferRow
from warehouse.queries.trips import Trip, TripLeg, TripStay
from warehouse.vocabulary import AlertBasis, FallbackStatus

LATE_MINUTES = 15
STILL_CURRENT = timedelta(hours=6)
"""How long after its planned arrival a cancelled flight is still what the page is about."""


@dataclass(frozen=True, slots=True)
class Message:
    """The sentence, the action, and how much the two need attention."""

    sentence: str
    action: str
    is_disturbed: bool


def current_leg(trips: list[Trip], at: datetime) -> TripLeg | None:
    """Find the leg the page is about: the first that is not over."""
    legs = [leg for trip in trips for leg in trip.legs if leg.is_confirmed]
    ahead = [leg for leg in legs if not _is_over(leg, at)]
    return min(ahead, key=lambda leg: leg.scheduled_departure_at, default=None)


def message_about(leg: TripLeg | None, offers: list[OfferRow], at: datetime) -> Message:
    """Write the sentence and the action."""
    waiting = [offer for offer in offers if offer.can_be_answered(at)]
    if leg is None:
        return Message("You have no flight ahead of you.", _answer(waiting, at) or "", False)
    sentence, advice, is_disturbed = _state_of(leg, at)
    taken = [offer for offer in offers if offer.status in _TAKEN]
    if taken and leg.is_cancelled:
        advice = f"Your room at {taken[0].hotel_name} is {_TAKEN[taken[0].status]}."
    return Message(sentence, _answer(waiting, at) or advice, is_disturbed)


def status_of(leg: TripLeg) -> tuple[str, str]:
    """Give a leg's state in two words, and the colour of its badge."""
    if not leg.is_confirmed:
        return "not booked any more", "gray"
    if leg.is_cancelled:
        return "cancelled", "red"
    if leg.arrived_at:
        return "landed", "gray"
    if leg.departed_at:
        return "in the air", "blue"
    if (leg.delay_minutes or 0) >= LATE_MINUTES:
        return f"{_hours(leg.delay_minutes or 0)} late", "orange"
    if leg.alert_basis is AlertBasis.PREDICTED:
        return "may be disrupted", "yellow"
    return "as planned", "green"


def times_of(leg: TripLeg) -> str:
    """Write both ends of a leg, each in its airport's own time."""
    leaves = day_and_time(leg.scheduled_departure_at, leg.origin_time_zone)
    lands = clock_time(leg.scheduled_arrival_at, leg.destination_time_zone)
    return f"{leaves} → {lands}{_days_later(leg)}"


def nights_of(stay: TripStay | OfferRow) -> str:
    """Write the nights of a stay: 10-12 Dec, 2 nights."""
    first, last = stay.check_in_on, stay.check_out_on
    nights = (last - first).days
    start = f"{first.day}" if first.month == last.month else f"{first.day} {first:%b}"
    return f"{start}\N{EN DASH}{last.day} {last:%b}, {nights} night{'s' if nights > 1 else ''}"


_TAKEN = {
    FallbackStatus.ACCEPTED: "being booked",
    FallbackStatus.BOOKING: "being booked",
    FallbackStatus.BOOKED: "booked",
}


def _state_of(leg: TripLeg, at: datetime) -> tuple[str, str, bool]:
    name = f"Your flight {leg.flight_name} to {leg.destination_city}"
    leaves = day_and_time(leg.scheduled_departure_at, leg.origin_time_zone)
    if leg.is_cancelled:
        return (
            f"{name}, {leaves}, is cancelled.",
            "You need not call: the desk knows, and what it can offer you appears here.",
            True,
        )
    if leg.departed_at:
        lands_at = leg.scheduled_arrival_at + timedelta(minutes=max(leg.delay_minutes or 0, 0))
        lands = clock_time(lands_at, leg.destination_time_zone)
        return f"{name} is on its way and should land about {lands}.", "Nothing to do.", False
    if (leg.delay_minutes or 0) >= LATE_MINUTES:
        late_at = leg.scheduled_departure_at + timedelta(minutes=leg.delay_minutes or 0)
        leaves_late = clock_time(late_at, leg.origin_time_zone)
        sentence = f"{name} leaves about {_hours(leg.delay_minutes or 0)} late, at {leaves_late}."
        return sentence, "Look here again before you set out: it may change.", True
    if leg.alert_basis is AlertBasis.PREDICTED:
        sentence = f"{name}, {leaves}, may be disrupted; the desk is watching it."
        return sentence, "Nothing to do yet. Look here again before you set out.", True
    until = countdown(leg.scheduled_departure_at, at)
    return f"{name} leaves as planned, {leaves}.", f"Nothing to do; it leaves {until}.", False


def _answer(waiting: list[OfferRow], at: datetime) -> str | None:
    if not waiting:
        return None
    soonest = min(waiting, key=lambda offer: offer.hold_expires_at or at)
    ends_at = soonest.hold_expires_at or at
    when = f"{clock_time(ends_at, soonest.time_zone)} ({countdown(ends_at, at)})"
    return f"Say whether you want the room we hold for you, by {when}."


def _is_over(leg: TripLeg, at: datetime) -> bool:
    if leg.is_cancelled:
        return at > leg.scheduled_arrival_at + STILL_CURRENT
    return leg.arrived_at is not None or (
        leg.departed_at is None and at > leg.scheduled_arrival_at + STILL_CURRENT
    )


def _days_later(leg: TripLeg) -> str:
    leaves_on = leg.scheduled_departure_at.astimezone(ZoneInfo(leg.origin_time_zone)).date()
    lands_on = leg.scheduled_arrival_at.astimezone(ZoneInfo(leg.destination_time_zone)).date()
    days = (lands_on - leaves_on).days
    return f" (+{days} day)" if days > 0 else ""


def _hours(minutes: float) -> str:
    hours, rest = divmod(round(minutes), 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest:02d} min" if rest else f"{hours} h"
