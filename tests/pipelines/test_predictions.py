"""Claims come from the champion, are explained where worth an alert, and are sound or not kept."""

from datetime import timedelta

import dagster as dg
import numpy as np
import pandas as pd
import pytest
from sqlalchemy import func, select, update

from pipelines.assets.predictions import SOUND_CLAIMS, disruption_prediction
from pipelines.partitions import Window, hour_key
from pipelines.predicting import champion as champions
from pipelines.predicting import claims as claiming
from pipelines.predicting.champion import NoChampion, load_champion
from pipelines.predicting.claims import PredictionRun, refusal_of, store_claims
from pipelines.predicting.feature_rows import store_features
from pipelines.resources import Warehouse
from tests.pipelines.conftest import TRAINED_UNTIL
from warehouse.queries.predictions import list_predictions
from warehouse.queries.releases import list_reigns
from warehouse.schema.predictions import Champion, DisruptionPrediction
from warehouse.session import Access, transaction

HOUR = timedelta(hours=1)
AT = TRAINED_UNTIL
WINDOW = Window(AT - HOUR, AT)


@pytest.fixture(autouse=True)
def _described(world_database: str) -> None:
    with transaction() as session:
        store_features(session, WINDOW)


def store() -> PredictionRun:
    with transaction() as session:
        return store_claims(session, WINDOW)


def count_claims() -> int:
    with transaction(Access.OWNER) as session:
        return session.scalar(select(func.count()).select_from(DisruptionPrediction)) or 0


def materialize() -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            [disruption_prediction],
            partition_key=hour_key(WINDOW.start),
            resources={"warehouse": Warehouse()},
            instance=instance,
            raise_on_error=False,
        )


def test_every_described_flight_gets_a_claim_beside_both_controls() -> None:
    run = store()

    with transaction() as session:
        stored = list_predictions(session, after=WINDOW.start, until=WINDOW.end)
    assert len(stored) == len(run.claims) == run.written > 0
    for claim in stored:
        assert claim.predicted_at == AT
        assert 0 <= claim.probability <= claim.probability_60min <= 1
        assert set(claim.controls) == {"climatology", "logistic_regression"}
        assert all(0 < said < 1 for said in claim.controls.values())
    assert {claim.horizon_hours for claim in stored} == {2, 24}


def test_only_claims_that_read_the_simulated_forecast_say_so() -> None:
    claims = store().claims

    by_horizon = claims.groupby("horizon_hours")["is_forecast_simulated"].unique()
    assert {hours: list(values) for hours, values in by_horizon.items()} == {2: [False], 24: [True]}


def test_without_a_fresh_forecast_climatology_speaks_a_day_ahead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def forgetful(rows: pd.DataFrame) -> pd.DataFrame:
        typed = typed_rows(rows)
        return typed.assign(**{c: np.nan for c in typed if str(c).startswith("forecast_")})

    typed_rows = claiming.typed_rows
    monkeypatch.setattr(claiming, "typed_rows", forgetful)

    claims = store().claims

    basis = claims.groupby("horizon_hours")["basis"].unique()
    assert {hours: list(values) for hours, values in basis.items()} == {
        2: ["model"],
        24: ["climatology"],
    }
    assert not claims["is_forecast_simulated"].any()


def test_claims_worth_an_alert_say_what_they_go_with_and_others_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    middle = float(store().claims["probability"].median())
    monkeypatch.setattr(claiming, "alert_threshold", lambda stakes: middle)

    claims = store().claims

    worth = claims["probability"] >= middle
    assert all(drivers[0]["words"] for drivers in claims.loc[worth, "drivers"])
    assert all(drivers == [] for drivers in claims.loc[~worth, "drivers"])


def test_scoring_again_writes_nothing() -> None:
    store()

    assert store().written == 0


def test_the_models_are_unpacked_once_per_process(monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction() as session:
        [reign] = list_reigns(session)
        first = load_champion(session, reign.release_id)
    monkeypatch.setattr(champions, "get_release_content", None)

    with transaction() as session:
        assert load_champion(session, reign.release_id).release is first.release


def test_before_the_first_training_the_run_says_what_to_do() -> None:
    with transaction(Access.OWNER) as session:
        session.execute(update(Champion).values(ended_at=Champion.since_at))

    with pytest.raises(NoChampion, match="run the job `train` first"):
        store()
    assert not materialize().success
    assert count_claims() == 0


def test_the_asset_tells_what_it_predicted() -> None:
    result = materialize()

    [event] = result.asset_materializations_for_node("predictions__disruption_prediction")
    assert event.metadata["dagster/partition_row_count"].value == count_claims() > 0
    _, _, most_probable, *_ = str(event.metadata["preview"].value).splitlines()
    assert most_probable.split(" | ")[0].split()[1] in {"AA", "B6", "DL"}
    assert [check.passed for check in result.get_asset_check_evaluations()] == [True]


def sound_claims() -> pd.DataFrame:
    return pd.DataFrame({
        "flight_id": [1, 1, 2],
        "horizon_hours": [2, 24, 2],
        "probability": [0.0, 0.5, 1.0],
        "probability_60min": [0.1, 0.5, 1.0],
    })


def test_sound_claims_are_not_refused() -> None:
    assert refusal_of(sound_claims()) is None


@pytest.mark.parametrize("value", [-0.01, 1.01, np.nan])
def test_a_probability_out_of_range_is_refused(value: float) -> None:
    claims = sound_claims()
    claims.loc[1, "probability"] = value

    assert "1 probabilities" in str(refusal_of(claims))


def test_two_claims_about_one_flight_at_one_horizon_are_refused() -> None:
    assert "two claims" in str(refusal_of(sound_claims().assign(horizon_hours=2)))


def test_unsound_claims_fail_the_blocking_check_and_none_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(claiming, "refusal_of", lambda claims: "1 probabilities lie outside.")

    result = materialize()

    [check] = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == (SOUND_CLAIMS, False)
    assert not result.success
    assert count_claims() == 0
