"""Backfills: one run for a range, only what failed again, and the same rows however it ends."""

from collections.abc import Callable
from datetime import timedelta

import dagster as dg
import pytest

from pipelines.assets.ingest import flight
from pipelines.assets.reference import airport, carrier
from pipelines.assets.weather import weather_forecast, weather_observation
from pipelines.backfilling import Backfilled, BackfillRefused, Which, backfill, choose_assets
from pipelines.partitions import Window
from pipelines.providing import Handover
from pipelines.resources import Warehouse
from tests.pipelines.test_ingest import row_counts
from tests.pipelines.tiny_provider import FIRST_HOUR, TinyProvider

WINDOW = Window(FIRST_HOUR, FIRST_HOUR + timedelta(hours=20))
ASSETS = (flight, weather_observation, weather_forecast)


class Faulty(TinyProvider):
    """Cannot hand over the hour that begins at ten."""

    def observations(self, window: Window) -> Handover:
        ten = FIRST_HOUR + timedelta(hours=10)
        if window.start <= ten < window.end:
            raise RuntimeError("the ten o'clock file is torn")
        return super().observations(window)


@pytest.fixture
def run(replay: None, instance: dg.DagsterInstance) -> Callable[..., list[Backfilled]]:
    resources = {"warehouse": Warehouse(), "provider": TinyProvider()}
    assert dg.materialize([airport, carrier], instance=instance, resources=resources).success

    def backfilled(provider: TinyProvider | None = None, **asked: object) -> list[Backfilled]:
        given = resources | {"provider": provider or TinyProvider()}
        assets = asked.pop("assets", ASSETS)
        done = backfill(
            assets, WINDOW, instance=instance, resources=given, backfill_id="test", **asked
        )
        return list(done)

    return backfilled


def test_a_range_is_one_run_an_asset(run: Callable[..., list[Backfilled]]) -> None:
    told: list[tuple[str, int, int]] = []
    done = run(progress=lambda *words: told.append(words))
    assert [(each.loaded, each.runs, each.failed) for each in done] == [
        (1, 1, ()),
        (20, 1, ()),
        (20, 1, ()),
    ]
    assert told[-1] == ("feeds/weather_forecast", 20, 20)
    assert row_counts()["feeds.weather_observation"] == 20
    first = row_counts()
    run()
    assert row_counts() == first


def test_one_bad_partition_costs_no_good_one(
    run: Callable[..., list[Backfilled]], instance: dg.DagsterInstance
) -> None:
    [done] = run(Faulty(), assets=[weather_observation])
    assert (done.loaded, [failed.partition for failed in done.failed]) == (
        19,
        ["2013-01-01-10:00"],
    )
    assert "ten o'clock file is torn" in done.failed[0].reason
    assert row_counts()["feeds.weather_observation"] == 19
    runs_before = instance.get_runs_count()
    [again] = run(assets=[weather_observation], which=Which.FAILED)
    assert (again.loaded, again.runs) == (1, 1)
    assert instance.get_runs_count() == runs_before + 1
    assert row_counts()["feeds.weather_observation"] == 20


def test_what_was_never_loaded_is_loaded_around_what_was(
    run: Callable[..., list[Backfilled]], instance: dg.DagsterInstance
) -> None:
    resources = {"warehouse": Warehouse(), "provider": TinyProvider()}
    noon = {"partition_key": "2013-01-01-12:00", "instance": instance, "resources": resources}
    assert dg.materialize([weather_observation], **noon).success
    [done] = run(assets=[weather_observation], which=Which.MISSING)
    assert (done.loaded, done.runs) == (19, 2)
    [nothing] = run(assets=[weather_observation], which=Which.MISSING)
    assert (nothing.loaded, nothing.runs) == (0, 0)


def test_runs_of_a_backfill_are_told_apart(
    run: Callable[..., list[Backfilled]], instance: dg.DagsterInstance
) -> None:
    run(assets=[weather_observation])
    [record] = instance.get_runs(limit=1)
    assert record.tags["dagster/backfill"] == "test"
    assert record.tags["stormdesk/lane"] == "backfill"


def test_assets_are_chosen_by_either_name_in_order() -> None:
    chosen = choose_assets(ASSETS, ["feeds.weather_observation", "travel/flight"])
    assert chosen == [flight, weather_observation]
    with pytest.raises(BackfillRefused, match="no partitioned asset travel/fligth"):
        choose_assets(ASSETS, ["travel/fligth"])
