"""Fallback actions as people see them: the desk's ranked list, and a traveller's own offers."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from warehouse.rules.fallback_ranking import PolicyFlag, ScorePart
from warehouse.rules.permissions import may, require
from warehouse.vocabulary import (
    Actor,
    AlertId,
    BookingId,
    FallbackActionId,
    FallbackKind,
    FallbackStatus,
    LegId,
    Permission,
    StayId,
)


@dataclass(frozen=True, slots=True)
class FallbackRow:
    """One fallback action for an agent: what, for whom, where it stands, and why it ranks there.

    `traveller_name` is None for whoever may not see personal data. Prices are for all rooms and
    nights together; `hold_expires_at` is set while held or offered.
    """

    fallback_action_id: FallbackActionId
    alert_id: AlertId
    booking_id: BookingId
    booking_ref: str
    leg_id: LegId | None
    stay_id: StayId | None
    traveller_name: str | None
    party_size: int
    kind: FallbackKind
    status: FallbackStatus
    rank: int
    score: float
    why_stranded: str
    parts: tuple[ScorePart, ...]
    flag: PolicyFlag
    hotel_ref: str
    hotel_name: str
    airport: str
    time_zone: str
    distance_km: float
    stars: float | None
    is_refundable: bool
    is_generated: bool
    room_type: str
    rooms: int
    check_in_on: date
    check_out_on: date
    price_minor_units: int
    currency: str
    requires_approval: bool
    approved_by: str | None
    proposed_at: datetime
    hold_expires_at: datetime | None
    offered_at: datetime | None
    accepted_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    supplier_ref: str | None


@dataclass(frozen=True, slots=True)
class OfferRow:
    """One offer to a traveller: the hotel, the disrupted flight, and until when to answer.

    `time_zone` is the airport's, for showing every instant.
    """

    fallback_action_id: FallbackActionId
    booking_ref: str
    status: FallbackStatus
    flight_name: str
    origin: str
    destination: str
    scheduled_departure_at: datetime
    time_zone: str
    hotel_name: str
    distance_km: float
    stars: float | None
    is_generated: bool
    room_type: str
    rooms: int
    check_in_on: date
    check_out_on: date
    price_minor_units: int
    currency: str
    offered_at: datetime
    hold_expires_at: datetime | None
    accepted_at: datetime | None
    supplier_ref: str | None
    end_reason: str | None

    def can_be_answered(self, at: datetime) -> bool:
        """Tell whether the traveller can still accept or decline at an instant."""
        ends_at = self.hold_expires_at
        return self.status is FallbackStatus.OFFERED and ends_at is not None and at < ends_at


_LIST_FALLBACKS = text(
    """
    SELECT action.fallback_action_id, action.alert_id, action.booking_id, booking.booking_ref,
      action.leg_id, action.stay_id,
      lead.given_name || ' ' || lead.family_name AS traveller_name,
      coalesce(touched.travellers, 1) AS party_size,
      action.kind, action.status, action.rank, action.score, action.score_parts,
      hotel.hotel_ref, hotel.name AS hotel_name, hotel.airport, airport.time_zone,
      hotel.distance_km, hotel.stars, hotel.is_refundable, hotel.is_generated,
      action.room_type, action.rooms, action.check_in_on, action.check_out_on,
      action.price_minor_units, action.currency, action.requires_approval,
      approver.display_name AS approved_by, action.proposed_at, action.hold_expires_at,
      action.offered_at, action.accepted_at, action.ended_at, action.end_reason,
      action.supplier_ref
    FROM alerting.fallback_action AS action
    JOIN travel.booking USING (booking_id)
    JOIN inventory.hotel USING (hotel_id)
    JOIN travel.airport ON airport.iata = hotel.airport
    LEFT JOIN alerting.affected_booking AS touched ON touched.alert_id = action.alert_id
      AND touched.booking_id = action.booking_id
      AND touched.leg_id IS NOT DISTINCT FROM action.leg_id
      AND touched.stay_id IS NOT DISTINCT FROM action.stay_id
    LEFT JOIN travel.booking_traveller AS on_booking
      ON on_booking.booking_id = action.booking_id AND on_booking.position = 1
    LEFT JOIN travel.traveller AS lead ON lead.traveller_id = on_booking.traveller_id
    LEFT JOIN people."user" AS approver ON approver.user_id = action.approved_by
    WHERE action.alert_id = :alert_id
    ORDER BY touched.travellers DESC NULLS LAST, booking.booking_ref,
      action.proposed_at DESC, action.rank, action.fallback_action_id
    """
)


def list_fallbacks(session: Session, actor: Actor, alert_id: AlertId) -> list[FallbackRow]:
    """List the hotels proposed for an alert's travellers, with the reasons for their order.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who looks. Needs `Permission.SEE_ALERTS`; names also need `Permission.SEE_PERSONAL_DATA`.
    alert_id:
        The alert.

    Returns
    -------
    :
        Ended ones included: the largest parties first, then by booking, newest proposals by rank.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see alerts.
    """
    require(actor, Permission.SEE_ALERTS)
    shows_names = may(actor, Permission.SEE_PERSONAL_DATA)
    rows = session.execute(_LIST_FALLBACKS, {"alert_id": alert_id})
    return [_fallback(row, shows_names=shows_names) for row in rows]


_LIST_OFFERS = text(
    """
    SELECT action.fallback_action_id, booking.booking_ref, action.status,
      flight.carrier || ' ' || flight.flight_number AS flight_name,
      flight.origin, flight.destination, flight.scheduled_departure_at, airport.time_zone,
      hotel.name AS hotel_name, hotel.distance_km, hotel.stars, hotel.is_generated,
      action.room_type, action.rooms, action.check_in_on, action.check_out_on,
      action.price_minor_units, action.currency, action.offered_at, action.hold_expires_at,
      action.accepted_at, action.supplier_ref, action.end_reason
    FROM alerting.fallback_action AS action
    JOIN travel.booking USING (booking_id)
    JOIN travel.booking_traveller AS mine ON mine.booking_id = action.booking_id
      AND mine.traveller_id = :traveller_id
    JOIN travel.leg ON leg.leg_id = action.leg_id
    JOIN travel.flight ON flight.flight_id = leg.flight_id
    JOIN travel.airport ON airport.iata = flight.origin
    JOIN inventory.hotel USING (hotel_id)
    WHERE action.offered_at IS NOT NULL
    ORDER BY action.status = 'offered' DESC, action.offered_at DESC, action.fallback_action_id
    """
)


def list_offers_of_traveller(session: Session, actor: Actor) -> list[OfferRow]:
    """List what was offered to the traveller that an actor is, unanswered offers first.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Whose offers. Needs `Permission.SEE_OWN_TRIPS`; nobody else's are ever listed.

    Returns
    -------
    :
        Nothing for a user who is no traveller.

    Raises
    ------
    PermissionRefused
        The actor's roles have no trips of their own.
    """
    require(actor, Permission.SEE_OWN_TRIPS)
    rows = session.execute(_LIST_OFFERS, {"traveller_id": actor.traveller_id})
    return [OfferRow(**{**row._mapping, "status": FallbackStatus(row.status)}) for row in rows]


def _fallback(row: Row[Any], *, shows_names: bool) -> FallbackRow:
    columns = dict(row._mapping)
    explained = columns.pop("score_parts")
    return FallbackRow(
        **columns
        | {
            "kind": FallbackKind(row.kind),
            "status": FallbackStatus(row.status),
            "traveller_name": row.traveller_name if shows_names else None,
            "why_stranded": explained.get("why", ""),
            "flag": PolicyFlag(explained.get("flag", PolicyFlag.IN_POLICY)),
            "parts": tuple(ScorePart(**part) for part in explained.get("parts", ())),
        }
    )
