"""Feature rows and claims: nothing of the future, no hindsight, and repeating changes nothing."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from tests.factories.defaults import STORM_AT
from tests.factories.flight import make_flight
from tests.factories.prediction import make_prediction, make_release
from warehouse.errors import FeedRefused, NotFound
from warehouse.operations.predictions import StoredRows, store_feature_rows, store_predictions
from warehouse.queries.predictions import (
    feature_rows_frame,
    list_latest_predictions,
    list_predictions,
)
from warehouse.schema.audit import Entry
from warehouse.schema.predictions import DisruptionPrediction, FeatureRow
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, FlightId, ReleaseId

HOUR = timedelta(hours=1)


@pytest.fixture
def flight_ids(database: str) -> list[int]:
    with transaction(Access.OWNER) as session:
        return [make_flight(session).flight_id for _ in range(2)]


@pytest.fixture
def release_id(database: str) -> ReleaseId:
    with transaction(Access.OWNER) as session:
        return ReleaseId(make_release(session).release_id)


def feature_rows(flight_ids: list[int], **overrides: object) -> pd.DataFrame:
    rows = pd.DataFrame({
        "flight_id": flight_ids,
        "horizon_hours": np.int16(24),
        "predicted_at": pd.Timestamp(STORM_AT),
        "known_at": pd.Timestamp(STORM_AT - HOUR),
        "observations_known_at": [pd.Timestamp(STORM_AT - HOUR), pd.NaT],
        "carrier": ["B6", "UA"],
        "observed_wind_mps": np.array([0.1, np.nan], dtype=np.float32),
    })
    return rows.assign(**overrides)


def claims(flight_ids: list[int], **overrides: object) -> pd.DataFrame:
    rows = pd.DataFrame({
        "flight_id": flight_ids,
        "horizon_hours": 24,
        "predicted_at": pd.Timestamp(STORM_AT),
        "probability": [0.4, 0.01],
        "probability_60min": [0.5, 0.03],
        "basis": ["model", "climatology"],
        "is_forecast_simulated": [True, False],
        "drivers": [[{"group": "wind", "words": 'gusts, "24 m/s"', "effect": 0.2}], []],
        "controls": [{"climatology": 0.05}, {}],
    })
    return rows.assign(**overrides)


def store_rows(rows: pd.DataFrame) -> StoredRows:
    with transaction() as session:
        return store_feature_rows(session, SYSTEM, rows, at=STORM_AT)


def store_claims(rows: pd.DataFrame, release_id: ReleaseId) -> StoredRows:
    with transaction() as session:
        return store_predictions(session, SYSTEM, rows, release_id=release_id, at=STORM_AT)


def test_feature_rows_come_back_to_the_bit(flight_ids: list[int]) -> None:
    rows = feature_rows(flight_ids)

    store_rows(rows)

    with transaction() as session:
        read = feature_rows_frame(session, after=STORM_AT - HOUR, until=STORM_AT)
    assert read["observed_wind_mps"].astype(np.float32).equals(rows["observed_wind_mps"])
    assert read["carrier"].tolist() == ["B6", "UA"]
    for column in ("predicted_at", "known_at", "observations_known_at"):
        assert read[column].tolist()[0] == rows[column].tolist()[0]
    assert pd.isna(read["observations_known_at"].iloc[1])


def test_an_optional_column_stands_only_where_it_says_something(flight_ids: list[int]) -> None:
    rows = feature_rows(flight_ids, inbound_is_named=[1.0, np.nan], destination_gust_mps=np.nan)
    optional = ["inbound_is_named", "destination_gust_mps", "never_there"]
    with transaction() as session:
        store_feature_rows(session, SYSTEM, rows, at=STORM_AT, optional=optional)
    with transaction() as session:
        kept = dict(session.execute(select(FeatureRow.flight_id, FeatureRow.features)).all())
        read = feature_rows_frame(session, after=STORM_AT - HOUR, until=STORM_AT)
    assert kept[flight_ids[0]]["inbound_is_named"] == 1
    assert [len(kept[flight_id]) for flight_id in flight_ids] == [4, 3]
    assert kept[flight_ids[1]]["observed_wind_mps"] is None
    assert read["inbound_is_named"].tolist()[0] == 1
    assert pd.isna(read["inbound_is_named"].iloc[1])


def test_the_hour_before_holds_none_of_them(flight_ids: list[int]) -> None:
    store_rows(feature_rows(flight_ids))

    with transaction() as session:
        assert feature_rows_frame(session, after=STORM_AT - 2 * HOUR, until=STORM_AT - HOUR).empty


def test_a_row_that_saw_the_future_is_refused_and_none_is_kept(flight_ids: list[int]) -> None:
    late = [pd.Timestamp(STORM_AT - HOUR), pd.Timestamp(STORM_AT + HOUR)]

    with pytest.raises(FeedRefused, match=f"flight {flight_ids[1]}'s"):
        store_rows(feature_rows(flight_ids, known_at=late))

    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(FeatureRow)) == 0


def test_postgres_itself_refuses_a_row_that_saw_the_future(flight_ids: list[int]) -> None:
    planted = {
        "flight_id": flight_ids[0],
        "horizon_hours": 24,
        "predicted_at": STORM_AT,
        "known_at": STORM_AT + timedelta(seconds=1),
        "features": {"leaked": 1.0},
    }

    with pytest.raises(IntegrityError, match="nothing_of_the_future"), transaction() as session:
        session.execute(insert(FeatureRow).values(planted))


def test_storing_twice_writes_once_and_a_difference_writes_that_row(flight_ids: list[int]) -> None:
    assert store_rows(feature_rows(flight_ids)) == StoredRows(received=2, written=2)
    assert store_rows(feature_rows(flight_ids)) == StoredRows(received=2, written=0)
    changed = feature_rows(flight_ids, carrier=["B6", "DL"])
    assert store_rows(changed) == StoredRows(received=2, written=1)


def test_each_batch_leaves_one_entry(flight_ids: list[int], release_id: ReleaseId) -> None:
    store_rows(feature_rows(flight_ids))
    store_claims(claims(flight_ids), release_id)

    with transaction() as session:
        entries = session.execute(select(Entry.noun, Entry.after["received"].as_integer())).all()
    assert sorted(map(tuple, entries)) == [("disruption_prediction", 2), ("feature_row", 2)]


def test_an_hour_without_flights_stores_nothing(flight_ids: list[int]) -> None:
    assert store_rows(feature_rows(flight_ids).iloc[:0]) == StoredRows(0, 0)


def test_claims_come_back_with_drivers_and_controls(
    flight_ids: list[int], release_id: ReleaseId
) -> None:
    store_claims(claims(flight_ids), release_id)

    with transaction() as session:
        [worse, better] = list_predictions(session, after=STORM_AT - HOUR, until=STORM_AT)
    assert (worse.probability, worse.basis, worse.is_forecast_simulated) == (0.4, "model", True)
    assert worse.drivers[0]["words"] == 'gusts, "24 m/s"'
    assert worse.controls == {"climatology": 0.05}
    assert (better.basis, better.drivers) == ("climatology", [])


def test_a_repeated_claim_keeps_its_identity(flight_ids: list[int], release_id: ReleaseId) -> None:
    store_claims(claims(flight_ids), release_id)
    with transaction() as session:
        before = session.scalars(select(DisruptionPrediction.prediction_id)).all()

    assert store_claims(claims(flight_ids), release_id).written == 0
    assert store_claims(claims(flight_ids, probability=0.3), release_id).written == 2

    with transaction() as session:
        assert session.scalars(select(DisruptionPrediction.prediction_id)).all() == before


def test_a_claim_of_hindsight_is_refused(flight_ids: list[int]) -> None:
    with transaction(Access.OWNER) as session:
        later = make_release(
            session,
            trained_until=STORM_AT + timedelta(seconds=1),
            published_at=STORM_AT + HOUR,
        )
        release_id = ReleaseId(later.release_id)

    with pytest.raises(FeedRefused, match="learnt until"):
        store_claims(claims(flight_ids), release_id)


def test_a_probability_out_of_range_is_refused_by_postgres(
    flight_ids: list[int], release_id: ReleaseId
) -> None:
    with pytest.raises(IntegrityError, match="probability"):
        store_claims(claims(flight_ids, probability=[0.4, 1.01]), release_id)


def test_a_claim_needs_a_published_release(flight_ids: list[int]) -> None:
    with pytest.raises(NotFound):
        store_claims(claims(flight_ids), ReleaseId(404))


def test_the_newest_claim_of_a_flight_is_the_one_nearest_its_departure(
    flight_ids: list[int],
) -> None:
    with transaction(Access.OWNER) as session:
        for hours, probability in ((24, 0.2), (2, 0.7)):
            make_prediction(
                session,
                flight_id=flight_ids[0],
                horizon_hours=hours,
                predicted_at=STORM_AT - hours * HOUR,
                probability=probability,
                probability_60min=probability,
            )

    with transaction() as session:
        newest = list_latest_predictions(session, [FlightId(each) for each in flight_ids])
    assert {flight: claim.probability for flight, claim in newest.items()} == {flight_ids[0]: 0.7}
