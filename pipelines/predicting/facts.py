"""The facts that a span of predictions may look at, and those that a training may learn from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.orm import Session

    from pipelines.partitions import Window

HORIZONS_HOURS: Final = (2, 24)
"""How far ahead of the scheduled departure flights are predicted."""

OBSERVED_BACK: Final = timedelta(days=2)
FORECAST_AROUND: Final = timedelta(hours=24)
"""Until after the last flight predicted has arrived."""

REST_OF_LOCAL_DAY: Final = timedelta(hours=36)
SIMULATED: Final = "simulated"
WORDS: Final = ("carrier", "origin", "destination")


@dataclass(frozen=True)
class Facts:
    """Canonical frames as they stood at one instant."""

    flights: pd.DataFrame
    observations: pd.DataFrame
    forecasts: pd.DataFrame


def facts_for_predicting(session: Session, window: Window) -> Facts:
    """Read what was known at the window's end, as far back and ahead as its features reach.

    Parameters
    ----------
    session:
        Open transaction.
    window:
        Hours to predict in.

    Returns
    -------
    :
        Flights of airports with weather only: elsewhere nothing can be predicted. The weather of
        all airports, for some are destinations.
    """
    from ml.features import HISTORY_DAYS
    from warehouse.queries.facts import flights_frame, forecasts_frame, observations_frame

    ahead = window.end + timedelta(hours=max(HORIZONS_HOURS))
    observations = observations_frame(
        session, start=window.start - OBSERVED_BACK, end=window.end, known_by=window.end
    )
    flights = flights_frame(
        session,
        start=window.start - timedelta(days=HISTORY_DAYS),
        end=ahead + REST_OF_LOCAL_DAY,
        known_by=window.end,
    )
    forecasts = forecasts_frame(
        session, start=window.start, end=ahead + FORECAST_AROUND, issued_by=window.end
    )
    flights = _with_categories(_at_airports(flights, observations))
    return Facts(flights, observations, _of_one_source(forecasts, flights))


def facts_for_training(session: Session, *, since: datetime, trained_until: datetime) -> Facts:
    """Read everything that was known at an instant, and the schedule of the days around it.

    Parameters
    ----------
    session:
        Open transaction.
    since:
        First instant of the history.
    trained_until:
        Nothing that became known later is read.

    Returns
    -------
    :
        Flights of airports with weather only.
    """
    from warehouse.queries.facts import flights_frame, forecasts_frame, observations_frame

    ahead = trained_until + REST_OF_LOCAL_DAY
    observations = observations_frame(
        session, start=since, end=trained_until, known_by=trained_until
    )
    flights = flights_frame(session, start=since, end=ahead, known_by=trained_until)
    forecasts = forecasts_frame(session, start=since, end=ahead, issued_by=trained_until)
    flights = _at_airports(flights, observations)
    return Facts(flights, observations, _of_one_source(forecasts, flights))


def _at_airports(flights: pd.DataFrame, observations: pd.DataFrame) -> pd.DataFrame:
    """Keep the flights whose origin has weather."""
    is_observed = flights["origin"].isin(observations["airport"].unique())
    return flights[is_observed].reset_index(drop=True)


def _with_categories(flights: pd.DataFrame) -> pd.DataFrame:
    """Hold words as categories, which halves the time a few flights of a month take."""
    return flights.assign(**{name: flights[name].astype("category") for name in WORDS})


def _of_one_source(forecasts: pd.DataFrame, flights: pd.DataFrame) -> pd.DataFrame:
    """Keep one source for all origins, since they do not mix: a real one before a simulated one."""
    # Any other airport keeps the best source of its own: one that tells of destinations alone must
    # not take the place of the one that tells of origins.
    sources = sorted(
        forecasts["source"].unique(), key=lambda name: (name.startswith(SIMULATED), name)
    )
    rank = forecasts["source"].map({source: place for place, source in enumerate(sources)})
    is_origin = forecasts["airport"].isin(flights["origin"].unique())
    subject = forecasts["airport"].mask(is_origin, "the origins")
    return forecasts[rank == rank.groupby(subject).transform("min")]
