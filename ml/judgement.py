"""The judgement of a release on days it was not fitted on, in tables small enough for its card."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from ml.blend import Blend
from ml.breakdown import breakdown, months_of
from ml.controls import Climatology
from ml.cost_curve import cost_curve
from ml.lead_time import lead_time
from ml.paired import paired_differences
from ml.plain import rounded
from ml.ranking import Floats

JUDGED_COLUMNS: Final = (
    *("flight_id", "horizon_hours", "predicted_at", "scheduled_departure_at"),
    *("service_date", "origin", "carrier", "outcome"),
)
"""Columns of a frame of judged flights, beside one of probabilities for each kind of model."""

SPEAKER: Final = Blend.kind
USUAL: Final = Climatology.kind
LEAD_THRESHOLDS: Final = (0.05, 0.1, 0.2, 0.3)


def judged_flights(parts: Sequence[pd.DataFrame], flights: pd.DataFrame) -> pd.DataFrame:
    """Join the judged flights of all horizons, each with its scheduled departure.

    Parameters
    ----------
    parts:
        Per horizon, `JUDGED_COLUMNS` but the departure, and what each kind of model said.
    flights:
        Canonical flights.

    Returns
    -------
    :
        One frame; a kind that has no say at a horizon is missing there.
    """
    judged = pd.concat(parts, ignore_index=True)
    departs = flights.set_index("flight_id")["scheduled_departure_at"]
    judged["scheduled_departure_at"] = judged["flight_id"].map(departs)
    return judged if SPEAKER in judged.columns else judged.assign(**{SPEAKER: float("nan")})


def spoken(judged: pd.DataFrame) -> pd.Series:
    """Give what the release says of each judged flight: climatology where the champion is mute."""
    return judged[SPEAKER].fillna(judged[USUAL])


def judgement_tables(judged: pd.DataFrame) -> dict[str, Any]:
    """Break the judged flights of all horizons down into plain tables.

    Parameters
    ----------
    judged:
        What `judged_flights` gives, one row per flight and horizon.

    Returns
    -------
    :
        `by_horizon` with the tables of each horizon at which the champion speaks, and `lead_time`.
        The order of flights moves no bit.
    """
    judged = judged.sort_values(["horizon_hours", "flight_id"], ignore_index=True)
    by_horizon = {
        str(hours): _tables(flights)
        for hours, flights in judged.groupby("horizon_hours")
        if flights[SPEAKER].notna().any()
    }
    said = judged.assign(probability=spoken(judged))
    leads = [lead_time(said, threshold=threshold).as_dict() for threshold in LEAD_THRESHOLDS]
    tables: dict[str, Any] = rounded({"by_horizon": by_horizon, "lead_time": leads})
    return tables


def _tables(flights: pd.DataFrame) -> Mapping[str, Any]:
    said, outcomes = _numbers(flights, SPEAKER), flights["outcome"].to_numpy(np.bool_)
    usual = _numbers(flights, USUAL)
    groups = {
        "by_month": months_of(flights["service_date"]),
        "by_airport": flights["origin"].to_numpy(),
        "by_carrier": flights["carrier"].to_numpy(),
    }
    others = [
        kind
        for kind in flights.columns.difference([*JUDGED_COLUMNS, SPEAKER])
        if flights[kind].notna().all()
    ]
    return {
        **{
            name: breakdown(said, outcomes, group, climatology=usual)
            for name, group in groups.items()
        },
        "against": {
            kind: paired_differences(
                said,
                _numbers(flights, kind),
                outcomes,
                flights["service_date"],
                climatology=usual,
            )
            for kind in others
        },
        "cost_curve": cost_curve(said, outcomes, climatology=usual),
    }


def _numbers(flights: pd.DataFrame, kind: str) -> Floats:
    return flights[kind].to_numpy(np.float64)
