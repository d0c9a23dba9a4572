"""Claims: what the champion says of each described flight, and what that goes with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from pipelines.predicting.champion import Champion, NoChampion, load_champion
from pipelines.predicting.feature_rows import typed_rows
from pipelines.predicting.pieces import store_in_pieces
from warehouse.queries.policies import get_policy
from warehouse.queries.predictions import feature_rows_frame
from warehouse.queries.releases import ReignRow, list_reigns, reign_at
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

    #: What was said, without the controls.
    claims: pd.DataFrame
    #: Which releases spoke, the earliest first.
    release_ids: tuple[ReleaseId, ...]
    threshold: float
    written: int
    #: Rows described at instants when no release predicted.
    unclaimed: int
    refusal: str | None
    """Why nothing was kept."""


def store_claims(session: Session, window: Window) -> PredictionRun:
    """Let whichever release was the champion score each feature row of a window, and keep it.

    So a backfill says what was said then, or would have been: never what a release says that came
    later. Where no release predicted, rows stay without a claim and are counted.

    Parameters
    ----------
    session:
        Open transaction.
    window:
        Hours whose feature rows are scored, one or a year of them.

    Returns
    -------
    :
        The claims, and why they were refused if they were: then none of the window is kept.

    Raises
    ------
    NoChampion
        Nothing was trained yet.
    """
    reigns = list_reigns(session)
    if not any(reign.ended_at is None for reign in reigns):
        raise NoChampion
    threshold = alert_threshold(get_policy(session, at=window.end).stakes)
    runs = store_in_pieces(
        session, window, lambda piece: _store_piece(session, piece, reigns, threshold)
    )
    run = reduce(_together, runs)
    return replace(run, written=0) if run.refusal else run


def _store_piece(
    session: Session, window: Window, reigns: list[ReignRow], threshold: float
) -> PredictionRun:
    rows = feature_rows_frame(session, after=window.start, until=window.end)
    speaker = speakers(rows["predicted_at"], reigns)
    run = PredictionRun(_no_claims(), (), threshold, 0, int(speaker.isna().sum()), None)
    for release_id in speaker.dropna().unique():
        champion = load_champion(session, ReleaseId(int(release_id)))
        spoken = _store_spoken(session, window, champion, rows[speaker == release_id], threshold)
        run = _together(run, spoken)
    return run


def _store_spoken(
    session: Session, window: Window, champion: Champion, rows: pd.DataFrame, threshold: float
) -> PredictionRun:
    from warehouse.operations.predictions import store_predictions

    release_id = champion.stored.release_id
    claims = make_claims(champion, typed_rows(rows), threshold=threshold)
    written, refusal = 0, refusal_of(claims)
    if refusal is None:
        stored = store_predictions(session, SYSTEM, claims, release_id=release_id, at=window.end)
        written = stored.written
    said = claims.drop(columns="controls")
    return PredictionRun(said, (release_id,), threshold, written, 0, refusal)


def _together(one: PredictionRun, other: PredictionRun) -> PredictionRun:
    import pandas as pd

    said = [run.claims for run in (one, other) if len(run.claims)]
    return PredictionRun(
        claims=pd.concat(said, ignore_index=True) if said else _no_claims(),
        release_ids=tuple(dict.fromkeys(one.release_ids + other.release_ids)),
        threshold=one.threshold,
        written=one.written + other.written,
        unclaimed=one.unclaimed + other.unclaimed,
        refusal=one.refusal or other.refusal,
    )


def _no_claims() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame()


def speakers(predicted_at: pd.Series, reigns: Sequence[ReignRow]) -> pd.Series:
    """Name the release that was the champion at each instant, missing where none was."""
    found = {at: reign_at(reigns, at.to_pydatetime()) for at in predicted_at.unique()}
    named = {at: reign.release_id for at, reign in found.items() if reign is not None}
    return predicted_at.map(named)


def make_claims(champion: Champion, rows: pd.DataFrame, *, threshold: float) -> pd.DataFrame:
    """Score feature rows, and explain those that are worth an alert.

    Parameters
    ----------
    champion:
        The release that speaks.
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
        told[place] = [driver._asdict() for driver in drivers]
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
