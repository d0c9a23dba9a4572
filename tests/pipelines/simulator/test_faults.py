"""Every way to misbehave, as it is told, and as each provider then does."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from pipelines.simulator.faults import (
    INSTEAD,
    KINDS,
    MOST_PENDING,
    OPERATIONS,
    Fault,
    FaultRefused,
    Faults,
    Kind,
    read_fault,
)
from tests.pipelines.simulator.conftest import Simulator
from tests.pipelines.simulator.test_duffel import HEADERS as DUFFEL
from tests.pipelines.simulator.test_duffel import book, quote, rates
from tests.pipelines.simulator.test_liteapi import HEADERS as LITEAPI

QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "open-meteo": (
        "/v1/forecast?latitude=40.6&longitude=-73.8&hourly=temperature_2m&forecast_hours=2",
        {},
    ),
    "aviationweather": ("/api/data/metar?ids=KJFK&format=json", {}),
    "nws": ("/alerts/active", {}),
    "duffel": ("/stays/bookings", DUFFEL),
    "liteapi": ("/v3.0/bookings?clientReference=x", LITEAPI),
    "bookings": ("/bookings", {}),
}

STATUSES = {Kind.UNAVAILABLE: {503}, Kind.REFUSED: {400, 401, 403}}


def ask(simulator: Simulator, provider: str) -> requests.Response:
    path, headers = QUESTIONS[provider]
    return simulator.ask("GET", path, headers=headers)


@pytest.mark.parametrize("provider", sorted(QUESTIONS))
def test_a_provider_refuses_as_often_as_it_was_told(simulator: Simulator, provider: str) -> None:
    others = [other for other in QUESTIONS if other != provider]
    for kind in INSTEAD:
        simulator.misbehave(provider, kind, times=2)
        assert all(ask(simulator, other).ok for other in others)
        for _ in range(2):
            said = ask(simulator, provider)
            assert said.status_code in STATUSES.get(kind, {429})
            assert said.json()
        assert ask(simulator, provider).ok


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [
        ("minutely", 429, "Minutely API request limit exceeded. Please try again in one minute."),
        ("hourly", 429, "Hourly API request limit exceeded. Please try again in the next hour."),
        ("daily", 429, "Daily API request limit exceeded. Please try again tomorrow."),
        ("concurrent", 429, "Too many concurrent requests"),
        ("unavailable", 503, "The service is overloaded"),
    ],
)
def test_open_meteo_says_why_and_never_how_long(
    simulator: Simulator, kind: str, status: int, reason: str
) -> None:
    simulator.misbehave("open-meteo", kind)
    said = ask(simulator, "open-meteo")
    assert (said.status_code, said.json()) == (status, {"error": True, "reason": reason})
    assert "Retry-After" not in said.headers


def test_the_others_say_how_long(simulator: Simulator) -> None:
    simulator.misbehave("bookings", "minutely")
    assert ask(simulator, "bookings").headers["Retry-After"] == "60"
    simulator.misbehave("duffel", "minutely")
    said = ask(simulator, "duffel")
    assert said.headers["ratelimit-remaining"] == "0"
    assert said.headers["ratelimit-reset"].endswith("GMT")
    assert said.json()["errors"][0]["code"] == "rate_limit_exceeded"


@pytest.mark.parametrize("provider", sorted(QUESTIONS))
def test_an_answer_can_break_off(simulator: Simulator, provider: str) -> None:
    simulator.misbehave(provider, "broken_tail")
    said = ask(simulator, provider)
    assert said.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        said.json()
    if provider == "open-meteo":
        assert said.text.endswith("Unexpected error while streaming data: timeoutReached")
    assert ask(simulator, provider).json() is not None


@pytest.mark.parametrize("provider", sorted(QUESTIONS))
def test_an_answer_can_be_slow(simulator: Simulator, provider: str) -> None:
    simulator.misbehave(provider, "slow", seconds=12.5)
    assert ask(simulator, provider).ok
    assert simulator.slept == [12.5]


def test_a_booking_can_be_made_and_the_answer_lost(simulator: Simulator) -> None:
    quoted = quote(simulator, rates(simulator)["double"]).json()["data"]
    simulator.misbehave("duffel", "timeout_after_booking")
    assert book(simulator, quoted["id"]).status_code == 504
    (booking,) = ask(simulator, "duffel").json()["data"]
    assert booking["status"] == "confirmed"
    assert rates(simulator)["double"]["quantity_available"] == 2


def test_a_refused_booking_is_refused_even_if_the_answer_was_to_be_lost(
    simulator: Simulator,
) -> None:
    simulator.misbehave("duffel", "timeout_after_booking")
    assert book(simulator, "quo_none").status_code == 404


def test_a_fault_can_be_meant_for_one_question(simulator: Simulator) -> None:
    simulator.misbehave("duffel", "unavailable", operation="book")
    quoted = quote(simulator, rates(simulator)["double"]).json()["data"]
    assert book(simulator, quoted["id"]).status_code == 503
    assert book(simulator, quoted["id"]).status_code == 201


def test_faults_are_listed_and_forgotten(simulator: Simulator) -> None:
    simulator.misbehave("open-meteo", "slow", times=3, seconds=1)
    waiting = {
        "provider": "open-meteo",
        "kind": "slow",
        "times": 3,
        "seconds": 1.0,
        "operation": None,
    }
    assert simulator.get("/faults").json() == {"faults": [waiting]}
    assert simulator.get("/health").json() == {
        "status": "ok",
        "at": "2013-12-10T11:00:00Z",
        "faults": [waiting],
    }
    assert simulator.ask("DELETE", "/faults").json() == {"forgotten": 1}
    assert ask(simulator, "open-meteo").ok
    assert simulator.slept == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "Send an object"),
        ({"provider": "amadeus", "kind": "slow"}, "aviationweather, bookings, duffel, liteapi"),
        ({"provider": "open-meteo", "kind": "rude"}, "broken_tail, concurrent, daily, hourly"),
        ({"provider": "open-meteo", "kind": "sold_out"}, "send one of broken_tail"),
        ({"provider": "duffel", "kind": "sold_out", "operation": "list"}, "one of quote, book."),
        ({"provider": "duffel", "kind": "slow", "times": 0}, "from 1 to 1000"),
        ({"provider": "duffel", "kind": "slow", "times": 1.5}, "a whole number"),
        ({"provider": "duffel", "kind": "slow", "times": 10**400}, "from 1 to 1000"),
        ({"provider": "duffel", "kind": "slow", "seconds": 301}, "from 0 to 300"),
        ({"provider": "duffel", "kind": "slow", "seconds": "x"}, "send a number"),
    ],
)
def test_what_is_no_fault_is_refused_with_what_would_be(
    simulator: Simulator, body: object, words: str
) -> None:
    said = simulator.ask("POST", "/faults", json=body)
    assert said.status_code == 422
    assert words in said.json()["error"]
    assert simulator.get("/faults").json() == {"faults": []}


def test_every_fault_can_be_told(simulator: Simulator) -> None:
    assert {kind for kinds in KINDS.values() for kind in kinds} == set(Kind)
    for provider, kinds in KINDS.items():
        for kind in kinds:
            simulator.misbehave(provider, kind)
    simulator.ask("DELETE", "/faults")


def test_so_many_faults_wait_at_most() -> None:
    faults = Faults()
    for _ in range(MOST_PENDING):
        faults.add(Fault("nws", Kind.SLOW))
    with pytest.raises(FaultRefused, match="DELETE /faults"):
        faults.add(Fault("nws", Kind.SLOW))


def test_each_time_of_a_fault_is_taken_by_one_thread() -> None:
    faults = Faults()
    faults.add(Fault("nws", Kind.MINUTELY, times=100))
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: faults.take("nws", "alerts"), range(400)))
    assert sum(fault is not None for fault in taken) == 100
    assert faults.pending() == []


def test_faults_come_in_the_order_they_were_told() -> None:
    faults = Faults()
    for kind in (Kind.TIMEOUT_AFTER_BOOKING, Kind.HOURLY, Kind.DAILY):
        faults.add(read_fault({"provider": "liteapi", "kind": kind}))
    taken = [faults.take("liteapi", operation) for operation in ("quote", "book", "list")]
    assert [fault.kind if fault else None for fault in taken] == [
        Kind.HOURLY,
        Kind.TIMEOUT_AFTER_BOOKING,
        Kind.DAILY,
    ]


def test_every_provider_has_operations_and_words_for_its_failures() -> None:
    assert KINDS.keys() == OPERATIONS.keys() == QUESTIONS.keys()
    assert all(kinds >= INSTEAD for kinds in KINDS.values())
