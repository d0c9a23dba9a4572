"""Partitions are whole hours and days of UTC, and a run's window covers its whole range."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from pipelines.partitions import (
    DAILY,
    HISTORY_ENDS_AT,
    HISTORY_STARTS_AT,
    HOURLY,
    SINGLE_RUN,
    Window,
    daily,
    day_key,
    hour_key,
    hourly,
    last_complete_hour_key,
    partition_words,
    window_of,
)
from pipelines.settings import Profile


@dg.asset(partitions_def=HOURLY, backfill_policy=SINGLE_RUN)
def seen(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Tells what window it was given."""
    window = window_of(context)
    return dg.MaterializeResult(
        metadata={
            "start": window.start.isoformat(),
            "end": window.end.isoformat(),
            "words": partition_words(context),
        }
    )


def told(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    metadata = result.asset_materializations_for_node("seen")[0].metadata
    return {
        name: value.value for name, value in metadata.items() if name in {"start", "end", "words"}
    }


def test_the_replay_ends_with_its_data() -> None:
    hours, days = HOURLY.get_partition_keys(), DAILY.get_partition_keys()
    assert (hours[0], hours[-1]) == ("2013-01-01-00:00", "2014-01-02-23:00")
    assert (days[0], days[-1]) == ("2013-01-01", "2014-01-02")
    assert timedelta(hours=len(hours)) == HISTORY_ENDS_AT - HISTORY_STARTS_AT


def test_the_live_profile_includes_the_running_hour_and_day() -> None:
    now = datetime(2026, 3, 8, 14, 20, tzinfo=UTC)
    with dg.partition_loading_context(effective_dt=now):
        assert hourly(Profile.LIVE).get_last_partition_key() == "2026-03-08-14:00"
        assert daily(Profile.LIVE).get_last_partition_key() == "2026-03-08"


def test_keys_name_the_partition_that_holds_an_instant() -> None:
    at = datetime.fromisoformat("2013-12-10T06:30:00-05:00")
    assert (hour_key(at), day_key(at)) == ("2013-12-10-11:00", "2013-12-10")
    assert last_complete_hour_key(at) == "2013-12-10-10:00"
    assert {hour_key(at), last_complete_hour_key(at)} <= set(HOURLY.get_partition_keys())


def test_a_run_of_one_hour_is_about_that_hour() -> None:
    result = dg.materialize([seen], partition_key="2013-12-10-10:00")
    assert told(result) == {
        "start": "2013-12-10T10:00:00+00:00",
        "end": "2013-12-10T11:00:00+00:00",
        "words": "2013-12-10-10:00",
    }


def test_a_backfill_of_a_range_is_one_window() -> None:
    result = dg.materialize(
        [seen],
        tags={
            "dagster/asset_partition_range_start": "2013-12-10-10:00",
            "dagster/asset_partition_range_end": "2013-12-10-12:00",
        },
    )
    assert told(result) == {
        "start": "2013-12-10T10:00:00+00:00",
        "end": "2013-12-10T13:00:00+00:00",
        "words": "2013-12-10-10:00...2013-12-10-12:00",
    }


def test_an_asset_without_partitions_has_no_window() -> None:
    @dg.asset
    def whole(context: dg.AssetExecutionContext) -> Window:
        return window_of(context)

    with pytest.raises(TypeError, match="not partitioned by time"):
        whole(dg.build_asset_context())
