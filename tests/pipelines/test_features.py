"""Feature rows hold what was known when predicting, and a planted leak is stopped."""

from datetime import datetime, timedelta

import dagster as dg
import pandas as pd
import pytest
from sqlalchemy import func, select

from pipelines.assets import features
from pipelines.assets.features import NOTHING_OF_THE_FUTURE, feature_row
from pipelines.assets.predictions import disruption_prediction
from pipelines.partitions import Window, hour_key
from pipelines.predicting.facts import Facts, facts_for_predicting
from pipelines.predicting.feature_rows import (
    FeatureRun,
    describe_departures,
    store_features,
    typed_rows,
)
from pipelines.resources import Warehouse
from tests.pipelines.conftest import TRAINED_UNTIL, World, load_world
from warehouse.queries.predictions import feature_rows_frame
from warehouse.schema.predictions import DisruptionPrediction, FeatureRow
from warehouse.session import Access, transaction

HOUR = timedelta(hours=1)
AT = TRAINED_UNTIL
WINDOW = Window(AT - HOUR, AT)


@pytest.fixture(autouse=True)
def _world(world_database: str) -> None:
    """Every test here starts from the small world."""


def facts(window: Window = WINDOW) -> Facts:
    with transaction() as session:
        return facts_for_predicting(session, window)


def store(window: Window = WINDOW) -> FeatureRun:
    with transaction() as session:
        return store_features(session, window)


def count(table: type[FeatureRow] | type[DisruptionPrediction]) -> int:
    with transaction(Access.OWNER) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_hour_describes_the_flights_two_and_twenty_four_hours_on(small_world: World) -> None:
    rows = store().rows

    scheduled = small_world.flights["scheduled_departure_at"]
    for hours in (2, 24):
        leaving = AT + timedelta(hours=hours)
        expected = ((scheduled >= leaving) & (scheduled < leaving + HOUR)).sum()
        assert (rows["horizon_hours"] == hours).sum() == expected > 0
    assert set(rows["predicted_at"]) == {pd.Timestamp(AT)}
    assert (rows["known_at"] <= rows["predicted_at"]).all()


def test_stored_rows_come_back_with_the_bits_they_had() -> None:
    described = store().rows.sort_values(["horizon_hours", "flight_id"], ignore_index=True)

    with transaction() as session:
        read = typed_rows(feature_rows_frame(session, after=WINDOW.start, until=WINDOW.end))

    numbers = [name for name in described if described[name].dtype == "float32"]
    assert len(numbers) > 20
    pd.testing.assert_frame_equal(read[numbers], described[numbers], check_exact=True)
    assert read["carrier"].tolist() == described["carrier"].astype(str).tolist()


def test_a_range_of_hours_gives_the_rows_of_hour_by_hour() -> None:
    hours = [Window(AT - 2 * HOUR, AT - HOUR), Window(AT - HOUR, AT)]
    single = pd.concat([describe_departures(facts(hour), hour) for hour in hours])
    span = Window(AT - 2 * HOUR, AT)

    together = describe_departures(facts(span), span)

    order = ["predicted_at", "horizon_hours", "flight_id"]
    columns = [name for name in single if single[name].dtype != "category"]
    pd.testing.assert_frame_equal(
        together.sort_values(order, ignore_index=True)[columns],
        single.sort_values(order, ignore_index=True)[columns],
        check_exact=True,
    )


def test_what_became_known_later_changes_no_bit(small_world: World) -> None:
    before = describe_departures(facts(), WINDOW)
    load_world(small_world, reported_by=AT + timedelta(days=2))

    after = describe_departures(facts(), WINDOW)

    pd.testing.assert_frame_equal(after, before, check_exact=True)


def test_describing_an_hour_again_writes_nothing() -> None:
    assert store().written > 0
    assert store().written == 0


def test_an_hour_in_which_nothing_leaves_is_fine() -> None:
    night = datetime.combine(AT.date(), datetime.min.time(), AT.tzinfo) + 4 * HOUR
    window = Window(night - HOUR, night)

    assert store(window).rows.empty
    assert count(FeatureRow) == 0


def peeks(facts: Facts, window: Window) -> pd.DataFrame:
    """Describe flights with a column nobody declared: how late each will be."""
    rows = describe_departures(facts, window)
    return rows.assign(minutes_late_in_the_end=7.0)


def reads_tomorrow(facts: Facts, window: Window) -> pd.DataFrame:
    """Describe flights from an observation of the hour after."""
    rows = describe_departures(facts, window)
    late = pd.Timestamp(window.end + HOUR)
    return rows.assign(observations_known_at=late, known_at=late)


@pytest.mark.parametrize("leak", [peeks, reads_tomorrow])
def test_a_planted_leak_is_refused_and_nothing_is_kept(leak: object) -> None:
    with transaction() as session:
        run = store_features(session, WINDOW, describe=leak)

    assert run.refusal is not None
    assert count(FeatureRow) == 0


def materialize(*assets: dg.AssetsDefinition) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize(
            assets,
            partition_key=hour_key(WINDOW.start),
            resources={"warehouse": Warehouse()},
            instance=instance,
            raise_on_error=False,
        )


def test_the_asset_tells_how_many_flights_it_described() -> None:
    result = materialize(feature_row)

    [event] = result.asset_materializations_for_node("predictions__feature_row")
    assert event.metadata["dagster/partition_row_count"].value == count(FeatureRow) > 0
    assert event.metadata["dagster/row_count"].value == count(FeatureRow)
    header, _, first, hours, *_ = str(event.metadata["preview"].value).splitlines()
    assert header == "| column | first | second |"
    assert first.split(" | ")[1].split()[0] in {"AA", "B6", "DL"}
    assert hours.startswith("| horizon\\_hours | ")
    assert all(check.passed for check in result.get_asset_check_evaluations())


def test_a_leak_in_the_asset_fails_its_check_and_nothing_is_predicted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def leaky(session: object, window: Window) -> FeatureRun:
        return store_features(session, window, describe=reads_tomorrow)

    monkeypatch.setattr(features, "store_features", leaky)

    result = materialize(feature_row, disruption_prediction)

    failed = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert not result.success
    assert [check.check_name for check in failed] == [NOTHING_OF_THE_FUTURE]
    assert "observations_known_at" in str(failed[0].metadata["refusal"].value)
    assert (count(FeatureRow), count(DisruptionPrediction)) == (0, 0)
