"""The environment decides which channels there are, and no secret shows in what is printed."""

import pytest

from pipelines.channels.email import EmailChannel
from pipelines.channels.setup import channels_from
from pipelines.channels.sink import SinkChannel
from pipelines.channels.webhook import WebhookChannel
from pipelines.settings import SettingRefused, read_settings
from warehouse.vocabulary import Channel


def test_without_settings_mail_goes_to_the_sink_on_this_machine() -> None:
    post = EmailChannel("127.0.0.1", 2525)
    assert channels_from(read_settings({})) == {
        Channel.EMAIL: post,
        Channel.SINK: SinkChannel(post),
    }


def test_a_mail_server_can_be_named_with_its_login() -> None:
    settings = read_settings({
        "STORMDESK_SMTP_HOST": "mail.example.org",
        "STORMDESK_SMTP_PORT": "587",
        "STORMDESK_SMTP_USERNAME": "desk",
        "STORMDESK_SMTP_PASSWORD": "hidden",
        "STORMDESK_SMTP_STARTS_TLS": "true",
    })

    channel = channels_from(settings)[Channel.EMAIL]

    assert channel == EmailChannel(
        "mail.example.org", 587, username="desk", password="hidden", starts_tls=True
    )


def test_webhooks_need_a_secret() -> None:
    settings = read_settings({"STORMDESK_WEBHOOK_SECRET": "hidden"})

    assert channels_from(settings)[Channel.WEBHOOK] == WebhookChannel("hidden")


def test_secrets_are_not_printed() -> None:
    settings = read_settings({
        "STORMDESK_SMTP_PASSWORD": "hidden",
        "STORMDESK_WEBHOOK_SECRET": "hidden",
    })

    assert "hidden" not in f"{settings} {channels_from(settings)}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STORMDESK_SMTP_PORT", "0"),
        ("STORMDESK_SMTP_PORT", "smtp"),
        ("STORMDESK_SMTP_STARTS_TLS", "perhaps"),
    ],
)
def test_a_setting_that_means_nothing_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingRefused, match=f"{name} is '{value}'"):
        read_settings({name: value})
