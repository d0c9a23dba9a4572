"""The address that providers call: signed, fresh, once, and told what became of it."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from sqlalchemy import select

from dashboard.callbacks import LONGEST_BODY
from dashboard.settings import Settings, read_settings
from tests.dashboard.callback_server import serving
from tests.factories.defaults import STORM_AT
from tests.factories.notification import make_notification
from warehouse.queries.clock import read_clock
from warehouse.rules.signatures import NAME, is_signed, signature
from warehouse.schema.alerting import Notification
from warehouse.schema.deliveries import ProviderCallback
from warehouse.session import Access, transaction

SECRET = "what both sides know"
BODY = {"message_id": "SM1", "status": "failed", "seq": 3, "reason": "30006 landline"}


@pytest.fixture
def client(database: str) -> Iterator[str]:
    with transaction(Access.OWNER) as session:
        sent = {"status": "sent", "sent_at": STORM_AT, "provider_message_id": "SM1"}
        make_notification(session, **sent)
    with serving(Settings(callback_secret=SECRET)) as address:
        yield address


def call(
    client: str,
    body: object = BODY,
    *,
    minutes: float = 0,
    secret: str = SECRET,
    provider: str = "twilio",
) -> int:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with transaction(Access.DASHBOARD) as session:
        at = read_clock(session).server_at + timedelta(minutes=minutes)
    headers = {NAME: signature(secret, raw, at=at)}
    return requests.post(f"{client}/{provider}", data=raw, headers=headers, timeout=60).status_code


def status() -> str:
    with transaction(Access.OWNER) as session:
        return session.scalars(select(Notification.status)).one()


def test_a_signed_call_is_taken_in_and_a_later_older_word_changes_nothing(
    client: str,
) -> None:
    assert call(client) == 200
    assert status() == "dead"
    assert call(client, BODY | {"seq": 2, "status": "delivered"}) == 200
    assert status() == "dead"
    assert call(client, BODY | {"seq": 4, "status": "delivered"}) == 200
    assert status() == "delivered"


def test_the_very_same_call_is_refused_the_second_time(client: str) -> None:
    raw = json.dumps(BODY).encode()
    with transaction(Access.DASHBOARD) as session:
        headers = {NAME: signature(SECRET, raw, at=read_clock(session).server_at)}
    address = f"{client}/twilio"
    answers = [requests.post(address, raw, headers=headers, timeout=60) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 409]


@pytest.mark.parametrize(
    "wrong", [{"secret": "another"}, {"minutes": -5.2}, {"minutes": 5.2}], ids=str
)
def test_what_is_not_signed_in_time_is_refused_and_not_kept(
    client: str, wrong: dict[str, object]
) -> None:
    assert call(client, **wrong) == 401
    assert requests.post(f"{client}/twilio", b"{}", timeout=60).status_code == 401
    assert status() == "sent"
    with transaction(Access.OWNER) as session:
        assert session.scalars(select(ProviderCallback)).all() == []


def test_an_unknown_name_is_answered_404_and_kept(client: str) -> None:
    assert call(client, BODY | {"message_id": "SM-unheard-of"}) == 404
    with transaction(Access.OWNER) as session:
        (kept,) = session.scalars(select(ProviderCallback)).all()
    assert (kept.result, kept.provider) == ("unknown", "twilio")


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"[]",
        b"\xff",
        {"message_id": "SM1"},
        BODY | {"seq": "3"},
        BODY | {"seq": True},
        BODY | {"seq": -1},
        BODY | {"status": "queued"},
        BODY | {"message_id": 1},
    ],
    ids=str,
)
def test_what_means_nothing_is_answered_400(client: str, body: object) -> None:
    assert call(client, body) == 400
    assert status() == "sent"


def test_a_body_without_end_is_not_read(client: str) -> None:
    assert call(client, b"x" * (LONGEST_BODY + 1)) == 413


def test_without_a_secret_or_with_a_name_that_is_none_there_is_no_such_address(
    client: str,
) -> None:
    assert call(client, provider="Not_A_Name") == 404
    with serving(Settings()) as closed:
        assert call(closed, secret="") == 404
    assert status() == "sent"


def test_the_secret_is_read_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMDESK_CALLBACK_SECRET", SECRET)
    assert read_settings().callback_secret == SECRET
    assert SECRET not in repr(read_settings())


@pytest.mark.parametrize("written", ["", "t=1", "t=x,v1=00", f"t=99999999999,v1={'0' * 64}"])
def test_a_signature_that_is_none_is_not_taken(written: str) -> None:
    assert not is_signed(SECRET, b"", written, at=STORM_AT)
