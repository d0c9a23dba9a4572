"""Our weather clients against the simulator: they recover, or fail by name, never by half."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from pipelines.providers.aviation_weather import AviationWeather, connect_aviation_weather
from pipelines.providers.errors import ProviderBusy, ProviderRefused
from pipelines.providers.nws_alerts import connect_nws
from pipelines.providers.open_meteo import OpenMeteo, connect_open_meteo
from pipelines.providers.weather_client import Asker
from pipelines.simulator.weather_facts import WeatherFacts
from pipelines.sources.nycflights_weather import VARIABLES
from tests.pipelines.simulator.conftest import Simulator
from tests.pipelines.simulator.small_facts import STORM_AT

AIRPORTS = [("JFK", 40.6398, -73.7789), ("LGA", 40.7772, -73.8726), ("LAX", 33.9425, -118.4081)]
PRESENT = datetime(2027, 3, 4, 20, 15, tzinfo=UTC)


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def open_meteo(simulator: Simulator, slept: list[float]) -> OpenMeteo:
    client = connect_open_meteo(
        base_url=simulator.url, sleep=slept.append, clock=lambda: PRESENT, jitter=Random(1)
    )
    client.client.session = simulator.session
    return client


@pytest.fixture
def aviation(simulator: Simulator, slept: list[float]) -> AviationWeather:
    asker = Asker("tests", sleep=slept.append, jitter=Random(1))
    client = connect_aviation_weather(asker, base_url=f"{simulator.url}/api/data")
    client.client.session = simulator.session
    return client


def test_what_was_observed_comes_back_as_it_was(
    open_meteo: OpenMeteo, weather: WeatherFacts
) -> None:
    told = open_meteo.weather(AIRPORTS, at=STORM_AT, forecast_days=3, past_days=1)
    assert told.rejected.empty
    assert told.corrected.empty
    assert told.dropped_variables == ()
    observed = told.observations
    assert set(observed["airport"]) == {"JFK", "LGA"}
    jfk = observed[observed["airport"] == "JFK"].set_index("observed_at")[VARIABLES]
    real = weather.observed("JFK", STORM_AT - timedelta(hours=35), STORM_AT)
    assert list(jfk.index) == list(real.index)
    differences = (jfk - real[VARIABLES]).abs().max()
    assert differences["wind_mps"] <= 0.005
    assert differences["temperature_c"] <= 0.05
    assert differences["precipitation_mm"] <= 0.005
    assert differences["visibility_m"] <= 0.5
    assert (jfk.isna() == real[VARIABLES].isna()).all(axis=None)


def test_the_storm_is_forecast_before_it_comes(open_meteo: OpenMeteo) -> None:
    told = open_meteo.weather(AIRPORTS, at=STORM_AT, forecast_days=3)
    forecasts = told.forecasts[told.forecasts["airport"] == "JFK"].set_index("valid_at")
    assert forecasts.index.min() == STORM_AT
    ahead = forecasts.loc["2013-12-10T13:00Z":"2013-12-10T17:00Z"]  # type: ignore[misc]
    assert ahead["visibility_m"].min() < 1_000
    assert ahead["precipitation_mm"].max() > 0.5


def test_what_was_forecast_days_before_can_be_asked(open_meteo: OpenMeteo) -> None:
    day = STORM_AT.date() - timedelta(days=1)
    told = open_meteo.previous_runs(AIRPORTS[:1], at=STORM_AT, first_on=day, last_on=day)
    leads = told.forecasts["valid_at"] - told.forecasts["issued_at"]
    assert set(leads) == {timedelta(days=days) for days in (1, 2, 3)}
    assert len(told.forecasts) == 3 * 24


def test_a_variable_nobody_knows_is_dropped(open_meteo: OpenMeteo) -> None:
    told = open_meteo.weather(
        AIRPORTS, at=STORM_AT, variables=["temperature_2m", "tempeture_2m", "visibility"]
    )
    assert told.dropped_variables == ("tempeture_2m",)
    assert told.forecasts["visibility_m"].notna().any()


@pytest.mark.parametrize(
    ("kind", "waits"),
    [
        ("minutely", [60.0]),
        ("concurrent", [1.0]),
        ("unavailable", [1.0]),
        ("broken_tail", [1.0]),
        ("slow", []),
    ],
)
def test_what_passes_is_waited_for(
    simulator: Simulator,
    open_meteo: OpenMeteo,
    slept: list[float],
    kind: str,
    waits: list[float],
) -> None:
    calm = open_meteo.weather(AIRPORTS, at=STORM_AT)
    simulator.misbehave("open-meteo", kind)
    told = open_meteo.weather(AIRPORTS, at=STORM_AT)
    assert told.forecasts.equals(calm.forecasts)
    assert [
        at_least for at_least, waited in zip(waits, slept, strict=True) if waited < at_least
    ] == []


@pytest.mark.parametrize(
    ("kind", "error", "words"),
    [
        ("hourly", ProviderBusy, "Hourly API request limit exceeded"),
        ("daily", ProviderBusy, "Daily API request limit exceeded"),
        ("refused", ProviderRefused, "The supplied API key is invalid"),
    ],
)
def test_what_does_not_pass_soon_is_left_for_later(
    simulator: Simulator,
    open_meteo: OpenMeteo,
    slept: list[float],
    kind: str,
    error: type[Exception],
    words: str,
) -> None:
    simulator.misbehave("open-meteo", kind)
    with pytest.raises(error, match=words):
        open_meteo.weather(AIRPORTS, at=STORM_AT)
    assert slept == []


def test_an_answer_that_always_breaks_off_is_never_taken(
    simulator: Simulator, open_meteo: OpenMeteo, slept: list[float]
) -> None:
    simulator.misbehave("open-meteo", "broken_tail", times=4)
    with pytest.raises(ProviderBusy, match="broken answer"):
        open_meteo.weather(AIRPORTS, at=STORM_AT)
    assert len(slept) == 3


def test_reports_are_the_same_weather_in_words(
    aviation: AviationWeather, simulator: Simulator, weather: WeatherFacts
) -> None:
    simulator.at = STORM_AT + timedelta(hours=4)
    told = aviation.metars(["JFK", "LAX"], at=simulator.at)
    assert told.rejected.empty
    assert told.corrected.empty
    newest = told.bulletins.sort_values("issued_at").iloc[-1]
    assert newest["headline"] == ("Wind from 280° at 3 m/s, visibility 400 m, snow")
    assert newest["raw_text"].startswith("METAR KJFK 101451Z ")
    observed = told.observations.sort_values("observed_at").iloc[-1]
    real = weather.observed("JFK", STORM_AT, simulator.at).iloc[-1]
    assert observed["temperature_c"] == pytest.approx(real["temperature_c"], abs=0.05)
    assert observed["visibility_m"] == pytest.approx(real["visibility_m"], abs=10)
    assert observed["precipitation_mm"] == pytest.approx(real["precipitation_mm"], abs=0.2)


def test_forecasts_in_words_tell_the_snow(aviation: AviationWeather) -> None:
    told = aviation.tafs(["JFK", "LGA", "EWR"])
    assert told.rejected.empty
    assert told.corrected.empty
    assert list(told.bulletins["airport"]) == ["JFK", "LGA", "EWR"]
    assert told.bulletins["headline"].str.contains("snow|rain").all()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("minutely", None),
        ("hourly", ProviderBusy),
        ("unavailable", None),
        ("broken_tail", None),
        ("refused", ProviderRefused),
    ],
)
def test_the_center_is_waited_for_or_left(
    simulator: Simulator,
    aviation: AviationWeather,
    kind: str,
    error: type[Exception] | None,
) -> None:
    calm = aviation.metars(["JFK"], at=STORM_AT)
    simulator.misbehave("aviationweather", kind)
    if error is None:
        assert aviation.metars(["JFK"], at=STORM_AT).bulletins.equals(calm.bulletins)
    else:
        with pytest.raises(error):
            aviation.metars(["JFK"], at=STORM_AT)


def test_no_warnings_are_in_force(simulator: Simulator, slept: list[float]) -> None:
    asker = Asker("tests", sleep=slept.append, jitter=Random(1))
    alerts = connect_nws(asker, base_url=simulator.url)
    alerts.client.session = simulator.session
    simulator.misbehave("nws", "unavailable")
    told = alerts.at_places(AIRPORTS)
    assert (len(told.bulletins), len(told.rejected)) == (0, 0)
    assert len(slept) == 1


def test_hours_long_over_are_observed_of_their_own_stretch_alone(open_meteo: OpenMeteo) -> None:
    since = STORM_AT - timedelta(days=3)
    told = open_meteo.observed(AIRPORTS, since=since, until=since + timedelta(hours=2))
    jfk = told.observations[told.observations["airport"] == "JFK"]
    assert list(jfk["observed_at"]) == [since, since + timedelta(hours=1)]
    assert set(jfk["known_at"]) == {since + timedelta(hours=2)}
    assert jfk["precipitation_mm"].notna().all()
    assert told.forecasts.empty
