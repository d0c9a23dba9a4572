"""What warnings save and how early they come, reckoned by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.cost_curve import LOSSES, cost_curve
from ml.errors import TrainingDataTooThin
from ml.lead_time import lead_time

DEPARTS = pd.Timestamp("2013-12-10T18:30Z")


def test_four_flights_by_hand() -> None:
    probability = np.array([0.9, 0.3, 0.15, 0.05])
    outcomes = np.array([True, False, True, False])
    [point] = cost_curve(probability, outcomes, climatology=np.full(4, 0.5), losses=[5.0])
    assert (point.threshold, point.alert_rate) == (0.2, 0.5)
    assert point.saving == pytest.approx(1000 / 4 * (5 - 2))
    assert point.saving_in_hindsight == pytest.approx(1000 / 4 * (2 * 5 - 3))
    assert point.saving_of_climatology == point.saving_of_all
    assert point.saving_of_all == pytest.approx(1000 / 4 * (10 - 4))
    assert point.saving_of_perfect == pytest.approx(1000 / 4 * (5 - 1) * 2)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_nothing_saves_more_than_hindsight_and_hindsight_no_more_than_the_truth(seed: int) -> None:
    rng = np.random.default_rng(seed)
    probability = rng.random(200).round(1)
    outcomes = rng.random(200) < 0.1
    curve = cost_curve(probability, outcomes, climatology=np.full(200, 0.1))
    for point in curve:
        assert point.saving <= point.saving_in_hindsight + 1e-9
        assert 0 <= point.saving_in_hindsight <= point.saving_of_perfect + 1e-9
        assert point.saving_of_all <= point.saving_in_hindsight + 1e-9
    mixed = rng.permutation(200)
    assert curve == cost_curve(probability[mixed], outcomes[mixed], climatology=np.full(200, 0.1))


def test_a_perfect_model_saves_all_there_is() -> None:
    outcomes = np.arange(50) < 5
    curve = cost_curve(outcomes.astype(float), outcomes, climatology=np.full(50, 0.1))
    assert [point.loss for point in curve] == list(LOSSES)
    assert all(point.saving == pytest.approx(point.saving_of_perfect) for point in curve)


def test_nothing_to_reckon_with_is_refused() -> None:
    with pytest.raises(TrainingDataTooThin):
        cost_curve(np.empty(0), np.empty(0, bool), climatology=np.empty(0))


def claims(*rows: tuple[int, int, float, bool]) -> pd.DataFrame:
    """Predictions of flights that leave at half past: flight, horizon, probability, outcome."""
    frame = pd.DataFrame(rows, columns=["flight_id", "horizon_hours", "probability", "outcome"])
    return frame.assign(
        scheduled_departure_at=DEPARTS,
        predicted_at=DEPARTS.floor("h") - pd.to_timedelta(frame["horizon_hours"], unit="h"),
    )


def test_lead_time_counts_from_the_first_warning_of_what_came_true() -> None:
    said = claims(
        (1, 2, 0.9, True),
        (1, 24, 0.4, True),
        (2, 2, 0.5, True),
        (2, 24, 0.1, True),
        (3, 2, 0.1, True),
        (4, 24, 0.9, False),
    )
    lead = lead_time(said, threshold=0.3)
    assert (lead.disrupted, lead.warned) == (3, 2)
    assert lead.first_warned_at == {24: 1, 2: 1}
    assert lead.mean_hours == lead.median_hours == pytest.approx((24.5 + 2.5) / 2)
    assert lead.share_warned == pytest.approx(2 / 3)
    assert lead == lead_time(said.sample(frac=1, random_state=3), threshold=0.3)


def test_a_threshold_nobody_reached_has_no_hours() -> None:
    lead = lead_time(claims((1, 2, 0.2, True), (1, 24, float("nan"), True)), threshold=0.5)
    assert lead.as_dict() == {
        "threshold": 0.5,
        "disrupted": 1,
        "warned": 0,
        "mean_hours": None,
        "median_hours": None,
        "first_warned_at": {},
    }
