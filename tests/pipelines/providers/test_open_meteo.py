"""Open-Meteo is asked in batches, within its limits, and again where that helps."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest

from pipelines.providers.errors import ProviderBusy, ProviderRefused
from pipelines.providers.open_meteo import (
    ATTRIBUTION,
    PREVIOUS_RUNS,
    OpenMeteo,
    connect_open_meteo,
)
from pipelines.providers.open_meteo_budget import Allowance, Budget
from pipelines.providers.open_meteo_variables import ASKED
from tests.pipelines.providers.scripted_server import Answer, NoJitter, ScriptedServer

AT = datetime(2026, 11, 26, 12, 20, tzinfo=UTC)
PLACES = [("JFK", 40.639928, -73.778692), ("LAX", 33.942791, -118.410042), ("LHR", 51.47, -0.45)]
UNKNOWN = "Cannot initialize ForecastVariable from invalid String value "


@pytest.fixture
def open_meteo(provider: ScriptedServer, slept: list[float]) -> OpenMeteo:
    return connected(provider, slept)


def connected(provider: ScriptedServer, slept: list[float], **options: Any) -> OpenMeteo:
    standard: dict[str, Any] = {
        "base_url": provider.url,
        "sleep": slept.append,
        "clock": lambda: AT,
        "jitter": NoJitter(),
    }
    return connect_open_meteo(**(standard | options))


def place_answer(degrees: float) -> dict[str, Any]:
    return {
        "utc_offset_seconds": 0,
        "hourly_units": {"temperature_2m": "°C"},
        "hourly": {
            "time": ["2026-11-26T13:00", "2026-11-26T14:00"],
            "temperature_2m": [degrees, degrees],
        },
    }


def because(reason: str, status: int = 400) -> Answer:
    return Answer({"error": True, "reason": reason}, status)


def temperatures(frame: pd.DataFrame) -> dict[str, float]:
    return dict(frame.groupby("airport")["temperature_c"].first())


def test_one_call_asks_for_all_places(provider: ScriptedServer, open_meteo: OpenMeteo) -> None:
    provider.will_answer(Answer([place_answer(degrees) for degrees in (1, 2, 3)]))

    found = open_meteo.weather(PLACES, at=AT)

    [asked] = provider.asked
    assert (asked.method, asked.path) == ("GET", "/v1/forecast")
    assert asked.query == {
        "latitude": ["40.63993,33.94279,51.47"],
        "longitude": ["-73.77869,-118.41004,-0.45"],
        "hourly": [",".join(ASKED)],
        "timezone": ["GMT"],
        "wind_speed_unit": ["ms"],
        "forecast_days": ["7"],
        "past_days": ["0"],
    }
    assert temperatures(found.forecasts) == {"JFK": 1, "LAX": 2, "LHR": 3}
    assert found.dropped_variables == ()


def test_batches_are_joined_in_order(provider: ScriptedServer, open_meteo: OpenMeteo) -> None:
    provider.will_answer(Answer([place_answer(1), place_answer(2)]), Answer(place_answer(3)))

    found = replace(open_meteo, places_per_call=2).weather(PLACES, at=AT)

    assert [asked.query["latitude"] for asked in provider.asked] == [
        ["40.63993,33.94279"],
        ["51.47"],
    ]
    assert temperatures(found.forecasts) == {"JFK": 1, "LAX": 2, "LHR": 3}


def test_a_frame_of_airports_will_do(provider: ScriptedServer, open_meteo: OpenMeteo) -> None:
    provider.will_answer(Answer([place_answer(1), place_answer(2), place_answer(3)]))
    frame = pd.DataFrame(PLACES, columns=["iata", "latitude", "longitude"])

    assert temperatures(open_meteo.weather(frame, at=AT).forecasts) == {
        "JFK": 1,
        "LAX": 2,
        "LHR": 3,
    }


def test_a_place_without_coordinates_is_refused_and_not_asked_for(
    provider: ScriptedServer, open_meteo: OpenMeteo
) -> None:
    provider.will_answer(Answer(place_answer(2)))
    places = [("XXX", None, 1.0), ("LAX", 33.94, -118.41), ("YYY", 95.0, 1.0), ("", 1.0, 1.0)]

    found = open_meteo.weather(places, at=AT)

    assert temperatures(found.forecasts) == {"LAX": 2}
    told = found.rejected[["line", "column_name"]].to_numpy().tolist()
    assert told == [[1, "latitude"], [3, "latitude"], [4, "airport"]]
    assert "is no number from -90 to 90" in found.rejected.iloc[0]["reason"]


def test_no_places_are_not_asked_for(provider: ScriptedServer, open_meteo: OpenMeteo) -> None:
    assert open_meteo.weather([], at=AT).forecasts.empty
    assert provider.asked == []


def test_a_form_is_sent_where_the_address_would_be_too_long(
    provider: ScriptedServer, open_meteo: OpenMeteo
) -> None:
    provider.will_answer(Answer(place_answer(1)))

    replace(open_meteo, sends_forms=True).weather(PLACES[:1], at=AT)

    [asked] = provider.asked
    assert (asked.method, asked.query) == ("POST", {})
    assert asked.form["latitude"] == ["40.63993"]
    assert asked.form["hourly"] == [",".join(ASKED)]


def test_models_are_asked_for_by_name_and_cost_more(
    provider: ScriptedServer, open_meteo: OpenMeteo
) -> None:
    provider.will_answer(Answer(place_answer(1)))
    tight = Budget(Allowance(per_minute=1.8))
    models = ("gfs_seamless", "icon_seamless")

    replace(open_meteo, models=models, budget=tight).weather(PLACES[:1], at=AT)

    assert provider.asked[0].query["models"] == ["gfs_seamless,icon_seamless"]
    with pytest.raises(ProviderRefused, match=r"costs 2\.7"):
        replace(open_meteo, models=(*models, "jma_seamless"), budget=tight).weather(
            PLACES[:1], at=AT
        )


def test_a_key_goes_to_the_customers_host_in_a_header(
    provider: ScriptedServer, slept: list[float]
) -> None:
    provider.will_answer(Answer(place_answer(1)))
    customer = connected(provider, slept, api_key="s3cret")

    customer.weather(PLACES[:1], at=AT)

    assert provider.asked[0].headers["X-Api-Key"] == "s3cret"
    assert "s3cret" not in repr(customer)
    hosts = [
        connect_open_meteo(host, api_key=key).client.base_url
        for host in ("api", PREVIOUS_RUNS)
        for key in (None, "k")
    ]
    assert hosts == [
        "https://api.open-meteo.com",
        "https://customer-api.open-meteo.com",
        "https://previous-runs-api.open-meteo.com",
        "https://customer-previous-runs-api.open-meteo.com",
    ]


def test_half_of_the_answers_is_never_taken(
    provider: ScriptedServer, open_meteo: OpenMeteo
) -> None:
    provider.will_answer(Answer([place_answer(1)]))

    with pytest.raises(ProviderBusy, match="sent 1 answers for 3 places"):
        open_meteo.weather(PLACES, at=AT)


def test_a_broken_tail_is_asked_for_again(
    provider: ScriptedServer, open_meteo: OpenMeteo, slept: list[float]
) -> None:
    broken = b'[{"hourly":{"time":["2026-11-26T13:00"],"temperature_2m":[1.0'
    tail = b"Unexpected error while streaming data: timeout"
    provider.will_answer(Answer(broken + tail), Answer(place_answer(4)))

    found = open_meteo.weather(PLACES[:1], at=AT)

    assert temperatures(found.forecasts) == {"JFK": 4}
    assert slept == [1]


def test_a_lasting_broken_tail_brings_nothing(
    provider: ScriptedServer, open_meteo: OpenMeteo
) -> None:
    provider.will_answer(Answer(b'{"hourly":{}}Unexpected error while streaming data: x'))

    with pytest.raises(ProviderBusy, match="may be half of it"):
        open_meteo.weather(PLACES[:1], at=AT)


@pytest.mark.parametrize(
    ("reason", "status", "seconds"),
    [
        ("Minutely API request limit exceeded. Please try again in one minute.", 429, 60),
        ("Too many concurrent requests", 429, 1),
        ("The service is overloaded", 503, 1),
    ],
)
def test_what_passes_soon_is_waited_for(
    provider: ScriptedServer,
    open_meteo: OpenMeteo,
    slept: list[float],
    reason: str,
    status: int,
    seconds: float,
) -> None:
    provider.will_answer(because(reason, status), Answer(place_answer(4)))

    assert temperatures(open_meteo.weather(PLACES[:1], at=AT).forecasts) == {"JFK": 4}
    assert slept == [seconds]


@pytest.mark.parametrize(
    ("reason", "seconds"), [("Hourly API request", 2400), ("Daily API request", 42_000)]
)
def test_what_lasts_longer_is_left_for_a_later_run(
    provider: ScriptedServer, open_meteo: OpenMeteo, slept: list[float], reason: str, seconds: float
) -> None:
    provider.will_answer(because(f"{reason} limit exceeded.", 429))

    with pytest.raises(ProviderBusy) as refusal:
        open_meteo.weather(PLACES[:1], at=AT)

    assert refusal.value.wait_seconds == seconds
    assert (len(provider.asked), slept) == (1, [])


def test_our_own_count_waits_before_the_provider_must_refuse(
    provider: ScriptedServer, open_meteo: OpenMeteo, slept: list[float]
) -> None:
    provider.will_answer(Answer(place_answer(1)))
    tight = replace(open_meteo, budget=Budget(Allowance(per_minute=1)))

    tight.weather(PLACES[:2], at=AT)

    assert len(provider.asked) == 2
    assert slept == [60]


def test_a_batch_is_never_larger_than_a_minute_allows(
    provider: ScriptedServer, open_meteo: OpenMeteo
) -> None:
    provider.will_answer(Answer([place_answer(1), place_answer(2)]), Answer(place_answer(3)))
    tight = replace(open_meteo, budget=Budget(Allowance(per_minute=2)))

    found = tight.weather(PLACES, at=AT)

    assert temperatures(found.forecasts) == {"JFK": 1, "LAX": 2, "LHR": 3}


def test_a_variable_no_longer_known_is_dropped_and_told(
    provider: ScriptedServer, open_meteo: OpenMeteo
) -> None:
    provider.will_answer(
        because(f"{UNKNOWN}visibility for key hourly"),
        Answer([place_answer(1), place_answer(2)]),
        Answer(place_answer(3)),
    )

    found = replace(open_meteo, places_per_call=2).weather(PLACES, at=AT)

    asked_for = [asked.query["hourly"][0].split(",") for asked in provider.asked]
    kept = [name for name in ASKED if name != "visibility"]
    assert asked_for == [list(ASKED), kept, kept]
    assert found.dropped_variables == ("visibility",)
    assert temperatures(found.forecasts) == {"JFK": 1, "LAX": 2, "LHR": 3}


def test_where_the_whole_list_is_named_the_one_is_found(
    provider: ScriptedServer, open_meteo: OpenMeteo
) -> None:
    provider.will_answer(
        because(f"{UNKNOWN}{','.join(ASKED)}"),
        because(f"{UNKNOWN}visibility"),
        Answer([place_answer(1), place_answer(2), place_answer(3)]),
    )

    found = open_meteo.weather(PLACES, at=AT)

    probe = provider.asked[1].query
    assert probe["hourly"] == list(ASKED)
    assert probe["latitude"] == ["40.63993"]
    assert found.dropped_variables == ("visibility",)


def test_a_list_none_of_which_is_unknown_alone_is_refused(
    provider: ScriptedServer, open_meteo: OpenMeteo
) -> None:
    provider.will_answer(because(f"{UNKNOWN}{','.join(ASKED)}"), Answer(place_answer(1)))

    with pytest.raises(ProviderRefused, match="Cannot initialize"):
        open_meteo.weather(PLACES, at=AT)


@pytest.mark.parametrize(
    "reason",
    [
        f"{UNKNOWN}gfz for key models",
        f"{UNKNOWN}something_else for key hourly",
        "Latitude must be in range of -90 to 90°. Given: 95.0.",
        "Parameter 'start_date' is out of allowed range from 2016-01-01 to 2026-12-12",
    ],
)
def test_any_other_wrong_question_is_refused_with_the_reason(
    provider: ScriptedServer, open_meteo: OpenMeteo, reason: str
) -> None:
    provider.will_answer(because(reason))

    with pytest.raises(ProviderRefused) as refusal:
        open_meteo.weather(PLACES, at=AT)

    assert reason.rstrip(".") in str(refusal.value)
    assert len(provider.asked) == 1


def test_a_provider_that_knows_nothing_we_ask_is_refused(
    provider: ScriptedServer, open_meteo: OpenMeteo
) -> None:
    provider.will_answer(because(f"{UNKNOWN}visibility"))

    with pytest.raises(ProviderRefused, match="knows none of the variables asked for"):
        open_meteo.weather(PLACES, at=AT, variables=["visibility"])


def test_previous_runs_ask_for_whole_days_and_an_hour_more(
    provider: ScriptedServer, slept: list[float]
) -> None:
    hours = [*pd.date_range("2026-11-20", periods=25, freq="h").strftime("%Y-%m-%dT%H:%M")]
    names = ["temperature_2m_previous_day1", "precipitation_previous_day1"]
    hourly = {"time": hours, names[0]: [5.0] * 25, names[1]: [float(hour) for hour in range(25)]}
    units = {names[0]: "°C", names[1]: "mm"}
    provider.will_answer(Answer({"hourly": hourly, "hourly_units": units}))
    archive = connected(provider, slept, host=PREVIOUS_RUNS)

    found = archive.previous_runs(
        PLACES[:1],
        at=AT,
        first_on=date(2026, 11, 20),
        last_on=date(2026, 11, 20),
        days_before=[1],
        variables=["temperature_2m", "precipitation"],
    )

    query = provider.asked[0].query
    assert query["hourly"] == [",".join(names)]
    assert query["start_hour"] == ["2026-11-20T00:00"]
    assert query["end_hour"] == ["2026-11-21T00:00"]
    assert list(found.forecasts["precipitation_mm"]) == [float(hour) for hour in range(1, 25)]
    lead = found.forecasts["valid_at"] - found.forecasts["issued_at"]
    assert set(lead) == {pd.Timedelta(days=1)}
    assert found.observations.empty


def test_the_licence_line_names_source_and_licence() -> None:
    assert "Weather data by Open-Meteo.com" in ATTRIBUTION
    assert "CC BY 4.0" in ATTRIBUTION
