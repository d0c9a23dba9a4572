"""Frames of flights and weather for the models, as they were known at an instant."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, and_, case, func, literal, null, select, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from warehouse.bulk.copying import copy_out
from warehouse.schema.feeds import WeatherForecast, WeatherObservation
from warehouse.schema.travel import Flight

SETTLED_AFTER = timedelta(hours=2)
"""By then a flight has left, is cancelled or is known to be late, if reports come in time."""

LONG_DELAY_MINUTES = 120
"""What is known of a delay between its report and the departure: that it is at least this."""

_VARIABLES = (
    "temperature_c",
    "dew_point_c",
    "humidity_pct",
    "wind_direction_deg",
    "wind_mps",
    "gust_mps",
    "precipitation_mm",
    "pressure_hpa",
    "visibility_m",
)


def flights_frame(
    session: Session,
    *,
    start: datetime,
    end: datetime,
    known_by: datetime | None = None,
    with_generated: bool = False,
) -> pd.DataFrame:
    """Give flights and what is known of their outcome.

    Parameters
    ----------
    session:
        Open transaction.
    start:
        First scheduled departure, UTC.
    end:
        Scheduled departures before this, UTC.
    known_by:
        Outcomes reported later are blanked: not cancelled, no delay; so are aircraft assigned
        later. None blanks nothing.
    with_generated:
        Whether flights made up for the demonstration are among them; models never learn those.

    Returns
    -------
    :
        One row per flight by scheduled departure, origin, carrier and number: flight_id, carrier,
        flight_number, origin, destination, service_date, scheduled_departure_at,
        scheduled_arrival_at, distance_km, cancelled, departure_delay_minutes,
        arrival_delay_minutes, aircraft and aircraft_known_at.
    """
    flight = Flight.__table__.c
    query = (
        select(
            *[flight[name] for name in _SCHEDULE],
            _cancelled(known_by).label("cancelled"),
            _delay(known_by).label("departure_delay_minutes"),
            *[
                _known(flight[name], known_at, known_by).label(name)
                for name, known_at in _KNOWN_LATER.items()
            ],
        )
        .where(Flight.scheduled_departure_at >= start, Flight.scheduled_departure_at < end)
        .order_by(
            Flight.scheduled_departure_at, Flight.origin, Flight.carrier, Flight.flight_number
        )
    )
    if not with_generated:
        query = query.where(~Flight.is_generated)
    return copy_out(session, query)


def schedule_frame(session: Session, *, start: datetime, end: datetime) -> pd.DataFrame:
    """Give when and where flights are scheduled, which is all that drift of a schedule needs.

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
        carrier, origin, destination and scheduled_departure_at of real flights, in no order.
    """
    flight = Flight.__table__.c
    query = select(*[flight[name] for name in _DRIFTING]).where(
        Flight.scheduled_departure_at >= start,
        Flight.scheduled_departure_at < end,
        ~Flight.is_generated,
    )
    return copy_out(session, query)


def list_late_hours(session: Session, *, start: datetime, end: datetime) -> list[datetime]:
    """List the hours in which an outcome became known that should have been known long before.

    Parameters
    ----------
    session:
        Open transaction.
    start:
        First instant of the reports, UTC.
    end:
        Reports before this, UTC.

    Returns
    -------
    :
        The beginnings of hours with a cancellation reported after the schedule, or with the first
        word of a flight more than two hours after it; in order.
    """
    due_at = Flight.scheduled_departure_at
    first_said_at = func.least(Flight.delay_reported_at, Flight.actual_departure_at)
    hours = [
        select(func.date_trunc("hour", told_at).label("hour"))
        .where(told_at >= start, told_at < end)
        .where(told_at > expected_by)
        for told_at, expected_by in (
            (Flight.cancelled_reported_at, due_at),
            (first_said_at, due_at + SETTLED_AFTER),
        )
    ]
    late = union(*hours).subquery()
    return list(session.scalars(select(late.c.hour).order_by(late.c.hour)))


def observations_frame(
    session: Session, *, start: datetime, end: datetime, known_by: datetime | None = None
) -> pd.DataFrame:
    """Give hourly observations.

    Parameters
    ----------
    session:
        Open transaction.
    start:
        First hour observed, UTC.
    end:
        Hours before this, UTC.
    known_by:
        Observations known later are absent. None leaves none out.

    Returns
    -------
    :
        airport, observed_at, known_at and the weather in metric units, by hour and airport.
    """
    observation = WeatherObservation
    query = (
        select(
            observation.airport,
            observation.observed_at,
            observation.known_at,
            *[getattr(observation, name) for name in _VARIABLES],
        )
        .where(*_within(observation.observed_at, start, end))
        .order_by(observation.observed_at, observation.airport)
    )
    if known_by is not None:
        query = query.where(observation.known_at <= known_by)
    return copy_out(session, query)


def forecasts_frame(
    session: Session,
    *,
    start: datetime,
    end: datetime,
    issued_by: datetime | None = None,
    source: str | None = None,
) -> pd.DataFrame:
    """Give forecasts by the hour they are for.

    Parameters
    ----------
    session:
        Open transaction.
    start:
        First hour forecast, UTC.
    end:
        Hours before this, UTC.
    issued_by:
        Forecasts issued later are absent. None leaves none out.
    source:
        Who issued them; None gives every source.

    Returns
    -------
    :
        source, airport, valid_at, issued_at and the weather in metric units.
    """
    forecast = WeatherForecast
    query = (
        select(
            forecast.source,
            forecast.airport,
            forecast.valid_at,
            forecast.issued_at,
            *[getattr(forecast, name) for name in _VARIABLES],
        )
        .where(*_within(forecast.valid_at, start, end))
        .order_by(forecast.valid_at, forecast.airport, forecast.issued_at, forecast.source)
    )
    if issued_by is not None:
        query = query.where(forecast.issued_at <= issued_by)
    if source is not None:
        query = query.where(forecast.source == source)
    return copy_out(session, query)


_DRIFTING = ("carrier", "origin", "destination", "scheduled_departure_at")
_SCHEDULE = (
    *("flight_id", "carrier", "flight_number", "origin", "destination", "service_date"),
    *("scheduled_departure_at", "scheduled_arrival_at", "distance_km"),
)


_KNOWN_LATER = {
    "arrival_delay_minutes": Flight.actual_arrival_at,
    "aircraft": Flight.aircraft_known_at,
    "aircraft_known_at": Flight.aircraft_known_at,
}


def _within(
    column: InstrumentedAttribute[datetime], start: datetime, end: datetime
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return column >= start, column < end


def _cancelled(known_by: datetime | None) -> ColumnElement[bool]:
    is_cancelled = Flight.cancelled_reported_at.is_not(None)
    if known_by is None:
        return is_cancelled
    return and_(is_cancelled, Flight.cancelled_reported_at <= known_by)


def _known(
    column: ColumnElement[Any], known_at: InstrumentedAttribute[Any], known_by: datetime | None
) -> ColumnElement[Any]:
    """Give a column where it was known by an instant."""
    return column if known_by is None else case((known_at <= known_by, column), else_=null())


def _delay(known_by: datetime | None) -> ColumnElement[Any]:
    if known_by is None:
        return Flight.departure_delay_minutes.expression
    return case(
        (Flight.actual_departure_at <= known_by, Flight.departure_delay_minutes),
        (Flight.delay_reported_at <= known_by, literal(float(LONG_DELAY_MINUTES))),
        else_=null(),
    )
