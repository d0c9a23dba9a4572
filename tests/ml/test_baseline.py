"""What is usual, where a feature was never measured."""

import warnings

import numpy as np
import pytest

from ml.baseline import Baseline
from ml.features import FEATURES, build_features
from tests.ml.conftest import World


def test_a_feature_never_measured_needs_no_warning_silenced_for_the_whole_process(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = build_features(
        world.flights,
        world.observations,
        world.forecasts,
        horizon_hours=2,
        targets=world.flights["flight_id"],
    ).assign(observed_gust_mps=np.nan)
    monkeypatch.setattr(warnings, "filterwarnings", lambda *given, **options: None)
    medians = Baseline.of(FEATURES, rows).medians
    assert medians["observed_gust_mps"].isna().all()
    assert medians["observed_temperature_c"].notna().all()
