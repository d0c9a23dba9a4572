"""E-mail over STARTTLS and with a login, against a real server with a certificate of its own."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from pipelines.channels.channel import DeliveryFailed
from pipelines.channels.email import EmailChannel
from tests.factories.claimed import claimed_notification
from tests.pipelines.servers import LOOPBACK, Inbox, free_port, serving_mail

AT = datetime(2013, 12, 10, 11, 0, tzinfo=UTC)
PAGE = claimed_notification()
USER, PASSWORD = b"desk", b"right horse"


class Safe(Inbox):
    """Keeps what came over TLS from somebody who had signed in."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert session.ssl
        assert session.authenticated
        return await super().handle_DATA(server, session, envelope)


def knows(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, login: LoginPassword
) -> AuthResult:
    is_known = (login.login, login.password) == (USER, PASSWORD)
    return AuthResult(success=is_known, handled=False)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def inbox() -> Safe:
    return Safe()


@pytest.fixture
def channel(inbox: Safe, authority: trustme.CA, tmp_path: Path) -> Iterator[EmailChannel]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(LOOPBACK).configure_cert(context)
    vouching = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(vouching))
    controller = Controller(
        inbox,
        hostname=LOOPBACK,
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        authenticator=knows,
        auth_required=True,
    )
    controller.start()
    yield EmailChannel(
        LOOPBACK,
        controller.port,
        username=USER.decode(),
        password=PASSWORD.decode(),
        starts_tls=True,
        ca_file=str(vouching),
    )
    controller.stop()


def test_a_page_arrives_over_tls_after_a_login(channel: EmailChannel, inbox: Safe) -> None:
    assert channel.send(PAGE, at=AT) == "<7d0f@stormdesk>"
    assert len(inbox.received) == 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"password": "wrong horse"}, "535"),
        ({"ca_file": None}, "CERTIFICATE_VERIFY_FAILED"),
        ({"username": None}, "530"),
        ({"starts_tls": False}, "AUTH"),
    ],
    ids=["wrong password", "nobody vouches", "no login", "no TLS"],
)
def test_what_is_ours_to_put_right_may_be_tried_again_and_nothing_is_sent(
    channel: EmailChannel, inbox: Safe, changed: dict[str, object], says: str
) -> None:
    with pytest.raises(DeliveryFailed, match=says) as refusal:
        replace(channel, **changed).send(PAGE, at=AT)
    assert refusal.value.may_retry
    assert inbox.received == []


def test_a_server_without_tls_gets_nothing_where_tls_is_asked_for() -> None:
    inbox = Inbox()
    with serving_mail(inbox) as port, pytest.raises(DeliveryFailed, match="STARTTLS") as refusal:
        EmailChannel(LOOPBACK, port, starts_tls=True).send(PAGE, at=AT)
    assert refusal.value.may_retry
    assert inbox.received == []


def test_the_password_is_in_no_words_of_it(channel: EmailChannel) -> None:
    assert PASSWORD.decode() not in repr(channel)
