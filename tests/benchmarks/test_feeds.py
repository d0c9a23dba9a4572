"""What it costs to take facts in: the year's flights beside other ways, and backfills by range."""

import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import dagster as dg
import dlt
import pandas as pd
import pytest
from sqlalchemy import create_engine, make_url, text

from pipelines.assets.ingest import flight, flight_report
from pipelines.assets.reference import airport, carrier
from pipelines.assets.weather import weather_observation
from pipelines.backfilling import backfill
from pipelines.partitions import Window
from pipelines.providing import EmbeddedProvider
from pipelines.resources import Warehouse
from pipelines.sources.nycflights import read_airports, read_carriers, read_flights
from stormdesk.embedded import EmbeddedServer
from stormdesk.services import EVENTS_TOGETHER
from tests.benchmarks.conftest import Scoreboard
from tests.databases import empty
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from warehouse.bulk.copying import copy_in
from warehouse.operations.deliveries import Delivery
from warehouse.operations.feed_batches import BatchResult
from warehouse.operations.feeds import load_flights
from warehouse.operations.reference import load_airports, load_carriers
from warehouse.schema.travel import Flight
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM

ROWS_PER_INSERT = 1_000
MARCH = datetime(2013, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = 31
FLIGHT_KEY = ("carrier", "flight_number", "origin", "service_date")


def delivery() -> Delivery:
    return Delivery("flight", "bench", None, STORM_AT)


@pytest.fixture
def flights(database: str) -> pd.DataFrame:
    with transaction(Access.PIPELINE) as session:
        load_airports(session, SYSTEM, read_airports(), delivery())
        load_carriers(session, SYSTEM, read_carriers(), delivery())
    return read_flights().accepted


def load(flights: pd.DataFrame) -> BatchResult:
    with transaction(Access.PIPELINE) as session:
        return load_flights(session, SYSTEM, flights, delivery())


def load_anew(flights: pd.DataFrame) -> None:
    with transaction(Access.OWNER) as session:
        empty(session, "travel.flight")
    load(flights)


def copy_bare(flights: pd.DataFrame) -> None:
    """Copy the same rows into a table with the same indexes, asking nothing of them."""
    with transaction(Access.OWNER) as session:
        session.execute(text("CREATE TABLE travel.bare (LIKE travel.flight INCLUDING ALL)"))
        columns = Flight.__table__.to_metadata(Flight.metadata.__class__(), name="bare")
        copy_in(session, columns, flights.assign(batch_id=1, status="scheduled"))
        session.execute(text("DROP TABLE travel.bare"))


def insert_many(flights: pd.DataFrame, url: str) -> None:
    engine = create_engine(url)
    flights.to_sql(
        "pandas_flight",
        engine,
        if_exists="replace",
        index=False,
        method="multi",
        chunksize=ROWS_PER_INSERT,
    )
    engine.dispose()


def load_with_dlt(flights: object, url: str, folder: Path, **how: object) -> None:
    destination = dlt.destinations.postgres(credentials=dlt_url(url))
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(folder),
        destination=destination,
        dataset_name=f"dlt_{folder.name}",
    )
    pipeline.run(flights, table_name="flight", **{"write_disposition": "replace", **how})


def dlt_url(url: str) -> str:
    """Write a URL of the test's server as dlt takes it: with a host, whatever the socket is."""
    own = make_url(url).set(drivername="postgresql", host="localhost")
    return own.render_as_string(hide_password=False)


def test_loading_the_year(
    flights: pd.DataFrame,
    database: str,
    server: EmbeddedServer,
    scoreboard: Scoreboard,
    tmp_path: Path,
) -> None:
    what = f"load {len(flights):,} flights, judged, with provenance"
    ours = partial(load_anew, flights)
    bare = scoreboard.compare(what, ours, "bare COPY", partial(copy_bare, flights), rounds=3)
    url = server.url(database, "stormdesk_owner")
    pandas = partial(insert_many, flights, url)
    inserted = scoreboard.compare(what, ours, "to_sql(method='multi')", pandas, rounds=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = flights.to_dict("records")
        by_row = partial(load_with_dlt, rows, url, tmp_path / "rows")
        loaded = scoreboard.compare(what, ours, "dlt, given rows", by_row, rounds=1)
        # Columns by way of Arrow, neither judged nor indexed: told beside it, and no bar is set.
        by_column = partial(load_with_dlt, flights, url, tmp_path / "columns")
        scoreboard.compare(what, ours, "dlt, given a frame, no indexes", by_column, rounds=1)
        # With a key, so that a second load does no harm: what ours promises of every load.
        merged = {"write_disposition": "merge", "primary_key": FLIGHT_KEY}
        by_key = partial(load_with_dlt, flights, url, tmp_path / "merged", **merged)
        by_key()
        scoreboard.compare(what, ours, "dlt, given a frame, merged by key", by_key, rounds=1)
        unchanged = partial(load, flights)
        scoreboard.compare(
            "load them again, unchanged", unchanged, "dlt, the same", by_key, rounds=1
        )
    again = scoreboard.compare(
        "load them again, unchanged", partial(load, flights), "first load", ours, rounds=3
    )
    assert load(flights).unchanged_count == len(flights)
    assert bare <= 1 / 0.4
    assert inserted <= 1 / 5
    assert loaded <= 1 / 3
    assert again <= 0.5


@pytest.fixture
def instance(
    server: EmbeddedServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dg.DagsterInstance]:
    for variable, value in EVENTS_TOGETHER.items():
        monkeypatch.setenv(variable, value)
    name = f"{database}_dagster"
    server.create_database(name)
    storage = {"postgres": {"postgres_url": server.url(name, driver="psycopg2")}}
    with dg.instance_for_test(overrides={"storage": storage}) as kept:
        # As the product opens it: one kept connection instead of a new one per event.
        kept.optimize_for_webserver(statement_timeout=60_000, pool_recycle=3_600, max_overflow=20)
        yield kept
    server.drop_database(name)


def count_facts() -> list[int]:
    tables = ("travel.flight", "feeds.weather_observation")
    with transaction(Access.OWNER) as session:
        return [
            session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables
        ]


def test_a_month_in_one_run(
    database: str, instance: dg.DagsterInstance, scoreboard: Scoreboard
) -> None:
    set_clock(MARCH + DAYS * DAY)
    resources = {"warehouse": Warehouse(), "provider": EmbeddedProvider()}
    dg.materialize([airport, carrier], instance=instance, resources=resources)
    EmbeddedProvider().observations(Window(MARCH, MARCH + DAY))
    list(EmbeddedProvider().flights(Window(MARCH, MARCH + DAY)))
    EmbeddedProvider().flight_reports(Window(MARCH, MARCH + DAY))

    def run(start: datetime, end: datetime) -> None:
        assets = [flight, flight_report, weather_observation]
        done = backfill(
            assets,
            Window(start, end),
            instance=instance,
            resources=resources,
            backfill_id=f"{start:%m%d}",
        )
        assert not any(each.failed for each in done)

    def cleared(then: Callable[[], None]) -> None:
        with transaction(Access.OWNER) as session:
            empty(session, "travel.flight", "feeds.weather_observation")
        then()

    def by_day() -> None:
        for day in range(DAYS):
            run(MARCH + day * DAY, MARCH + (day + 1) * DAY)

    def at_once() -> None:
        run(MARCH, MARCH + DAYS * DAY)

    whole = scoreboard.compare(
        "31 days of flights, reports and weather in one run",
        partial(cleared, at_once),
        "31 runs",
        partial(cleared, by_day),
        rounds=1,
    )
    rows = count_facts()
    cleared(at_once)
    assert count_facts() == rows
    assert whole <= 0.25
