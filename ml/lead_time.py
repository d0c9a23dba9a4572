"""How long before its departure a disrupted flight was first called probable."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from ml.plain import plain

SECONDS_PER_HOUR: Final = 3600


@dataclass(frozen=True)
class LeadTime:
    """Disrupted flights by how early a threshold was first reached."""

    threshold: float
    disrupted: int
    #: Disrupted flights that reached the threshold at any horizon.
    warned: int
    mean_hours: float
    median_hours: float
    #: Disrupted flights by the horizon at which they first reached it, longest first.
    first_warned_at: dict[int, int]

    @property
    def share_warned(self) -> float:
        """Share of the disrupted flights that were warned of at all."""
        return self.warned / self.disrupted if self.disrupted else float("nan")

    def as_dict(self) -> dict[str, object]:
        """Plain values that JSON can hold; hours that nobody had are None."""
        values: dict[str, object] = plain(self)
        return values


def lead_time(predictions: pd.DataFrame, *, threshold: float) -> LeadTime:
    """Measure how early disrupted flights first reached a threshold.

    Parameters
    ----------
    predictions:
        flight_id, horizon_hours, predicted_at, scheduled_departure_at, probability and outcome;
        one row per flight and horizon. A missing probability warned of nothing.
    threshold:
        Probability from which on a flight is warned of.

    Returns
    -------
    :
        Hours from the first prediction at or above the threshold to the scheduled departure.
    """
    came_true = predictions["outcome"].to_numpy(dtype=bool)
    is_warning = came_true & (predictions["probability"] >= threshold).to_numpy()
    warnings = predictions[is_warning].sort_values(["flight_id", "predicted_at"])
    first = warnings.drop_duplicates("flight_id")
    ahead = first["scheduled_departure_at"] - first["predicted_at"]
    hours = np.sort(ahead.dt.total_seconds().to_numpy(np.float64)) / SECONDS_PER_HOUR
    counts = first["horizon_hours"].value_counts().sort_index(ascending=False)
    return LeadTime(
        threshold=threshold,
        disrupted=int(predictions.loc[came_true, "flight_id"].nunique()),
        warned=len(first),
        mean_hours=float(hours.mean()) if len(hours) else float("nan"),
        median_hours=float(np.median(hours)) if len(hours) else float("nan"),
        first_warned_at={int(str(horizon)): int(count) for horizon, count in counts.items()},
    )
