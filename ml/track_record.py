"""What a release has shown since it predicts: its skill over the days that are settled."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ml.event_days import count_event_days


@dataclass(frozen=True)
class TrackRecord:
    """A release's settled claims at one horizon, in three numbers."""

    horizon_hours: int
    days: int
    #: Days on which an airport lost a good part of its departures: the unit of evidence.
    event_days: int
    #: Skill over climatology; not a number where climatology was not kept.
    bss: float


def track_records(claims: pd.DataFrame) -> tuple[TrackRecord, ...]:
    """Sum up what one release said by what happened.

    Parameters
    ----------
    claims:
        Settled claims of one release: horizon_hours, probability, climatology, outcome, origin and
        service_date.

    Returns
    -------
    :
        One per horizon; none where nothing is settled.
    """
    return tuple(_record(int(str(hours)), said) for hours, said in claims.groupby("horizon_hours"))


def _record(horizon_hours: int, said: pd.DataFrame) -> TrackRecord:
    happened = said["outcome"].to_numpy(np.float64)
    brier, usual = (
        float(np.mean((said[name].to_numpy(np.float64, na_value=np.nan) - happened) ** 2))
        for name in ("probability", "climatology")
    )
    return TrackRecord(
        horizon_hours=horizon_hours,
        days=said["service_date"].nunique(),
        event_days=count_event_days(said["service_date"], said["origin"], said["outcome"]),
        bss=1 - brier / usual if usual > 0 else float("nan"),
    )
