"""What alerting from a probability on would have meant: alerts per shift, travellers, money."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.errors import ColumnsMissing
from ml.plain import rounded

THRESHOLDS: Final = (0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)
PREDICTION_COLUMNS: Final = (
    *("flight_id", "predicted_at", "scheduled_departure_at", "service_date"),
    *("probability", "outcome"),
)
EXPOSURE_COLUMNS: Final = ("flight_id", "bookings", "travellers", "value_minor_units")
_SECONDS_PER_HOUR: Final = 3600


@dataclass(frozen=True)
class ThresholdResult:
    """What one threshold would have meant, over all the days judged."""

    threshold: float
    #: Whether this is the one that the alert policy's money asks for.
    is_policy: bool
    alerts: int
    alerts_per_shift: float
    #: Alerts are lumpy: most shifts have none and a storm's have many.
    busiest_shift_alerts: int
    #: Alerts whose flight was disrupted.
    right_alerts: int
    #: Share of alerts that were right.
    precision: float
    #: Travellers of disrupted flights that were alerted, and of those that were not.
    travellers_caught: int
    travellers_missed: int
    #: What their bookings cost.
    value_caught_minor_units: int
    #: Travellers caught x loss x avoidable share.
    saved_minor_units: int
    #: Alerts x what handling one costs.
    handling_minor_units: int
    net_minor_units: int
    #: Mean hours from a right alert to its departure.
    lead_hours: float


@dataclass(frozen=True)
class PolicyBacktest:
    """Alerting over some days, threshold by threshold, with the money it is reckoned in."""

    #: First and last local departure date.
    first_on: str | None
    last_on: str | None
    #: Flights with somebody booked on them; only these can raise an alert.
    flights: int
    disrupted_flights: int
    bookings: int
    travellers: int
    travellers_disrupted: int
    shift_hours: float
    shifts: int
    handling_cost_minor_units: int
    loss_per_traveller_minor_units: int
    avoidable_share: float
    currency: str
    policy_threshold: float
    thresholds: tuple[ThresholdResult, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold; what does not exist is None."""
        values: dict[str, Any] = rounded(self)
        return values


@dataclass(frozen=True)
class _Money:
    handling: int
    loss: int
    avoidable: float

    @property
    def threshold(self) -> float:
        return min(1.0, self.handling / (self.loss * self.avoidable))


def policy_backtest(
    predictions: pd.DataFrame,
    exposure: pd.DataFrame,
    *,
    thresholds: Sequence[float] = THRESHOLDS,
    handling_cost_minor_units: int,
    loss_per_traveller_minor_units: int,
    avoidable_share: float,
    currency: str,
    shift_hours: float,
) -> PolicyBacktest:
    """Replay alerting from each threshold on over predictions whose outcomes are known.

    As the desk alerts: one alert per flight, raised by its first prediction at or above the
    threshold, whichever horizon that is, and only where somebody is booked.

    Parameters
    ----------
    predictions:
        `PREDICTION_COLUMNS`, one row per flight and horizon. A missing probability alerts nobody.
    exposure:
        `EXPOSURE_COLUMNS`: who was booked on each flight. A flight not in it has nobody.
    thresholds:
        Probabilities to try; that of the money is added and marked.
    handling_cost_minor_units:
        What an alert costs the desk.
    loss_per_traveller_minor_units:
        What a traveller of a disrupted flight loses.
    avoidable_share:
        Share of that loss which an alert in time avoids, in (0, 1].
    currency:
        Of all amounts.
    shift_hours:
        Length of a shift; they follow one another without a gap.

    Returns
    -------
    :
        Totals, and a row per threshold from the lowest to the highest. The order of rows moves
        nothing.

    Raises
    ------
    ColumnsMissing
        A frame lacks a column.
    """
    _require("predictions", predictions, PREDICTION_COLUMNS)
    _require("exposure", exposure, EXPOSURE_COLUMNS)
    money = _Money(handling_cost_minor_units, loss_per_traveller_minor_units, avoidable_share)
    booked = exposure.loc[exposure["travellers"] > 0, list(EXPOSURE_COLUMNS)]
    rows = predictions[list(PREDICTION_COLUMNS)].merge(booked, on="flight_id", validate="m:1")
    rows = rows.sort_values(["flight_id", "predicted_at"], ignore_index=True)
    flights = rows.drop_duplicates("flight_id")
    hit = flights[flights["outcome"].astype(bool)]
    shifts = _shifts(rows["predicted_at"], shift_hours)
    tried = sorted({*map(float, thresholds), money.threshold})
    return PolicyBacktest(
        first_on=_day(flights["service_date"].min()),
        last_on=_day(flights["service_date"].max()),
        flights=len(flights),
        disrupted_flights=len(hit),
        bookings=int(flights["bookings"].sum()),
        travellers=int(flights["travellers"].sum()),
        travellers_disrupted=int(hit["travellers"].sum()),
        shift_hours=shift_hours,
        shifts=int(shifts.max()) + 1 if len(shifts) else 0,
        handling_cost_minor_units=handling_cost_minor_units,
        loss_per_traveller_minor_units=loss_per_traveller_minor_units,
        avoidable_share=avoidable_share,
        currency=currency,
        policy_threshold=money.threshold,
        thresholds=tuple(
            _result(rows.assign(shift=shifts), int(hit["travellers"].sum()), threshold, money)
            for threshold in tried
        ),
    )


def _result(
    rows: pd.DataFrame, travellers_disrupted: int, threshold: float, money: _Money
) -> ThresholdResult:
    alerts = rows[(rows["probability"] >= threshold).to_numpy()].drop_duplicates("flight_id")
    right = alerts[alerts["outcome"].astype(bool)]
    caught = int(right["travellers"].sum())
    saved = round(caught * money.loss * money.avoidable)
    handling = len(alerts) * money.handling
    ahead = (right["scheduled_departure_at"] - right["predicted_at"]).dt.total_seconds()
    shifts = int(rows["shift"].max()) + 1 if len(rows) else 0
    return ThresholdResult(
        threshold=threshold,
        is_policy=threshold == money.threshold,
        alerts=len(alerts),
        alerts_per_shift=len(alerts) / shifts if shifts else float("nan"),
        busiest_shift_alerts=int(alerts["shift"].value_counts().max()) if len(alerts) else 0,
        right_alerts=len(right),
        precision=len(right) / len(alerts) if len(alerts) else float("nan"),
        travellers_caught=caught,
        travellers_missed=travellers_disrupted - caught,
        value_caught_minor_units=int(right["value_minor_units"].sum()),
        saved_minor_units=saved,
        handling_minor_units=handling,
        net_minor_units=saved - handling,
        lead_hours=float(ahead.mean()) / _SECONDS_PER_HOUR if len(right) else float("nan"),
    )


def _shifts(predicted_at: pd.Series, shift_hours: float) -> NDArray[np.int64]:
    """Give each prediction the number of the shift it falls into, counted from the first."""
    elapsed = (predicted_at - predicted_at.min()).dt.total_seconds().to_numpy(np.float64)
    shifts: NDArray[np.int64] = (elapsed // (shift_hours * _SECONDS_PER_HOUR)).astype(np.int64)
    return shifts


def _day(service_date: Any) -> str | None:
    return None if pd.isna(service_date) else f"{service_date:%Y-%m-%d}"


def _require(name: str, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    absent = [column for column in columns if column not in frame.columns]
    if absent:
        raise ColumnsMissing(name, absent)
