"""Alerting replayed: one alert per flight, for people only, in the policy's money."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.backtest import THRESHOLDS, PolicyBacktest, policy_backtest
from ml.errors import ColumnsMissing

START = pd.Timestamp("2013-12-10T00:00Z")
COST, LOSS, SHARE = 2_000, 40_000, 0.4


def replay(
    predictions: pd.DataFrame, exposure: pd.DataFrame, *thresholds: float, cost: int = COST
) -> PolicyBacktest:
    return policy_backtest(
        predictions,
        exposure,
        thresholds=thresholds or THRESHOLDS,
        handling_cost_minor_units=cost,
        loss_per_traveller_minor_units=LOSS,
        avoidable_share=SHARE,
        currency="USD",
        shift_hours=8.0,
    )


def small() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Four flights: one caught a day ahead, one only at 2 h, one in vain, one with nobody on it."""
    predictions = pd.DataFrame(
        [
            (1, 0, 24.5, 0.3, True),
            (1, 22, 2.5, 0.9, True),
            (2, 1, 24.0, 0.05, True),
            (2, 23, 2.0, 0.2, True),
            (3, 2, 24.0, 0.5, False),
            (4, 3, 24.0, 0.9, True),
            (5, 4, 24.0, 0.01, False),
        ],
        columns=["flight_id", "hour", "lead", "probability", "outcome"],
    )
    predicted_at = START + pd.to_timedelta(predictions.pop("hour"), unit="h")
    lead = pd.to_timedelta(predictions.pop("lead"), unit="h")
    exposure = pd.DataFrame({
        "flight_id": [1, 2, 3, 4, 5],
        "bookings": [2, 1, 1, 0, 1],
        "travellers": [3, 1, 2, 0, 1],
        "value_minor_units": [90_000, 20_000, 30_000, 0, 10_000],
    })
    return (
        predictions.assign(
            predicted_at=predicted_at,
            scheduled_departure_at=predicted_at + lead,
            service_date=pd.Timestamp("2013-12-10"),
        ),
        exposure,
    )


def test_five_flights_by_hand() -> None:
    result = replay(*small(), 0.1, 0.25)
    assert result.policy_threshold == pytest.approx(COST / (LOSS * SHARE))
    assert (result.flights, result.disrupted_flights, result.shifts) == (4, 2, 3)
    assert (result.first_on, result.last_on) == ("2013-12-10", "2013-12-10")
    assert (result.bookings, result.travellers, result.travellers_disrupted) == (5, 7, 4)
    low, money, high = result.thresholds
    assert [each.is_policy for each in result.thresholds] == [False, True, False]
    assert (low.alerts, low.right_alerts, low.travellers_caught, low.travellers_missed) == (
        *(3, 2, 4, 0),
    )
    assert low == money.__class__(**{**vars(money), "threshold": 0.1, "is_policy": False})
    assert (high.alerts, high.right_alerts, high.travellers_caught) == (2, 1, 3)
    assert high.travellers_missed == 1
    assert (high.alerts_per_shift, high.busiest_shift_alerts) == (pytest.approx(2 / 3), 2)
    assert high.precision == 0.5
    assert high.value_caught_minor_units == 90_000
    assert high.saved_minor_units == 3 * 16_000
    assert high.handling_minor_units == 4_000
    assert high.net_minor_units == 44_000
    assert high.lead_hours == pytest.approx(24.5)
    assert low.lead_hours == pytest.approx((24.5 + 2) / 2)


def test_a_flight_that_is_raised_a_day_ahead_is_not_raised_again() -> None:
    assert replay(*small(), 0.3).thresholds[-1].alerts == 2


def test_where_an_alert_costs_more_than_it_can_avoid_the_threshold_is_certainty() -> None:
    assert replay(*small(), cost=99_000).policy_threshold == 1.0


def test_nobody_booked_raises_nothing_and_divides_by_nothing() -> None:
    predictions, exposure = small()
    result = replay(predictions, exposure.iloc[:0]).as_dict()
    assert (result["flights"], result["shifts"], result["first_on"]) == (0, 0, None)
    assert {row["alerts"] for row in result["thresholds"]} == {0}
    assert {row["precision"] for row in result["thresholds"]} == {None}
    json.dumps(result, allow_nan=False)


def test_a_frame_without_a_column_is_refused_by_name() -> None:
    predictions, exposure = small()
    with pytest.raises(ColumnsMissing, match="exposure frame lacks travellers"):
        replay(predictions, exposure.drop(columns="travellers"))


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_a_higher_threshold_only_ever_alerts_less(seed: int) -> None:
    rng = np.random.default_rng(seed)
    flights = np.arange(60)
    predicted_at = START + pd.to_timedelta(rng.integers(0, 72, 60), unit="h")
    day_ahead = pd.DataFrame({
        "flight_id": flights,
        "predicted_at": predicted_at,
        "scheduled_departure_at": predicted_at + pd.Timedelta(hours=24),
        "service_date": pd.Timestamp("2013-12-10"),
        "probability": np.where(rng.random(60) < 0.1, np.nan, rng.random(60)),
        "outcome": rng.random(60) < 0.3,
    })
    near = day_ahead.assign(
        predicted_at=predicted_at + pd.Timedelta(hours=22), probability=rng.random(60)
    )
    predictions = pd.concat([day_ahead, near], ignore_index=True)
    exposure = pd.DataFrame({
        "flight_id": flights,
        "bookings": 1,
        "travellers": rng.integers(0, 4, 60),
        "value_minor_units": 100,
    })
    result = replay(predictions, exposure)
    assert result == replay(predictions.sample(frac=1, random_state=seed), exposure[::-1])
    for lower, higher in zip(result.thresholds, result.thresholds[1:], strict=False):
        assert lower.threshold < higher.threshold
        assert lower.alerts >= higher.alerts
        assert lower.travellers_caught >= higher.travellers_caught
    for row in result.thresholds:
        assert row.travellers_caught + row.travellers_missed == result.travellers_disrupted
        assert row.net_minor_units == row.saved_minor_units - row.handling_minor_units
