"""The newest word of a provider stands, in whatever order its words arrive."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from stormdesk.embedded import EmbeddedServer
from tests.databases import database_for
from tests.factories.defaults import STORM_AT
from tests.factories.notification import make_notification
from tests.factories.user import make_actor
from warehouse.operations.alerts import acknowledge_alert
from warehouse.operations.provider_callbacks import Callback, CallbackResult, take_callback
from warehouse.operations.resending import resend_notification
from warehouse.queries.clock import Clock
from warehouse.schema.alerting import Alert, Notification
from warehouse.schema.audit import Entry
from warehouse.schema.deliveries import ProviderCallback
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, AlertId, NotificationId

CLOCK = Clock(at=STORM_AT, server_at=STORM_AT, is_replay=False, speed=1)
NUMBERS = count(1)
WORDS = st.lists(
    st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=5, unique_by=lambda w: w[0]
)


def a_sent_page(**overrides: object) -> NotificationId:
    number = next(NUMBERS)
    values = {"status": "sent", "sent_at": STORM_AT, "attempts": 1}
    values |= {"provider_message_id": f"SM{number}", "message_id": f"ours{number}"}
    with transaction(Access.OWNER) as session:
        return NotificationId(make_notification(session, **(values | overrides)).notification_id)


def stored(number: NotificationId) -> Notification:
    with transaction(Access.OWNER) as session:
        return session.get_one(Notification, number)


def said(
    name: str | None, seq: int, *, is_delivered: bool, signature: str | None = None
) -> CallbackResult:
    callback = Callback(
        provider="twilio",
        message_id=name or "",
        seq=seq,
        is_delivered=is_delivered,
        signature=signature or f"signature {next(NUMBERS)}",
        detail=None if is_delivered else "30006 landline",
    )
    with transaction(Access.DASHBOARD, on_behalf_of=SYSTEM) as session:
        return take_callback(session, callback, clock=CLOCK)


@pytest.fixture(scope="module")
def standing(server: EmbeddedServer, template: str) -> Iterator[str]:
    """One database for many examples."""
    with database_for(server, template) as name:
        yield name


@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(data=st.data(), words=WORDS)
def test_in_every_order_the_newest_word_stands_and_nothing_moves_backwards(
    standing: str, data: st.DataObject, words: Sequence[tuple[int, bool]]
) -> None:
    number = a_sent_page()
    name = stored(number).provider_message_id
    seen = -1
    for seq, is_delivered in data.draw(st.permutations([*words, *words[:1]])):
        result = said(name, seq, is_delivered=is_delivered)
        assert result is (CallbackResult.APPLIED if seq > seen else CallbackResult.LATE)
        seen = max(seen, seq)
        assert stored(number).provider_seq == seen
    newest, is_delivered = max(words)
    page = stored(number)
    assert (page.status, page.provider_seq) == ("delivered" if is_delivered else "dead", newest)


def test_a_page_that_failed_after_it_was_sent_lets_the_next_step_go(database: str) -> None:
    number = a_sent_page()
    with transaction(Access.OWNER) as session:
        alert = session.scalars(select(Alert)).one()
        alert.escalation_level, alert.next_escalation_at = 1, STORM_AT + timedelta(minutes=15)
    assert said(stored(number).provider_message_id, 2, is_delivered=False) == "applied"
    page = stored(number)
    assert (page.status, page.last_error) == ("dead", "30006 landline")
    with transaction(Access.OWNER) as session:
        assert session.scalars(select(Alert.next_escalation_at)).one() == STORM_AT
        assert session.scalars(select(Entry.tag)).all() == ["notification.died"]


@pytest.mark.parametrize("name", ["SM{}", "ours{}"])
def test_a_message_is_known_by_the_providers_name_and_by_ours(database: str, name: str) -> None:
    number = a_sent_page()
    row = stored(number)
    known = row.provider_message_id if name.startswith("SM") else row.message_id
    assert said(known, 1, is_delivered=True) is CallbackResult.APPLIED
    assert stored(number).status == "delivered"


def test_a_mail_is_known_without_its_angle_brackets(database: str) -> None:
    number = a_sent_page(provider_message_id="<uuid@stormdesk>")
    assert said("uuid@stormdesk", 1, is_delivered=True) is CallbackResult.APPLIED
    assert stored(number).status == "delivered"


def test_what_nobody_sent_is_kept_with_a_reason(database: str) -> None:
    assert said("SM-unheard-of", 1, is_delivered=False) is CallbackResult.UNKNOWN
    with transaction(Access.OWNER) as session:
        (kept,) = session.scalars(select(ProviderCallback)).all()
    assert (kept.provider_message_id, kept.reason) == ("SM-unheard-of", "No message has this name.")


def test_the_same_signature_is_taken_once(database: str) -> None:
    number = a_sent_page()
    name = stored(number).provider_message_id
    assert said(name, 1, is_delivered=True, signature="s") is CallbackResult.APPLIED
    assert said(name, 9, is_delivered=False, signature="s") is CallbackResult.REPLAYED
    assert (stored(number).status, stored(number).provider_seq) == ("delivered", 1)


def test_a_cancelled_or_waiting_message_is_left_alone(database: str) -> None:
    for status in ("pending", "cancelled"):
        number = a_sent_page(status=status, sent_at=None)
        name = stored(number).provider_message_id
        assert said(name, 1, is_delivered=False) is CallbackResult.LATE
        assert stored(number).status == status


def test_what_is_sent_again_is_no_longer_known_by_its_old_name(database: str) -> None:
    number = a_sent_page()
    name = stored(number).provider_message_id
    said(name, 7, is_delivered=False)
    with transaction(Access.OWNER) as session:
        resend_notification(session, make_actor(session), number, at=STORM_AT)
    assert said(name, 8, is_delivered=True) is CallbackResult.UNKNOWN
    assert (stored(number).status, stored(number).provider_seq) == ("pending", None)


def test_a_failure_told_after_the_alert_was_taken_pages_nobody(database: str) -> None:
    number = a_sent_page()
    with transaction(Access.OWNER) as session:
        alert_id = AlertId(session.scalars(select(Alert.alert_id)).one())
        acknowledge_alert(session, make_actor(session), alert_id, at=STORM_AT)
    said(stored(number).provider_message_id, 1, is_delivered=False)
    with transaction(Access.OWNER) as session:
        assert session.scalars(select(Notification.status)).all() == ["dead"]


@pytest.mark.parametrize(
    "change",
    [
        "status = 'delivered'",
        "status = 'dead', last_error = 'x'",
        "status = 'dead', last_error = 'x', provider_seq = 5",
        "provider_seq = 4",
        "provider_seq = NULL",
        "status = 'pending', sent_at = NULL, most_attempts = 8",
    ],
)
def test_postgres_moves_a_sent_message_by_a_newer_word_alone(database: str, change: str) -> None:
    a_sent_page(provider_seq=5)
    refused = pytest.raises(DBAPIError, match=r"stays so|newer word")
    with refused, transaction(Access.DASHBOARD, on_behalf_of=SYSTEM) as session:
        session.execute(text(f"UPDATE alerting.notification SET {change}"))


def test_postgres_keeps_every_callback_as_it_came(database: str) -> None:
    said("SM-unheard-of", 1, is_delivered=False)
    for statement in (
        "UPDATE alerting.provider_callback SET reason = 'x'",
        "DELETE FROM alerting.provider_callback",
    ):
        with pytest.raises(DBAPIError), transaction(Access.OWNER) as session:
            session.execute(text(statement))
