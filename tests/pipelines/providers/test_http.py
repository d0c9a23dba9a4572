"""Providers are asked patiently where waiting helps, and no half answer is ever taken."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Any

import pytest

from pipelines.providers.errors import ProviderBusy, ProviderError, ProviderRefused
from pipelines.providers.http import TRY_AGAIN_STATUSES, Patience, ProviderClient
from tests.pipelines.providers.scripted_server import Answer, NoJitter, ScriptedServer
from tests.pipelines.servers import free_port


@pytest.fixture
def client(provider: ScriptedServer, slept: list[float]) -> ProviderClient:
    return client_of(provider.url, slept)


def client_of(url: str, slept: list[float], **options: Any) -> ProviderClient:
    standard: dict[str, Any] = {"sleep": slept.append, "jitter": NoJitter()}
    return ProviderClient("acme", url, **(standard | options))


def test_a_good_answer_is_taken_at_once(
    provider: ScriptedServer, client: ProviderClient, slept: list[float]
) -> None:
    provider.will_answer(Answer({"rooms": 3}))

    assert client.get("/v1/rooms", {"hotel": "a b", "night": ["1", "2"]}) == {"rooms": 3}

    [asked] = provider.asked
    assert (asked.method, asked.path) == ("GET", "/v1/rooms")
    assert asked.query == {"hotel": ["a b"], "night": ["1", "2"]}
    assert slept == []


def test_headers_json_and_forms_are_sent(provider: ScriptedServer, slept: list[float]) -> None:
    provider.will_answer(Answer({}))
    client = client_of(provider.url + "/", slept, headers={"X-Key": "k"})

    client.send("POST", "rates", body={"adults": 2})
    client.send("POST", "rates", form={"latitude": "1,2"})

    first, second = provider.asked
    assert first.headers["X-Key"] == "k"
    assert first.body == b'{"adults": 2}'
    assert second.form == {"latitude": ["1,2"]}
    assert {asked.path for asked in provider.asked} == {"/rates"}


PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>502 Bad\n &amp; gone</title></head><body>x</body></html>"
)


def test_a_page_for_browsers_is_told_by_its_title(
    provider: ScriptedServer, client: ProviderClient
) -> None:
    provider.will_answer(Answer(PAGE, 502))
    with pytest.raises(ProviderBusy, match=r"^acme: answered 502: 502 Bad & gone$"):
        client.get("/rooms")
    provider.will_answer(Answer(PAGE))
    with pytest.raises(ProviderBusy, match='sent a page for browsers, "502 Bad & gone", where'):
        client.get("/rooms")
    provider.will_answer(Answer(b"<html>no title</html>", 403))
    with pytest.raises(ProviderRefused, match=r"^acme: answered 403: \S+"):
        client.get("/rooms")


@pytest.mark.parametrize("answer", [Answer(status=204), Answer(b"")])
def test_no_content_is_none(
    provider: ScriptedServer, client: ProviderClient, answer: Answer
) -> None:
    provider.will_answer(answer)

    assert client.get("/rooms") is None


@pytest.mark.parametrize("status", sorted(TRY_AGAIN_STATUSES))
def test_a_busy_provider_is_asked_again_after_twice_as_long_each_time(
    provider: ScriptedServer, client: ProviderClient, slept: list[float], status: int
) -> None:
    busy = Answer(b"later", status)
    provider.will_answer(busy, busy, busy, Answer({"ok": 1}))

    assert client.get("/x") == {"ok": 1}

    assert slept == [1, 2, 4]


def test_after_the_last_attempt_the_provider_is_left_for_later(
    provider: ScriptedServer, client: ProviderClient, slept: list[float]
) -> None:
    provider.will_answer(Answer(b"The service is overloaded", 503))

    with pytest.raises(ProviderBusy, match="acme: answered 503: The service is overloaded"):
        client.get("/x")

    assert len(provider.asked) == 4
    assert slept == [1, 2, 4]


@pytest.mark.parametrize("status", [304, 400, 401, 403, 404, 409, 410, 422, 501])
def test_a_definite_refusal_is_final(
    provider: ScriptedServer, client: ProviderClient, slept: list[float], status: int
) -> None:
    provider.will_answer(Answer(b"" if status == 304 else b"no such thing", status))

    with pytest.raises(ProviderRefused, match=f"answered {status}") as refusal:
        client.get("/x")

    assert refusal.value.status == status
    assert (len(provider.asked), slept) == (1, [])


def test_what_may_not_be_repeated_is_asked_once(
    provider: ScriptedServer, client: ProviderClient, slept: list[float]
) -> None:
    provider.will_answer(Answer(status=503))

    with pytest.raises(ProviderBusy):
        client.send("POST", "/bookings", body={}, is_repeatable=False)

    assert (len(provider.asked), slept) == (1, [])


def test_retry_after_in_seconds_is_kept(
    provider: ScriptedServer, client: ProviderClient, slept: list[float]
) -> None:
    provider.will_answer(Answer(status=429, headers={"Retry-After": "17"}), Answer({}))

    client.get("/x")

    assert slept == [17]


def test_retry_after_as_a_date_is_kept(
    provider: ScriptedServer, client: ProviderClient, slept: list[float]
) -> None:
    until = datetime.now(UTC) + timedelta(seconds=60)
    in_gmt = format_datetime(until, usegmt=True)
    from_nowhere = in_gmt.replace("GMT", "-0000")
    provider.will_answer(
        Answer(status=503, headers={"Retry-After": in_gmt}),
        Answer(status=503, headers={"Retry-After": from_nowhere}),
        Answer({}),
    )

    client.get("/x")

    assert all(50 < seconds <= 60 for seconds in slept)
    assert len(slept) == 2


@pytest.mark.parametrize("said", ["soon", "-5", "", "Wed, 99 Foo 2026 07:28:00 GMT"])
def test_retry_after_that_says_nothing_counts_as_not_said(
    provider: ScriptedServer, client: ProviderClient, slept: list[float], said: str
) -> None:
    provider.will_answer(Answer(status=429, headers={"Retry-After": said}), Answer({}))

    client.get("/x")

    assert slept == [1]


def test_a_date_that_is_past_means_now(
    provider: ScriptedServer, client: ProviderClient, slept: list[float]
) -> None:
    past = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    provider.will_answer(Answer(status=429, headers=past), Answer({}))

    client.get("/x")

    assert slept == [0]


def test_jitter_adds_up_to_a_quarter_and_never_takes_away(
    provider: ScriptedServer, slept: list[float]
) -> None:
    provider.will_answer(Answer(status=429, headers={"Retry-After": "40"}))
    client = client_of(provider.url, slept, jitter=Random(7), patience=Patience(attempts=30))

    with pytest.raises(ProviderBusy):
        client.get("/x")

    assert len(set(slept)) == 29
    assert all(40 <= seconds <= 50 for seconds in slept)


def test_a_provider_that_wants_more_time_than_we_have_is_left_for_later(
    provider: ScriptedServer, client: ProviderClient, slept: list[float]
) -> None:
    provider.will_answer(Answer(status=429, headers={"Retry-After": "3600"}))

    with pytest.raises(ProviderBusy) as refusal:
        client.get("/x")

    assert refusal.value.wait_seconds == 3600
    assert (len(provider.asked), slept) == (1, [])


def test_a_redirect_is_refused_and_its_query_never_told(
    provider: ScriptedServer, client: ProviderClient
) -> None:
    elsewhere = {"Location": "http://127.0.0.1:9/v2?apikey=s3cret"}
    provider.will_answer(Answer(status=301, headers=elsewhere))

    with pytest.raises(ProviderRefused, match=r"has moved to http.*/v2: set") as refusal:
        client.get("/x")

    assert "s3cret" not in str(refusal.value)
    assert len(provider.asked) == 1


@pytest.mark.parametrize(
    "body", [b'{"rooms": [1, 2', b"Unexpected error", b"\xff\xfe{}", b"[" * 99_999]
)
def test_a_broken_answer_is_asked_for_again_and_never_taken(
    provider: ScriptedServer, client: ProviderClient, slept: list[float], body: bytes
) -> None:
    provider.will_answer(Answer(body), Answer({"whole": True}))

    assert client.get("/x") == {"whole": True}
    assert slept == [1]


def test_an_answer_that_breaks_off_is_asked_for_again(
    provider: ScriptedServer, client: ProviderClient
) -> None:
    provider.will_answer(Answer({"rooms": 3}, breaks_off=True))

    with pytest.raises(ProviderBusy, match="broke off in the middle"):
        client.get("/x")

    assert len(provider.asked) == 4


def test_an_answer_that_cannot_be_unpacked_is_asked_for_again(
    provider: ScriptedServer, client: ProviderClient
) -> None:
    packed = Answer(b"no gzip at all", headers={"Content-Encoding": "gzip"})
    provider.will_answer(packed, Answer({"whole": True}))

    assert client.get("/x") == {"whole": True}


def test_far_too_long_an_answer_is_refused(provider: ScriptedServer, slept: list[float]) -> None:
    provider.will_answer(Answer(b"[" + b"1," * 100_000 + b"1]"))
    client = client_of(provider.url, slept, most_bytes=100_000)

    with pytest.raises(ProviderRefused, match="sent more than 100000 bytes"):
        client.get("/x")

    assert len(provider.asked) == 1


def test_a_provider_out_of_reach_is_busy_and_its_query_never_told(slept: list[float]) -> None:
    client = client_of(f"http://127.0.0.1:{free_port()}", slept)

    with pytest.raises(ProviderBusy, match="acme: could not be reached") as refusal:
        client.get("/x", {"apikey": "s3cret"})

    assert "s3cret" not in str(refusal.value)
    assert slept == [1, 2, 4]


def test_a_silent_provider_is_busy(provider: ScriptedServer, slept: list[float]) -> None:
    provider.will_answer(Answer(is_silent=True))
    client = client_of(provider.url, slept, timeout_seconds=0.05, patience=Patience(attempts=2))

    with pytest.raises(ProviderBusy, match="could not be reached"):
        client.get("/x")

    assert len(provider.asked) == 2


def test_an_address_that_means_nothing_is_refused(slept: list[float]) -> None:
    with pytest.raises(ProviderRefused, match="cannot be asked"):
        client_of("no://address", slept).get("/x")

    assert slept == []


def test_a_provider_may_judge_its_answers_itself(
    provider: ScriptedServer, slept: list[float]
) -> None:
    def judge(name: str, answer: Any) -> ProviderError | None:
        if b"sold out" in answer.content:
            return ProviderRefused(name, "is sold out")
        return None

    provider.will_answer(Answer({"state": "sold out"}), Answer({"state": "free"}, 418))
    client = client_of(provider.url, slept, judge=judge)

    with pytest.raises(ProviderRefused, match="acme: is sold out"):
        client.get("/x")
    assert client.get("/x") == {"state": "free"}


def test_secrets_are_not_in_what_a_client_says_of_itself(slept: list[float]) -> None:
    client = client_of("http://127.0.0.1:9", slept, headers={"Authorization": "Bearer s3cret"})

    assert "s3cret" not in repr(client)
