"""One alert in full: what it is, whom it touches, and everything that happened to it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import NotFound
from warehouse.queries.alerts import InboxRow, inbox_row, inbox_statement
from warehouse.rules.permissions import may, require
from warehouse.schema.alerting import (
    AffectedBooking,
    Alert,
    Notification,
)
from warehouse.schema.audit import Entry
from warehouse.schema.fallbacks import FallbackAction
from warehouse.schema.people import User
from warehouse.schema.policies import EscalationPolicy, EscalationPolicyVersion
from warehouse.schema.travel import Booking, BookingTraveller, Traveller
from warehouse.vocabulary import Actor, AlertId, AlertStatus, BookingId, Permission


@dataclass(frozen=True, slots=True)
class AlertDetail:
    """An alert with what the inbox has no room for."""

    row: InboxRow
    drivers: list[dict[str, Any]]
    policy_name: str
    policy_version: int
    ack_deadline_at: datetime | None
    suppressed_reason: str | None
    previous_alert_id: AlertId | None
    closed_at: datetime | None
    close_reason: str | None
    occurrences: int


@dataclass(frozen=True, slots=True)
class AffectedBookingRow:
    """A booking an alert touches; the lead traveller is None for those who may not see people."""

    booking_id: BookingId
    booking_ref: str
    leg_id: int | None
    stay_id: int | None
    lead_traveller: str | None
    email: str | None
    phone: str | None
    home_airport: str | None
    travellers: int
    trip_purpose: str
    value_minor_units: int
    currency: str
    is_generated: bool


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One thing that happened to an alert, from the audit history."""

    entry_id: int
    at: datetime
    tag: AuditTag
    actor_username: str
    #: As people know them; None for whoever is no user, such as the desk itself.
    actor_name: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None


def get_alert(session: Session, actor: Actor, alert_id: AlertId) -> AlertDetail:
    """Read one alert.

    Parameters
    ----------
    session:
        Open transaction on the actor's behalf.
    actor:
        Who looks. Needs `Permission.SEE_ALERTS`.
    alert_id:
        Which alert.

    Returns
    -------
    :
        The alert as it is now.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see alerts.
    NotFound
        No alert has this id.
    """
    require(actor, Permission.SEE_ALERTS)
    statement = (
        inbox_statement()
        .add_columns(EscalationPolicy.name.label("policy_name"), EscalationPolicyVersion.version)
        .join(
            EscalationPolicyVersion,
            EscalationPolicyVersion.policy_version_id == Alert.policy_version_id,
        )
        .join(EscalationPolicy, EscalationPolicy.policy_id == EscalationPolicyVersion.policy_id)
        .where(Alert.alert_id == alert_id)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        raise NotFound("alert", alert_id)
    return _detail(row)


def _detail(row: Row[Any]) -> AlertDetail:
    alert = row.Alert
    earlier = alert.previous_alert_id
    return AlertDetail(
        row=inbox_row(row),
        drivers=alert.drivers,
        policy_name=row.policy_name,
        policy_version=row.version,
        ack_deadline_at=alert.ack_deadline_at,
        suppressed_reason=alert.suppressed_reason,
        previous_alert_id=AlertId(earlier) if earlier else None,
        closed_at=alert.closed_at,
        close_reason=alert.close_reason,
        occurrences=alert.occurrences,
    )


def list_joined(session: Session, actor: Actor, storm_id: AlertId) -> list[InboxRow]:
    """List the live alerts that joined a storm, the worst first.

    Parameters
    ----------
    session:
        Open transaction on the actor's behalf.
    actor:
        Who looks. Needs `Permission.SEE_ALERTS`.
    storm_id:
        The storm.

    Returns
    -------
    :
        As the inbox shows them.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see alerts.
    """
    require(actor, Permission.SEE_ALERTS)
    statement = (
        inbox_statement()
        .where(Alert.parent_alert_id == storm_id, Alert.status != AlertStatus.CLOSED.value)
        .order_by(Alert.severity_rank.desc(), Alert.raised_at.desc(), Alert.alert_id.desc())
    )
    return [inbox_row(row) for row in session.execute(statement)]


def list_affected_bookings(
    session: Session, actor: Actor, alert_id: AlertId
) -> list[AffectedBookingRow]:
    """List the bookings an alert touches, the largest party first.

    Parameters
    ----------
    session:
        Open transaction on the actor's behalf.
    actor:
        Who looks. Needs `Permission.SEE_ALERTS`; names and contacts need
        `Permission.SEE_PERSONAL_DATA` and are None without.
    alert_id:
        Which alert.

    Returns
    -------
    :
        One row per affected leg or stay.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see alerts.
    """
    require(actor, Permission.SEE_ALERTS)
    shows_people = may(actor, Permission.SEE_PERSONAL_DATA)
    rows = session.execute(_affected(alert_id))
    return [_affected_row(row, shows_people=shows_people) for row in rows]


def _affected(alert_id: AlertId) -> Select[*tuple[Any, ...]]:
    return (
        select(AffectedBooking, Booking, Traveller)
        .join(Booking, Booking.booking_id == AffectedBooking.booking_id)
        .outerjoin(
            BookingTraveller,
            (BookingTraveller.booking_id == Booking.booking_id) & (BookingTraveller.position == 1),
        )
        .outerjoin(Traveller, Traveller.traveller_id == BookingTraveller.traveller_id)
        .where(AffectedBooking.alert_id == alert_id)
        .order_by(AffectedBooking.travellers.desc(), Booking.booking_ref)
    )


def _affected_row(row: Row[Any], *, shows_people: bool) -> AffectedBookingRow:
    affected, booking, lead = row.AffectedBooking, row.Booking, row.Traveller
    person = lead if shows_people else None
    return AffectedBookingRow(
        booking_id=BookingId(booking.booking_id),
        booking_ref=booking.booking_ref,
        leg_id=affected.leg_id,
        stay_id=affected.stay_id,
        lead_traveller=f"{person.given_name} {person.family_name}" if person else None,
        email=person.email if person else None,
        phone=person.phone if person else None,
        home_airport=person.home_airport if person else None,
        travellers=affected.travellers,
        trip_purpose=booking.trip_purpose,
        value_minor_units=booking.value_minor_units,
        currency=booking.currency,
        is_generated=booking.is_generated,
    )


def list_timeline(session: Session, actor: Actor, alert_id: AlertId) -> list[TimelineEntry]:
    """List what happened to an alert, to its fallback actions and to its pages that waited.

    Parameters
    ----------
    session:
        Open transaction on the actor's behalf.
    actor:
        Who looks. Needs `Permission.SEE_ALERT_AUDIT`.
    alert_id:
        Which alert.

    Returns
    -------
    :
        Audit entries about the alert, about the fallback actions it set off, and about its pages
        that left with others in a digest, later than their step; newest first.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see an alert's history.
    """
    require(actor, Permission.SEE_ALERT_AUDIT)
    about = (Entry.noun == "alert") & (Entry.noun_id == alert_id)
    fallbacks = select(FallbackAction.fallback_action_id).where(FallbackAction.alert_id == alert_id)
    of_fallback = (Entry.noun == "fallback_action") & Entry.noun_id.in_(fallbacks)
    pages = select(Notification.notification_id).where(Notification.alert_id == alert_id)
    of_digest = (
        (Entry.noun == "notification")
        & Entry.noun_id.in_(pages)
        & (Entry.tag == AuditTag.NOTIFICATION_SENT.value)
        & Entry.after["others"].is_not(None)
    )
    shown = about | of_fallback | of_digest
    statement = (
        select(Entry, User.display_name)
        .outerjoin(User, User.user_id == Entry.actor_user_id)
        .where(shown)
        .order_by(Entry.entry_id.desc())
        .limit(500)
    )
    return [
        TimelineEntry(
            entry_id=entry.entry_id,
            at=entry.at,
            tag=AuditTag(entry.tag),
            actor_username=entry.actor_username,
            actor_name=actor_name,
            before=entry.before,
            after=entry.after,
            reason=entry.reason,
        )
        for entry, actor_name in session.execute(statement)
    ]
