"""The models of a release, and the probabilities they give for each horizon."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.baseline import Baseline
from ml.blend import Blend
from ml.controls import Climatology, LogisticControl
from ml.errors import HorizonUnknown
from ml.feature import FORECASTS, Feature
from ml.features import features_at
from ml.late_link import LateLink
from ml.model import DisruptionModel, Probabilities, disruption_probability
from ml.targets import DISRUPTED, LATE_60

FORECAST_NEEDED_FROM_HORIZON_HOURS: Final = 24
"""From here on a model without a fresh forecast has no skill, and climatology speaks instead."""

BASIS_MODEL: Final = "model"
BASIS_NO_FORECAST: Final = "climatology: no fresh forecast"


@dataclass(frozen=True)
class HorizonModels:
    """What speaks at one horizon: a champion and a climatology per target, and what is usual."""

    horizon_hours: int
    #: None where no forecast was there to learn from.
    champion: Blend | None
    late_link: LateLink | None
    #: By target.
    climatologies: dict[str, Climatology]
    #: The second control, as it was judged; None where there is no champion.
    logistic: LogisticControl | None
    baseline: Baseline

    @property
    def features(self) -> tuple[Feature, ...]:
        """What is read at the horizon: no optional group that no feed gave to learn from."""
        read = self.champion.encoding.columns if self.champion else ()
        return tuple(
            feature
            for feature in features_at(self.horizon_hours)
            if not feature.is_optional or feature.name in read
        )

    @property
    def champions(self) -> dict[str, DisruptionModel]:
        """Models that beat climatology, by target; empty without a champion."""
        if self.champion is None or self.late_link is None:
            return {}
        return {DISRUPTED: self.champion, LATE_60: self.late_link}

    @property
    def controls(self) -> dict[str, DisruptionModel]:
        """What stands beside every claim that a flight is disrupted, by kind."""
        climatology = self.climatologies[DISRUPTED]
        controls: dict[str, DisruptionModel] = {climatology.kind: climatology}
        return controls | ({self.logistic.kind: self.logistic} if self.logistic else {})

    def has_basis(self, rows: pd.DataFrame) -> NDArray[np.bool_]:
        """Say for which rows the champion may speak."""
        if self.champion is None:
            return np.zeros(len(rows), dtype=np.bool_)
        if self.horizon_hours < FORECAST_NEEDED_FROM_HORIZON_HOURS:
            return np.ones(len(rows), dtype=np.bool_)
        forecast = [
            feature.name
            for feature in features_at(self.horizon_hours)
            if feature.source == FORECASTS
        ]
        return np.asarray(rows[forecast].notna().any(axis=1), dtype=np.bool_)

    def probabilities(self, rows: pd.DataFrame) -> dict[str, Probabilities]:
        """Estimate every target, by its name; climatology where the champion has no basis."""
        told = {
            target: disruption_probability(usual, rows)
            for target, usual in self.climatologies.items()
        }
        has_basis = self.has_basis(rows)
        if self.champion is None or self.late_link is None or not has_basis.any():
            return told
        spoken = rows[has_basis]
        disrupted = disruption_probability(self.champion, spoken)
        told[DISRUPTED][has_basis] = disrupted
        told[LATE_60][has_basis] = self.late_link.linked(disrupted, spoken)
        return told


@dataclass(frozen=True)
class ModelSet:
    """The models of a release by horizon."""

    by_horizon: dict[int, HorizonModels] = field(default_factory=dict)

    def at(self, horizon_hours: int) -> HorizonModels:
        """Get the models of a horizon.

        Returns
        -------
        :
            What speaks at that horizon.

        Raises
        ------
        HorizonUnknown
            The release was not trained for it.
        """
        if horizon_hours not in self.by_horizon:
            raise HorizonUnknown(horizon_hours, sorted(self.by_horizon))
        return self.by_horizon[horizon_hours]


def estimate(model_set: ModelSet, rows: pd.DataFrame) -> pd.DataFrame:
    """Estimate for each flight the chance that it is disrupted, and that it leaves an hour late.

    Parameters
    ----------
    model_set:
        The models of a release.
    rows:
        Feature frame of `build_features`; horizons may be mixed.

    Returns
    -------
    :
        One row per row, same order and index: flight_id, horizon_hours, predicted_at, known_at,
        probability (cancelled or at least 120 min late), late_60_probability (cancelled or at
        least 60 min late, never the smaller), basis (`BASIS_MODEL` or why it is climatology).
    """
    estimates = rows[["flight_id", "horizon_hours", "predicted_at", "known_at"]].copy()
    horizons = rows["horizon_hours"].to_numpy()
    columns = {name: np.full(len(rows), np.nan) for name in ("probability", "late_60_probability")}
    basis = np.full(len(rows), BASIS_MODEL, dtype=object)
    for horizon in np.unique(horizons):
        models, here = model_set.at(int(horizon)), horizons == horizon
        told = models.probabilities(rows[here])
        columns["probability"][here] = told[DISRUPTED]
        columns["late_60_probability"][here] = told[LATE_60]
        basis[here] = np.where(models.has_basis(rows[here]), BASIS_MODEL, BASIS_NO_FORECAST)
    late_60 = np.maximum(columns["probability"], columns["late_60_probability"])
    return estimates.assign(
        probability=columns["probability"], late_60_probability=late_60, basis=basis
    )
