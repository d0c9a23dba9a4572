"""The desk's own alerts end in a mailbox nobody reads, or before the mail server."""

import pytest

from pipelines.channels.channel import DeliveryFailed
from pipelines.channels.setup import channels_from
from pipelines.settings import Settings
from tests.factories.claimed import claimed_notification
from tests.factories.defaults import STORM_AT
from tests.pipelines.servers import Inbox, free_port, serving_mail
from warehouse.vocabulary import Channel

OF_THE_SINK = claimed_notification(channel=Channel.SINK, address="sink")


def test_without_a_mailbox_it_ends_here() -> None:
    sink = channels_from(Settings(smtp_port=free_port()))[Channel.SINK]
    assert sink.send(OF_THE_SINK, at=STORM_AT) is None


def test_with_one_it_goes_the_way_of_every_page() -> None:
    inbox = Inbox()
    with serving_mail(inbox) as port:
        settings = Settings(smtp_port=port, synthetic_mailbox="synthetic@desk.example.test")
        message_id = channels_from(settings)[Channel.SINK].send(OF_THE_SINK, at=STORM_AT)
    [mail] = inbox.received
    assert (mail["To"], mail["Message-ID"]) == ("synthetic@desk.example.test", message_id)


def test_and_fails_as_every_page_does() -> None:
    settings = Settings(smtp_port=free_port(), synthetic_mailbox="synthetic@desk.example.test")
    with pytest.raises(DeliveryFailed) as failure:
        channels_from(settings)[Channel.SINK].send(OF_THE_SINK, at=STORM_AT)
    assert failure.value.may_retry
