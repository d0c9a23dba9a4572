"""Which flights were reported disrupted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from warehouse.schema.travel import Flight
from warehouse.vocabulary import FlightId


@dataclass(frozen=True, slots=True)
class ReportedDisruption:
    """A flight whose cancellation or long delay became known."""

    flight_id: FlightId
    reported_at: datetime
    is_cancelled: bool


def list_reported_disruptions(
    session: Session, *, start: datetime, end: datetime
) -> list[ReportedDisruption]:
    """List the flights whose cancellation or delay of two hours became known in a span.

    Parameters
    ----------
    session:
        Open transaction.
    start:
        First instant, UTC.
    end:
        Exclusive last instant, UTC.

    Returns
    -------
    :
        Each flight once, by flight; one that was late and then cancelled counts as cancelled.
    """
    is_cancelled = _within(Flight.cancelled_reported_at, start, end)
    is_late = _within(Flight.delay_reported_at, start, end)
    reported_at = case((is_cancelled, Flight.cancelled_reported_at), else_=Flight.delay_reported_at)
    statement = (
        select(
            Flight.flight_id,
            reported_at.label("reported_at"),
            func.coalesce(is_cancelled, False).label("is_cancelled"),
        )
        .where(or_(is_cancelled, is_late))
        .order_by(Flight.flight_id)
    )
    return [ReportedDisruption(**row._mapping) for row in session.execute(statement)]


def _within(
    column: InstrumentedAttribute[Any], start: datetime, end: datetime
) -> ColumnElement[bool]:
    return and_(column >= start, column < end)
