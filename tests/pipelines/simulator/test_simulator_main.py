"""The simulator as it is started: on loopback, at the replay clock or one instant."""

from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pipelines.simulator import __main__ as simulator
from tests.factories.clock import set_clock

app = typer.Typer()
app.command()(simulator.main)


class _Facts:
    """Facts that say when they were built, if that was begun."""

    weather = hotels = bookings = None
    built = Event()

    def build(self) -> None:
        self.built.set()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Keep how the server would have been started."""
    kept: dict[str, Any] = {}
    monkeypatch.setattr(simulator, "embedded_facts", _Facts)
    monkeypatch.setattr("uvicorn.run", lambda _app, **how: kept.update(how))
    return kept


def start(*arguments: str) -> Any:
    return CliRunner().invoke(app, arguments, env={"COLUMNS": "200", "TERM": "dumb"})


def test_it_listens_on_loopback_alone(served: dict[str, Any]) -> None:
    done = start("--port", "8701", "--at", "2013-12-10T11:00")
    assert done.exit_code == 0, done.output
    assert (served["host"], served["port"]) == ("127.0.0.1", 8701)
    assert "http://127.0.0.1:8701" in done.output
    assert _Facts.built.wait(30), "the year is not built before it is asked for"


def test_it_follows_the_replay_clock(database: str, served: dict[str, Any]) -> None:
    at = datetime(2013, 12, 8, tzinfo=UTC)
    set_clock(at)
    assert simulator.replay_clock() == at
    assert start().exit_code == 0
    assert served["port"] == 8700


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--at", "noon"], "is no instant"),
        (["--at", "2026-01-01"], "the data is of 2013"),
        ([], "STORMDESK_PIPELINE_DATABASE_URL is not set"),
        (["--port", "0"], "greater than or equal to 1"),
    ],
)
def test_it_says_what_is_wrong(
    served: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.delenv("STORMDESK_PIPELINE_DATABASE_URL", raising=False)
    done = start(*arguments)
    assert done.exit_code == 2
    assert words in " ".join(done.output.replace("│", " ").split())
    assert served == {}


def test_an_instant_without_zone_is_utc() -> None:
    assert simulator._instant("2013-12-10T11:00").isoformat() == "2013-12-10T11:00:00+00:00"
    assert simulator._instant("2013-12-10T06:00-05:00") == simulator._instant("2013-12-10T11:00")
