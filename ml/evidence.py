"""What the gate judges by: both releases' words on days unseen, and attempts to catch a leak."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.causality import FeatureBuilder, check_known_at, check_truncation
from ml.errors import FutureSeen
from ml.estimate import HorizonModels, estimate
from ml.features import HISTORY_DAYS, build_features
from ml.gate import Proofs
from ml.gate_rules import Sample
from ml.release import Release
from ml.targets import DISRUPTED, is_mature, outcome_of

TRIED_AT: Final = (0.25, 0.5, 0.75)
"""Where in the judged flights the proofs are tried."""

_BACK: Final = pd.Timedelta(days=HISTORY_DAYS + 2)
_AHEAD: Final = pd.Timedelta(days=4)
_SEED: Final = 20130101


@dataclass(frozen=True)
class Frames:
    """Canonical flights with outcomes, observations and forecasts as known at an instant."""

    flights: pd.DataFrame
    observations: pd.DataFrame
    forecasts: pd.DataFrame

    def around(self, at: pd.Timestamp) -> "Frames":
        """Keep what the features of flights about an instant can reach."""
        scheduled = self.flights["scheduled_departure_at"]
        observed, valid = self.observations["observed_at"], self.forecasts["valid_at"]
        return Frames(
            self.flights[(scheduled >= at - _BACK) & (scheduled <= at + _AHEAD)],
            self.observations[(observed >= at - _BACK) & (observed <= at + _AHEAD)],
            self.forecasts[(valid >= at - _BACK) & (valid <= at + _AHEAD)],
        )

    def shuffled(self) -> "Frames":
        """Give the same rows in another order."""
        frames = (self.flights, self.observations, self.forecasts)
        return Frames(*[frame.sample(frac=1, random_state=_SEED) for frame in frames])

    def describe(
        self,
        horizon_hours: int,
        targets: NDArray[np.int64],
        build: FeatureBuilder = build_features,
    ) -> pd.DataFrame:
        """Build the feature rows of some flights."""
        return build(
            self.flights,
            self.observations,
            self.forecasts,
            horizon_hours=horizon_hours,
            targets=targets,
        )


def unseen_from(card: Mapping[str, Any]) -> date:
    """Tell the first local day that the models of a release had not learnt from.

    Parameters
    ----------
    card:
        The release's card. Models that stopped by held-back days were judged on the days after
        those; models without such days have learnt from all there were.

    Returns
    -------
    :
        The day.
    """
    days = card["days"]
    if "stop_from" in days:
        return date.fromisoformat(days["judge_from"])
    return date.fromisoformat(days["last_on"]) + timedelta(days=1)


def gather_samples(
    candidate: Release, champion: Release | None, frames: Frames, *, at: datetime
) -> list[Sample]:
    """Let both releases speak of the flights that the candidate had not seen.

    Parameters
    ----------
    candidate:
        The release at the gate.
    champion:
        The release that predicts; None if there is none, or it cannot be loaded.
    frames:
        What was known at the instant.
    at:
        Zone-aware instant; flights whose outcome was not settled then are left out.

    Returns
    -------
    :
        One sample for each horizon of the candidate.
    """
    flights = judged_flights(candidate, frames, at=at)
    targets = flights["flight_id"].to_numpy()
    samples = []
    for hours, models in sorted(candidate.model_set.by_horizon.items()):
        rows = frames.describe(hours, targets)
        theirs = champion.model_set.by_horizon.get(hours) if champion else None
        samples.append(
            Sample(
                horizon_hours=hours,
                candidate=_said(models, rows),
                champion=None if theirs is None else _said(theirs, rows),
                climatology=models.climatologies[DISRUPTED].probability(rows),
                outcomes=outcome_of(flights, DISRUPTED),
                service_dates=flights["service_date"],
                origins=flights["origin"],
                carriers=flights["carrier"],
                champion_unseen_from=unseen_from(champion.card) if champion else None,
            )
        )
    return samples


def judged_flights(candidate: Release, frames: Frames, *, at: datetime) -> pd.DataFrame:
    """List the settled flights of the days that the candidate had not seen, in neutral order."""
    flights = frames.flights
    days = pd.to_datetime(flights["service_date"])
    is_judged = is_mature(flights, at) & (days >= pd.Timestamp(unseen_from(candidate.card)))
    return flights[is_judged].sort_values("flight_id", ignore_index=True)


def try_proofs(
    candidate: Release,
    frames: Frames,
    *,
    at: datetime,
    build: FeatureBuilder = build_features,
) -> Proofs:
    """Try to catch the candidate looking ahead, or reading the order of rows.

    At several hours among the judged days everything later is taken back, and every frame is
    shuffled: neither may move one bit of the features or of what the candidate says.

    Parameters
    ----------
    candidate:
        The release at the gate.
    frames:
        What was known at the instant, later facts than those hours included.
    at:
        Zone-aware instant.
    build:
        The builder of features under suspicion.

    Returns
    -------
    :
        Why each proof failed, or that it held; with no flight to try it on, it did not.
    """
    departures = judged_flights(candidate, frames, at=at)["scheduled_departure_at"].sort_values()
    if departures.empty:
        return Proofs("no flight to try it on", "no flight to try it on")
    causality = shuffle = None
    for share in TRIED_AT:
        hour = departures.iloc[int(share * (len(departures) - 1))].floor("h")
        near = frames.around(hour)
        for hours in candidate.model_set.by_horizon:
            predicted_at = hour - pd.Timedelta(hours=hours)
            causality = causality or _looks_ahead(near, hours, predicted_at, build)
            shuffle = shuffle or _reads_order(candidate, near, hours, hour, build)
    return Proofs(causality, shuffle)


def _looks_ahead(frames: Frames, hours: int, at: pd.Timestamp, build: FeatureBuilder) -> str | None:
    scheduled = frames.flights["scheduled_departure_at"]
    leaving = (scheduled.dt.floor("h") == at + pd.Timedelta(hours=hours)).to_numpy()
    try:
        targets = frames.flights.loc[leaving, "flight_id"].to_numpy()
        check_known_at(frames.describe(hours, targets, build))
        check_truncation(
            frames.flights,
            frames.observations,
            frames.forecasts,
            horizon_hours=hours,
            at=at.to_pydatetime(),
            build=build,
        )
    except FutureSeen as seen:
        return str(seen)
    return None


def _reads_order(
    candidate: Release, frames: Frames, hours: int, hour: pd.Timestamp, build: FeatureBuilder
) -> str | None:
    flights = frames.flights
    leaving = (flights["scheduled_departure_at"].dt.floor("h") == hour).to_numpy()
    targets = flights.loc[leaving, "flight_id"].to_numpy()
    rows = frames.describe(hours, targets, build)
    again = frames.shuffled().describe(hours, targets[::-1], build)
    said, said_again = (estimate(candidate.model_set, each) for each in (rows, again))
    if _by_flight(rows).equals(_by_flight(again)) and _by_flight(said).equals(
        _by_flight(said_again)
    ):
        return None
    return f"another order of the same rows moves what is read or said at {hours} h"


def _by_flight(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.set_index("flight_id").sort_index()


def _said(models: HorizonModels, rows: pd.DataFrame) -> NDArray[np.float64]:
    return models.probabilities(rows)[DISRUPTED]
