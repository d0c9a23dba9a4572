"""Figures by group and differences of two models, checked by hand, by properties and to the bit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.breakdown import breakdown, months_of
from ml.errors import TrainingDataTooThin
from ml.evaluation import evaluate
from ml.paired import paired_differences
from ml.plain import plain, rounded

SEEDS = st.integers(0, 2**32 - 1)


def world(seed: int, flights: int = 400) -> dict[str, np.ndarray]:
    """Flights of twenty days in two months, with a usable model and a useless one."""
    rng = np.random.default_rng(seed)
    truth = rng.beta(0.4, 4, flights)
    return {
        "probability": np.clip(truth.round(2), 0, 1),
        "other": rng.random(flights).round(2) / 5,
        "outcomes": rng.random(flights) < truth,
        "climatology": rng.choice([0.05, 0.1], flights),
        "dates": rng.choice(pd.date_range("2013-11-20", periods=20).to_numpy(), flights),
        "airport": rng.choice(["EWR", "JFK", "LGA"], flights),
    }


def test_groups_by_hand() -> None:
    groups = breakdown(
        np.array([0.8, 0.2, 0.1, 0.1]),
        np.array([True, False, False, False]),
        ["JFK", "JFK", "EWR", "EWR"],
        climatology=np.full(4, 0.5),
    )
    ewr, jfk = groups
    assert (ewr.group, ewr.flights, ewr.base_rate) == ("EWR", 2, 0.0)
    assert (jfk.group, jfk.flights, jfk.base_rate) == ("JFK", 2, 0.5)
    assert jfk.mean_probability == pytest.approx(0.5)
    assert jfk.bss == pytest.approx(1 - 0.04 / 0.25)
    assert jfk.precision_at_2pct == 1.0
    assert jfk.precision_over_base == pytest.approx(2.0)
    assert ewr.bss == pytest.approx(1 - 0.01 / 0.25)


def test_a_group_in_which_nothing_happened_has_no_area_rather_than_a_wrong_one() -> None:
    [calm] = breakdown(np.zeros(10), np.zeros(10, bool), ["2013-11"] * 10, climatology=np.zeros(10))
    assert np.isnan([calm.pr_auc, calm.bss, calm.precision_over_base]).all()
    assert plain(calm)["pr_auc"] is None


def test_no_flight_has_no_group() -> None:
    assert breakdown(np.empty(0), np.empty(0, bool), [], climatology=np.empty(0)) == ()


def test_months_are_those_of_the_local_date() -> None:
    assert months_of(pd.Series(["2013-11-30", "2013-12-01"])).tolist() == ["2013-11", "2013-12"]


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_the_order_of_flights_moves_no_bit(seed: int) -> None:
    flights = world(seed)
    mixed = np.random.default_rng(seed).permutation(400)

    def told(place: np.ndarray) -> tuple[object, ...]:
        f = {name: values[place] for name, values in flights.items()}
        said = f["probability"], f["outcomes"]
        return (
            breakdown(*said, f["airport"], climatology=f["climatology"]),
            evaluate(*said, pd.Series(f["dates"]), climatology=f["climatology"], resamples=5),
            paired_differences(
                f["probability"],
                f["other"],
                f["outcomes"],
                f["dates"],
                climatology=f["climatology"],
                resamples=5,
            ),
        )

    assert told(np.arange(400)) == told(mixed)


def test_a_model_compared_with_itself_differs_by_nothing() -> None:
    flights = world(1)
    same = paired_differences(
        *(flights["probability"],) * 2,
        flights["outcomes"],
        flights["dates"],
        climatology=flights["climatology"],
    )
    assert set(same.differences.values()) == {0.0}
    assert set(same.intervals.values()) == {(0.0, 0.0)}
    assert not same.is_better()


def test_differences_turn_round_with_the_models() -> None:
    flights = world(2)
    rest = (flights["outcomes"], flights["dates"])
    usual = flights["climatology"]
    there = paired_differences(flights["probability"], flights["other"], *rest, climatology=usual)
    back = paired_differences(flights["other"], flights["probability"], *rest, climatology=usual)
    assert there.is_better()
    assert there.days == 20
    for name, difference in there.differences.items():
        assert difference == pytest.approx(-back.differences[name])
        low, high = there.intervals[name]
        assert (low, high) == pytest.approx((-back.intervals[name][1], -back.intervals[name][0]))
        assert low <= difference <= high


def test_differences_by_hand() -> None:
    judged = paired_differences(
        np.array([1.0, 0.0]),
        np.array([0.5, 0.5]),
        np.array([True, False]),
        ["2013-11-01", "2013-11-02"],
        climatology=np.full(2, 0.5),
    )
    assert judged.differences == pytest.approx({
        "bss": 1.0,
        "pr_auc": 0.5,
        "precision_at_2pct": 0.5,
    })
    assert judged.as_dict()["flights"] == 2


def test_no_flight_to_compare_on_is_refused() -> None:
    none = np.empty(0)
    with pytest.raises(TrainingDataTooThin):
        paired_differences(none, none, np.empty(0, bool), [], climatology=none)


def test_recall_of_a_perfect_model_is_what_the_part_can_hold() -> None:
    outcomes = np.arange(1000) < 40
    judged = evaluate(
        outcomes.astype(float),
        outcomes,
        pd.Series(np.repeat(pd.date_range("2013-11-01", periods=10), 100)),
        climatology=np.full(1000, 0.04),
    )
    recalls = [judged.figures[f"recall_at_{part}"] for part in ("1pct", "2pct", "5pct")]
    assert recalls == pytest.approx([0.25, 0.5, 1.0])
    assert judged.figures["bss"] == 1.0
    assert judged.figures["precision_at_2pct"] == 1.0


def test_recall_of_a_constant_model_is_its_part() -> None:
    outcomes = np.arange(1000) % 25 == 0
    judged = evaluate(
        np.full(1000, 0.04),
        outcomes,
        pd.Series(np.repeat(pd.date_range("2013-11-01", periods=10), 100)),
        climatology=np.full(1000, 0.04),
    )
    assert judged.figures["recall_at_5pct"] == pytest.approx(0.05)
    assert judged.figures["bss"] == pytest.approx(0.0)


def test_plain_values_hold_no_number_that_json_lacks() -> None:
    said = {2: (np.float64(1.23456789), float("nan"), float("inf"), np.int64(3), True, "a", None)}
    assert rounded(said) == {"2": [1.234568, None, None, 3, True, "a", None]}
