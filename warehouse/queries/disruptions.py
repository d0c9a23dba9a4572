"""Which flights were reported disrupted, and how what was predicted of them turned out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from warehouse.schema.predictions import DisruptionPrediction
from warehouse.schema.travel import Flight
from warehouse.vocabulary import FlightId

OUTCOME_KNOWN_AFTER = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class ReportedDisruption:
    """A flight whose cancellation or long delay became known."""

    flight_id: FlightId
    reported_at: datetime
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class PredictionRecord:
    """What predictions of one horizon were worth, over flights whose outcome is known.

    Precision and recall are None where nothing was warned of, or nothing happened.
    """

    horizon_hours: int
    flights: int
    disrupted: int
    warned: int
    hits: int
    precision: float | None
    recall: float | None
    brier: float | None
    climatology_brier: float | None


@dataclass(frozen=True, slots=True)
class WarningRecord:
    """What the warnings of all horizons together were worth, flight by flight."""

    flights: int
    disrupted: int
    warned: int
    hits: int
    precision: float | None
    recall: float | None
    median_lead_minutes: float | None
    """From the first warning to the scheduled departure, of the disrupted flights warned of."""


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


def list_prediction_records(
    session: Session, *, start: datetime, end: datetime, known_by: datetime, threshold: float
) -> list[PredictionRecord]:
    """Compare each horizon's claims with what happened to the flights of a span.

    Parameters
    ----------
    session:
        Open transaction.
    start:
        First scheduled departure, UTC.
    end:
        Exclusive last scheduled departure, UTC.
    known_by:
        Outcomes count when they were reported by this instant.
    threshold:
        Probability from which on a claim counts as a warning.

    Returns
    -------
    :
        One per horizon that has claims, the shortest first.
    """
    happened, warned = _happened(known_by), DisruptionPrediction.probability >= threshold
    usual = DisruptionPrediction.controls["climatology"].as_float()
    outcome = case((happened, 1.0), else_=0.0)
    statement = (
        select(
            DisruptionPrediction.horizon_hours,
            func.count().label("flights"),
            func.count().filter(happened).label("disrupted"),
            func.count().filter(warned).label("warned"),
            func.count().filter(warned, happened).label("hits"),
            func.avg(func.power(DisruptionPrediction.probability - outcome, 2)).label("brier"),
            func.avg(func.power(usual - outcome, 2)).label("climatology_brier"),
        )
        .join(Flight, Flight.flight_id == DisruptionPrediction.flight_id)
        .where(_matured(start, end, known_by))
        .group_by(DisruptionPrediction.horizon_hours)
        .order_by(DisruptionPrediction.horizon_hours)
    )
    return [
        PredictionRecord(
            precision=_share(row.hits, row.warned),
            recall=_share(row.hits, row.disrupted),
            **row._mapping,
        )
        for row in session.execute(statement)
    ]


def get_warning_record(
    session: Session, *, start: datetime, end: datetime, known_by: datetime, threshold: float
) -> WarningRecord:
    """Say how many disrupted flights of a span were warned of in time, by any horizon.

    Parameters
    ----------
    session:
        Open transaction.
    start:
        First scheduled departure, UTC.
    end:
        Exclusive last scheduled departure, UTC.
    known_by:
        Outcomes count when they were reported by this instant.
    threshold:
        Probability from which on a claim counts as a warning.

    Returns
    -------
    :
        Counts of flights that were predicted at least once.
    """
    flights = _first_warnings(start, end, known_by, threshold).subquery()
    is_hit = and_(flights.c.warned_at.is_not(None), flights.c.happened)
    lead = func.extract("epoch", flights.c.scheduled_departure_at - flights.c.warned_at) / 60
    row = session.execute(
        select(
            func.count().label("flights"),
            func.count().filter(flights.c.happened).label("disrupted"),
            func.count(flights.c.warned_at).label("warned"),
            func.count().filter(is_hit).label("hits"),
            func.percentile_cont(0.5).within_group(lead).filter(is_hit).label("lead"),
        )
    ).one()
    return WarningRecord(
        flights=row.flights,
        disrupted=row.disrupted,
        warned=row.warned,
        hits=row.hits,
        precision=_share(row.hits, row.warned),
        recall=_share(row.hits, row.disrupted),
        median_lead_minutes=None if row.lead is None else float(row.lead),
    )


def _first_warnings(
    start: datetime, end: datetime, known_by: datetime, threshold: float
) -> Select[datetime, bool, datetime]:
    warned = DisruptionPrediction.probability >= threshold
    return (
        select(
            Flight.scheduled_departure_at,
            _happened(known_by).label("happened"),
            func.min(DisruptionPrediction.predicted_at).filter(warned).label("warned_at"),
        )
        .join(DisruptionPrediction, DisruptionPrediction.flight_id == Flight.flight_id)
        .where(_matured(start, end, known_by))
        .group_by(Flight.flight_id)
    )


def _happened(known_by: datetime) -> ColumnElement[bool]:
    """Ask for flights cancelled or at least two hours late, as far as reported by then."""
    cancelled = Flight.cancelled_reported_at <= known_by
    late = Flight.delay_reported_at <= known_by
    return or_(func.coalesce(cancelled, False), func.coalesce(late, False))


def _matured(start: datetime, end: datetime, known_by: datetime) -> ColumnElement[bool]:
    """Ask for flights scheduled in the span whose outcome is known by then."""
    settled = Flight.scheduled_departure_at <= known_by - OUTCOME_KNOWN_AFTER
    return and_(_within(Flight.scheduled_departure_at, start, end), settled)


def _within(
    column: InstrumentedAttribute[Any], start: datetime, end: datetime
) -> ColumnElement[bool]:
    return and_(column >= start, column < end)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
