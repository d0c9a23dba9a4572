"""The channels that the settings allow, as a resource of runs."""

import dagster as dg

from pipelines.apprise_services import CHAT, PHONE
from pipelines.channels.apprise_channels import AppriseChannel
from pipelines.channels.channel import DeliveryChannel
from pipelines.channels.email import EmailChannel
from pipelines.channels.post import post_from
from pipelines.channels.sink import SinkChannel
from pipelines.channels.webhook import WebhookChannel
from pipelines.settings import Settings, read_settings
from warehouse.vocabulary import Channel


def channels_from(settings: Settings) -> dict[Channel, DeliveryChannel]:
    """Set up e-mail always, the others where the settings say how they leave."""
    post = post_from(settings)
    channels: dict[Channel, DeliveryChannel] = {
        Channel.EMAIL: post,
        Channel.SINK: SinkChannel(post, settings.synthetic_mailbox),
    }
    if settings.webhook_secret:
        channels[Channel.WEBHOOK] = WebhookChannel(
            settings.webhook_secret,
            allows_private_addresses=settings.webhook_allows_private_addresses,
        )
    if settings.sms_url:
        channels[Channel.SMS] = AppriseChannel(settings.sms_url, PHONE)
    if settings.chat_url:
        channels[Channel.CHAT] = AppriseChannel(settings.chat_url, CHAT)
    return channels


class Outbound(dg.ConfigurableResource):  # type: ignore[type-arg] # Dagster's own base is generic
    """How messages leave; it reads secrets from the environment, so that no run config has them."""

    def channels(self) -> dict[Channel, DeliveryChannel]:
        """Give the channels that are set up."""
        return channels_from(read_settings())

    def post(self) -> EmailChannel:
        """Give e-mail by itself."""
        return post_from(read_settings())

    def dashboard_url(self) -> str:
        """Say where links in messages lead."""
        return read_settings().dashboard_url
