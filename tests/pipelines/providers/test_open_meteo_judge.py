"""Each reason Open-Meteo may give is judged: wait so long, or never mind."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from pipelines.providers.errors import ProviderBusy, ProviderError, ProviderRefused
from pipelines.providers.open_meteo_judge import OpenMeteoJudge, VariableUnknown

AT = datetime(2026, 11, 26, 22, 45, 30, tzinfo=UTC)
JUDGE = OpenMeteoJudge(lambda: AT)


def judged(status: int, body: object) -> ProviderError | None:
    answer = requests.Response()
    answer.status_code = status
    answer._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return JUDGE("open-meteo", answer)


def because(reason: str) -> dict[str, Any]:
    return {"error": True, "reason": reason}


@pytest.mark.parametrize(
    ("reason", "wait_seconds"),
    [
        ("Minutely API request limit exceeded. Please try again in one minute.", 60),
        ("Hourly API request limit exceeded. Please try again in the next hour.", 14 * 60 + 30),
        ("Daily API request limit exceeded. Please try again tomorrow.", 74 * 60 + 30),
        ("Too many concurrent requests", None),
        ("Slow down", None),
    ],
)
def test_a_limit_says_how_long_it_lasts(reason: str, wait_seconds: float | None) -> None:
    wrong = judged(429, because(reason))

    assert isinstance(wrong, ProviderBusy)
    assert wrong.wait_seconds == wait_seconds
    assert wrong.reason == reason


def test_an_overloaded_service_is_asked_again() -> None:
    wrong = judged(503, because("The service is overloaded"))

    assert isinstance(wrong, ProviderBusy)
    assert wrong.wait_seconds is None


@pytest.mark.parametrize(
    ("reason", "named"),
    [
        (
            "Cannot initialize WeatherVariable from invalid String value tempeture_2m "
            "for key hourly",
            ("tempeture_2m",),
        ),
        ("Cannot initialize ForecastVariable from invalid String value rainn", ("rainn",)),
        (
            "Cannot initialize ForecastVariable from invalid String value temperature_2m,rainn.",
            ("temperature_2m", "rainn"),
        ),
    ],
)
def test_an_unknown_variable_is_named(reason: str, named: tuple[str, ...]) -> None:
    wrong = judged(400, because(reason))

    assert isinstance(wrong, VariableUnknown)
    assert wrong.named == named


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        (400, "Invalid timezone", "answered 400: Invalid timezone"),
        (
            400,
            "Cannot initialize MultiDomains from invalid String value gfz for key models",
            "answered 400: Cannot initialize MultiDomains",
        ),
        (401, "API key required. Please add &apikey= to the URL.", ": set its API key"),
        (403, "This endpoint requires the API Professional plan", "use another plan"),
        (200, "Something else", "answered 200: Something else"),
    ],
)
def test_any_other_reason_is_a_refusal_in_its_own_words(
    status: int, reason: str, words: str
) -> None:
    wrong = judged(status, because(reason))

    assert isinstance(wrong, ProviderRefused)
    assert not isinstance(wrong, VariableUnknown)
    assert words in str(wrong)
    assert wrong.status == status


def test_a_limit_told_with_a_good_status_is_still_a_limit() -> None:
    wrong = judged(200, because("Minutely API request limit exceeded."))

    assert isinstance(wrong, ProviderBusy)
    assert wrong.wait_seconds == 60


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"hourly": {}}, type(None)),
        (200, [{"error": True}], type(None)),
        (200, b"Unexpected error while streaming data", type(None)),
        (502, b"<html>Bad Gateway</html>", ProviderBusy),
        (429, b"", ProviderBusy),
        (404, {"error": True}, ProviderRefused),
        (404, {"error": True, "reason": {"not": "text"}}, ProviderRefused),
        (400, b"[" * 4000, ProviderRefused),
    ],
)
def test_what_has_no_reason_is_judged_by_its_status(
    status: int, body: object, kind: type[object]
) -> None:
    assert isinstance(judged(status, body), kind)


EXPECTED = {
    "Minutely API": (ProviderBusy, 60),
    "Hourly API": (ProviderBusy, 14 * 60 + 30),
    "Daily API": (ProviderBusy, 74 * 60 + 30),
    "Too many concurrent requests": (ProviderBusy, None),
    "The service is overloaded": (ProviderBusy, None),
    "Cannot initialize WeatherVariable": (VariableUnknown, None),
}


def test_every_reason_the_server_knows(shared_fixtures: Path) -> None:
    path = shared_fixtures / "weather" / "openmeteo_errors.json"
    errors = json.loads(path.read_text(encoding="utf-8"))
    assert len(errors) == 19

    for error in errors:
        reason, status = error["body"]["reason"], error["status"]
        wrong = judged(status, error["body"])
        kind, wait_seconds = next(
            (known for start, known in EXPECTED.items() if reason.startswith(start)),
            (ProviderRefused, None),
        )
        assert type(wrong) is kind, reason
        assert reason.rstrip(".") in str(wrong)
        if isinstance(wrong, ProviderBusy):
            assert wrong.wait_seconds == wait_seconds
        else:
            assert isinstance(wrong, ProviderRefused)
            assert wrong.status == status
        if isinstance(wrong, VariableUnknown):
            assert wrong.named == ("tempeture_2m",)
