"""Proof that no feature sees the future: by declared instants, truncation and plausibility."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ml.errors import FutureSeen, LeakSuspected
from ml.feature import Feature
from ml.features import FEATURES, KEY_COLUMNS, build_features
from ml.inbound import AIRCRAFT_COLUMNS, ARRIVAL_COLUMN

LONGEST_SETTLED_DELAY_MINUTES: Final = 120
PLAUSIBLE_FROM_HORIZON_HOURS: Final = 24
PLAUSIBLE_AUC: Final = 0.83
PLAUSIBLE_PR_AUC: Final = 0.35


class FeatureBuilder(Protocol):
    """Anything called like `build_features`."""

    def __call__(
        self,
        flights: pd.DataFrame,
        observations: pd.DataFrame,
        forecasts: pd.DataFrame,
        *,
        horizon_hours: int,
        targets: ArrayLike,
    ) -> pd.DataFrame:
        """Describe the target flights."""


def check_known_at(frame: pd.DataFrame, features: Iterable[Feature] = FEATURES) -> None:
    """Refuse a feature frame in which a value was not yet known at predicted_at.

    Parameters
    ----------
    frame:
        Feature frame as `build_features` returns it.
    features:
        Declarations of the columns. A column that nobody declares is refused: nobody can say when
        its values were known.

    Raises
    ------
    FutureSeen
        Some values are newer than predicted_at, or of unknown age; it names the columns.
    """
    late = _late_columns(frame, list(features))
    if not late:
        return
    late_anywhere = np.any(list(late.values()), axis=0)
    rows_by_column = {column: int(rows.sum()) for column, rows in late.items()}
    example = frame["flight_id"].iloc[int(np.argmax(late_anywhere))]
    raise FutureSeen(rows_by_column, example_flight_id=example)


def _late_columns(frame: pd.DataFrame, features: list[Feature]) -> dict[str, NDArray[np.bool_]]:
    """Rows of each column whose value is newer than predicted_at or of undeclared age."""
    declared = {feature.name: feature.known_at for feature in features}
    instants = {"known_at", *declared.values()} & {*frame.columns}
    newer = {name: (frame[name] > frame["predicted_at"]).to_numpy() for name in instants}
    late = dict(newer)
    for column in frame.columns.difference([*instants, *KEY_COLUMNS], sort=False):
        if declared.get(column) not in newer:
            late[str(column)] = np.ones(len(frame), dtype=bool)
        elif newer[declared[column]].any():
            late[str(column)] = newer[declared[column]] & frame[column].notna().to_numpy()
    return {column: rows for column, rows in late.items() if rows.any()}


def known_by(
    flights: pd.DataFrame, observations: pd.DataFrame, forecasts: pd.DataFrame, at: datetime
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Take back everything that was not known at an instant.

    The schedule stays. A cancellation is known from the scheduled departure, a departure when it
    happens, and a flight still waiting after 120 minutes is known to be at least that late. An
    arrival is known when it happens, an assigned aircraft from its aircraft_known_at.

    Parameters
    ----------
    flights:
        Canonical flights with outcomes.
    observations:
        Canonical weather observations.
    forecasts:
        Canonical weather forecasts.
    at:
        Zone-aware instant.

    Returns
    -------
    :
        The three frames as they stood at that instant.
    """
    scheduled = flights["scheduled_departure_at"]
    delay = flights["departure_delay_minutes"].astype(float)
    waited = (pd.Timestamp(at) - scheduled).dt.total_seconds() / 60
    settled = delay.clip(upper=LONGEST_SETTLED_DELAY_MINUTES).where(
        waited >= LONGEST_SETTLED_DELAY_MINUTES
    )
    known_flights = flights.assign(
        cancelled=flights["cancelled"] & (waited >= 0),
        departure_delay_minutes=delay.where(delay <= waited, settled),
    )
    return (
        _inbound_known_by(known_flights, at),
        observations[observations["known_at"] <= at],
        forecasts[forecasts["issued_at"] <= at],
    )


def _inbound_known_by(flights: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """Take back assignments and arrivals that were not known, where the frame tells any."""
    if "aircraft" in flights:
        is_known = flights["aircraft_known_at"] <= pd.Timestamp(at)
        flights = flights.assign(**{
            name: flights[name].where(is_known) for name in AIRCRAFT_COLUMNS
        })
    if ARRIVAL_COLUMN in flights:
        delay = flights[ARRIVAL_COLUMN].astype(float)
        arrived_at = flights["scheduled_arrival_at"] + pd.to_timedelta(delay, unit="min")
        flights = flights.assign(**{ARRIVAL_COLUMN: delay.where(arrived_at <= pd.Timestamp(at))})
    return flights


def check_truncation(
    flights: pd.DataFrame,
    observations: pd.DataFrame,
    forecasts: pd.DataFrame,
    *,
    horizon_hours: int,
    at: datetime,
    build: FeatureBuilder = build_features,
) -> None:
    """Refuse features that change when everything later than an instant is taken back.

    Finds what declarations cannot: a builder that looks ahead while saying that it does not.

    Parameters
    ----------
    flights:
        Canonical flights with outcomes, later ones included.
    observations:
        Canonical weather observations, later ones included.
    forecasts:
        Canonical weather forecasts, later ones included.
    horizon_hours:
        Horizon to describe.
    at:
        Zone-aware instant, on the hour; the flights predicted at it are described twice.
    build:
        The builder under suspicion.

    Raises
    ------
    FutureSeen
        Some columns differ by at least one bit; it names them.
    """
    departing_hour = pd.Timestamp(at) + pd.Timedelta(hours=horizon_hours)
    departs = flights["scheduled_departure_at"].dt.floor("h") == departing_hour
    targets = flights.loc[departs, "flight_id"].to_numpy()
    told = build(flights, observations, forecasts, horizon_hours=horizon_hours, targets=targets)
    truncated = known_by(flights, observations, forecasts, at)
    knew = build(*truncated, horizon_hours=horizon_hours, targets=targets)
    differs = {
        column: int((~_same(told[column], knew[column])).sum())
        for column in told.columns
        if not _same(told[column], knew[column]).all()
    }
    if differs:
        raise FutureSeen(differs, example_flight_id=targets[0])


def _same(left: pd.Series, right: pd.Series) -> NDArray[np.bool_]:
    return ((left == right) | (left.isna() & right.isna())).to_numpy(dtype=bool)


def check_plausible(*, horizon_hours: int, auc: float, pr_auc: float) -> None:
    """Refuse figures that no honest model of this problem reaches.

    Parameters
    ----------
    horizon_hours:
        Horizon of the model; below 24 h nothing is refused.
    auc:
        Area under the ROC curve for `DISRUPTED` on a later block.
    pr_auc:
        Average precision on the same block.

    Raises
    ------
    LeakSuspected
        A figure is above what was ever measured without a leak.
    """
    if horizon_hours < PLAUSIBLE_FROM_HORIZON_HOURS:
        return
    if auc > PLAUSIBLE_AUC:
        raise LeakSuspected("AUC", auc, PLAUSIBLE_AUC, horizon_hours)
    if pr_auc > PLAUSIBLE_PR_AUC:
        raise LeakSuspected("PR-AUC", pr_auc, PLAUSIBLE_PR_AUC, horizon_hours)
