"""The aircraft that will fly a flight, where a feed names it: whence it comes, and how late.

Only the aircraft as assigned beforehand counts. The one that flew in the end is often missing
just where a flight was cancelled, and so tells the future.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.feature import INBOUND, Feature
from ml.instants import DAY, HOUR, NEVER, Minutes, minutes_known, minutes_of
from ml.weather_features import NEAR_HORIZON_HOURS

AIRCRAFT_COLUMNS: Final = ("aircraft", "aircraft_known_at")
"""Optional columns of the flights frame, both or neither."""

ARRIVAL_COLUMN: Final = "arrival_delay_minutes"
"""Optional column of the flights frame."""

SHORTEST_TURNAROUND_MINUTES: Final = 40
"""What a late aircraft needs on the ground, unless less is planned: an assumption."""

LONGEST_GROUND_MINUTES: Final = DAY
"""An aircraft that came in earlier than this before a flight has had its lateness forgotten."""

REPORTED_DELAY_MINUTES: Final = 2 * HOUR
"""A delay of just this says no more than that the flight left no earlier."""

_GROUP: Final = "inbound aircraft"
_NEAR: Final = NEAR_HORIZON_HOURS

INBOUND_FEATURES: Final = (
    Feature("inbound_is_named", "1 or missing", INBOUND, _GROUP),
    Feature(
        "inbound_turnaround_minutes",
        "min",
        INBOUND,
        _GROUP,
        "its aircraft has {value:.0f} min to turn round",
        -1,
    ),
    Feature(
        "inbound_late_so_far_minutes",
        "min",
        INBOUND,
        _GROUP,
        "its aircraft is {value:.0f} min late so far",
        1,
        _NEAR,
    ),
    Feature("inbound_has_departed", "0 or 1", INBOUND, _GROUP, "", 0, _NEAR),
    Feature("inbound_has_arrived", "0 or 1", INBOUND, _GROUP, "", 0, _NEAR),
    Feature(
        "inbound_is_cancelled",
        "0 or 1",
        INBOUND,
        _GROUP,
        "inbound flights cancelled: {value:.0f}",
        1,
        _NEAR,
    ),
    Feature(
        "inbound_lateness_minutes",
        "min",
        INBOUND,
        _GROUP,
        "its aircraft is ready {value:+.0f} min from the scheduled departure",
        1,
        _NEAR,
    ),
)


@dataclass(frozen=True)
class InboundColumns:
    """Columns for each described flight, and when the newest value behind them was known."""

    columns: dict[str, NDArray[np.float64]]
    known: Minutes


@dataclass(frozen=True)
class _Legs:
    """All flights as parallel arrays: when, where, by which aircraft, and what became of them."""

    departing: Minutes
    arriving: Minutes
    origin: NDArray[np.object_]
    destination: NDArray[np.object_]
    #: Number of the aircraft, below nothing where none is named.
    aircraft: NDArray[np.intp]
    #: When the assignment was known; `NEVER` where it is not.
    assigned: Minutes
    cancelled: NDArray[np.bool_]
    delay: NDArray[np.float64]
    arrival_delay: NDArray[np.float64]

    @classmethod
    def of(cls, flights: pd.DataFrame) -> "_Legs":
        numbers, _ = pd.factorize(flights["aircraft"])
        assigned = minutes_known(flights["aircraft_known_at"])
        return cls(
            minutes_of(flights["scheduled_departure_at"]),
            minutes_of(flights["scheduled_arrival_at"]),
            flights["origin"].to_numpy(object),
            flights["destination"].to_numpy(object),
            np.where(assigned == NEVER, -1, numbers),
            assigned,
            flights["cancelled"].to_numpy(bool, na_value=False),
            flights["departure_delay_minutes"].to_numpy(np.float64, na_value=np.nan),
            flights[ARRIVAL_COLUMN].to_numpy(np.float64, na_value=np.nan)
            if ARRIVAL_COLUMN in flights
            else np.full(len(flights), np.nan),
        )

    def take(self, rows: NDArray[np.intp]) -> "_Legs":
        """Choose legs by their rows."""
        return _Legs(**{name: values[rows] for name, values in vars(self).items()})


def inbound_columns(
    flights: pd.DataFrame,
    positions: NDArray[np.intp],
    predicted: Minutes,
    is_silent: NDArray[np.bool_],
) -> InboundColumns:
    """Describe the aircraft assigned to each flight, as far as that was known at predicted_at.

    A departure is known when it happens, an arrival likewise, a cancellation from the scheduled
    departure, and of a flight that still waits how long it has waited, two hours at most.

    Parameters
    ----------
    flights:
        Canonical flights, with `AIRCRAFT_COLUMNS` where a feed names aircraft, and
        `ARRIVAL_COLUMN` where one tells arrivals.
    positions:
        Rows of `flights` to describe.
    predicted:
        Minutes since 1970 of each described row's predicted_at.
    is_silent:
        Whether carriers had reported nothing of the last hours: then a leg of which nothing was
        heard cannot be told from one that waits.

    Returns
    -------
    :
        A column per feature of `INBOUND_FEATURES`; missing where no aircraft was assigned yet,
        and all but `inbound_is_named` where its leg before is not known to end here.
    """
    columns = {feature.name: np.full(len(positions), np.nan) for feature in INBOUND_FEATURES}
    known = np.full(len(positions), NEVER, dtype=np.int64)
    if "aircraft" not in flights or flights["aircraft"].isna().all():
        return InboundColumns(columns, known)
    legs = _Legs.of(flights)
    own = legs.take(positions)
    is_named = (own.aircraft >= 0) & (own.assigned <= predicted)
    columns["inbound_is_named"][is_named] = 1.0
    known[is_named] = own.assigned[is_named]
    order = np.lexsort((flights["flight_id"].to_numpy(), legs.departing, legs.aircraft))
    before = _leg_before(legs, order, positions, np.where(is_named, predicted, NEVER))
    here = np.flatnonzero(_ends_here(legs, positions, before))
    inbound, turnaround = legs.take(before[here]), own.departing[here]
    turnaround = turnaround - inbound.arriving
    state, state_known = _state(inbound, turnaround, predicted[here], is_silent[here])
    for name, values in state.items():
        columns[name][here] = values
    known[here] = np.maximum.reduce([known[here], inbound.assigned, state_known])
    return InboundColumns(columns, known)


def _leg_before(
    legs: _Legs, order: NDArray[np.intp], positions: NDArray[np.intp], by: Minutes
) -> NDArray[np.intp]:
    """Find the aircraft's last leg before each flight among those assigned by an instant, or -1."""
    # Leg by leg back over those whose assignment was not known yet, for as long as one could still
    # bring the aircraft in time: a fixed number of steps would count what was not known.
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.arange(len(order))
    before = np.full(len(positions), -1, dtype=np.intp)
    pending, at = np.flatnonzero(by != NEVER), place[positions[by != NEVER]] - 1
    while len(pending):
        own, leg = positions[pending], order[at.clip(0)]
        ahead = legs.departing[own] - legs.departing[leg]
        is_near = (at >= 0) & (legs.aircraft[leg] == legs.aircraft[own])
        is_near &= ahead <= LONGEST_GROUND_MINUTES + DAY
        is_it = is_near & (ahead > 0) & (legs.assigned[leg] <= by[pending])
        before[pending[is_it]] = leg[is_it]
        goes_on = is_near & ~is_it
        pending, at = pending[goes_on], at[goes_on] - 1
    return before


def _ends_here(
    legs: _Legs, positions: NDArray[np.intp], before: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Say where the leg before was found, and brings the aircraft to the flight in time."""
    ground = legs.departing[positions] - legs.arriving[before]
    is_here = legs.destination[before] == legs.origin[positions]
    in_time = (ground >= 0) & (ground <= LONGEST_GROUND_MINUTES)
    return np.asarray((before >= 0) & is_here & in_time, dtype=np.bool_)


def _state(
    inbound: _Legs, turnaround: Minutes, predicted: Minutes, is_silent: NDArray[np.bool_]
) -> tuple[dict[str, NDArray[np.float64]], Minutes]:
    """Tell how each inbound leg stood at predicted_at, and since when that was known."""
    waited = predicted - inbound.departing
    cancelled = inbound.cancelled & (waited >= 0)
    left_at = inbound.departing + inbound.delay
    arrived_at = inbound.arriving + inbound.arrival_delay
    arrived = ~cancelled & (arrived_at <= predicted)
    # Reported two hours late, a flight may have left just then or wait still: it counts as waiting.
    left = ~cancelled & (left_at <= predicted) & (inbound.delay != REPORTED_DELAY_MINUTES)
    waits = (waited < REPORTED_DELAY_MINUTES) | (inbound.delay >= REPORTED_DELAY_MINUTES)
    waits &= (waited <= 0) | ~is_silent
    cases = [cancelled, arrived, left, waits]
    so_far = waited.clip(0, REPORTED_DELAY_MINUTES)
    late = np.select(cases, [np.nan, inbound.arrival_delay, inbound.delay, so_far], np.nan)
    seen_waiting = np.where(waited > 0, predicted, NEVER)
    known = np.select(cases, [inbound.departing, arrived_at, left_at, seen_waiting], NEVER)
    is_told = np.logical_or.reduce(cases)
    needed = np.minimum(turnaround, SHORTEST_TURNAROUND_MINUTES)
    columns = {
        "inbound_turnaround_minutes": turnaround.astype(np.float64),
        "inbound_late_so_far_minutes": late,
        "inbound_has_departed": np.where(is_told, left | arrived, np.nan),
        "inbound_has_arrived": np.where(is_told, arrived, np.nan),
        "inbound_is_cancelled": np.where(is_told, cancelled, np.nan),
        "inbound_lateness_minutes": late + needed - turnaround,
    }
    return columns, np.floor(known).astype(np.int64)
