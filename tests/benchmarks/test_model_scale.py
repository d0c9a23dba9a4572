"""What the model costs at scale: explanations, and a million bookings over 72 hours."""

import re
import subprocess
import sys
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select, text

from ml.explain import explain
from ml.model import disruption_probability
from ml.release import Release, pack_release
from ml.targets import DISRUPTED
from ml.training import train_release, training_rows
from pipelines.alerting import raise_alerts
from pipelines.partitions import Window
from pipelines.predicting.claims import store_claims
from pipelines.predicting.feature_rows import store_features
from pipelines.sources.nycflights import read_airports, read_carriers, reports_between
from stormdesk.embedded import EmbeddedServer
from tests.benchmarks.conftest import Scoreboard, median_seconds
from tests.conftest import PROJECT
from tests.databases import empty
from tests.factories.clock import set_clock
from tests.factories.crowd import FILLED, make_crowd
from tests.factories.policy import make_alert_policy, make_policy_step, make_policy_version
from tests.factories.prediction import make_champion, make_release
from tests.ml.conftest import World
from tests.ml.real_year import real_frames
from warehouse.bulk.copying import copy_in, copy_out, driver_of
from warehouse.operations.deliveries import Delivery
from warehouse.operations.feeds import load_flights, load_forecasts, load_observations
from warehouse.operations.flight_reports import load_flight_reports
from warehouse.operations.reference import load_airports, load_carriers
from warehouse.queries.judging import exposure_frame
from warehouse.schema import Base
from warehouse.schema.travel import Flight
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STARTS_AT = datetime(2013, 1, 3, tzinfo=UTC)
TRAINED_UNTIL = datetime(2013, 5, 19, tzinfo=UTC)
WINDOW = Window(datetime(2013, 6, 24, tzinfo=UTC), datetime(2013, 6, 27, tzinfo=UTC))
"""Three days of thunderstorms: far more flights are worth an alert than on most."""

DEPARTS_FROM, DEPARTS_UNTIL = WINDOW.start + 3 * HOUR, WINDOW.end + 3 * HOUR
"""The 72 h whose flights are predicted 2 h ahead within the window."""

IN_72_HOURS = (
    Flight.scheduled_departure_at >= DEPARTS_FROM,
    Flight.scheduled_departure_at < DEPARTS_UNTIL,
)
BOOKINGS = 1_000_000
EXPLAINED = 2_000
GIB_BYTES = 2**30
WRITTEN = (
    "predictions.feature_row",
    "predictions.disruption_prediction",
    "alerting.alert",
    "alerting.affected_booking",
)


@pytest.fixture(scope="module")
def world() -> World:
    """The real flights and weather until the end of the window."""
    return World(*real_frames(STARTS_AT, WINDOW.end + 3 * DAY))


@pytest.fixture(scope="module")
def release(world: World) -> Release:
    return train_release(
        world.flights,
        world.observations,
        world.forecasts,
        trained_until=TRAINED_UNTIL,
        code_version="bench",
    )


@pytest.mark.parametrize("horizon_hours", [2, 24])
def test_explaining_alerts(
    world: World, release: Release, scoreboard: Scoreboard, horizon_hours: int
) -> None:
    rows = training_rows(
        world.flights[world.flights["scheduled_departure_at"] > TRAINED_UNTIL - 40 * DAY],
        world.observations,
        world.forecasts,
        trained_until=WINDOW.end,
        horizon_hours=horizon_hours,
    ).rows
    champion = release.model_set.at(horizon_hours).champions[DISRUPTED]
    probability = disruption_probability(champion, rows)
    alerts = rows.iloc[np.argsort(-probability, kind="stable")[:EXPLAINED]]

    def explain_all() -> None:
        assert len(explain(release.model_set, alerts)) == EXPLAINED

    def predict_all() -> None:
        disruption_probability(champion, alerts)

    each_ms = median_seconds(explain_all) / EXPLAINED * 1_000
    what = f"explain {EXPLAINED:,} alerts {horizon_hours} h ahead, {each_ms:.2f} ms each"
    ratio = scoreboard.compare(what, explain_all, "predict the same", predict_all)
    # Each of ten groups is one more prediction; the rest is for the words.
    assert ratio < 40


def load_facts(world: World) -> None:
    """Load what had been reported by the end of the window, as far back as features reach."""
    since = WINDOW.start - 40 * DAY
    flights = world.flights[world.flights["scheduled_departure_at"] >= since]
    reports = reports_between(since, WINDOW.end)
    observations, forecasts = world.observations, world.forecasts

    def delivery(feed: str) -> Delivery:
        return Delivery(feed, "bench", None, WINDOW.end)

    with transaction(Access.PIPELINE) as session:
        load_airports(session, SYSTEM, read_airports(), delivery("airports"))
        load_carriers(session, SYSTEM, read_carriers(), delivery("carriers"))
        load_flights(session, SYSTEM, flights.assign(is_generated=False), delivery("flights"))
        load_observations(
            session,
            SYSTEM,
            observations[observations["observed_at"] >= since],
            delivery("observations"),
        )
        load_forecasts(
            session, SYSTEM, forecasts[forecasts["valid_at"] >= since], delivery("forecasts")
        )
        load_flight_reports(session, SYSTEM, reports, delivery("reports"))


@pytest.fixture
def desk(world: World, release: Release, server: EmbeddedServer, database: str) -> None:
    """A million bookings on the flights of 72 h, a champion, and a policy that raises alerts."""
    set_clock(WINDOW.end)
    load_facts(world)
    in_force = {"effective_from_at": STARTS_AT}
    with server.connect() as superuser:
        superuser.execute("GRANT SET ON PARAMETER session_replication_role TO stormdesk_owner")
    with transaction(Access.OWNER) as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        made = make_release(
            session,
            content=pack_release(release.model_set, release.card),
            card=release.card,
            trained_from=STARTS_AT,
            trained_until=TRAINED_UNTIL,
            published_at=TRAINED_UNTIL,
        )
        make_champion(session, release_id=made.release_id, since_at=TRAINED_UNTIL)
        make_alert_policy(session, **in_force)
        version = make_policy_version(session, **in_force).policy_version_id
        make_policy_step(session, policy_version_id=version)
        flights = select(Flight.flight_id).where(*IN_72_HOURS).order_by(Flight.flight_id)
        make_crowd(session, np.asarray(session.scalars(flights).all()), BOOKINGS)


def predict_and_raise() -> None:
    """Do what the product does with a window: describe, claim, raise, and count who is exposed."""
    with transaction() as session:
        assert store_features(session, WINDOW).written
    with transaction() as session:
        assert store_claims(session, WINDOW).written
    with transaction() as session:
        assert raise_alerts(session, WINDOW, may_page=False).summary.raised
    with transaction() as session:
        exposed = exposure_frame(session, start=DEPARTS_FROM, end=DEPARTS_UNTIL)
    assert exposed["bookings"].sum() == BOOKINGS


def forget() -> None:
    with transaction(Access.OWNER) as session:
        empty(session, *WRITTEN)


def predict_anew() -> None:
    forget()
    predict_and_raise()


def read_bare() -> None:
    """Copy out, and drop, every row that the product reads: facts, bookings, and its own rows."""
    facts = (
        ("travel.flight", "scheduled_departure_at", WINDOW.start - 35 * DAY, WINDOW.end + 3 * DAY),
        ("feeds.weather_observation", "observed_at", WINDOW.start - 2 * DAY, WINDOW.end),
        ("feeds.weather_forecast", "valid_at", WINDOW.start, WINDOW.end + 30 * HOUR),
    )
    statements = [
        f"SELECT * FROM {table} WHERE {column} >= '{start}' AND {column} < '{end}'"
        for table, column, start, end in facts
    ]
    statements += [f"TABLE {table}" for table in (*FILLED[1:], *WRITTEN[:2])]
    with transaction() as session, driver_of(session).cursor() as cursor:
        for statement in statements:
            with cursor.copy(f"COPY ({statement}) TO STDOUT") as copy:
                deque(copy, maxlen=0)


def write_bare(frames: Mapping[str, pd.DataFrame]) -> None:
    """Copy the rows that the product wrote back into its tables, guarded as they are."""
    forget()
    with transaction(Access.OWNER) as session:
        for name, frame in frames.items():
            copy_in(session, Base.metadata.tables[name], frame)


def written_rows() -> dict[str, pd.DataFrame]:
    """Read back what the product wrote, but for the columns that Postgres computes itself."""
    with transaction(Access.OWNER) as session:
        return {
            name: copy_out(session, select(*[c for c in table.c if c.computed is None]))
            for name in WRITTEN
            for table in (Base.metadata.tables[name],)
        }


def peak_bytes() -> int:
    """Give the most memory this process ever held.

    Not by `ru_maxrss`: Linux lets a child begin with what its parent held.
    """
    [peak] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(peak) * 1024


def peak_of_a_fresh_process() -> int:
    forget()
    code = (
        "from tests.benchmarks.test_model_scale import peak_bytes, predict_and_raise\n"
        "predict_and_raise(); print(peak_bytes())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=PROJECT
    )
    return int(done.stdout)


@pytest.mark.usefixtures("desk")
def test_a_million_bookings_over_72_hours(scoreboard: Scoreboard) -> None:
    predict_anew()
    rows = written_rows()
    assert len(rows["predictions.disruption_prediction"]) > 4_000
    assert len(rows["alerting.affected_booking"]) > 100_000

    def bare() -> None:
        read_bare()
        write_bare(rows)

    what = f"{BOOKINGS:,} bookings over 72 h: features, claims, alerts, exposure"
    ratio = scoreboard.compare(what, predict_anew, "bare COPY out and in", bare, rounds=3)
    peak = peak_of_a_fresh_process()
    scoreboard.lines.append(("peak memory of a process that does so", "1 GiB", peak / GIB_BYTES))
    assert ratio <= 2
    assert peak <= GIB_BYTES
