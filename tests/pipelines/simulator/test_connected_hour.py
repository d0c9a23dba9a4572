"""An hour of facts over HTTP: every connected provider through its own asset into the record."""

from datetime import timedelta

import dagster as dg
import pytest
from sqlalchemy import text

from pipelines.assets.bookings import booking, booking_segment
from pipelines.assets.rooms import room_night
from pipelines.assets.weather import weather_bulletin, weather_forecast, weather_observation
from pipelines.connected import ConnectedProvider
from pipelines.partitions import hour_key
from pipelines.pictures import PERSONAL
from pipelines.resources import Warehouse
from tests.factories.airport import make_airport
from tests.factories.clock import set_clock
from tests.pipelines.simulator.conftest import STORM_AT, Simulator
from warehouse.session import Access, transaction

ASSETS = (
    *(weather_observation, weather_forecast, weather_bulletin),
    *(booking, booking_segment, room_night),
)
TABLES = (
    *("feeds.weather_observation", "feeds.weather_forecast", "feeds.weather_bulletin"),
    *("feeds.booking_segment", "travel.booking", "inventory.room_night"),
)


@pytest.fixture
def connected(database: str, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """Connect the pipelines to the simulator, at the storm's instant."""
    set_clock(STORM_AT)
    with transaction(Access.OWNER) as session:
        for iata in ("JFK", "LGA", "EWR", "BOS", "LAX", "ORD", "SFO"):
            make_airport(session, iata)
    urls = ("OPEN_METEO_URL", "NWS_URL", "BOOKINGS_URL", "DUFFEL_URL")
    for name in urls:
        monkeypatch.setenv(f"STORMDESK_{name}", simulator.url)
    monkeypatch.setenv("STORMDESK_DUFFEL_TOKEN", "simulated")
    monkeypatch.setenv("STORMDESK_HOTEL_CONTACT_EMAIL", "desk@example.com")
    monkeypatch.setenv("STORMDESK_HOTEL_CONTACT_PHONE", "+12125550100")
    monkeypatch.setenv("STORMDESK_AVIATION_WEATHER_URL", f"{simulator.url}/api/data")
    return simulator


def run_hour(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        ASSETS,
        instance=instance,
        partition_key=hour_key(STORM_AT - timedelta(hours=1)),
        resources={"warehouse": Warehouse(), "provider": ConnectedProvider()},
        raise_on_error=False,
    )


def row_counts() -> dict[str, int]:
    with transaction(Access.OWNER) as session:
        return {
            table: session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in TABLES
        }


def test_an_hour_comes_in_over_http_and_again_changes_nothing(
    connected: Simulator, instance: dg.DagsterInstance
) -> None:
    first = run_hour(instance)
    assert first.success, [event.message for event in first.all_events if event.is_failure]
    counts = row_counts()
    assert all(counts.values()), counts
    for asset in (*ASSETS[:3], *ASSETS[4:]):
        [event] = first.asset_materializations_for_node("__".join(asset.key.path))
        preview = str(event.metadata["preview"].value)
        assert preview.startswith("| "), asset.key
        header, _, *lines = preview.splitlines()
        named = [*header.split(" | "), *(line.split(" | ")[0] for line in lines)]
        assert not {name.strip("| ") for name in named} & PERSONAL
    assert run_hour(instance).success
    assert row_counts() == counts


def test_a_forecast_is_issued_when_it_was_asked_for(
    connected: Simulator, instance: dg.DagsterInstance
) -> None:
    asked_at = STORM_AT + timedelta(minutes=50)
    set_clock(asked_at)
    connected.at = asked_at
    assert run_hour(instance).success
    with transaction(Access.OWNER) as session:
        issued = session.execute(
            text("SELECT DISTINCT issued_at FROM feeds.weather_forecast")
        ).scalars()
        assert list(issued) == [asked_at]


def test_of_hours_long_over_only_the_archive_tells(
    connected: Simulator, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = STORM_AT + timedelta(days=1)
    set_clock(now)
    connected.at = now
    assert run_hour(instance).success
    assert row_counts()["feeds.weather_forecast"] == 0
    monkeypatch.setenv("STORMDESK_OPEN_METEO_ARCHIVE_URL", connected.url)
    assert run_hour(instance).success
    with transaction(Access.OWNER) as session:
        newest = session.scalar(text("SELECT max(issued_at) FROM feeds.weather_forecast"))
    assert newest <= STORM_AT.replace(hour=23)


@pytest.mark.parametrize(
    ("providers", "empty"),
    [
        (
            ("bookings", "duffel", "aviationweather"),
            {
                *("feeds.booking_segment", "travel.booking"),
                *("inventory.room_night", "feeds.weather_bulletin"),
            },
        ),
        (("open-meteo",), {"feeds.weather_observation", "feeds.weather_forecast"}),
    ],
)
def test_a_provider_that_is_gone_fails_its_own_assets_only_and_is_named(
    connected: Simulator,
    instance: dg.DagsterInstance,
    providers: tuple[str, ...],
    empty: set[str],
) -> None:
    for provider in providers:
        connected.misbehave(provider, "refused", times=99)
    result = run_hour(instance)
    assert not result.success
    counts = row_counts()
    assert {table for table, count in counts.items() if count == 0} == empty
    told = [
        str(event.step_failure_data.error)
        for event in result.all_events
        if event.is_step_failure and event.step_failure_data.error
    ]
    for provider in providers:
        assert any(f"ProviderRefused: {provider}: answered " in words for words in told), told
