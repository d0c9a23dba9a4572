"""The room ledger: take and give back rooms, night by night, always in the same order.

Whoever locks nights does it by hotel, room type and night, so that no two transactions wait for
each other in a ring. The count itself is kept by a trigger on `inventory.allocation`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import psycopg
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from warehouse.errors import NoRoomLeft
from warehouse.schema.inventory import Allocation

NEVER_OVERSOLD = "never_oversold"


@dataclass(frozen=True, slots=True)
class Taking:
    """Rooms a fallback action wants on every night from `check_in_on` until `check_out_on`."""

    fallback_action_id: int
    hotel_id: int
    room_type: str
    check_in_on: date
    check_out_on: date
    rooms: int
    hotel_name: str


@dataclass(frozen=True, slots=True, order=True)
class _Move:
    hotel_id: int
    room_type: str
    night: date
    is_taking: bool
    fallback_action_id: int
    rooms: int
    hotel_name: str = ""


def lock_nights(
    session: Session, hotel_ids: Sequence[int], *, from_night: date, until_night: date
) -> None:
    """Lock the room nights of hotels, so that what is free stays free until the transaction ends.

    Parameters
    ----------
    session:
        Open transaction.
    hotel_ids:
        Hotels in any order; the rows are locked by hotel, room type and night.
    from_night:
        First night, local to the hotel.
    until_night:
        Night after the last.
    """
    if hotel_ids:
        session.execute(
            select(func.inventory.lock_nights(sorted(hotel_ids), from_night, until_night))
        )


def move_rooms(
    session: Session,
    *,
    at: datetime,
    released: Sequence[int] = (),
    taken: Sequence[Taking] = (),
) -> None:
    """Give back the rooms of some fallback actions and take rooms for others: all or nothing.

    Giving back what was already given back changes nothing. Where one night has no room left,
    no night of any action is taken or released.

    Parameters
    ----------
    session:
        Open transaction; the fallback actions' rows are locked by the caller.
    at:
        Instant of the move, UTC.
    released:
        Fallback actions that end.
    taken:
        What others want.

    Raises
    ------
    NoRoomLeft
        Some hotel has too few rooms on some night.
    """
    moves = sorted([*_releases(session, released), *_takes(taken)])
    if not moves:
        return
    with session.begin_nested():
        for move in moves:
            if move.is_taking:
                _take(session, move, at)
            else:
                _give_back(session, move, at)


def _takes(taken: Sequence[Taking]) -> list[_Move]:
    return [
        _Move(
            taking.hotel_id,
            taking.room_type,
            taking.check_in_on + timedelta(days=night),
            True,
            taking.fallback_action_id,
            taking.rooms,
            taking.hotel_name,
        )
        for taking in taken
        for night in range((taking.check_out_on - taking.check_in_on).days)
    ]


def _releases(session: Session, action_ids: Sequence[int]) -> list[_Move]:
    if not action_ids:
        return []
    live = session.execute(
        select(
            Allocation.hotel_id,
            Allocation.room_type,
            Allocation.night,
            Allocation.fallback_action_id,
            Allocation.rooms,
        ).where(Allocation.fallback_action_id.in_(action_ids), Allocation.released_at.is_(None))
    )
    return [
        _Move(row.hotel_id, row.room_type, row.night, False, row.fallback_action_id, row.rooms)
        for row in live
    ]


def _take(session: Session, move: _Move, at: datetime) -> None:
    taken = insert(Allocation).values(
        fallback_action_id=move.fallback_action_id,
        hotel_id=move.hotel_id,
        room_type=move.room_type,
        night=move.night,
        rooms=move.rooms,
        allocated_at=at,
    )
    try:
        session.execute(taken)
    except IntegrityError as error:
        if _broken_constraint(error) != NEVER_OVERSOLD:
            raise
        raise NoRoomLeft(move.hotel_name, move.room_type) from error


def _give_back(session: Session, move: _Move, at: datetime) -> None:
    session.execute(
        update(Allocation)
        .where(
            Allocation.fallback_action_id == move.fallback_action_id,
            Allocation.hotel_id == move.hotel_id,
            Allocation.room_type == move.room_type,
            Allocation.night == move.night,
            Allocation.released_at.is_(None),
        )
        .values(released_at=at)
    )


def _broken_constraint(error: IntegrityError) -> str | None:
    cause = error.orig
    return cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None
