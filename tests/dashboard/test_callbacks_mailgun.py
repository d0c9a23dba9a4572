"""Events of Mailgun's: signed in the body, known by the mail's Message-ID, heard in any order."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select

from dashboard.settings import Settings, read_settings
from tests.dashboard.callback_server import serving
from tests.factories.defaults import STORM_AT
from tests.factories.notification import make_notification
from warehouse.queries.clock import read_clock
from warehouse.schema.alerting import Notification
from warehouse.schema.deliveries import ProviderCallback
from warehouse.session import Access, transaction

KEY = "what Mailgun signs with"
MESSAGE_ID = "01JES7@stormdesk.example"
BOUNCED = {
    "event": "failed",
    "severity": "permanent",
    "reason": "bounce",
    "delivery-status": {"code": 550, "message": "5.1.1 no such mailbox", "description": ""},
}
DELIVERED = {"event": "delivered", "delivery-status": {"code": 250, "message": "OK"}}


@pytest.fixture
def mailgun(database: str) -> Iterator[str]:
    with transaction(Access.OWNER) as session:
        sent = {"status": "sent", "sent_at": STORM_AT, "provider_message_id": f"<{MESSAGE_ID}>"}
        make_notification(session, **sent)
    with serving(Settings(mailgun_signing_key=KEY)) as address:
        yield f"{address}/mailgun"


def now() -> datetime:
    with transaction(Access.DASHBOARD) as session:
        return read_clock(session).server_at


def written(
    said: dict[str, Any], *, token: str = "t1", hours: float = 0, key: str = KEY, later: float = 0
) -> dict[str, Any]:
    """Write an event as Mailgun does, so many hours from now, of something so much later."""
    at = now() + timedelta(hours=hours)
    second = str(int(at.timestamp()))
    signed = hmac.new(key.encode(), f"{second}{token}".encode(), hashlib.sha256).hexdigest()
    event = {
        "timestamp": at.timestamp() + later,
        "message": {"headers": {"message-id": MESSAGE_ID, "subject": "JFK"}},
        "recipient": "ada@agency.example",
    }
    signature = {"timestamp": second, "token": token, "signature": signed}
    return {"signature": signature, "event-data": event | said}


def call(address: str, body: object) -> int:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return requests.post(address, data=raw, timeout=60).status_code


def letter() -> tuple[str, str | None]:
    with transaction(Access.OWNER) as session:
        (kept,) = session.scalars(select(Notification)).all()
        return kept.status, kept.last_error


def test_mail_that_bounces_is_dead_with_what_the_mailbox_said(mailgun: str) -> None:
    assert call(mailgun, written(BOUNCED)) == 200
    assert letter() == ("dead", "5.1.1 no such mailbox")


def test_the_newest_event_stands_in_whatever_order_they_come(mailgun: str) -> None:
    assert call(mailgun, written(BOUNCED, token="a", later=0.002)) == 200
    assert call(mailgun, written(DELIVERED, token="b", later=-1)) == 200
    assert letter()[0] == "dead"
    assert call(mailgun, written(DELIVERED, token="c", later=0.5)) == 200
    assert letter()[0] == "delivered"


@pytest.mark.parametrize(
    "said",
    [BOUNCED | {"severity": "temporary"}, {"event": "opened"}, {"event": "accepted"}],
    ids=["tried again", "opened", "accepted"],
)
def test_what_ends_nothing_changes_nothing_and_is_not_said_again(
    mailgun: str, said: dict[str, Any]
) -> None:
    assert call(mailgun, written(said)) == 200
    assert letter() == ("sent", None)


def test_it_is_heard_as_long_as_mailgun_tries_and_never_twice(mailgun: str) -> None:
    late = written(DELIVERED, hours=-9)
    assert [call(mailgun, late), call(mailgun, late)] == [200, 406]
    with transaction(Access.OWNER) as session:
        assert len(session.scalars(select(ProviderCallback)).all()) == 1


def test_mail_that_nobody_knows_is_kept_and_not_said_again(mailgun: str) -> None:
    strange = {"message": {"headers": {"message-id": "another@stormdesk.example"}}}
    assert call(mailgun, written(BOUNCED | strange)) == 406
    with transaction(Access.OWNER) as session:
        (kept,) = session.scalars(select(ProviderCallback)).all()
    assert (kept.provider, kept.result) == ("mailgun", "unknown")
    assert letter()[0] == "sent"


def forged() -> list[dict[str, Any]]:
    right = written(BOUNCED)
    sign = right["signature"]
    return [
        written(BOUNCED, key="another"),
        written(BOUNCED, hours=-12.1),
        written(BOUNCED, hours=12.1),
        {"event-data": right["event-data"]},
        right | {"signature": sign | {"token": "t2"}},
        right | {"signature": sign | {"token": ""}},
        right | {"signature": sign | {"signature": "\u00e9"}},
        right | {"signature": sign | {"timestamp": "\u0663"}},
        right | {"signature": sign | {"token": "\ud800", "signature": "\ud800"}},
        right | {"signature": "text"},
    ]


def test_what_is_not_signed_with_the_key_in_time_is_refused_and_not_kept(mailgun: str) -> None:
    assert [call(mailgun, body) for body in forged()] == [401] * 10
    assert [call(mailgun, body) for body in (b"no json", b"[" * 60_000)] == [401, 401]
    assert letter() == ("sent", None)
    with transaction(Access.OWNER) as session:
        assert session.scalars(select(ProviderCallback)).all() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"timestamp": "today"},
        {"timestamp": True},
        {"timestamp": -1},
        {"timestamp": 1e300},
        {"message": {}},
        {"event": 3},
    ],
    ids=str,
)
def test_what_is_no_event_is_not_acceptable(mailgun: str, wrong: dict[str, Any]) -> None:
    assert call(mailgun, written(BOUNCED | wrong)) == 406
    assert letter() == ("sent", None)


def test_half_a_character_in_a_name_or_a_reason_is_no_matter(mailgun: str) -> None:
    status = {"delivery-status": {"message": "no \0 \ud800 mailbox"}}
    strange = {"message": {"headers": {"message-id": "\ud800\0"}}}
    assert call(mailgun, written(BOUNCED | strange, token="a")) == 406
    assert call(mailgun, written(BOUNCED | status, token="b")) == 200
    assert letter() == ("dead", "no  ? mailbox")


def test_without_its_key_mailgun_is_not_understood(database: str) -> None:
    with serving(Settings()) as address:
        assert call(f"{address}/mailgun", written(BOUNCED)) == 404
    with serving(Settings(callback_secret=KEY)) as address:
        assert call(f"{address}/mailgun", written(BOUNCED)) == 401


def test_the_key_is_read_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMDESK_MAILGUN_SIGNING_KEY", KEY)
    assert read_settings().mailgun_signing_key == KEY
    assert KEY not in repr(read_settings())
