"""Give way to a supplier that took rooms away: the newest holds nobody accepted go first."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.operations.fallback_steps import take_step
from warehouse.queries.inventory import LostNight, list_lost_nights
from warehouse.rules.fallback_lifecycle import UNANSWERED
from warehouse.schema.fallbacks import FallbackAction
from warehouse.schema.inventory import Allocation, RoomNight
from warehouse.vocabulary import SYSTEM, FallbackStatus

LOST = "The hotel took its rooms back."


def give_way_to_suppliers(session: Session, *, at: datetime) -> int:
    """Let go of held and offered rooms that suppliers no longer have, until each night adds up.

    What travellers accepted or have booked stays allocated: `list_lost_nights` goes on naming
    such a night until a person has found another room. Safe from any number of callers.

    Parameters
    ----------
    session:
        Open transaction of the pipeline.
    at:
        Instant of the sweep, UTC.

    Returns
    -------
    :
        How many fallback actions failed for it.
    """
    return sum(_give_way(session, night, at) for night in list_lost_nights(session))


def _give_way(session: Session, night: LostNight, at: datetime) -> int:
    failed = 0
    for action in _newest_unanswered(session, night):
        if _lacking(session, night) <= 0:
            break
        take_step(session, SYSTEM, action, FallbackStatus.FAILED, at=at, reason=LOST)
        failed += 1
    return failed


def _lacking(session: Session, night: LostNight) -> int:
    lacking = select(RoomNight.allocated - RoomNight.reported_total).where(
        RoomNight.hotel_id == night.hotel_id,
        RoomNight.room_type == night.room_type,
        RoomNight.night == night.night,
    )
    return session.scalar(lacking) or 0


def _newest_unanswered(session: Session, night: LostNight) -> list[FallbackAction]:
    """Lock the holds of a night, those no traveller has heard of before the offered ones."""
    statement = (
        select(FallbackAction)
        .join(Allocation, Allocation.fallback_action_id == FallbackAction.fallback_action_id)
        .where(
            Allocation.hotel_id == night.hotel_id,
            Allocation.room_type == night.room_type,
            Allocation.night == night.night,
            Allocation.released_at.is_(None),
            FallbackAction.status.in_([status.value for status in UNANSWERED]),
        )
        .order_by(
            FallbackAction.status,
            Allocation.allocated_at.desc(),
            FallbackAction.fallback_action_id.desc(),
        )
        .with_for_update(key_share=True, skip_locked=True, of=FallbackAction)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(statement))
