"""What monitoring measures, by hand, and when it asks a person to look."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.drift import category_drift, precipitation_bins, score_drift, stability_index
from ml.feature import FORECASTS, INBOUND, OBSERVATIONS, OUTCOMES, Feature
from ml.feed_health import feed_alarms, feed_health
from ml.monitoring import Monitoring, monitor, schedule_columns

DAYS, PER_DAY = 20, 30
COUNTS = st.lists(st.integers(0, 500), min_size=3, max_size=3).filter(any)


def claims(said: float, *, stormy_days: int = 6, bss: float | None = None) -> pd.DataFrame:
    """Claims of twenty days, on some of which a third of JFK's departures were disrupted."""
    day = np.repeat(np.arange(DAYS), PER_DAY)
    outcome = (day < stormy_days) & (np.arange(DAYS * PER_DAY) % 3 == 0)
    rates = outcome.mean()
    return pd.DataFrame({
        "horizon_hours": 24,
        "probability": np.where(outcome, said, 0.01) if bss is None else said,
        "climatology": rates,
        "outcome": outcome,
        "origin": "JFK",
        "service_date": pd.Timestamp("2013-11-01") + pd.to_timedelta(day, unit="D"),
    })


def flights(carrier: str = "B6") -> pd.DataFrame:
    return pd.DataFrame({
        "carrier": [carrier, "AA"] * 50,
        "origin": "JFK",
        "destination": "BOS",
        "scheduled_departure_at": pd.date_range("2013-11-01T03:30Z", periods=100, freq="h"),
    })


def watched(
    said: pd.DataFrame,
    earlier: pd.DataFrame | None = None,
    *,
    carrier: str = "B6",
    rows: pd.DataFrame | None = None,
) -> Monitoring:
    return monitor(
        said,
        said if earlier is None else earlier,
        schedule=(schedule_columns(flights(carrier)), schedule_columns(flights())),
        precipitation_mm=(pd.Series([0.0, 1.0]), pd.Series([0.0, 0.0])),
        feature_rows=pd.DataFrame() if rows is None else rows,
        features={
            FORECASTS: [Feature("forecast_rain_mm", "mm", FORECASTS, "rain")],
            OBSERVATIONS: [Feature("observed_rain_mm", "mm", OBSERVATIONS, "rain")],
        },
    )


def test_the_index_by_hand() -> None:
    expected = (0.5 - 0.25) * np.log(0.5 / 0.25) + (0.5 - 0.75) * np.log(0.5 / 0.75)
    assert stability_index([1, 1], [1, 3]) == pytest.approx(expected)
    assert np.isnan(stability_index([0, 0], [1, 1]))


@given(COUNTS, COUNTS)
def test_the_index_is_even_handed_never_negative_and_nothing_among_equals(
    ours: list[int], theirs: list[int]
) -> None:
    assert stability_index(ours, theirs) == pytest.approx(stability_index(theirs, ours))
    assert stability_index(ours, theirs) >= 0
    assert stability_index(ours, ours) == 0


def test_a_category_that_is_new_counts() -> None:
    usual = pd.Series(["AA"] * 50 + ["B6"] * 50)
    assert category_drift(usual, usual.sample(frac=1, random_state=1)) == 0
    assert category_drift(pd.Series(["AA"] * 50 + ["ZZ"] * 50), usual) > 0.25


def test_rain_is_seen_where_quantiles_would_be_blind() -> None:
    dry, wet = np.zeros(95), np.array([0.3, 1.0, 3.0, 7.0, np.nan])
    bins = precipitation_bins(pd.Series([*dry, *wet]), pd.Series([*dry, 0.0]))
    assert [each.words for each in bins] == [
        *("none", "from 0.25 mm", "from 2.5 mm", "from 6.3 mm"),
    ]
    assert [each.recent for each in bins] == pytest.approx([95 / 99, 2 / 99, 1 / 99, 1 / 99])
    assert [each.usual for each in bins] == [1.0, 0.0, 0.0, 0.0]
    unknown = precipitation_bins(pd.Series([np.nan]), pd.Series([], dtype=float))
    assert all(np.isnan([each.recent, each.usual]).all() for each in unknown)


def test_scores_that_rose_have_drifted() -> None:
    usual = np.random.default_rng(1).random(500) / 10
    assert score_drift(usual, usual) == 0
    assert score_drift(usual + 0.08, usual) > 0.5
    assert np.isnan(score_drift(np.empty(0), usual))


def test_a_release_that_means_what_it_says_raises_nothing() -> None:
    state = watched(claims(0.9))
    [matured] = state.matured
    assert (matured.horizon_hours, matured.flights, matured.days) == (24, 600, 20)
    assert matured.event_days == 6
    assert matured.base_rate == pytest.approx(0.1)
    assert matured.mean_probability == pytest.approx(0.1 * 0.9 + 0.9 * 0.01)
    assert matured.bss > 0
    low, high = matured.said_less_happened
    assert low <= matured.mean_probability - matured.base_rate <= high
    assert state.alarms == []
    json.dumps(state.as_dict(), allow_nan=False)


def test_a_release_that_shouts_is_named() -> None:
    state = watched(claims(0.4, bss=-1.0))
    assert any("40.0% was said on average and 10.0% happened" in words for words in state.alarms)
    assert any("climatology did better over 20 days" in words for words in state.alarms)


def test_a_calm_month_proves_nothing_against_a_release() -> None:
    calm = watched(claims(0.001, stormy_days=0, bss=-1.0))
    assert calm.matured[0].event_days == 0
    assert calm.alarms == []


def test_one_day_alone_has_no_interval_and_proves_nothing() -> None:
    day = claims(0.9, stormy_days=20, bss=-1.0)[:PER_DAY]
    state = watched(day, rows=None)
    assert (state.matured[0].days, state.matured[0].event_days) == (1, 1)
    assert np.isnan([*state.matured[0].said_less_happened, *state.matured[0].brier_interval]).all()
    assert not any("on average" in words for words in state.alarms)


def test_a_timetable_change_and_moved_scores_are_named() -> None:
    state = watched(claims(0.9), claims(0.9).assign(probability=0.3), carrier="ZZ")
    assert any("schedule's carrier moved" in words for words in state.alarms)
    assert any("probabilities 24 h ahead moved" in words for words in state.alarms)
    assert watched(claims(0.9)[:0]).matured == ()


def test_local_hours_and_weekdays_describe_the_schedule() -> None:
    first = schedule_columns(flights()).iloc[0]
    assert (first["departure_hour"], first["weekday"]) == (23, 3)


def described(rain: list[float | None], ages_hours: list[float | None]) -> pd.DataFrame:
    """Rows of one feed at 24 h and at 2 h, which reads no forecast."""
    predicted_at = pd.Timestamp("2013-12-10T12:00Z")
    known = [
        pd.NaT if age is None else predicted_at - pd.Timedelta(hours=age) for age in ages_hours
    ]
    day_ahead = pd.DataFrame({
        "horizon_hours": 24,
        "predicted_at": predicted_at,
        "forecast_rain_mm": pd.Series(rain, dtype="float32"),
        "observed_rain_mm": 0.0,
        "forecasts_known_at": pd.to_datetime(known, utc=True),
        "observations_known_at": predicted_at,
    })
    never = pd.to_datetime([None] * len(rain), utc=True)
    near = day_ahead.assign(horizon_hours=2, forecast_rain_mm=np.nan, forecasts_known_at=never)
    return pd.concat([day_ahead, near], ignore_index=True)


def test_a_feed_that_is_absent_or_old_is_measured_and_named() -> None:
    rows = described([1.0, None, 2.0, None], [1, None, 20, None])
    state = watched(claims(0.9), rows=rows)
    forecasts, observations = state.feeds
    assert (forecasts.source, forecasts.rows, forecasts.null_rate) == (FORECASTS, 4, 0.5)
    assert (forecasts.absent_rate, forecasts.stale_rate) == (0.5, 0.25)
    assert forecasts.median_age_hours == pytest.approx(10.5)
    assert (observations.rows, observations.absent_rate) == (8, 0.0)
    assert state.alarms == [
        "50% of the rows had nothing from forecasts.",
        "25% of the rows had only old values from forecasts.",
    ]


@pytest.mark.parametrize(("told", "alarms"), [(1, 0), (0, 1)])
def test_an_optional_feed_alarms_only_when_it_is_silent(told: int, alarms: int) -> None:
    rows = described([1.0] * 40, [1] * 40)
    known_at = rows["predicted_at"].where(rows.index < told)
    rows = rows.assign(inbound_turnaround_minutes=50.0, inbound_known_at=known_at)
    reads = Feature("inbound_turnaround_minutes", "min", INBOUND, "inbound aircraft")
    [feed] = feed_health(rows, {INBOUND: [reads]})
    assert feed.absent_rate == 1 - told / len(rows)
    assert len(feed_alarms(feed)) == alarms


def test_nothing_described_is_no_feeds_fault() -> None:
    assert feed_health(pd.DataFrame(), {OUTCOMES: []}) == ()
