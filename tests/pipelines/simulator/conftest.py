"""A simulator over real HTTP at the storm's instant, and whoever speaks to it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any

import pytest
import requests

from pipelines.simulator.app import create_app
from pipelines.simulator.facts import Facts, embedded_facts
from pipelines.simulator.faults import Faults
from pipelines.simulator.weather_facts import WeatherFacts
from tests.pipelines.simulator.serving import serving
from tests.pipelines.simulator.small_facts import STORM_AT, make_booking_facts, make_hotel_facts


@dataclass
class Simulator:
    """A running simulator, its clock, and how long it pretended to be slow."""

    url: str = ""
    at: datetime = STORM_AT
    slept: list[float] = field(default_factory=list)
    session: requests.Session = field(default_factory=requests.Session)

    wakes: Event | None = None
    """What a slow answer waits for; None lets it come at once."""

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.wakes is not None:
            await asyncio.to_thread(self.wakes.wait)

    def ask(self, method: str, path: str, **request: Any) -> requests.Response:
        return self.session.request(method, f"{self.url}{path}", timeout=60, **request)

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.ask("GET", path, params=params)

    def misbehave(self, provider: str, kind: str, **more: Any) -> None:
        answer = self.ask("POST", "/faults", json={"provider": provider, "kind": kind, **more})
        assert answer.status_code == 201, answer.text


@pytest.fixture(scope="session")
def weather() -> WeatherFacts:
    """The real weather of 2013 with its simulated forecasts."""
    return embedded_facts().weather()


@pytest.fixture
def simulator(weather: WeatherFacts) -> Iterator[Simulator]:
    """A simulator of its own for every test."""
    facts = Facts(lambda: weather, make_hotel_facts, make_booking_facts)
    simulator = Simulator()
    app = create_app(facts, lambda: simulator.at, Faults(), sleep=simulator.sleep)
    with serving(app) as simulator.url, simulator.session:
        yield simulator
