"""Event days: the storms that show what a model is worth, counted alike wherever they are asked."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

EVENT_SHARE: Final = 0.15
"""An airport's day is an event when this share of its departures is disrupted."""

LEAST_DEPARTURES: Final = 20
"""Of fewer departures a share says little."""


def count_event_days(service_dates: ArrayLike, origins: pd.Series, outcomes: ArrayLike) -> int:
    """Count the days on which some airport had an event.

    Parameters
    ----------
    service_dates:
        Local departure date of each flight.
    origins:
        Where each departs.
    outcomes:
        Whether each was disrupted.

    Returns
    -------
    :
        The number of days.
    """
    flights = pd.DataFrame({
        "day": pd.to_datetime(np.asarray(service_dates)),
        "origin": origins.astype(str).to_numpy(),
        "outcome": np.asarray(outcomes, dtype=np.bool_),
    })
    shares = flights.groupby(["day", "origin"])["outcome"].agg(["mean", "size"])
    is_event = (shares["mean"] >= EVENT_SHARE) & (shares["size"] >= LEAST_DEPARTURES)
    return int(is_event.groupby("day").any().sum())
