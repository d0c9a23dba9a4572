"""Texts and chat leave through Apprise: once, with failures told apart and nothing leaked."""

import json
import logging
from collections.abc import Iterator

import pytest

from pipelines.apprise_services import CHAT, PHONE, is_usable
from pipelines.channels.apprise_channels import AppriseChannel, why_not
from pipelines.channels.channel import DeliveryFailed
from pipelines.channels.setup import channels_from
from pipelines.settings import SettingRefused, Settings, read_settings
from tests.factories.claimed import claimed_notification
from tests.factories.defaults import STORM_AT
from tests.pipelines.servers import LOOPBACK, Receiver, free_port, serving_web
from warehouse.vocabulary import Channel

NUMBER = "+12125550100"
TEXT = claimed_notification(channel=Channel.SMS, address=NUMBER)
MESSAGE = claimed_notification(channel=Channel.CHAT, address="#storm-desk")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving_web() as server:
        server.status = 200
        yield server


def channel_to(port: int) -> AppriseChannel:
    return AppriseChannel(f"json://desk:secret-token@{LOOPBACK}:{port}/{{phone}}", PHONE)


def refusal(channel: AppriseChannel) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as refused:
        channel.send(TEXT, at=STORM_AT)
    return refused.value


def test_the_short_text_is_posted_to_the_number(receiver: Receiver) -> None:
    assert channel_to(receiver.server_address[1]).send(TEXT, at=STORM_AT) is None
    [(path, _, body)] = receiver.posts
    assert path in {f"/{NUMBER}", "/%2B12125550100"}
    assert json.loads(body)["message"] == TEXT.short_text


@pytest.mark.parametrize("status", [401, 408, 429, 500, 503])
def test_a_passing_trouble_may_be_tried_again(receiver: Receiver, status: int) -> None:
    receiver.status = status
    failure = refusal(channel_to(receiver.server_address[1]))
    assert (failure.reason, failure.may_retry) == (f"HTTP {status}", True)
    assert len(receiver.posts) == 1


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_definite_refusal_is_final(receiver: Receiver, status: int) -> None:
    receiver.status = status
    failure = refusal(channel_to(receiver.server_address[1]))
    assert (failure.reason, failure.may_retry) == (f"HTTP {status}", False)


def test_a_service_that_does_not_answer_may_be_tried_again() -> None:
    failure = refusal(channel_to(free_port()))
    assert (failure.reason, failure.may_retry) == ("The service did not answer.", True)


@pytest.mark.parametrize(("code", "may_retry"), [(20429, True), (21211, False), (30006, False)])
def test_a_code_of_the_providers_own_tells_whether_the_number_is_wrong(
    code: int, may_retry: bool
) -> None:
    lines = [f"Failed to send Twilio notification to {NUMBER}: bad, error={code}."]
    assert why_not(lines) == (f"The service refused it with its code {code}.", may_retry)


def test_an_address_as_twilio_has_it_is_understood() -> None:
    assert is_usable(f"twilio://AC{'a' * 32}:{'b' * 32}@12125550100/{{phone}}/", PHONE)


def test_an_address_as_slack_has_it_is_understood() -> None:
    assert is_usable("slack://xoxb-123456789012-123456789012-abcdefghijklmnopqrstuvwx/{chat}", CHAT)
    assert not is_usable("slack://xoxb-123456789012-123456789012-abcdefghijklmnopqrstuvwx", CHAT)


def test_a_chat_message_is_told_in_full_in_the_room(receiver: Receiver) -> None:
    port = receiver.server_address[1]
    channel = AppriseChannel(f"json://desk:secret-token@{LOOPBACK}:{port}/{{chat}}", CHAT)
    assert channel.send(MESSAGE, at=STORM_AT) is None
    [(path, _, body)] = receiver.posts
    assert path in {"/#storm-desk", "/%23storm-desk"}
    told = json.loads(body)
    assert (told["title"], told["message"]) == (MESSAGE.subject, MESSAGE.text_body)


def test_neither_the_number_nor_the_key_reaches_a_log(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    receiver.status = 400
    channel = channel_to(receiver.server_address[1])
    with caplog.at_level(logging.DEBUG):
        failure = refusal(channel)
    said = caplog.text + "".join(capfd.readouterr()) + failure.reason + repr(channel)
    assert "2125550100" not in said
    assert "secret-token" not in said


@pytest.mark.parametrize(
    "url", ["twilio://SID:TOKEN@FROM/", "nonsense/{phone}", "foo://secret-token/{phone}"]
)
def test_a_malformed_address_is_refused_without_being_repeated(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SettingRefused, match=r"\{phone\} where the number goes") as refused:
        read_settings({"STORMDESK_SMS_URL": url})
    assert "secret-token" not in str(refused.value) + caplog.text


def test_chat_leaves_where_an_address_is_set() -> None:
    settings = read_settings({"STORMDESK_CHAT_URL": "json://127.0.0.1:9/{chat}"})
    assert channels_from(settings)[Channel.CHAT] == AppriseChannel(
        "json://127.0.0.1:9/{chat}", CHAT
    )
    assert Channel.CHAT not in channels_from(Settings())
    with pytest.raises(SettingRefused, match=r"\{chat\} where the room or person goes") as refused:
        read_settings({"STORMDESK_CHAT_URL": "slack://secret-token"})
    assert "secret-token" not in str(refused.value) + repr(settings)


def test_texts_leave_where_an_address_is_set() -> None:
    settings = read_settings({"STORMDESK_SMS_URL": "json://127.0.0.1:9/{phone}"})
    assert channels_from(settings)[Channel.SMS] == AppriseChannel(
        "json://127.0.0.1:9/{phone}", PHONE
    )
    assert Channel.SMS not in channels_from(Settings())
    assert "json://" not in repr(settings)
