"""Backfills killed at twenty random moments and run again: the rows of one left in peace."""

import os
import random
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster import AssetPartitionStatus
from rich.console import Console
from sqlalchemy import text

from pipelines.assets.ingest import INGEST
from pipelines.sensors.in_flight import IN_FLIGHT
from stormdesk.embedded import EmbeddedServer
from tests.databases import database_for
from warehouse.session import Access, transaction

ROUNDS, KILLS_A_ROUND = 4, 5
SEED = 20131208
MOST_S = 3_600
FIRST, LAST = datetime(2013, 12, 8, tzinfo=UTC), datetime(2013, 12, 11, tzinfo=UTC)
FACTS = {
    "travel.flight": ("flight_id", "batch_id"),
    "feeds.weather_observation": ("batch_id",),
    "feeds.weather_forecast": ("batch_id",),
    "travel.booking": ("booking_id", "batch_id"),
    "travel.leg": ("leg_id", "booking_id", "flight_id"),
    "travel.stay": ("stay_id", "booking_id", "hotel_id"),
    "inventory.room_night": ("hotel_id", "batch_id"),
}
"""Tables, each with the columns that tell in what order rows came, not what they say."""
UNBALANCED = (
    "SELECT count(*) FROM feeds.batch WHERE received_count"
    " <> accepted_count + unchanged_count + superseded_count + quarantined_count"
)
Digests = dict[str, tuple[int, str]]


@dataclass(frozen=True)
class Desk:
    """A database of its own, and the command that fills it."""

    environment: dict[str, str]
    instance: dg.DagsterInstance

    def start(self) -> "subprocess.Popen[bytes]":
        span = [f"{at:%Y-%m-%d}" for at in (FIRST, LAST)]
        return subprocess.Popen(
            [sys.executable, "-m", "stormdesk", "backfill", "--from", span[0], "--to", span[1]],
            env=self.environment,
            stdout=subprocess.DEVNULL,
        )

    def lost_partitions(self) -> list[str]:
        """Name the partitions of the span that Dagster does not show as loaded."""
        return [
            f"{asset.key.to_user_string()} {key}"
            for asset in INGEST
            for key, status in self._statuses(asset).items()
            if status is not AssetPartitionStatus.MATERIALIZED
        ]

    def _statuses(self, asset: dg.AssetsDefinition) -> dict[str, AssetPartitionStatus | None]:
        partitions = asset.partitions_def
        assert isinstance(partitions, dg.TimeWindowPartitionsDefinition)
        keys = [
            key
            for key in partitions.get_partition_keys()
            if FIRST <= partitions.time_window_for_partition_key(key).start < LAST
        ]
        return dict(self.instance.get_status_by_partition(asset.key, keys, partitions) or {})


@contextmanager
def desk(server: EmbeddedServer, template: str, home: Path) -> Iterator[Desk]:
    """Give an empty desk for as long as the block runs."""
    name = f"dagster_{secrets.token_hex(6)}"
    server.create_database(name)
    url = server.url(name, driver="psycopg2")
    overrides = {"storage": {"postgres": {"postgres_url": url}}}
    with database_for(server, template), dg.instance_for_test(overrides=overrides) as instance:
        own = {"STORMDESK_HOME": str(home), "DAGSTER_PG_URL": url}
        yield Desk(os.environ | own, instance)
    server.drop_database(name)


def digests() -> Digests:
    """Count and digest what each table says, in no order."""
    with transaction(Access.OWNER) as session:
        return {
            table: tuple(session.execute(text(_digest(table, left_out))).one())
            for table, left_out in FACTS.items()
        }


def _digest(table: str, left_out: tuple[str, ...]) -> str:
    names = ", ".join(f"'{name}'" for name in left_out)
    return (
        "SELECT count(*), md5(coalesce(string_agg(said, ',' ORDER BY said), ''))"
        f" FROM (SELECT (to_jsonb(row) - ARRAY[{names}])::text AS said FROM {table} AS row) AS rows"
    )


def count_unbalanced() -> int:
    with transaction(Access.OWNER) as session:
        return session.execute(text(UNBALANCED)).scalar_one()


@pytest.mark.timeout(MOST_S)
def test_backfills_killed_anywhere_lose_nothing(
    server: EmbeddedServer, template: str, tmp_path: Path
) -> None:
    with desk(server, template, tmp_path / "peace") as left_alone:
        began = time.monotonic()
        assert left_alone.start().wait() == 0
        duration_s = time.monotonic() - began
        expected = digests()
    assert all(rows for rows, _ in expected.values())
    chance = random.Random(SEED)
    for number in range(ROUNDS):
        with desk(server, template, tmp_path / f"killed{number}") as killed:
            hits_s: list[float] = []
            while len(hits_s) < KILLS_A_ROUND:
                moment_s = chance.uniform(0, duration_s)
                hits_s += [moment_s] if kill_after(killed, moment_s) else []
            assert killed.start().wait() == 0
            assert digests() == expected
            assert count_unbalanced() == 0
            assert killed.lost_partitions() == []
            assert killed.instance.get_runs_count(dg.RunsFilter(statuses=IN_FLIGHT)) == 0
        told = ", ".join(f"{at:.1f}" for at in hits_s)
        Console().print(f"Killed at {told} s of {duration_s:.1f} s: same rows, none lost.")


def kill_after(desk: Desk, moment_s: float) -> bool:
    """Kill a backfill; tell whether it was still at work then."""
    process = desk.start()
    try:
        process.wait(moment_s)
    except subprocess.TimeoutExpired:
        process.kill()
    return process.wait() != 0
