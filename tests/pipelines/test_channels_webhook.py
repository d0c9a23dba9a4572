"""Webhooks against a real HTTP server: what is signed, and what each answer means."""

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipelines.channels.channel import DeliveryFailed
from pipelines.channels.webhook import WebhookChannel
from tests.factories.claimed import claimed_notification
from tests.pipelines.servers import Receiver, serving_web
from warehouse.queries.notifications import ClaimedNotification, FoldedPage
from warehouse.vocabulary import AlertId

AT = datetime(2013, 12, 10, 11, 0, tzinfo=UTC)
SECRET = "shared with the receiver"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving_web() as server:
        yield server


@pytest.fixture
def message(receiver: Receiver) -> ClaimedNotification:
    return claimed_notification(address=receiver.url)


CHANNEL = WebhookChannel(SECRET, allows_private_addresses=True)


def test_the_receiver_can_verify_who_sent_what_and_when(
    receiver: Receiver, message: ClaimedNotification
) -> None:
    CHANNEL.send(message, at=AT)

    [(path, headers, body)] = receiver.posts
    signed = f"{int(AT.timestamp())}.".encode() + body
    digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert path == "/hook?desk=1"
    assert headers["Stormdesk-Signature"] == f"t={int(AT.timestamp())},v1={digest}"
    assert headers["Idempotency-Key"] == "7d0f"
    assert json.loads(body)["alert_id"] == 41


def test_a_digest_lists_its_pages_each_as_it_would_come_by_itself(
    receiver: Receiver, message: ClaimedNotification
) -> None:
    pages = [FoldedPage(AlertId(number), 2, f"[low] {number}", "text") for number in (41, 43)]
    CHANNEL.send(replace(message, folded=pages), at=AT)

    [(_, _, body)] = receiver.posts
    told = json.loads(body)
    assert (told["kind"], told["message_id"], "alert_id" in told) == ("digest", "7d0f", False)
    page = {"kind": "page", "alert_id": 43, "generation": 2, "subject": "[low] 43", "text": "text"}
    assert told["pages"][1] == page


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_a_passing_trouble_is_tried_again(
    receiver: Receiver, message: ClaimedNotification, status: int
) -> None:
    receiver.status = status

    with pytest.raises(DeliveryFailed, match=f"HTTP {status}") as refusal:
        CHANNEL.send(message, at=AT)

    assert refusal.value.may_retry


def test_a_receiver_that_asks_for_a_pause_is_given_it(
    receiver: Receiver, message: ClaimedNotification
) -> None:
    receiver.status, receiver.headers = 429, {"Retry-After": "120"}

    with pytest.raises(DeliveryFailed) as refusal:
        CHANNEL.send(message, at=AT)

    assert refusal.value.after_seconds == 120


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_a_definite_refusal_is_final(
    receiver: Receiver, message: ClaimedNotification, status: int
) -> None:
    receiver.status = status

    with pytest.raises(DeliveryFailed, match=f"HTTP {status}") as refusal:
        CHANNEL.send(message, at=AT)

    assert not refusal.value.may_retry


def test_a_redirect_is_not_followed_and_counts_as_refused(
    receiver: Receiver, message: ClaimedNotification
) -> None:
    receiver.status, receiver.headers = 307, {"Location": receiver.url}

    with pytest.raises(DeliveryFailed, match="HTTP 307") as refusal:
        CHANNEL.send(message, at=AT)

    assert not refusal.value.may_retry
    assert len(receiver.posts) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "[::1]", "169.254.169.254"])
def test_a_private_address_is_refused_unless_allowed(
    receiver: Receiver, message: ClaimedNotification, host: str
) -> None:
    port = receiver.server_address[1]
    careful = WebhookChannel(SECRET)

    with pytest.raises(DeliveryFailed, match="private address") as refusal:
        careful.send(replace(message, address=f"http://{host}:{port}/"), at=AT)

    assert not refusal.value.may_retry
    assert receiver.posts == []


def test_a_receiver_that_never_answers_is_cut_off_and_tried_again(
    receiver: Receiver, message: ClaimedNotification
) -> None:
    receiver.is_silent = True

    with pytest.raises(DeliveryFailed) as refusal:
        replace(CHANNEL, total_seconds=0.2).send(message, at=AT)

    assert refusal.value.may_retry


def test_a_closed_port_is_tried_again(message: ClaimedNotification) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with pytest.raises(DeliveryFailed) as refusal:
        CHANNEL.send(replace(message, address=f"http://127.0.0.1:{port}/"), at=AT)

    assert refusal.value.may_retry


@pytest.mark.parametrize("address", ["ftp://example.org/", "not a url", "http://", "http://x:y/"])
def test_an_address_that_is_no_web_address_is_final(
    message: ClaimedNotification, address: str
) -> None:
    with pytest.raises(DeliveryFailed, match="no http or https URL") as refusal:
        CHANNEL.send(replace(message, address=address), at=AT)

    assert not refusal.value.may_retry
