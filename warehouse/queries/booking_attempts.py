"""How often the booking of a fallback action was begun, as the audit history tells."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.rules.booking_attempts import BookingAttempt, needs_person
from warehouse.schema.audit import Entry
from warehouse.schema.fallbacks import FallbackAction
from warehouse.vocabulary import FallbackActionId, FallbackStatus

WAS_SENT = "was_sent"


def list_booking_attempts(
    session: Session, fallback_action_ids: Sequence[int]
) -> dict[FallbackActionId, list[BookingAttempt]]:
    """List the attempts to book fallback actions since their travellers accepted.

    Parameters
    ----------
    session:
        Open transaction.
    fallback_action_ids:
        Of which actions.

    Returns
    -------
    :
        The earliest first, by action; an action without any is left out.
    """
    statement = (
        select(Entry.noun_id, Entry.at, Entry.after)
        .join(FallbackAction, FallbackAction.fallback_action_id == Entry.noun_id)
        .where(
            Entry.noun == "fallback_action",
            Entry.noun_id.in_(fallback_action_ids),
            Entry.tag == AuditTag.FALLBACK_BOOKING.value,
            Entry.at >= FallbackAction.accepted_at,
        )
        .order_by(Entry.entry_id)
    )
    attempts: dict[FallbackActionId, list[BookingAttempt]] = {}
    for noun_id, at, after in session.execute(statement):
        was_sent = (after or {}).get(WAS_SENT) is not False
        attempts.setdefault(FallbackActionId(noun_id), []).append(BookingAttempt(at, was_sent))
    return attempts


def find_attempts(session: Session, fallback_action_id: FallbackActionId) -> list[BookingAttempt]:
    """List the attempts to book one fallback action, the earliest first."""
    return list_booking_attempts(session, [fallback_action_id]).get(fallback_action_id, [])


def left_to_people(
    session: Session, fallback_action_ids: Sequence[int], *, at: datetime
) -> frozenset[FallbackActionId]:
    """Name those among some actions whose booking no supplier has answered for in time."""
    attempts = list_booking_attempts(session, fallback_action_ids)
    return frozenset(each for each, tried in attempts.items() if needs_person(tried, at))


def count_bookings_due(session: Session, *, at: datetime) -> int:
    """Count the actions that travellers accepted and no supplier has answered for.

    Parameters
    ----------
    session:
        Open transaction.
    at:
        Instant, UTC.

    Returns
    -------
    :
        Accepted ones, and those whose booking was begun and that no person has to settle yet.
    """
    accepted = select(func.count()).where(FallbackAction.status == FallbackStatus.ACCEPTED.value)
    begun = session.scalars(
        select(FallbackAction.fallback_action_id).where(
            FallbackAction.status == FallbackStatus.BOOKING.value
        )
    ).all()
    waiting = len(begun) - len(left_to_people(session, begun, at=at))
    return (session.scalar(accepted) or 0) + waiting
