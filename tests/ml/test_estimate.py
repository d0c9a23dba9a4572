"""Who speaks when, and with what right."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from ml.errors import HorizonUnknown
from ml.estimate import BASIS_MODEL, BASIS_NO_FORECAST, estimate
from ml.explain import CLIMATOLOGY_GROUP, explain
from ml.feature import FORECASTS
from ml.features import FEATURES, build_features
from ml.release import Release
from ml.targets import DISRUPTED
from tests.ml.conftest import World

FORECAST_COLUMNS = [feature.name for feature in FEATURES if feature.source == FORECASTS]


@pytest.fixture(params=[2, 24])
def rows(request: pytest.FixtureRequest, world: World) -> pd.DataFrame:
    """Feature rows of every flight at one horizon."""
    return build_features(
        world.flights,
        world.observations,
        world.forecasts,
        horizon_hours=request.param,
        targets=world.flights["flight_id"],
    )


def test_probabilities_are_probabilities_in_the_order_of_the_rows(
    release: Release, rows: pd.DataFrame
) -> None:
    estimates = estimate(release.model_set, rows)
    assert (estimates["flight_id"] == rows["flight_id"]).all()
    for column in ("probability", "late_60_probability"):
        assert estimates[column].between(0, 1).all()
    assert (estimates["late_60_probability"] >= estimates["probability"]).all()
    backward = estimate(release.model_set, rows.iloc[::-1]).iloc[::-1]
    pd.testing.assert_frame_equal(estimates, backward, check_exact=True)


def test_gusts_raise_the_probability(release: Release, rows: pd.DataFrame) -> None:
    probability = estimate(release.model_set, rows)["probability"]
    column = "observed_gust_mps" if rows["horizon_hours"].iloc[0] == 2 else "forecast_gust_mps"
    stormy = rows[column] > 15
    assert probability[stormy].mean() > 2.5 * probability[~stormy].mean()


def test_without_a_fresh_forecast_climatology_speaks_and_says_so(
    release: Release, world: World
) -> None:
    rows = build_features(
        world.flights,
        world.observations,
        world.forecasts,
        horizon_hours=24,
        targets=world.flights["flight_id"].iloc[-20:],
    )
    rows.loc[3:7, FORECAST_COLUMNS] = np.nan
    estimates = estimate(release.model_set, rows)
    silent = np.zeros(20, dtype=bool)
    silent[3:8] = True
    assert (estimates["basis"] == np.where(silent, BASIS_NO_FORECAST, BASIS_MODEL)).all()
    usual = release.model_set.at(24).climatologies[DISRUPTED].probability(rows)
    assert (estimates["probability"][silent] == usual[silent]).all()
    drivers = explain(release.model_set, rows)
    assert [told[0].group for told in drivers[3:8]] == [CLIMATOLOGY_GROUP] * 5
    assert drivers[2][0].group != CLIMATOLOGY_GROUP


def test_at_two_hours_no_forecast_is_needed(release: Release, world: World) -> None:
    rows = build_features(
        world.flights,
        world.observations,
        world.forecasts.iloc[:0],
        horizon_hours=2,
        targets=world.flights["flight_id"].iloc[-20:],
    )
    assert (estimate(release.model_set, rows)["basis"] == BASIS_MODEL).all()


def test_an_untrained_horizon_is_refused(release: Release, rows: pd.DataFrame) -> None:
    with pytest.raises(HorizonUnknown, match="No model for 48 h; the release has 2, 24 h"):
        estimate(release.model_set, rows.assign(horizon_hours=48))


def test_mixed_horizons_are_told_apart(release: Release, world: World) -> None:
    targets = world.flights["flight_id"].iloc[-30:]
    both = [
        build_features(
            world.flights,
            world.observations,
            world.forecasts,
            horizon_hours=hours,
            targets=targets,
        )
        for hours in (2, 24)
    ]
    mixed = pd.concat(both, ignore_index=True).iloc[::-1]
    apart = pd.concat([estimate(release.model_set, part) for part in both], ignore_index=True)
    together = estimate(release.model_set, mixed).sort_index()
    assert (together["probability"] == apart["probability"]).all()
    assert len(explain(release.model_set, mixed)) == 60


def test_an_airport_never_seen_gets_the_overall_rate(release: Release, rows: pd.DataFrame) -> None:
    climatology = release.model_set.at(2).climatologies[DISRUPTED]
    foreign = rows.assign(origin="SEA")
    assert (climatology.probability(foreign) == climatology.overall).all()
    assert estimate(release.model_set, foreign)["probability"].between(0, 1).all()


def test_the_planted_driver_comes_first_in_an_agents_words(
    release: Release, rows: pd.DataFrame
) -> None:
    probability = estimate(release.model_set, rows)["probability"]
    riskiest = rows.loc[probability.nlargest(40).index]
    told = explain(release.model_set, riskiest)
    firsts = [drivers[0] for drivers in told]
    assert sum(driver.group == "wind" for driver in firsts) >= 36
    assert all(
        abs(first.effect) >= abs(second.effect)
        for drivers in told
        for first, second in pairwise(drivers)
    )
    wind = next(driver for driver in firsts if driver.group == "wind")
    assert wind.effect > 0.05
    assert "m/s" in wind.words
    assert all("because" not in driver.words for drivers in told for driver in drivers)


def test_what_a_group_adds_is_what_vanishes_when_it_is_as_usual(
    release: Release, rows: pd.DataFrame
) -> None:
    row = rows.iloc[[2000]]
    models = release.model_set.at(int(row["horizon_hours"].iloc[0]))
    features = [f for f in FEATURES if f.name in models.champions[DISRUPTED].encoding.columns]
    usual = models.baseline.usual(features, row)
    wind = [feature.name for feature in features if feature.group == "wind"]
    calm = row.assign(**{name: usual[name] for name in wind})
    expected = models.probabilities(row)[DISRUPTED] - models.probabilities(calm)[DISRUPTED]
    told = next(d for d in explain(release.model_set, row)[0] if d.group == "wind")
    assert told.effect == pytest.approx(expected[0])
