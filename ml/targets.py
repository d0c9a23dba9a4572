"""What the models are asked: whether a flight was disrupted, and when that is settled."""

from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.instants import NEVER, minutes_of

DISRUPTED: Final = "disrupted"
LATE_60: Final = "late_60"

THRESHOLD_MINUTES: Final = {DISRUPTED: 120, LATE_60: 60}
"""A flight counts when cancelled or leaving at least this late; a diversion does not count."""

LABEL_MATURES_AFTER: Final = timedelta(hours=3)


def outcome_of(flights: pd.DataFrame, target: str) -> NDArray[np.bool_]:
    """Say for each flight whether the target came true; meaningless before it is settled.

    Parameters
    ----------
    flights:
        Canonical flights with outcomes.
    target:
        `DISRUPTED` (cancelled or at least 120 min late) or `LATE_60` (cancelled or 60 min late).

    Returns
    -------
    :
        Shape (n_flights,), in the order of `flights`.
    """
    cancelled = flights["cancelled"].to_numpy(dtype=bool, na_value=False)
    delay = flights["departure_delay_minutes"].to_numpy(np.float64, na_value=np.nan)
    return np.asarray(cancelled | (delay >= THRESHOLD_MINUTES[target]), dtype=np.bool_)


def is_mature(flights: pd.DataFrame, trained_until: datetime) -> NDArray[np.bool_]:
    """Say which flights' outcomes may be learnt from at an instant.

    Parameters
    ----------
    flights:
        Canonical flights with outcomes.
    trained_until:
        Zone-aware instant of training.

    Returns
    -------
    :
        True where the flight was scheduled at least three hours before and has an outcome.
    """
    scheduled = minutes_of(flights["scheduled_departure_at"])
    latest = int((trained_until - LABEL_MATURES_AFTER).timestamp()) // 60
    cancelled = flights["cancelled"].to_numpy(dtype=bool, na_value=False)
    reported = cancelled | flights["departure_delay_minutes"].notna().to_numpy()
    return np.asarray((scheduled != NEVER) & (scheduled <= latest) & reported, dtype=np.bool_)
