"""Claims: what the champion says of each described flight, and what that goes with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from pipelines.predicting.champion import Champion, load_champion
from pipelines.predicting.feature_rows import typed_rows
from warehouse.queries.policies import get_policy
from warehouse.queries.predictions import feature_rows_frame
from warehouse.rules.severity import alert_threshold
from warehouse.vocabulary import SYSTEM, ReleaseId

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.orm import Session

    from pipelines.partitions import Window

BASIS_MODEL: Final = "model"
BASIS_CLIMATOLOGY: Final = "climatology"


@dataclass(frozen=True)
class PredictionRun:
    """What scoring a window came to."""

    claims: pd.DataFrame
    release_id: ReleaseId
    threshold: float
    written: int
    refusal: str | None
    """Why nothing was kept."""


def store_claims(session: Session, window: Window) -> PredictionRun:
    """Let the champion score a window's feature rows and keep what it says.

    Parameters
    ----------
    session:
        Open transaction.
    window:
        Hours whose feature rows are scored.

    Returns
    -------
    :
        The claims, and why they were refused if they were.
    """
    from warehouse.operations.predictions import store_predictions

    champion = load_champion(session)
    release_id = champion.stored.release_id
    threshold = alert_threshold(get_policy(session, at=window.end).stakes)
    rows = feature_rows_frame(session, after=window.start, until=window.end)
    if rows.empty:
        return PredictionRun(rows, release_id, threshold, 0, None)
    rows = typed_rows(rows)
    claims = make_claims(champion, rows, threshold=threshold)
    refusal = refusal_of(claims)
    if refusal:
        return PredictionRun(claims, release_id, threshold, 0, refusal)
    stored = store_predictions(session, SYSTEM, claims, release_id=release_id, at=window.end)
    return PredictionRun(claims, release_id, threshold, stored.written, None)


def make_claims(champion: Champion, rows: pd.DataFrame, *, threshold: float) -> pd.DataFrame:
    """Score feature rows, and explain those that are worth an alert.

    Parameters
    ----------
    champion:
        The release in force.
    rows:
        Feature rows with the types they were described in.
    threshold:
        Probability from which on a claim may raise an alert, and so is explained.

    Returns
    -------
    :
        The columns of `store_predictions`, in the order of `rows`.
    """
    from ml.estimate import BASIS_MODEL as ML_BASIS_MODEL
    from ml.estimate import estimate
    from ml.feature import DESTINATION_FORECASTS, FORECASTS

    estimates = estimate(champion.release.model_set, rows)
    is_model = estimates["basis"] == ML_BASIS_MODEL
    reads_forecasts = estimates["horizon_hours"].map({
        hours: any(
            feature.source in {FORECASTS, DESTINATION_FORECASTS}
            for feature in champion.release.model_set.at(int(hours)).features
        )
        for hours in estimates["horizon_hours"].unique()
    })
    return (
        estimates
        .drop(columns="known_at")
        .rename(columns={"late_60_probability": "probability_60min"})
        .assign(
            basis=is_model.map({True: BASIS_MODEL, False: BASIS_CLIMATOLOGY}),
            is_forecast_simulated=is_model & reads_forecasts & champion.has_simulated_forecasts,
            drivers=_drivers(champion, rows, estimates["probability"] >= threshold),
            controls=_controls(champion, rows),
        )
    )


def refusal_of(claims: pd.DataFrame) -> str | None:
    """Say why claims may not be kept: a probability out of range, or a flight claimed twice."""
    probabilities = claims[["probability", "probability_60min"]]
    outside = ~((probabilities >= 0) & (probabilities <= 1)).all(axis=1)
    if outside.any():
        return f"{int(outside.sum())} probabilities lie outside 0 to 1 or are missing."
    repeated = claims.duplicated(["flight_id", "horizon_hours"])
    if repeated.any():
        return f"{int(repeated.sum())} flights have two claims at one horizon."
    return None


def _drivers(champion: Champion, rows: pd.DataFrame, worth_telling: pd.Series) -> pd.Series:
    import pandas as pd

    from ml.explain import explain

    told: list[list[dict[str, Any]]] = [[] for _ in range(len(rows))]
    places = worth_telling.to_numpy().nonzero()[0]
    drivers_of_each = explain(champion.release.model_set, rows.iloc[places])
    for place, drivers in zip(places, drivers_of_each, strict=True):
        told[place] = [asdict(driver) for driver in drivers]
    return pd.Series(told, index=rows.index, dtype=object)


def _controls(champion: Champion, rows: pd.DataFrame) -> pd.Series:
    """Put beside every claim what the two controls would have said."""
    import pandas as pd

    from ml.model import disruption_probability

    told: list[dict[str, float]] = [{} for _ in range(len(rows))]
    for hours, places in rows.groupby("horizon_hours").indices.items():
        controls = champion.release.model_set.at(int(str(hours))).controls
        for kind, control in controls.items():
            said = disruption_probability(control, rows.iloc[places])
            for place, probability in zip(places, said, strict=True):
                told[place][kind] = round(float(probability), 6)
    return pd.Series(told, index=rows.index, dtype=object)
