"""Assets bring facts in hour by hour, account for them, and stop what must not go on."""

from datetime import timedelta

import dagster as dg
import pytest

from pipelines.assets.ingest import INGEST, flight_report
from pipelines.assets.reference import REFERENCE, airport
from pipelines.assets.weather import weather_observation
from pipelines.initial_load import HistoryRefused, load_history
from pipelines.partitions import HOURLY, SINGLE_RUN
from pipelines.resources import Warehouse
from tests.pipelines.tiny_provider import DEPARTS_AT, LANDS_AT, UNTIL, TinyProvider
from warehouse.queries.feeds import count_rows, list_batches
from warehouse.session import transaction

NOON = "2013-01-01-12:00"
TABLES = (
    *("travel.airport", "travel.carrier", "travel.traveller", "travel.flight", "travel.booking"),
    *("travel.leg", "travel.stay", "travel.booking_traveller"),
    *("inventory.hotel", "inventory.room_night"),
    *("feeds.weather_observation", "feeds.weather_forecast"),
)


def row_counts() -> dict[str, int]:
    with transaction() as session:
        return {table: count_rows(session, table) for table in TABLES}


def materialize(
    asset: dg.AssetsDefinition,
    *others: dg.AssetsDefinition,
    instance: dg.DagsterInstance,
    provider: TinyProvider | None = None,
    **run: object,
) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [asset, *others],
        instance=instance,
        resources={"warehouse": Warehouse(), "provider": provider or TinyProvider()},
        raise_on_error=False,
        **run,
    )


def test_the_history_comes_in_whole_and_twice_is_once(replay: None) -> None:
    load_history(UNTIL, provider=TinyProvider())
    first = row_counts()
    assert first == dict.fromkeys(TABLES, 1) | {
        "travel.airport": 2,
        "feeds.weather_observation": 20,
        "feeds.weather_forecast": 20,
    }
    load_history(UNTIL, provider=TinyProvider())
    assert row_counts() == first
    with transaction() as session:
        again = list_batches(session)[: len(list_batches(session)) // 2]
    assert sum(batch.accepted_count for batch in again) == 0


def test_nothing_known_later_comes_in(replay: None) -> None:
    load_history(DEPARTS_AT, provider=TinyProvider())
    with transaction() as session:
        found = session.connection().exec_driver_sql(
            "SELECT status, reported_at, (SELECT max(known_at) FROM feeds.weather_observation),"
            " (SELECT max(issued_at) FROM feeds.weather_forecast) FROM travel.flight"
        )
        status, reported_at, observed_by, issued_by = found.one()
    assert (status, reported_at) == ("departed", DEPARTS_AT)
    assert DEPARTS_AT < LANDS_AT
    assert observed_by == issued_by == DEPARTS_AT


def test_dagster_on_postgres_learns_every_partition_of_the_history(
    replay: None, postgres_instance: dg.DagsterInstance
) -> None:
    told: list[tuple[str, int, int]] = []
    load_history(
        UNTIL,
        instance=postgres_instance,
        provider=TinyProvider(),
        progress=lambda name, done, of: told.append((name, done, of)),
    )
    key = dg.AssetKey(["feeds", "weather_observation"])
    hours = postgres_instance.get_materialized_partitions(key)
    assert (len(hours), max(hours)) == (20, "2013-01-01-19:00")
    latest = postgres_instance.get_latest_materialization_event(key)
    assert latest is not None
    assert latest.asset_materialization is not None
    assert latest.asset_materialization.metadata["accepted"].value == 20
    days = postgres_instance.get_materialized_partitions(dg.AssetKey(["travel", "flight"]))
    assert len(days) == 367
    checks = postgres_instance.event_log_storage.get_latest_asset_check_execution_by_key(
        list(weather_observation.check_keys)
    )
    assert {record.status.value for record in checks.values()} == {"SUCCEEDED"}
    assert told[0] == ("travel/airport", 1, 10)
    assert [done for _, done, _ in told] == list(range(1, 11))


def test_an_hour_runs_on_postgres_storage(
    replay: None, postgres_instance: dg.DagsterInstance
) -> None:
    result = materialize(*REFERENCE, *INGEST[2:3], instance=postgres_instance, partition_key=NOON)
    assert result.success
    assert row_counts()["feeds.weather_observation"] == 1
    with transaction() as session:
        [batch] = list_batches(session, feed="weather_observation")
    assert batch.partition_key == NOON


def test_implausible_weather_stops_the_history(replay: None, instance: dg.DagsterInstance) -> None:
    with pytest.raises(HistoryRefused, match="values_are_plausible"):
        load_history(UNTIL, instance=instance, provider=TinyProvider(wind_mps=70.0))
    key = dg.AssetKey(["feeds", "weather_observation"])
    assert not instance.get_materialized_partitions(key)


def test_implausible_weather_stops_what_stands_on_it(
    replay: None, instance: dg.DagsterInstance
) -> None:
    reached: list[str] = []

    @dg.asset(deps=[weather_observation], partitions_def=HOURLY, backfill_policy=SINGLE_RUN)
    def downstream() -> None:
        reached.append("downstream")

    assert materialize(airport, instance=instance).success
    calm = {"partition_key": NOON, "instance": instance}
    assert materialize(weather_observation, downstream, **calm).success
    assert reached == ["downstream"]
    wild = materialize(
        weather_observation,
        downstream,
        instance=instance,
        provider=TinyProvider(wind_mps=70.0),
        partition_key="2013-01-01-13:00",
    )
    assert not wild.success
    assert reached == ["downstream"]


def test_a_refused_row_only_warns(replay: None, instance: dg.DagsterInstance) -> None:
    result = materialize(airport, instance=instance, provider=TinyProvider(second_airport="b0s"))
    assert result.success
    found = {check.check_name: check for check in result.get_asset_check_evaluations()}
    assert not found["nothing_quarantined"].passed
    assert found["nothing_quarantined"].severity is dg.AssetCheckSeverity.WARN
    [event] = result.asset_materializations_for_node("travel__airport")
    assert str(event.metadata["quarantine"].value).startswith("![Rows that wait in quarantine")
    assert found["rows_in_are_accounted_for"].passed


def test_a_range_of_hours_is_one_delivery(replay: None, instance: dg.DagsterInstance) -> None:
    materialize(airport, instance=instance)
    result = materialize(
        weather_observation,
        instance=instance,
        tags={
            "dagster/asset_partition_range_start": "2013-01-01-06:00",
            "dagster/asset_partition_range_end": "2013-01-01-11:00",
        },
    )
    assert result.success
    with transaction() as session:
        (batch,) = list_batches(session, feed="weather_observation")
    assert batch.accepted_count == 6
    assert batch.partition_key == "2013-01-01-06:00...2013-01-01-11:00"


def test_a_batch_is_received_at_the_desks_instant(
    replay: None, instance: dg.DagsterInstance
) -> None:
    materialize(airport, instance=instance)
    with transaction() as session:
        assert list_batches(session)[0].received_at == UNTIL


def test_assets_tell_what_they_did_but_not_who_travels(
    replay: None, instance: dg.DagsterInstance
) -> None:
    load_history(UNTIL, instance=instance, provider=TinyProvider())

    def metadata(*path: str) -> dict[str, object]:
        event = instance.get_latest_materialization_event(dg.AssetKey(list(path)))
        assert event is not None
        assert event.asset_materialization is not None
        return {name: m.value for name, m in event.asset_materialization.metadata.items()}

    assert metadata("travel", "airport")["dagster/row_count"] == 2
    assert "| JFK | Kennedy |" in str(metadata("travel", "airport")["preview"])
    gusts = str(metadata("feeds", "weather_observation")["gusts"])
    assert gusts.startswith("![Gusts of the last three days")
    assert "rooms_free" in metadata("inventory", "room_night")
    for asset in (*REFERENCE, *INGEST):
        if asset.key.path[-1] not in {"weather_bulletin", "booking_segment"}:  # never in history
            assert str(metadata(*asset.key.path)["preview"]).startswith("| "), asset.key
    seen = str(metadata("travel", "traveller")) + str(metadata("travel", "booking"))
    for secret in ("Ada", "Lind", "example.com", "555", "ABC234"):
        assert secret not in seen


def test_reports_reach_the_flight_in_the_hour_they_are_known(
    replay: None, instance: dg.DagsterInstance
) -> None:
    load_history(DEPARTS_AT - timedelta(hours=1), provider=TinyProvider())
    statuses = []
    for hour in ("2013-01-01-17:00", "2013-01-01-18:00", "2013-01-01-19:00"):
        assert materialize(flight_report, instance=instance, partition_key=hour).success
        with transaction() as session:
            query = "SELECT status FROM travel.flight"
            statuses.append(session.connection().exec_driver_sql(query).scalar_one())
    assert statuses == ["departed", "departed", "arrived"]
