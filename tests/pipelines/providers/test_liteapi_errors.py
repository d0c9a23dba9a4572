"""Every error LiteAPI documents is refused, busy, nothing available or booked already."""

import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import requests

from pipelines.providers.errors import ProviderBusy, ProviderError, ProviderRefused
from pipelines.providers.hotel_supplier import AlreadyBooked, NothingAvailable
from pipelines.providers.liteapi_errors import judge_liteapi

BUSY_OR_UNCLEAR = {
    "book_400_booking_failed,_provider_booking_response_is_invalid",
    "book_400_booking_incomplete,_booking_data_was_not_updated",
    "book_400_booking_initial_save_failed,_please_try_again",
    "book_400_payment_metadata_retrieval_failed",
    "book_400_payment_retrieval_failed",
    "book_400_payment_status_save_failed",
    "book_400_payment_transaction_id_save_failed",
    "book_400_prebookId_data_retrieval_failed",
    "prebook_408_Prebook_timeout",
    "rebook_500_Previous_booking_retrieval_failed",
    "rebook_500_Rebook_request_creation_failed",
}
BOOKED_ALREADY = {
    "book_400_duplicate_booking_attempt_with_existing_client_reference",
    "rebook_400_Duplicate_client_reference",
    "rebook_409_Rebook_already_completed",
}


def judge(payload: object, status: int, **headers: str) -> ProviderError | None:
    answer = requests.Response()
    answer.status_code = status
    answer._content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    answer.headers.update(headers)
    return judge_liteapi("liteapi", answer)


def kind_of(error: ProviderError | None) -> str:
    match error:
        case NothingAvailable():
            return "nothing available"
        case AlreadyBooked():
            return "booked already"
        case ProviderRefused():
            return "refused"
        case ProviderBusy():
            return "busy"
        case _:
            return "taken"


def test_every_shared_error_is_classified_with_its_reason(shared_fixtures: Path) -> None:
    shared = json.loads((shared_fixtures / "hotels/liteapi_errors.json").read_text())
    assert len(shared) == 43
    kinds = dict.fromkeys(BUSY_OR_UNCLEAR, "busy") | dict.fromkeys(BOOKED_ALREADY, "booked already")
    for name, payload in shared.items():
        said = re.search(r"_(\d{3})", name)
        assert said
        error = judge(payload, int(said[1]))
        assert kind_of(error) == kinds.get(name.removeprefix("liteapi_"), "refused"), name
        assert error is not None
        words = payload["error"]
        for part in (str(words["code"]), words["message"], words.get("description", "")):
            assert part in error.reason


def test_the_shared_204_has_nothing_available_whatever_its_status(shared_fixtures: Path) -> None:
    path = shared_fixtures / "hotels/liteapi_hotels_rates_204_no_availability.json"
    payload = json.loads(path.read_text())
    assert payload == {"error": {"code": 2001, "message": "no availability found"}}
    for status in (200, 204, 400):
        error = judge(payload, status)
        assert kind_of(error) == "nothing available"
        assert str(error) == "liteapi: answered 2001: no availability found"


@pytest.mark.parametrize("status", [HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT])
@pytest.mark.parametrize("payload", [b"", {"data": []}, {"error": None}, {"error": {}}, [], "odd"])
def test_an_answer_without_an_error_is_taken(payload: Any, status: int) -> None:
    assert judge(payload, status) is None


@pytest.mark.parametrize(
    ("payload", "status", "kind"),
    [
        ({"error": {"code": 4002, "message": "wrong input"}}, 500, "busy"),
        ({"error": {"code": 4000, "message": "slow down"}}, 429, "busy"),
        ({"error": {"code": 9999, "message": "new"}}, 400, "refused"),
        ({"error": {"code": "4005", "message": "duplicate"}}, 400, "booked already"),
        ({"error": {"code": ["odd"], "message": {}}}, 400, "refused"),
        ({"error": "Too many requests"}, 429, "busy"),
        ({"error": "no"}, 403, "refused"),
        (b"<html>gateway</html>", 502, "busy"),
        (b"<html>no such page</html>", 404, "refused"),
        (b"", 304, "refused"),
    ],
)
def test_other_answers_go_by_code_and_then_by_status(payload: Any, status: int, kind: str) -> None:
    assert kind_of(judge(payload, status)) == kind


def test_an_asked_for_wait_is_kept() -> None:
    error = judge({"error": {"code": 429, "message": "slow"}}, 429, **{"Retry-After": "7"})
    assert isinstance(error, ProviderBusy)
    assert error.wait_seconds == 7


def test_a_wrong_key_says_which_setting_it_is() -> None:
    error = judge({"error": {"code": 401, "message": "Unauthorized"}}, 401)
    assert "STORMDESK_LITEAPI_KEY" in str(error)
