"""What the gate judges by: both releases' words on days unseen, and attempts to catch a leak."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
from ml.judgement import USUAL, spoken
from ml.release import Release
from ml.targets import DISRUPTED, is_mature, outcome_of

Rival = Mapping[int, pd.Series]
"""What another recipe says, by horizon, then by flight_id."""

SAME_DAYS: Final = "the champion's recipe, learnt from the same days"
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
        The release's card. Models that learnt again from every day have seen all there were; those
        of the first releases, which held days back to stop by, had not seen the days judged.

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
    candidate: Release,
    champion: Release | None,
    frames: Frames,
    *,
    at: datetime,
    rival: Rival | None = None,
) -> list[Sample]:
    """Let both releases speak of the flights that the candidate had not seen.

    Parameters
    ----------
    candidate:
        The release at the gate. Right after training its trial speaks for it, which had not seen
        the judged days; later it speaks itself, of the days since it was trained.
    champion:
        The release that predicts; None if there is none, or it cannot be loaded.
    frames:
        What was known at the instant.
    at:
        Zone-aware instant; flights whose outcome was not settled then are left out.
    rival:
        What the champion's recipe says of the judged flights when it learns from the same earlier
        days as the trial; it then stands for the champion, who has seen those days.

    Returns
    -------
    :
        One sample for each horizon of the candidate.
    """
    flights = frames.flights.set_index("flight_id")
    samples = []
    for hours in sorted(candidate.model_set.by_horizon):
        judged = _judged_at(candidate, hours, frames, at)
        theirs = champion.model_set.by_horizon.get(hours) if champion else None
        judged_by = flights.loc[judged["flight_id"]]
        sample = Sample(
            horizon_hours=hours,
            candidate=judged["said"].to_numpy(np.float64),
            champion=None,
            climatology=judged["usual"].to_numpy(np.float64),
            outcomes=outcome_of(judged_by, DISRUPTED),
            service_dates=judged_by["service_date"],
            origins=judged_by["origin"],
            carriers=judged_by["carrier"],
        )
        if rival and hours in rival:
            told = rival[hours].loc[judged["flight_id"]].to_numpy(np.float64)
            sample = replace(sample, champion=told, beside=SAME_DAYS)
        elif champion and theirs:
            rows = frames.describe(hours, judged["flight_id"].to_numpy())
            unseen = unseen_from(champion.card)
            sample = replace(sample, champion=_said(theirs, rows), champion_unseen_from=unseen)
        samples.append(sample)
    return samples


def _judged_at(candidate: Release, hours: int, frames: Frames, at: datetime) -> pd.DataFrame:
    """List the flights a horizon is judged on, with what is said of each and what is usual."""
    if candidate.judged is not None:
        judged = candidate.judged[candidate.judged["horizon_hours"] == hours]
        told = {"said": spoken(judged), "usual": judged[USUAL]}
        return judged[["flight_id"]].assign(**told).sort_values("flight_id", ignore_index=True)
    models = candidate.model_set.by_horizon[hours]
    targets = unseen_flights(candidate, frames, at=at)["flight_id"]
    rows = frames.describe(hours, targets.to_numpy())
    usual = models.climatologies[DISRUPTED].probability(rows)
    return pd.DataFrame({"flight_id": targets, "said": _said(models, rows), "usual": usual})


def tried_flights(candidate: Release, frames: Frames, *, at: datetime) -> pd.DataFrame:
    """List the flights that the proofs are tried on: those judged in the trial, or since then."""
    days = pd.to_datetime(frames.flights["service_date"])
    first = date.fromisoformat(candidate.card["days"]["judge_from"])
    return frames.flights[is_mature(frames.flights, at) & (days >= pd.Timestamp(first))]


def unseen_flights(candidate: Release, frames: Frames, *, at: datetime) -> pd.DataFrame:
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
    departures = tried_flights(candidate, frames, at=at)["scheduled_departure_at"].sort_values()
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
