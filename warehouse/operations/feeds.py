"""Load what carriers and weather services provide: schedules, observations, forecasts."""

from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.bulk.column_rules import rules_of
from warehouse.bulk.contract import ColumnRule, Contract, RowRule
from warehouse.bulk.merging import Target
from warehouse.operations.deliveries import Delivery
from warehouse.operations.fact_merges import Fact, load_fact, table_of
from warehouse.operations.feed_batches import BatchResult
from warehouse.schema.feeds import WeatherForecast, WeatherObservation
from warehouse.schema.travel import Airport, Carrier, Flight
from warehouse.vocabulary import Actor

FLIGHT_KEY = ("carrier", "flight_number", "origin", "service_date")
_SCHEDULE = (
    *("destination", "scheduled_departure_at", "scheduled_arrival_at", "distance_km"),
    "is_generated",
)
_ASSIGNED = ("aircraft", "aircraft_known_at")
WEATHER_COLUMNS = (
    *("temperature_c", "dew_point_c", "humidity_pct", "wind_direction_deg", "wind_mps"),
    *("gust_mps", "precipitation_mm", "pressure_hpa", "visibility_m"),
)
WEATHER_RULES = rules_of(table_of(WeatherObservation), *WEATHER_COLUMNS)


def load_flights(
    session: Session,
    actor: Actor,
    flights: pd.DataFrame,
    delivery: Delivery,
    *,
    rejected: pd.DataFrame | None = None,
) -> BatchResult:
    """Keep scheduled flights; a flight already known takes the newest schedule.

    What carriers reported of a flight is not touched. The same schedule twice changes nothing.

    Parameters
    ----------
    session:
        Open transaction; no other delivery of the feed is loaded until it ends.
    actor:
        Who loads. Needs `Permission.ADMINISTER`, as the system has.
    flights:
        Canonical flights, one row per carrier, number, origin and local service date. With the
        columns aircraft and aircraft_known_at it also says which aircraft was assigned beforehand,
        and since when that is known; without them, what is stored of that stays.
    delivery:
        Whose flights they are and when they came.
    rejected:
        Rows the source refused before; they are kept in quarantine and counted.

    Returns
    -------
    :
        How many rows were accepted, unchanged, superseded and quarantined.

    Raises
    ------
    FeedRefused
        A column is missing or an instant has no zone.
    """
    return load_fact(
        session, actor, _flight_fact(session, flights), flights, delivery, rejected=rejected
    )


def load_observations(
    session: Session,
    actor: Actor,
    observations: pd.DataFrame,
    delivery: Delivery,
    *,
    rejected: pd.DataFrame | None = None,
    corrected: pd.DataFrame | None = None,
) -> BatchResult:
    """Keep hourly observations; of two for one hour, the one known later stands.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who loads. Needs `Permission.ADMINISTER`.
    observations:
        Canonical observations in metric units.
    delivery:
        Whose observations they are and when they came.
    rejected:
        Rows the source refused.
    corrected:
        Impossible values that the source blanked in rows it kept; listed, not counted.

    Returns
    -------
    :
        How many rows went which way.

    Raises
    ------
    FeedRefused
        A column is missing or an instant has no zone.
    """
    fact = _observation_fact(_known(session, Airport.iata, observations, "airport"))
    return load_fact(
        session, actor, fact, observations, delivery, rejected=rejected, corrected=corrected
    )


def load_forecasts(
    session: Session,
    actor: Actor,
    forecasts: pd.DataFrame,
    delivery: Delivery,
    *,
    rejected: pd.DataFrame | None = None,
    corrected: pd.DataFrame | None = None,
) -> BatchResult:
    """Keep forecasts beside all earlier ones for the same hour: both times are part of the key.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who loads. Needs `Permission.ADMINISTER`.
    forecasts:
        Canonical forecasts, each with the source that issued it.
    delivery:
        Who sends them and when they came.
    rejected:
        Rows the source refused.
    corrected:
        Impossible values that the source blanked in rows it kept; listed, not counted.

    Returns
    -------
    :
        How many rows went which way.

    Raises
    ------
    FeedRefused
        A column is missing or an instant has no zone.
    """
    fact = _forecast_fact(_known(session, Airport.iata, forecasts, "airport"))
    return load_fact(
        session, actor, fact, forecasts, delivery, rejected=rejected, corrected=corrected
    )


def _flight_fact(session: Session, flights: pd.DataFrame) -> Fact:
    airports = _known(session, Airport.iata, flights, "origin", "destination")
    carriers = _known(session, Carrier.code, flights, "carrier")
    place = ColumnRule("text", among=airports)
    known = {"carrier": ColumnRule("text", among=carriers), "origin": place, "destination": place}
    assigned = _ASSIGNED if _ASSIGNED[0] in flights else ()
    payload = (*_SCHEDULE, *assigned)
    columns = rules_of(table_of(Flight), *FLIGHT_KEY, *payload) | known
    rules = (_ARRIVES_AFTER, _ASSIGNED_HAS_INSTANT) if assigned else (_ARRIVES_AFTER,)
    return Fact(
        "flight",
        Contract(columns, FLIGHT_KEY, rows=rules),
        Target(table_of(Flight), FLIGHT_KEY, payload),
    )


_ARRIVES_AFTER = RowRule(
    "scheduled_arrival_at",
    "is not after scheduled_departure_at",
    lambda rows: ~(rows["scheduled_arrival_at"] <= rows["scheduled_departure_at"]),
)


_ASSIGNED_HAS_INSTANT = RowRule(
    "aircraft_known_at",
    "must be there with an aircraft, and only with one",
    lambda rows: rows["aircraft"].isna() == rows["aircraft_known_at"].isna(),
)


def _observation_fact(airports: frozenset[str]) -> Fact:
    table, key = table_of(WeatherObservation), ("airport", "observed_at")
    payload = ("known_at", *WEATHER_COLUMNS)
    columns = rules_of(table, *key, *payload) | {"airport": ColumnRule("text", among=airports)}
    rule = RowRule(
        "known_at",
        "is not after observed_at",
        lambda rows: ~(rows["known_at"] <= rows["observed_at"]),
    )
    return Fact(
        "weather_observation",
        Contract(columns, key, newer_by="known_at", rows=(rule,)),
        Target(table, key, payload, newer_by="known_at"),
    )


def _forecast_fact(airports: frozenset[str]) -> Fact:
    table, key = table_of(WeatherForecast), ("source", "airport", "valid_at", "issued_at")
    known = {"airport": ColumnRule("text", among=airports)}
    columns = rules_of(table, *key, *WEATHER_COLUMNS) | known
    rule = RowRule(
        "issued_at", "is after valid_at", lambda rows: ~(rows["issued_at"] > rows["valid_at"])
    )
    return Fact(
        "weather_forecast",
        Contract(columns, key, rows=(rule,)),
        Target(table, key, WEATHER_COLUMNS),
    )


def _known(session: Session, column: Any, frame: pd.DataFrame, *names: str) -> frozenset[str]:
    """Read which of the values that a delivery names are stored."""
    there = [frame[name] for name in names if name in frame]
    named = sorted({value for values in there for value in values.unique() if _is_text(value)})
    return frozenset(session.scalars(select(column).where(column.in_(named))))


def _is_text(value: object) -> bool:
    return isinstance(value, str)
