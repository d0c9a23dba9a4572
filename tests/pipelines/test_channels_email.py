"""E-mail against a real SMTP server: what arrives, and what each refusal means."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from pipelines.channels.channel import DeliveryFailed
from pipelines.channels.email import EmailChannel
from tests.factories.claimed import claimed_notification

AT = datetime(2013, 12, 10, 11, 0, tzinfo=UTC)
PAGE = claimed_notification()


class Inbox:
    """Keeps what the server receives, or answers as a test wants."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.recipient_reply: str | None = None
        self.data_reply = "250 OK"

    async def handle_RCPT(  # noqa: N802 (the name that aiosmtpd calls)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient_reply is None:
            envelope.rcpt_tos.append(address)
        return self.recipient_reply or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        self.received.append(mail)
        return self.data_reply


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def channel(inbox: Inbox) -> Iterator[EmailChannel]:
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield EmailChannel(controller.hostname, controller.port)
    controller.stop()


def test_a_mail_arrives_in_plain_text_and_html_with_its_stable_id(
    channel: EmailChannel, inbox: Inbox
) -> None:
    given_id = channel.send(PAGE, at=AT)

    [mail] = inbox.received
    assert given_id == mail["Message-ID"] == "<7d0f@stormdesk>"
    assert mail["To"] == PAGE.address
    assert mail["Subject"] == PAGE.subject
    assert mail["Date"].datetime == AT
    assert mail.get_body(("plain",)).get_content().strip() == PAGE.text_body
    assert mail.get_body(("html",)).get_content().strip() == PAGE.html_body


def test_a_second_attempt_carries_the_same_message_id(channel: EmailChannel, inbox: Inbox) -> None:
    channel.send(PAGE, at=AT)
    channel.send(PAGE, at=AT)

    assert len({mail["Message-ID"] for mail in inbox.received}) == 1


def test_a_subject_cannot_smuggle_a_header(channel: EmailChannel, inbox: Inbox) -> None:
    channel.send(replace(PAGE, subject="Storm\r\nBcc: all@example.org"), at=AT)

    [mail] = inbox.received
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Storm Bcc: all@example.org"


@pytest.mark.parametrize(
    ("reply", "may_retry"), [("450 mailbox busy", True), ("550 no such mailbox", False)]
)
def test_a_refused_recipient_may_be_tried_again_only_below_500(
    channel: EmailChannel, inbox: Inbox, reply: str, *, may_retry: bool
) -> None:
    inbox.recipient_reply = reply

    with pytest.raises(DeliveryFailed, match=reply) as refusal:
        channel.send(PAGE, at=AT)

    assert refusal.value.may_retry is may_retry


@pytest.mark.parametrize(
    ("reply", "may_retry"), [("451 try later", True), ("554 looks like spam", False)]
)
def test_a_refused_body_may_be_tried_again_only_below_500(
    channel: EmailChannel, inbox: Inbox, reply: str, *, may_retry: bool
) -> None:
    inbox.data_reply = reply

    with pytest.raises(DeliveryFailed, match=reply) as refusal:
        channel.send(PAGE, at=AT)

    assert refusal.value.may_retry is may_retry


def test_a_server_that_does_not_answer_is_tried_again() -> None:
    with pytest.raises(DeliveryFailed) as refusal:
        EmailChannel("127.0.0.1", free_port()).send(PAGE, at=AT)

    assert refusal.value.may_retry


def test_a_login_that_the_server_cannot_do_is_final(channel: EmailChannel) -> None:
    with pytest.raises(DeliveryFailed) as refusal:
        replace(channel, username="desk", password="wrong").send(PAGE, at=AT)

    assert not refusal.value.may_retry


def test_an_address_that_is_none_is_refused_before_the_network() -> None:
    with pytest.raises(DeliveryFailed, match="No mail can be written") as refusal:
        EmailChannel("127.0.0.1", free_port()).send(replace(PAGE, address="nobody"), at=AT)

    assert not refusal.value.may_retry
