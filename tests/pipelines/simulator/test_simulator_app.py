"""What holds of every simulated provider: bounded questions, odd ones refused, facts built once."""

import json
import subprocess
import sys
from threading import Barrier, Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.simulator.app import MOST_BYTES
from pipelines.simulator.bookings_feed import BookingsFeed
from pipelines.simulator.duffel import Duffel
from pipelines.simulator.exchange import Answer, Asked, Endpoint, Refusal
from pipelines.simulator.facts import Once
from pipelines.simulator.hotel_orders import MOST_QUOTES, HotelOrders
from pipelines.simulator.hotel_stock import HotelStock
from pipelines.simulator.liteapi import LiteApi
from pipelines.simulator.open_meteo import endpoints as of_open_meteo
from pipelines.simulator.weather_facts import WeatherFacts
from tests.pipelines.simulator.conftest import Simulator
from tests.pipelines.simulator.small_facts import (
    STORM_AT,
    make_booking_facts,
    make_hotel_facts,
)
from tests.pipelines.simulator.test_duffel import TONIGHT

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
FIELDS = st.sampled_from([
    *("data", "location", "radius", "geographic_coordinates", "latitude", "longitude", "guests"),
    *("rooms", "check_in_date", "check_out_date", "accommodation", "ids", "rate_id", "quote_id"),
    *("hotelIds", "checkin", "checkout", "occupancies", "adults", "currency", "limit", "payment"),
    *("guestNationality", "iataCode", "offerId", "prebookId", "clientReference", "holder"),
])
BODIES = (
    JSON
    | st.dictionaries(FIELDS, JSON)
    | st.builds(lambda more: {"data": {**TONIGHT, **more}}, st.dictionaries(FIELDS, JSON))
)


def is_answered(endpoint: Endpoint, asked: Asked) -> bool:
    """Ask something odd: it is answered or refused in the provider's words, as JSON."""
    try:
        answer = endpoint.answer(asked)
    except Refusal as refusal:
        answer = refusal.answer
    json.dumps(answer.payload, allow_nan=False)
    return isinstance(answer, Answer)


@pytest.fixture(scope="module")
def suppliers() -> list[Endpoint]:
    stock = HotelStock(Once(make_hotel_facts))
    return [
        *Duffel(stock, HotelOrders(stock, "quo_", "bok_")).endpoints(),
        *LiteApi(stock, HotelOrders(stock, "pre", "sim")).endpoints(),
    ]


@settings(deadline=None, max_examples=100)
@given(body=BODIES)
def test_suppliers_answer_any_json(suppliers: list[Endpoint], body: object) -> None:
    headers = {"authorization": "Bearer x", "duffel-version": "v2", "x-api-key": "x"}
    asked = Asked(STORM_AT, headers=headers, body=body, path={"booking_id": str(body)})
    assert all(is_answered(endpoint, asked) for endpoint in suppliers)


PARAMETERS = st.sampled_from([
    *("latitude", "longitude", "hourly", "timezone", "forecast_days", "past_days", "start_date"),
    *("end_date", "start_hour", "end_hour", "forecast_hours", "past_hours", "timeformat"),
    *("wind_speed_unit", "daily", "models"),
])
VALUES = st.text() | st.sampled_from(["40.6", "-73.8", "7", "auto", "visibility", "2013-12-10"])


@settings(deadline=None, max_examples=100)
@given(query=st.dictionaries(PARAMETERS, st.lists(VALUES, max_size=3)), body=JSON)
def test_open_meteo_answers_any_question(
    weather: WeatherFacts, query: dict[str, list[str]], body: object
) -> None:
    (forecast,) = of_open_meteo(lambda: weather)
    place = {"latitude": ["40.6"], "longitude": ["-73.8"], "hourly": ["visibility"]}
    assert is_answered(forecast, Asked(STORM_AT, query=query, body=body))
    assert is_answered(forecast, Asked(STORM_AT, query=place | query))


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.sampled_from(["cursor", "updated_since", "limit"]), st.lists(VALUES)))
def test_the_feed_answers_any_question(query: dict[str, list[str]]) -> None:
    (page,) = BookingsFeed(FEED_FACTS).endpoints()
    assert is_answered(page, Asked(STORM_AT, query=query))


FEED_FACTS = Once(make_booking_facts)


def test_a_question_has_to_be_short(simulator: Simulator) -> None:
    for path in ("/v1/forecast", "/faults"):
        said = simulator.ask("POST", path, data=b"x" * (MOST_BYTES + 1))
        assert said.status_code in {413, 422}


def test_what_nobody_serves_is_not_found(simulator: Simulator) -> None:
    assert simulator.get("/v1/archive").status_code == 404
    assert simulator.ask("DELETE", "/bookings").status_code == 405


def test_facts_are_built_once_however_many_ask() -> None:
    built: list[int] = []
    both = Barrier(2, timeout=30)
    once = Once(lambda: built.append(1))

    def ask() -> None:
        both.wait()
        once()

    threads = [Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert built == [1]


def test_the_oldest_quotes_are_forgotten() -> None:
    stock = HotelStock(Once(make_hotel_facts))
    orders = HotelOrders(stock, "quo_", "bok_")
    offer: Any = None
    first = orders.quote(offer, 0).quote_ref
    for _ in range(MOST_QUOTES):
        last = orders.quote(offer, 0).quote_ref
    assert orders.quoted(first) is None
    assert orders.quoted(last) is not None


def test_the_code_location_never_loads_the_simulator() -> None:
    program = (
        "import sys; from pipelines.definitions import defs; defs();"
        "sys.exit(any(name.startswith('pipelines.simulator') for name in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        check=False,
        env={"PATH": "/usr/bin:/bin"},
        cwd="/",
    )
    assert done.returncode == 0
