"""Feature rows: which flights are described in a window, and the proof that none saw the future."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from pipelines.predicting.facts import HORIZONS_HOURS, Facts, facts_for_predicting
from pipelines.predicting.pieces import store_in_pieces
from warehouse.vocabulary import SYSTEM

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.orm import Session

    from pipelines.partitions import Window

HOUR = timedelta(hours=1)


class Describe(Protocol):
    """Anything called like `describe_departures`."""

    def __call__(self, facts: Facts, window: Window) -> pd.DataFrame:
        """Describe the flights that are predicted in a window."""


@dataclass(frozen=True)
class FeatureRun:
    """What describing a window came to."""

    rows: pd.DataFrame
    written: int
    refusal: str | None
    """Why nothing was kept: a value that was not yet known."""


def describe_departures(facts: Facts, window: Window) -> pd.DataFrame:
    """Describe every flight that is predicted in a window, at each horizon.

    The hour [H, H+1) predicts at H+1: flights that leave from H+1+h until before H+2+h, for each
    horizon h. A range of hours gives the same rows as hour by hour, for nothing known after a
    row's own predicted_at moves it.

    Parameters
    ----------
    facts:
        What was known at the window's end.
    window:
        One hour, or several.

    Returns
    -------
    :
        Rows of `ml.features.build_features`, one per flight and horizon.
    """
    import pandas as pd

    from ml.features import build_features

    parts = []
    for hours in HORIZONS_HOURS:
        departs = facts.flights["scheduled_departure_at"]
        first = window.start + HOUR + timedelta(hours=hours)
        last = window.end + HOUR + timedelta(hours=hours)
        targets = facts.flights.loc[(departs >= first) & (departs < last), "flight_id"]
        if len(targets):
            parts.append(
                build_features(
                    facts.flights,
                    facts.observations,
                    facts.forecasts,
                    horizon_hours=hours,
                    targets=targets.to_numpy(),
                )
            )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def store_features(
    session: Session, window: Window, *, describe: Describe = describe_departures
) -> FeatureRun:
    """Describe a window's flights and keep the rows, unless one of them saw the future.

    Parameters
    ----------
    session:
        Open transaction.
    window:
        Hours to predict in, one or a year of them; if one row is refused, none is kept.
    describe:
        What describes them; another one only in tests that plant a leak.

    Returns
    -------
    :
        The rows, and why they were refused if they were.
    """
    import pandas as pd

    runs = store_in_pieces(
        session,
        window,
        lambda piece: _store_piece(session, piece, describe),
        cuts=_late_hours(session, window),
    )
    if runs[-1].refusal:
        return runs[-1]
    described = [run.rows for run in runs if len(run.rows)]
    rows = pd.concat(described, ignore_index=True) if described else pd.DataFrame()
    return FeatureRun(rows, sum(run.written for run in runs), None)


def _late_hours(session: Session, window: Window) -> list[datetime]:
    """Say where a window must be cut, so that a late report is not known before it came."""
    from warehouse.queries.facts import list_late_hours

    # Flights say what became of them, not since when that is known. Several hours together take it
    # that reports come in time; an hour by itself reads what was known at its end.
    if window.end - window.start <= HOUR:
        return []
    return list_late_hours(session, start=window.start, end=window.end)


def _store_piece(session: Session, window: Window, describe: Describe) -> FeatureRun:
    from ml.causality import check_known_at
    from ml.errors import FutureSeen
    from ml.features import OPTIONAL_COLUMNS
    from warehouse.operations.predictions import store_feature_rows

    rows = describe(facts_for_predicting(session, window), window)
    if rows.empty:
        return FeatureRun(rows, 0, None)
    try:
        check_known_at(rows)
    except FutureSeen as leak:
        return FeatureRun(rows, 0, str(leak))
    stored = store_feature_rows(session, SYSTEM, rows, at=window.end, optional=[*OPTIONAL_COLUMNS])
    return FeatureRun(rows, stored.written, None)


def typed_rows(stored: pd.DataFrame) -> pd.DataFrame:
    """Give rows that were read back the types of those that were stored, to the bit."""
    import numpy as np
    import pandas as pd

    from ml.features import FEATURES, OPTIONAL_COLUMNS

    absent = [
        pd.Series(index=stored.index, dtype=dtype, name=name)
        for name, dtype in OPTIONAL_COLUMNS.items()
        if name not in stored
    ]
    types = {f.name: str if f.is_category else np.float32 for f in FEATURES if f.name in stored}
    return pd.concat([stored.astype(types), *absent], axis="columns")
