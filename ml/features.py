"""The features of a flight at a horizon, each row saying when what it uses was known."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ml.destination import (
    DESTINATION_FEATURES,
    destination_forecast_columns,
    destination_observed_columns,
)
from ml.errors import ColumnsMissing, FlightsUnknown
from ml.feature import (
    DESTINATION_FORECASTS,
    DESTINATION_OBSERVATIONS,
    FORECASTS,
    INBOUND,
    OBSERVATIONS,
    OPTIONAL_SOURCES,
    OUTCOMES,
    REPORTS,
    SCHEDULE,
    Feature,
    known_at_column,
)
from ml.forecast_features import FORECAST_FEATURES
from ml.inbound import AIRCRAFT_COLUMNS, INBOUND_FEATURES, InboundColumns, inbound_columns
from ml.instants import HOUR, NEVER, Minutes, instants_of, minutes_of, whole_hours
from ml.reports import REPORT_FEATURES, report_columns
from ml.schedule import (
    CALENDAR_FEATURES,
    CONGESTION_FEATURES,
    ROUTE_FEATURES,
    SCHEDULE_LEAD_MINUTES,
    calendar_columns,
    congestion_columns,
)
from ml.trailing import TRAILING_FEATURES, trailing_columns
from ml.weather import (
    FORECAST_FROM_HORIZON_HOURS,
    VARIABLES,
    WeatherColumns,
    forecast_columns,
    observed_columns,
)
from ml.weather_features import OBSERVED_FEATURES

__all__ = ["FEATURES", "HISTORY_DAYS", "KEY_COLUMNS", "Feature", "build_features", "features_at"]

FEATURES: Final[tuple[Feature, ...]] = (
    *CALENDAR_FEATURES,
    *ROUTE_FEATURES,
    *CONGESTION_FEATURES,
    *TRAILING_FEATURES,
    *REPORT_FEATURES,
    *OBSERVED_FEATURES,
    *FORECAST_FEATURES,
    *DESTINATION_FEATURES,
    *INBOUND_FEATURES,
)
HISTORY_DAYS: Final = 35
"""How far back the flights and observations must reach for a row to come out in full."""

_SOURCES: Final = (SCHEDULE, OUTCOMES, REPORTS, OBSERVATIONS, FORECASTS, *OPTIONAL_SOURCES)
KEY_COLUMNS: Final = (
    "flight_id",
    "horizon_hours",
    "predicted_at",
    "known_at",
    *(known_at_column(source) for source in _SOURCES),
)
"""Columns of a feature frame that are not features."""

OPTIONAL_COLUMNS: Final = {
    **{feature.name: "float32" for feature in FEATURES if feature.is_optional},
    **{known_at_column(source): "datetime64[us, UTC]" for source in OPTIONAL_SOURCES},
}
"""Columns of a feature frame that are wholly missing unless a feed fills them, with their types."""

FLIGHT_COLUMNS: Final = (
    "flight_id",
    "carrier",
    "flight_number",
    "origin",
    "destination",
    "service_date",
    "scheduled_departure_at",
    "scheduled_arrival_at",
    "distance_km",
    "cancelled",
    "departure_delay_minutes",
)
OBSERVATION_COLUMNS: Final = ("airport", "observed_at", "known_at", *VARIABLES)
FORECAST_COLUMNS: Final = ("airport", "valid_at", "issued_at", *VARIABLES)


def features_at(horizon_hours: int) -> tuple[Feature, ...]:
    """List what a model of this horizon reads: forecasts from six hours on, the moment only near.

    Parameters
    ----------
    horizon_hours:
        Hours between predicted_at and the hour of departure.

    Returns
    -------
    :
        A part of `FEATURES`, in its order.
    """
    has_forecasts = horizon_hours >= FORECAST_FROM_HORIZON_HOURS
    return tuple(
        feature
        for feature in FEATURES
        if (has_forecasts or feature.source != FORECASTS)
        and (feature.last_horizon_hours is None or horizon_hours <= feature.last_horizon_hours)
    )


def build_features(
    flights: pd.DataFrame,
    observations: pd.DataFrame,
    forecasts: pd.DataFrame,
    *,
    horizon_hours: int,
    targets: ArrayLike,
) -> pd.DataFrame:
    """Describe flights as they could be described `horizon_hours` before departure.

    Neither the order of rows nor anything known later moves a bit of the result, so training on
    the whole past and scoring at the instant give the same features.

    Parameters
    ----------
    flights:
        Schedule and outcomes, at least `HISTORY_DAYS` before the first target and the whole local
        day of the last. A flight that is still waiting two hours after schedule must say so with a
        delay of at least 120 minutes; one with neither delay nor cancellation is not counted.
        With `AIRCRAFT_COLUMNS` the inbound aircraft is described too.
    observations:
        Hourly weather observations, each with the instant it was known. Those of a flight's
        destination, if there are any, describe the weather there.
    forecasts:
        Weather forecasts by valid_at and issued_at, of one source for each airport; may be empty.
    horizon_hours:
        Hours between predicted_at and the hour of the scheduled departure.
    targets:
        Values of flight_id to describe, in the order wanted.

    Returns
    -------
    :
        A row per target: `KEY_COLUMNS`, then `FEATURES` in order, float32 but for the categories.
        `known_at` is the newest of the instants per source, missing where a source gave nothing.
    """
    assigned = AIRCRAFT_COLUMNS if "aircraft" in flights.columns else ()
    _require_columns("flights", flights, (*FLIGHT_COLUMNS, *assigned))
    _require_columns("observations", observations, OBSERVATION_COLUMNS)
    _require_columns("forecasts", forecasts, FORECAST_COLUMNS)
    positions = _positions(flights, pd.Index(np.asarray(targets)))
    rows = flights.iloc[positions]
    scheduled = minutes_of(rows["scheduled_departure_at"])
    predicted = whole_hours(scheduled) - horizon_hours * HOUR
    columns = _narrow(calendar_columns(rows)) | _narrow(congestion_columns(flights, positions))
    trailing, outcomes_known = trailing_columns(flights, positions, predicted)
    columns |= _narrow(trailing)
    reports, reports_known = report_columns(flights, positions, predicted)
    columns |= _narrow(reports)
    observed = observed_columns(observations, rows["origin"], predicted)
    columns |= _narrow(observed.columns)
    wanted = forecasts if horizon_hours >= FORECAST_FROM_HORIZON_HOURS else forecasts.iloc[:0]
    forecast = forecast_columns(wanted, rows["origin"], predicted, whole_hours(scheduled))
    columns |= _narrow(forecast.columns)
    optional: dict[str, WeatherColumns | InboundColumns] = {
        DESTINATION_OBSERVATIONS: destination_observed_columns(observations, rows, predicted),
        DESTINATION_FORECASTS: destination_forecast_columns(forecasts, rows, predicted),
        INBOUND: inbound_columns(flights, positions, predicted, reports_known == NEVER),
    }
    for given in optional.values():
        columns |= _narrow(given.columns)
    known = {
        SCHEDULE: scheduled - SCHEDULE_LEAD_MINUTES,
        OUTCOMES: outcomes_known,
        REPORTS: reports_known,
        OBSERVATIONS: observed.known,
        FORECASTS: forecast.known,
    }
    known |= {source: given.known for source, given in optional.items()}
    return _frame(rows, horizon_hours, predicted, known, columns)


def _frame(
    rows: pd.DataFrame,
    horizon_hours: int,
    predicted: Minutes,
    known: dict[str, Minutes],
    columns: dict[str, NDArray[np.float32]],
) -> pd.DataFrame:
    keys: dict[str, object] = {
        "flight_id": rows["flight_id"].to_numpy(),
        "horizon_hours": np.full(len(rows), horizon_hours, dtype=np.int16),
        "predicted_at": instants_of(predicted),
        "known_at": instants_of(np.max(list(known.values()), axis=0, initial=NEVER)),
    }
    keys |= {known_at_column(source): instants_of(known[source]) for source in _SOURCES}
    values = {
        feature.name: rows[feature.name].array if feature.is_category else columns[feature.name]
        for feature in FEATURES
    }
    return pd.DataFrame(keys | values)


def _narrow(columns: dict[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float32]]:
    """Halve the columns, which leaves seven digits, and empty what they came in."""
    return {name: columns.pop(name).astype(np.float32) for name in list(columns)}


def _positions(flights: pd.DataFrame, targets: pd.Index) -> NDArray[np.intp]:
    index = pd.Index(flights["flight_id"])
    if not index.is_unique:
        raise FlightsUnknown(list(index[index.duplicated()].unique()))
    positions: NDArray[np.intp] = index.get_indexer(targets)
    if (positions < 0).any():
        raise FlightsUnknown(list(targets[positions < 0]))
    return positions


def _require_columns(name: str, frame: pd.DataFrame, wanted: tuple[str, ...]) -> None:
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        raise ColumnsMissing(name, missing)
