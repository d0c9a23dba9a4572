"""What predicting does where its input is bad: each case has a stated end, and none is silent."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import dagster as dg
import numpy as np
import pytest
from sqlalchemy import delete, func, select, update

from ml.release import FORMAT
from pipelines.assets.predictions import disruption_prediction
from pipelines.assets.training import model_release
from pipelines.partitions import Window, hour_key
from pipelines.predicting import champion as champions
from pipelines.predicting.claims import PredictionRun, store_claims
from pipelines.predicting.feature_rows import FeatureRun, store_features
from pipelines.resources import Warehouse
from tests.factories.airport import make_airport, make_carrier
from tests.factories.prediction import let_pass
from tests.pipelines.conftest import TRAINED_UNTIL
from warehouse.operations.champions import promote_champion
from warehouse.operations.predictions import ReleaseDraft, publish_release
from warehouse.queries.predictions import get_release_content
from warehouse.queries.releases import list_reigns
from warehouse.schema.feeds import WeatherForecast, WeatherObservation
from warehouse.schema.predictions import DisruptionPrediction
from warehouse.schema.travel import Flight
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM

HOUR = timedelta(hours=1)
AT = TRAINED_UNTIL
WINDOW = Window(AT - HOUR, AT)


@pytest.fixture(autouse=True)
def _world(world_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test starts from the small world, and with no model in memory."""
    monkeypatch.setattr(champions, "_UNPACKED", {})


def describe(window: Window = WINDOW) -> FeatureRun:
    with transaction() as session:
        return store_features(session, window)


def predict(window: Window = WINDOW) -> PredictionRun:
    describe(window)
    with transaction() as session:
        return store_claims(session, window)


def materialize(asset: dg.AssetsDefinition, at: datetime | None = WINDOW.start) -> dict[str, str]:
    """Run an asset; give its metadata, or why it failed under `failure`."""
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize(
            [asset],
            partition_key=hour_key(at) if at else None,
            resources={"warehouse": Warehouse()},
            instance=instance,
            raise_on_error=False,
        )
    if not result.success:
        [failed] = [event for event in result.all_events if event.is_step_failure]
        failure = failed.step_failure_data.user_failure_data
        assert failure is not None, "it failed, but not with a sentence of ours"
        return {"failure": failure.description}
    [event] = result.asset_materializations_for_node(asset.op.name)
    return {name: str(value.value) for name, value in event.metadata.items()}


def probabilities() -> list[float]:
    with transaction(Access.OWNER) as session:
        return list(
            session.scalars(
                select(DisruptionPrediction.probability).order_by(
                    DisruptionPrediction.flight_id, DisruptionPrediction.horizon_hours
                )
            )
        )


def change(*statements: object) -> None:
    with transaction(Access.OWNER) as session:
        for statement in statements:
            session.execute(statement)


def test_with_a_forecast_older_than_twelve_hours_climatology_speaks_and_says_so() -> None:
    change(delete(WeatherForecast).where(WeatherForecast.issued_at > AT - 13 * HOUR))
    describe()

    told = materialize(disruption_prediction)

    with transaction(Access.OWNER) as session:
        rows = session.execute(
            select(
                DisruptionPrediction.horizon_hours,
                DisruptionPrediction.basis,
                DisruptionPrediction.is_forecast_simulated,
                func.count(),
            ).group_by("horizon_hours", "basis", "is_forecast_simulated")
        ).all()
    found = {(hours, basis, simulated) for hours, basis, simulated, _ in rows}
    assert found == {(2, "model", False), (24, "climatology", False)}
    assert int(told["climatology_only"]) == next(n for hours, *_, n in rows if hours == 24) > 0


def test_missing_hours_of_weather_are_missing_features_and_no_missing_claims() -> None:
    gone = WeatherObservation.observed_at > AT - 8 * HOUR
    change(delete(WeatherObservation).where(gone))

    run = predict()

    rows = describe().rows
    assert rows["observed_gust_mps"].isna().all()
    assert (rows["observations_known_at"] <= AT - 7 * HOUR).all()
    assert len(run.claims) == len(rows) > 0
    assert run.claims["probability"].between(0, 1).all()
    assert run.refusal is None


@pytest.mark.parametrize("what", ["origin", "carrier"])
def test_an_airport_or_carrier_it_never_learnt_is_predicted_and_does_no_harm(what: str) -> None:
    with transaction(Access.OWNER) as session:
        make_airport(session, "ZZV")
        make_carrier(session, "ZZ")
    first = AT + 2 * HOUR
    leaving = Flight.scheduled_departure_at.between(first, first + HOUR)
    value = {"origin": "ZZV", "carrier": "ZZ"}[what]
    change(
        update(Flight).where(leaving).values({what: value}),
        update(WeatherObservation)
        .where(WeatherObservation.airport == "EWR")
        .values(airport="ZZV" if what == "origin" else "EWR"),
    )

    run = predict()

    rows = describe().rows
    unknown = run.claims["flight_id"].isin(rows.loc[rows[what].astype(str) == value, "flight_id"])
    assert unknown.any()
    said = run.claims.loc[unknown, "probability"]
    assert said.between(0, 0.6).all()
    assert np.isfinite(said).all()


def test_an_airport_without_weather_is_not_predicted() -> None:
    with transaction(Access.OWNER) as session:
        make_airport(session, "ZZV")
    change(update(Flight).where(Flight.scheduled_departure_at > AT).values(origin="ZZV"))

    assert describe().rows.empty


def test_an_hour_in_which_nothing_was_described_is_told_and_writes_nothing() -> None:
    told = materialize(disruption_prediction)

    assert told["dagster/partition_row_count"] == "0"
    assert "No flight was described, so nothing was predicted." in told["preview"]
    assert told["releases"] == "none"
    assert probabilities() == []


def of_another_format(content: bytes) -> bytes:
    return _with_header(content, {"format": FORMAT + 1})


def of_another_library(content: bytes) -> bytes:
    return _with_header(content, {"format": FORMAT, "scikit-learn": "0.21.3"})


def cut_short(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _with_header(content: bytes, header: dict[str, object]) -> bytes:
    written = BytesIO()
    with ZipFile(BytesIO(content)) as source, ZipFile(written, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            told = json.dumps(header).encode() if name == "made_with.json" else source.read(name)
            target.writestr(name, told)
    return written.getvalue()


def crown(spoil: Callable[[bytes], bytes]) -> None:
    """Let a release predict whose stored bytes are what they say, but not what we can use."""
    with transaction(Access.OWNER) as session:
        [reign] = list_reigns(session)
        content = spoil(get_release_content(session, reign.release_id))
        draft = ReleaseDraft(content, {"forecast_sources": []}, {}, AT, AT, "test")
        release_id = publish_release(session, SYSTEM, draft, at=AT)
        let_pass(session, release_id)
        promote_champion(session, SYSTEM, release_id, reason="Made elsewhere.", at=AT)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (of_another_format, f"made with format {FORMAT + 1}, and this Stormdesk has {FORMAT}"),
        (of_another_library, "made with scikit-learn 0.21.3"),
        (cut_short, "cannot be read: it is no skops archive"),
    ],
)
def test_a_release_that_cannot_be_used_fails_in_a_sentence_and_leaves_what_was_said(
    spoil: Callable[[bytes], bytes], words: str
) -> None:
    predict()
    before = probabilities()
    crown(spoil)

    failure = materialize(disruption_prediction)["failure"]

    assert words in failure
    assert "train a new one" in failure
    assert probabilities() == before != []


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_flipped_bit_in_the_stored_release_is_refused_and_leaves_what_was_said(
    place: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict()
    before = probabilities()

    def flipped(*asked: object) -> bytes:
        content = bytearray(get_release_content(*asked))
        content[int(place * len(content))] ^= 1
        return bytes(content)

    monkeypatch.setattr(champions, "_UNPACKED", {})
    monkeypatch.setattr(champions, "get_release_content", flipped)

    failure = materialize(disruption_prediction)["failure"]

    assert "changed after it was stored and is not loaded" in failure
    assert probabilities() == before != []


def test_a_training_on_days_without_a_disruption_fails_in_a_sentence_and_changes_nobody() -> None:
    change(
        update(Flight).values(
            status="scheduled",
            cancelled_reported_at=None,
            delay_reported_at=None,
            departure_delay_minutes=0,
            actual_departure_at=Flight.scheduled_departure_at,
        )
    )

    failure = materialize(model_release, at=None)["failure"]

    assert "0 of them disrupted" in failure
    assert "Load a longer history or move trained_until." in failure
    with transaction() as session:
        assert len(list_reigns(session)) == 1
