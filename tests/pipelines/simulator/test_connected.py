"""The connected provider asks the simulator, and hands over what the embedded one would."""

from datetime import timedelta

import pandas as pd
import pytest

from pipelines.connected import ConnectedProvider
from pipelines.partitions import Window
from pipelines.providing import EmbeddedProvider
from tests.factories.clock import set_clock
from tests.pipelines.simulator.conftest import Simulator
from tests.pipelines.simulator.small_facts import STORM_AT

HOUR = Window(STORM_AT - timedelta(hours=1), STORM_AT)


@pytest.fixture(autouse=True)
def connected(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses = {
        "OPEN_METEO_URL": simulator.url,
        "AVIATION_WEATHER_URL": f"{simulator.url}/api/data",
        "NWS_URL": simulator.url,
        "BOOKINGS_URL": simulator.url,
        "DUFFEL_URL": simulator.url,
        "DUFFEL_TOKEN": "test",
        "LITEAPI_URL": f"{simulator.url}/v3.0",
        "LITEAPI_BOOKING_URL": f"{simulator.url}/v3.0",
        "LITEAPI_KEY": "test",
        "HOTEL_CONTACT_EMAIL": "desk@example.com",
        "HOTEL_CONTACT_PHONE": "+12125550101",
    }
    for name, value in addresses.items():
        monkeypatch.setenv(f"STORMDESK_{name}", value)


def test_the_hour_that_is_over_is_observed_as_in_the_embedded_year() -> None:
    told = ConnectedProvider().observations(HOUR).rows.sort_values("airport", ignore_index=True)
    real = EmbeddedProvider().observations(HOUR).rows.sort_values("airport", ignore_index=True)
    assert list(told["airport"]) == list(real["airport"]) == ["EWR", "JFK", "LGA"]
    assert (told["observed_at"] == real["observed_at"]).all()
    assert (told["known_at"] == real["known_at"]).all()
    differences = (told["temperature_c"] - real["temperature_c"]).abs()
    assert differences.max() <= 0.05


def test_forecasts_bulletins_bookings_and_rooms_are_handed_over(database: str) -> None:
    set_clock(STORM_AT)
    provider = ConnectedProvider()
    forecasts = provider.forecasts(HOUR).rows
    assert (forecasts["issued_at"] == STORM_AT).all()
    assert forecasts["valid_at"].min() == STORM_AT
    bulletins = pd.concat([told.rows for told in provider.bulletins(HOUR)])
    assert {"metar", "taf"} <= set(bulletins["kind"])
    pull = provider.segments(None)
    assert pull is not None
    assert sum(len(page.segments) for page in pull.pages()) == 7
    rooms = [rooms.rows for _, rooms in provider.availability(HOUR)]
    assert set(pd.concat(rooms)["hotel_ref"]) >= {"duffel:acc_H0001", "liteapi:lp0001"}
