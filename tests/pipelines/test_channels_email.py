"""E-mail against a real SMTP server: what arrives, and what each refusal means."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pipelines.channels.channel import DeliveryFailed
from pipelines.channels.email import EmailChannel
from tests.factories.claimed import claimed_notification
from tests.pipelines.servers import LOOPBACK, Inbox, free_port, serving_mail
from warehouse.queries.notifications import FoldedPage
from warehouse.vocabulary import AlertId

AT = datetime(2013, 12, 10, 11, 0, tzinfo=UTC)
PAGE = claimed_notification()


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def channel(inbox: Inbox) -> Iterator[EmailChannel]:
    with serving_mail(inbox) as port:
        yield EmailChannel(LOOPBACK, port)


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


def test_a_digest_names_each_of_its_alerts(channel: EmailChannel, inbox: Inbox) -> None:
    pages = [FoldedPage(AlertId(number), 2, "[low] B6 615", "text") for number in (41, 43)]
    channel.send(PAGE, at=AT)
    channel.send(replace(PAGE, folded=pages), at=AT)

    named = [mail.get_all("X-Stormdesk-Alert") for mail in inbox.received]
    assert named == [["41/2"], ["41/2", "43/2"]]


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
        EmailChannel(LOOPBACK, free_port()).send(PAGE, at=AT)

    assert refusal.value.may_retry


def test_a_login_that_the_server_cannot_do_is_ours_to_put_right(
    channel: EmailChannel, inbox: Inbox
) -> None:
    with pytest.raises(DeliveryFailed, match="AUTH") as refusal:
        replace(channel, username="desk", password="wrong").send(PAGE, at=AT)

    assert refusal.value.may_retry
    assert inbox.received == []


def test_an_address_that_is_none_is_refused_before_the_network() -> None:
    with pytest.raises(DeliveryFailed, match="No mail can be written") as refusal:
        EmailChannel(LOOPBACK, free_port()).send(replace(PAGE, address="nobody"), at=AT)

    assert not refusal.value.may_retry
