"""The replayed clock goes as fast as it is told, and a live desk has none."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from stormdesk.cli import app
from stormdesk.embedded import EmbeddedServer
from tests.factories.clock import FOUNDED_AT, set_clock
from tests.factories.defaults import STORM_AT
from warehouse.errors import ClockRefused
from warehouse.operations.clock import found_database
from warehouse.queries.clock import read_clock
from warehouse.session import Access, transaction


@pytest.fixture(autouse=True)
def settings(
    server: EmbeddedServer, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORMDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_PG_URL", server.url("dagster", driver="psycopg2"))


def replay(speed: str) -> Result:
    return CliRunner().invoke(app, ["replay", "--speed", speed])


def test_time_goes_on_from_where_it_is() -> None:
    set_clock(STORM_AT)
    told = replay("60")
    assert f"from {STORM_AT:%-d %B %Y %H:%M} UTC at speed 60" in told.stdout
    with transaction(Access.PIPELINE) as session:
        clock = read_clock(session)
    assert clock.speed == 60
    assert clock.at >= STORM_AT


@pytest.mark.parametrize("speed", ["-1", "241", "fast"])
def test_a_speed_nobody_could_follow_is_a_matter_of_usage(speed: str) -> None:
    assert replay(speed).exit_code == 2


def test_a_live_desk_keeps_the_servers_time() -> None:
    with transaction(Access.OWNER) as session:
        found_database(session, is_replay=False, at=FOUNDED_AT)
    assert isinstance(replay("60").exception, ClockRefused)
