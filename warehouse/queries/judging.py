"""Frames to judge claims by: what was said of the flights of a span, and who was booked on them."""

from datetime import datetime

import pandas as pd
from sqlalchemy import Float, cast, select
from sqlalchemy.orm import Session

from warehouse.bulk.copying import copy_out
from warehouse.queries.exposure import booked_by_flight
from warehouse.schema.predictions import DisruptionPrediction
from warehouse.schema.travel import Flight

_EXPOSURE = ("flight_id", "bookings", "travellers", "value_minor_units")


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
    departing = select(Flight.flight_id).where(
        Flight.scheduled_departure_at >= start, Flight.scheduled_departure_at < end
    )
    booked = booked_by_flight(session.scalars(departing).all()).subquery()
    columns = [booked.c[name] for name in _EXPOSURE]
    return copy_out(session, select(*columns).order_by(booked.c.flight_id))


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
