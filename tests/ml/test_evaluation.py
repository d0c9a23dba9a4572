"""Figures checked by hand, and the blocks that they are taken on."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from ml.blocks import Calendar
from ml.errors import TrainingDataTooThin
from ml.evaluation import evaluate
from ml.ranking import Ranking


def days(count: int, per_day: int) -> pd.Series:
    """Local dates, a few flights on each."""
    return pd.Series(np.repeat(pd.date_range("2013-05-01", periods=count).date, per_day))


def test_four_flights_by_hand() -> None:
    probability = np.array([0.9, 0.6, 0.4, 0.1])
    outcomes = np.array([True, False, True, False])
    judged = evaluate(probability, outcomes, days(2, 2), climatology=np.full(4, 0.5))
    assert judged.figures["auc"] == pytest.approx(3 / 4)
    assert judged.figures["pr_auc"] == pytest.approx((1 / 1 + 2 / 3) / 2)
    assert judged.figures["brier"] == pytest.approx((0.01 + 0.36 + 0.36 + 0.01) / 4)
    assert judged.figures["bss"] == pytest.approx(1 - 0.185 / 0.25)
    assert (judged.flights, judged.days, judged.base_rate) == (4, 2, 0.5)
    assert (judged.first_on, judged.last_on) == ("2013-05-01", "2013-05-02")


def test_ranking_figures_agree_with_scikit_learn_weighted_and_tied() -> None:
    rng = np.random.default_rng(3)
    probability = rng.integers(0, 20, 500) / 20
    outcomes = rng.random(500) < probability
    weights = rng.integers(0, 4, 500).astype(np.float64)
    ranking = Ranking.of(probability, outcomes).weighted(weights)
    assert ranking.auc == pytest.approx(roc_auc_score(outcomes, probability, sample_weight=weights))
    assert ranking.average_precision == pytest.approx(
        average_precision_score(outcomes, probability, sample_weight=weights)
    )


def test_precision_counts_equals_in_proportion() -> None:
    probability = np.array([0.8, 0.5, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1])
    outcomes = np.array([True, True, False, False, False, False, False, False, False, False])
    ranking = Ranking.of(probability, outcomes).weighted(np.ones(10))
    assert ranking.precision_at(0.1) == pytest.approx(1.0)
    assert ranking.precision_at(0.3) == pytest.approx((1 + 2 * 0.25) / 3)


def test_calibration_error_is_the_mean_gap() -> None:
    probability = np.repeat([0.2, 0.6], 500)
    outcomes = np.concatenate([np.arange(500) < 50, np.arange(500) < 300])
    judged = evaluate(probability, outcomes, days(10, 100), climatology=np.full(1000, 0.35))
    assert judged.figures["ece"] == pytest.approx((0.1 + 0.0) / 2)
    assert [b.share_happened for b in judged.reliability] == pytest.approx([0.1, 0.6])


def test_the_order_of_flights_moves_no_figure_of_the_ranking() -> None:
    rng = np.random.default_rng(5)
    probability, dates = rng.random(400).round(1), days(20, 20)
    outcomes = rng.random(400) < probability
    mixed = rng.permutation(400)
    plain = evaluate(probability, outcomes, dates, climatology=np.full(400, 0.5))
    other = evaluate(
        probability[mixed], outcomes[mixed], dates.iloc[mixed], climatology=np.full(400, 0.5)
    )
    assert plain.figures == pytest.approx(other.figures)


def test_one_storm_day_makes_intervals_wide() -> None:
    rng = np.random.default_rng(11)
    probability = rng.random(2000) * 0.1
    scattered = np.zeros(2000, dtype=bool)
    scattered[::50] = True
    stormy = np.zeros(2000, dtype=bool)
    stormy[:40] = True
    widths = []
    for outcomes in (scattered, stormy):
        judged = evaluate(probability, outcomes, days(40, 50), climatology=np.full(2000, 0.02))
        low, high = judged.intervals["brier"]
        widths.append(high - low)
    assert widths[1] > 4 * widths[0]


def test_nothing_happened_gives_no_figure_rather_than_a_wrong_one() -> None:
    judged = evaluate(
        np.full(20, 0.1), np.zeros(20, dtype=bool), days(4, 5), climatology=np.full(20, 0.1)
    )
    plain = judged.as_dict()["figures"]
    assert plain["auc"] is None
    assert plain["pr_auc"] is None
    assert plain["brier"] == pytest.approx(0.01)


def test_no_flight_to_judge_is_refused() -> None:
    with pytest.raises(TrainingDataTooThin):
        evaluate(np.empty(0), np.empty(0, bool), days(0, 1), climatology=np.empty(0))


def test_the_judged_days_are_nine_weeks_or_a_fifth() -> None:
    year = Calendar.of(days(342, 1))
    assert (year.last_on - year.judge_from).days == 62
    assert Calendar.of_dict(year.as_dict()) == year
    month = Calendar.of(days(30, 1))
    assert (month.last_on - month.judge_from).days == 5
    with pytest.raises(TrainingDataTooThin):
        Calendar.of(days(9, 5))
