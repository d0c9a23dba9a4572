"""Fallback actions that wait for somebody: held ones for an agent, offered ones for an answer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, exists, select
from sqlalchemy.orm import Session

from warehouse.errors import NotFound
from warehouse.rules.permissions import require
from warehouse.schema.alerting import AffectedBooking, Alert
from warehouse.schema.fallbacks import FallbackAction
from warehouse.schema.travel import Booking, BookingTraveller
from warehouse.vocabulary import (
    Actor,
    AlertStatus,
    FallbackActionId,
    FallbackStatus,
    Permission,
    TravellerId,
)


@dataclass(frozen=True, slots=True)
class OpenFallback:
    """One action that waits; `since_at` is when it was held or offered."""

    fallback_action_id: FallbackActionId
    booking_ref: str
    dedup_key: str
    lead_traveller_id: TravellerId
    requires_approval: bool
    since_at: datetime

    @property
    def subject(self) -> str:
        """What the action is about, in words that are the same in every run."""
        return f"{self.booking_ref}:{self.dedup_key}"


def list_open_fallbacks(
    session: Session, actor: Actor, status: FallbackStatus, *, at: datetime
) -> list[OpenFallback]:
    """List the held or the offered actions of live alerts whose hold has not run out.

    Parameters
    ----------
    session:
        Open transaction on the actor's behalf.
    actor:
        Who looks. Needs `Permission.SEE_ALERTS`.
    status:
        Held or offered.
    at:
        Instant, UTC.

    Returns
    -------
    :
        The longest waiting first.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see alerts.
    """
    require(actor, Permission.SEE_ALERTS)
    since = FallbackAction.held_at if status is FallbackStatus.HELD else FallbackAction.offered_at
    statement = (
        select(
            FallbackAction.fallback_action_id,
            Booking.booking_ref,
            Alert.dedup_key,
            BookingTraveller.traveller_id,
            FallbackAction.requires_approval,
            since.label("since_at"),
        )
        .join(Alert, Alert.alert_id == FallbackAction.alert_id)
        .join(Booking, Booking.booking_id == FallbackAction.booking_id)
        .join(
            BookingTraveller,
            (BookingTraveller.booking_id == Booking.booking_id) & (BookingTraveller.position == 1),
        )
        .where(FallbackAction.status == status.value, FallbackAction.hold_expires_at > at)
        .where(Alert.status != AlertStatus.CLOSED.value)
        .order_by(since, Booking.booking_ref, FallbackAction.fallback_action_id)
    )
    return [_open(row) for row in session.execute(statement)]


def get_affected_traveller(session: Session) -> TravellerId:
    """Give the lead traveller of a booking that a live alert touches, the newest alert first.

    One for whom a hotel is proposed comes before all others: they can soon be offered it.

    Returns
    -------
    :
        The same one for the same record.

    Raises
    ------
    NotFound
        No live alert touches a booking.
    """
    has_proposal = exists().where(
        FallbackAction.booking_id == BookingTraveller.booking_id,
        FallbackAction.alert_id == Alert.alert_id,
        FallbackAction.status == FallbackStatus.PROPOSED.value,
    )
    statement = (
        select(BookingTraveller.traveller_id)
        .join(AffectedBooking, AffectedBooking.booking_id == BookingTraveller.booking_id)
        .join(Alert, Alert.alert_id == AffectedBooking.alert_id)
        .where(Alert.status != AlertStatus.CLOSED.value, BookingTraveller.position == 1)
        .order_by(has_proposal.desc(), Alert.alert_id.desc(), BookingTraveller.traveller_id)
        .limit(1)
    )
    found = session.scalar(statement)
    if found is None:
        raise NotFound("traveller on a live alert", "now")
    return TravellerId(found)


def _open(row: Row[*tuple[Any, ...]]) -> OpenFallback:
    return OpenFallback(
        fallback_action_id=FallbackActionId(row.fallback_action_id),
        booking_ref=row.booking_ref,
        dedup_key=row.dedup_key,
        lead_traveller_id=TravellerId(row.traveller_id),
        requires_approval=row.requires_approval,
        since_at=row.since_at,
    )
