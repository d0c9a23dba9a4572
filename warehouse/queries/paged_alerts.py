"""What pages tell of their alerts, each with a link that proves it came by the page."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session, aliased

from warehouse.queries.page_links import get_link_key
from warehouse.rules.page_links import LASTS, PageLink, sign_link
from warehouse.rules.page_mail import Page, PagedAlert
from warehouse.schema.alerting import AffectedBooking, Alert, Notification
from warehouse.schema.travel import Airport, Flight
from warehouse.vocabulary import AlertId, AlertStatus, Severity, UserId

UTC_ZONE = "UTC"


def list_pages(
    session: Session, notification_ids: Sequence[int], *, dashboard_url: str
) -> Mapping[int, Page]:
    """Tell what to say of what was claimed, by notification: whatever is about an alert.

    Parameters
    ----------
    session:
        The claiming transaction.
    notification_ids:
        What was claimed; what checks a contact is passed over.
    dashboard_url:
        Where the links lead, without a slash at the end.

    Returns
    -------
    :
        A page for each that is about an alert.
    """
    rows = session.execute(_PAGES.where(Notification.notification_id.in_(notification_ids))).all()
    key = get_link_key(session) if rows else b""
    return {row.notification_id: _page(row, key, dashboard_url) for row in rows}


_joined = aliased(Alert)
_BOOKINGS = (
    select(func.count(AffectedBooking.booking_id.distinct()))
    .where(AffectedBooking.alert_id == Alert.alert_id)
    .scalar_subquery()
)
_JOINED = (
    select(func.count())
    .where(_joined.parent_alert_id == Alert.alert_id, _joined.status != AlertStatus.CLOSED.value)
    .scalar_subquery()
)
_PAGES = (
    select(
        Notification.notification_id,
        Notification.generation,
        Notification.escalation_level,
        Notification.recipient_user_id,
        Notification.created_at,
        Alert.alert_id,
        Alert.headline,
        Alert.severity,
        Alert.travellers_affected,
        Alert.drivers,
        Alert.probability,
        Alert.basis,
        Alert.next_escalation_at,
        Flight.scheduled_departure_at,
        Airport.iata,
        Airport.city,
        Airport.time_zone,
        _BOOKINGS.label("bookings"),
        _JOINED.label("joined"),
    )
    .join(Alert, Alert.alert_id == Notification.alert_id)
    .outerjoin(Flight, Flight.flight_id == Alert.flight_id)
    .outerjoin(Airport, or_(Airport.iata == Flight.origin, Airport.iata == Alert.airport))
)


def _page(row: Row[Any], key: bytes, dashboard_url: str) -> Page:
    link = f"{dashboard_url}/alert?id={row.alert_id}"
    page_link = PageLink(
        AlertId(row.alert_id),
        row.generation,
        None if row.recipient_user_id is None else UserId(row.recipient_user_id),
        row.created_at + LASTS,
    )
    signed = f"{link}&page={sign_link(page_link, key)}"
    return Page(_paged(row), link, signed)


def _paged(row: Row[Any]) -> PagedAlert:
    where = f"{row.iata}, {row.city}" if row.iata and row.city else row.iata
    return PagedAlert(
        headline=row.headline,
        severity=Severity(row.severity),
        travellers=row.travellers_affected,
        bookings=row.bookings,
        why=[driver["words"] for driver in row.drivers if "words" in driver],
        probability=row.probability,
        airport=where,
        departs_at=row.scheduled_departure_at,
        time_zone=row.time_zone or UTC_ZONE,
        level=row.escalation_level,
        next_escalation_at=row.next_escalation_at,
        joined=row.joined,
    )
