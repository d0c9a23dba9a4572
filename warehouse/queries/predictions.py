"""Which release predicts, what it said of the flights, and how that turned out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from warehouse.errors import NotFound
from warehouse.schema.predictions import (
    Champion,
    DisruptionPrediction,
    FeatureRow,
    ModelRelease,
)
from warehouse.vocabulary import FlightId, ReleaseId

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class ChampionRelease:
    """The release that predicts, without its bytes."""

    release_id: ReleaseId
    sha256: str
    published_at: datetime
    trained_from: datetime
    trained_until: datetime
    since_at: datetime
    card: dict[str, Any]
    metrics: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """One stored claim about one flight."""

    prediction_id: int
    flight_id: FlightId
    horizon_hours: int
    predicted_at: datetime
    probability: float
    probability_60min: float
    basis: str
    is_forecast_simulated: bool
    release_id: ReleaseId
    drivers: list[dict[str, Any]]
    controls: dict[str, Any]


def find_champion(session: Session) -> ChampionRelease | None:
    """Find the release in force; its bytes come from `get_release_content`.

    Parameters
    ----------
    session:
        Open transaction of any role: the dashboard may read all but the bytes.

    Returns
    -------
    :
        None before the first training.
    """
    statement = (
        select(
            ModelRelease.release_id,
            ModelRelease.sha256,
            ModelRelease.published_at,
            ModelRelease.trained_from,
            ModelRelease.trained_until,
            Champion.since_at,
            ModelRelease.card,
            ModelRelease.metrics,
        )
        .join(Champion, Champion.release_id == ModelRelease.release_id)
        .where(Champion.ended_at.is_(None))
    )
    row = session.execute(statement).one_or_none()
    return None if row is None else ChampionRelease(**row._mapping)


def get_release_content(session: Session, release_id: ReleaseId) -> bytes:
    """Read a release's bytes, whose SHA-256 Postgres has checked when they were stored.

    Parameters
    ----------
    session:
        Open transaction of the pipeline: the dashboard may not read models.
    release_id:
        The release.

    Returns
    -------
    :
        What was published.

    Raises
    ------
    NotFound
        No release has this id.
    """
    content = session.scalar(
        select(ModelRelease.content).where(ModelRelease.release_id == release_id)
    )
    if content is None:
        raise NotFound("model release", release_id)
    return content


def feature_rows_frame(session: Session, *, after: datetime, until: datetime) -> "pd.DataFrame":
    """Read stored feature rows back as the frame they were stored from.

    Parameters
    ----------
    session:
        Open transaction.
    after:
        Exclusive lower bound of predicted_at.
    until:
        Inclusive upper bound of predicted_at: rows of the hour [H, H+1) are predicted at H+1.

    Returns
    -------
    :
        flight_id, horizon_hours, predicted_at, known_at and a column per feature, ordered by
        predicted_at, horizon and flight. Instants are UTC; a feature stored as null is missing.
    """
    statement = (
        select(
            FeatureRow.flight_id,
            FeatureRow.horizon_hours,
            FeatureRow.predicted_at,
            FeatureRow.known_at,
            FeatureRow.features,
        )
        .where(FeatureRow.predicted_at > after, FeatureRow.predicted_at <= until)
        .order_by(FeatureRow.predicted_at, FeatureRow.horizon_hours, FeatureRow.flight_id)
    )
    return _unfolded(session.execute(statement).all())


def _unfolded(rows: Sequence[Any]) -> "pd.DataFrame":
    import pandas as pd  # here, so that sensors and pages load without it

    names = ["flight_id", "horizon_hours", "predicted_at", "known_at"]
    keys = pd.DataFrame([row[:4] for row in rows], columns=names)
    frame = keys.join(pd.DataFrame([row.features for row in rows]))
    instants = [name for name in frame if str(name).endswith("_at")]
    return frame.assign(**{str(name): pd.to_datetime(frame[name], utc=True) for name in instants})


def list_predictions(
    session: Session, *, after: datetime, until: datetime, longest_horizon_hours: int = 72
) -> list[PredictionRow]:
    """List what was predicted in a span of time, by instant, horizon and flight.

    Parameters
    ----------
    session:
        Open transaction.
    after:
        Exclusive lower bound of predicted_at.
    until:
        Inclusive upper bound of predicted_at.
    longest_horizon_hours:
        Leave out what looks further ahead than this.

    Returns
    -------
    :
        At most one per flight and horizon.
    """
    statement = (
        _predictions()
        .where(DisruptionPrediction.predicted_at > after)
        .where(DisruptionPrediction.predicted_at <= until)
        .where(DisruptionPrediction.horizon_hours <= longest_horizon_hours)
        .order_by(
            DisruptionPrediction.predicted_at,
            DisruptionPrediction.horizon_hours,
            DisruptionPrediction.flight_id,
        )
    )
    return [PredictionRow(**row._mapping) for row in session.execute(statement)]


def list_latest_predictions(
    session: Session, flight_ids: Sequence[FlightId]
) -> dict[FlightId, PredictionRow]:
    """Give the newest claim about each flight; flights nobody predicted are left out.

    Parameters
    ----------
    session:
        Open transaction.
    flight_ids:
        The flights asked about.

    Returns
    -------
    :
        By flight.
    """
    statement = (
        _predictions()
        .where(DisruptionPrediction.flight_id.in_(flight_ids))
        .ext(distinct_on(DisruptionPrediction.flight_id))
        .order_by(DisruptionPrediction.flight_id, DisruptionPrediction.predicted_at.desc())
    )
    rows = [PredictionRow(**row._mapping) for row in session.execute(statement)]
    return {row.flight_id: row for row in rows}


def _predictions() -> Select[Any]:
    return select(
        DisruptionPrediction.prediction_id,
        DisruptionPrediction.flight_id,
        DisruptionPrediction.horizon_hours,
        DisruptionPrediction.predicted_at,
        DisruptionPrediction.probability,
        DisruptionPrediction.probability_60min,
        DisruptionPrediction.basis,
        DisruptionPrediction.is_forecast_simulated,
        DisruptionPrediction.release_id,
        DisruptionPrediction.drivers,
        DisruptionPrediction.controls,
    )
