"""Frames to judge claims by: what was said of the flights of a span, and who was booked on them."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Float, Integer, cast, func, select
from sqlalchemy.orm import Session

from warehouse.bulk.copying import copy_out
from warehouse.schema.predictions import DisruptionPrediction
from warehouse.schema.travel import Booking, BookingTraveller, Flight, Leg
from warehouse.vocabulary import BookingStatus


def exposure_frame(session: Session, *, start: datetime, end: datetime) -> pd.DataFrame:
    """Give who is booked on each flight that departs in a span, as alerts count them.

    Parameters
    ----------
    session:
        Open transaction.
    start:
        First scheduled departure, UTC.
    end:
        Scheduled departures before this, UTC.

    Returns
    -------
    :
        flight_id, bookings, travellers and value_minor_units (what the legs cost together), by
        flight; confirmed legs of confirmed bookings only. A flight with nobody is left out.
    """
    riding = (
        select(
            Leg.flight_id,
            Leg.leg_id,
            Leg.booking_id,
            Leg.price_minor_units,
            func.count(BookingTraveller.traveller_id).label("travellers"),
        )
        .join(Flight, Flight.flight_id == Leg.flight_id)
        .join(Booking, Booking.booking_id == Leg.booking_id)
        .join(BookingTraveller, BookingTraveller.booking_id == Leg.booking_id)
        .where(Flight.scheduled_departure_at >= start, Flight.scheduled_departure_at < end)
        .where(Leg.status == BookingStatus.CONFIRMED, Booking.status == BookingStatus.CONFIRMED)
        .group_by(Leg.leg_id)
        .subquery()
        .c
    )
    query = (
        select(
            riding.flight_id,
            func.count(riding.booking_id.distinct()).label("bookings"),
            cast(func.sum(riding.travellers), Integer).label("travellers"),
            cast(func.sum(riding.price_minor_units), Leg.price_minor_units.type).label(
                "value_minor_units"
            ),
        )
        .group_by(riding.flight_id)
        .order_by(riding.flight_id)
    )
    return copy_out(session, query)


def claims_frame(session: Session, *, start: datetime, end: datetime) -> pd.DataFrame:
    """Give every claim about the flights that depart in a span.

    Parameters
    ----------
    session:
        Open transaction.
    start:
        First scheduled departure, UTC.
    end:
        Scheduled departures before this, UTC.

    Returns
    -------
    :
        flight_id, horizon_hours, predicted_at, probability, basis, release_id and climatology (what
        that control said, missing where it was not kept), by flight and horizon.
    """
    claim = DisruptionPrediction
    query = (
        select(
            claim.flight_id,
            claim.horizon_hours,
            claim.predicted_at,
            claim.probability,
            claim.basis,
            claim.release_id,
            cast(claim.controls["climatology"].astext, Float).label("climatology"),
        )
        .join(Flight, Flight.flight_id == claim.flight_id)
        .where(Flight.scheduled_departure_at >= start, Flight.scheduled_departure_at < end)
        .order_by(claim.flight_id, claim.horizon_hours)
    )
    return copy_out(session, query)
