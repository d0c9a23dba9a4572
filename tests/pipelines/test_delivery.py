"""What is due leaves once, in order of urgency, and every ending is written down."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import dagster as dg
import pytest
from sqlalchemy import select

from pipelines.channels.channel import DeliveryFailed
from pipelines.channels.email import EmailChannel
from pipelines.channels.webhook import WebhookChannel
from pipelines.definitions import build_defs
from pipelines.delivery import Channels, DeliveryReport, deliver_due
from pipelines.resources import Warehouse
from pipelines.settings import Settings
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.factories.digest import make_page_rate, make_pages
from tests.factories.notification import make_notification
from tests.factories.user import make_actor
from tests.pipelines.servers import LOOPBACK, Inbox, Receiver, serving_mail, serving_web
from warehouse.operations.alerts import acknowledge_alert
from warehouse.operations.notifications import claim_notifications
from warehouse.queries.clock import read_clock
from warehouse.queries.notifications import ClaimedNotification
from warehouse.rules.page_rate import PageRate
from warehouse.schema.alerting import Notification
from warehouse.schema.deliveries import DeliveryAttempt
from warehouse.session import Access, transaction
from warehouse.vocabulary import AlertId, Channel

DASHBOARD = "http://desk.example.test"
NONE = DeliveryReport(claimed=0, sent=0, retried=0, dead=0, lost=0)


@pytest.fixture(autouse=True)
def _storm(database: str) -> None:
    set_clock(STORM_AT)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def mail(inbox: Inbox) -> Iterator[Channels]:
    with serving_mail(inbox) as port:
        yield {Channel.EMAIL: EmailChannel(LOOPBACK, port)}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with serving_web() as server:
        yield server


def queue(count: int = 1, **overrides: object) -> list[int]:
    with transaction(Access.OWNER) as session:
        return [make_notification(session, **overrides).notification_id for _ in range(count)]


def deliver(channels: Channels, worker: str = "w") -> DeliveryReport:
    return deliver_due(Warehouse(), channels, worker=worker, dashboard_url=DASHBOARD)


def stored(notification_id: int) -> Notification:
    with transaction(Access.OWNER) as session:
        return session.get_one(Notification, notification_id)


def attempts() -> list[tuple[int, str]]:
    with transaction(Access.OWNER) as session:
        query = select(DeliveryAttempt.attempt, DeliveryAttempt.outcome)
        return [(number, outcome) for number, outcome in session.execute(query)]


def test_a_page_arrives_with_a_link_and_is_recorded_as_sent(mail: Channels, inbox: Inbox) -> None:
    [notification_id] = queue()

    assert deliver(mail) == DeliveryReport(claimed=1, sent=1, retried=0, dead=0, lost=0)

    [letter] = inbox.received
    row = stored(notification_id)
    assert letter["Message-ID"] == f"<{row.message_id}@stormdesk>" == row.provider_message_id
    assert f"{DASHBOARD}/alert?id={row.alert_id}" in letter.get_body(("plain",)).get_content()
    assert (row.status, row.sent_at) == ("sent", STORM_AT)
    assert attempts() == [(1, "sent")]


def test_what_is_over_the_rate_arrives_as_one_mail(mail: Channels, inbox: Inbox) -> None:
    with transaction(Access.OWNER) as session:
        version = make_page_rate(session, PageRate(2, 15))
        severities = ("critical", "high", "high", "medium", "low")
        ids = make_pages(session, *severities, policy_version_id=version)

    assert deliver(mail) == DeliveryReport(claimed=2, sent=2, retried=0, dead=0, lost=0)

    assert [letter["Subject"].split(":")[0] for letter in inbox.received] == [
        "[critical] B6 615 JFK to BOS is cancelled",
        "[high] 4 alerts wait for you",
    ]
    digest = inbox.received[1]["Message-ID"]
    assert {stored(each).provider_message_id for each in ids[1:]} == {digest}
    assert {stored(each).status for each in ids} == {"sent"}


def test_nothing_is_sent_twice(mail: Channels, inbox: Inbox) -> None:
    queue(3)

    deliver(mail)

    assert deliver(mail) == NONE
    assert len(inbox.received) == 3


def test_the_most_urgent_leaves_first(mail: Channels, inbox: Inbox) -> None:
    queue(1, priority=3, address="calm@desk.example.test")
    queue(1, priority=0, address="urgent@desk.example.test")

    deliver(mail)

    assert [letter["To"] for letter in inbox.received] == [
        "urgent@desk.example.test",
        "calm@desk.example.test",
    ]


def test_a_passing_refusal_waits_and_leaves_with_the_same_message_id(
    mail: Channels, inbox: Inbox
) -> None:
    [notification_id] = queue()
    inbox.data_reply = "451 try later"
    assert deliver(mail).retried == 1
    waiting = stored(notification_id)
    assert (waiting.status, waiting.last_error) == ("pending", "451 try later")
    assert deliver(mail) == NONE

    inbox.data_reply = "250 OK"
    set_clock(waiting.not_before_at)

    assert deliver(mail).sent == 1
    assert len({letter["Message-ID"] for letter in inbox.received}) == 1
    assert attempts() == [(1, "retry"), (2, "sent")]


def test_a_definite_refusal_is_a_dead_letter_at_once(mail: Channels, inbox: Inbox) -> None:
    [notification_id] = queue()
    inbox.recipient_reply = "550 no such mailbox"

    assert deliver(mail).dead == 1

    row = stored(notification_id)
    assert (row.status, row.last_error) == ("dead", "550 no such mailbox")


def test_a_server_that_stays_away_is_given_up_after_four_attempts(
    mail: Channels, inbox: Inbox
) -> None:
    [notification_id] = queue()
    inbox.data_reply = "451 try later"

    reports = []
    for _ in range(4):
        set_clock(stored(notification_id).not_before_at)
        reports.append(deliver(mail))

    assert [report.retried for report in reports] == [1, 1, 1, 0]
    assert stored(notification_id).status == "dead"


def test_a_channel_nobody_set_up_is_a_dead_letter_that_says_so(mail: Channels) -> None:
    [notification_id] = queue(channel="sms", address="+1 212 555 0100")

    assert deliver(mail).dead == 1

    assert stored(notification_id).last_error == "No sms channel is set up."


def test_a_webhook_is_posted_with_its_key(receiver: Receiver) -> None:
    [notification_id] = queue(channel="webhook", address=receiver.url)
    channels = {Channel.WEBHOOK: WebhookChannel("secret", allows_private_addresses=True)}

    assert deliver(channels).sent == 1

    [(_, headers, _)] = receiver.posts
    assert headers["Idempotency-Key"] == stored(notification_id).message_id


def take_alert_of(notification_id: int) -> None:
    alert_id = AlertId(stored(notification_id).alert_id)
    with transaction(Access.OWNER) as session:
        acknowledge_alert(session, make_actor(session), alert_id, at=STORM_AT)


def test_a_page_whose_alert_was_taken_is_not_sent(mail: Channels, inbox: Inbox) -> None:
    [notification_id] = queue()
    take_alert_of(notification_id)

    assert deliver(mail) == NONE
    assert inbox.received == []


class Hanging:
    """Keeps a message for so long that somebody takes the alert of another meanwhile."""

    def __init__(self, taken: int) -> None:
        self._taken, self.sent = taken, list[int]()

    def send(self, notification: ClaimedNotification, *, at: datetime) -> str | None:
        take_alert_of(self._taken)
        self.sent.append(notification.notification_id)
        return None


def test_a_page_whose_alert_is_taken_while_another_one_hangs_is_not_sent() -> None:
    [first], [second] = queue(priority=0), queue(priority=3)
    hanging = Hanging(taken=second)

    assert deliver({Channel.EMAIL: hanging}).claimed == 1

    assert hanging.sent == [first]
    assert stored(second).status == "cancelled"


def test_many_workers_send_each_message_once(mail: Channels, inbox: Inbox) -> None:
    queue(12)

    with ThreadPoolExecutor(4) as workers:
        reports = list(workers.map(lambda name: deliver(mail, f"w{name}"), range(4)))

    assert sum(report.sent for report in reports) == 12
    assert len({letter["Message-ID"] for letter in inbox.received}) == len(inbox.received) == 12


class TakenOver:
    """Sends so slowly that somebody else asks for the message meanwhile."""

    def __init__(self, *, after: timedelta, replayed: timedelta = timedelta()) -> None:
        self._after, self._replayed = after, replayed

    def send(self, notification: ClaimedNotification, *, at: datetime) -> str | None:
        set_clock(STORM_AT + self._replayed)
        with transaction(Access.PIPELINE) as session:
            clock = read_clock(session)
            later = clock.server_at + self._after
            claim_notifications(session, worker="other", at=clock.at, server_at=later)
        return None


def test_a_worker_that_lost_its_lease_does_not_complete() -> None:
    [notification_id] = queue()

    assert deliver({Channel.EMAIL: TakenOver(after=timedelta(minutes=1))}).lost == 1

    row = stored(notification_id)
    assert (row.status, row.lease_owner) == ("sending", "other")


def test_a_clock_replayed_in_haste_ends_no_lease() -> None:
    [notification_id] = queue()

    in_haste = TakenOver(after=timedelta(seconds=5), replayed=timedelta(hours=5))
    assert deliver({Channel.EMAIL: in_haste}).sent == 1

    assert stored(notification_id).status == "sent"


class Broken:
    """A channel with a fault of its own."""

    def send(self, notification: ClaimedNotification, *, at: datetime) -> str | None:
        raise DeliveryFailed("out of paper", may_retry=True, after_seconds=600)


def test_a_pause_that_was_asked_for_is_kept() -> None:
    [notification_id] = queue()

    deliver({Channel.EMAIL: Broken()})

    assert stored(notification_id).not_before_at >= STORM_AT + timedelta(seconds=600)


def test_the_job_drains_the_outbox_with_the_channels_of_the_environment(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(2)
    with serving_mail(inbox) as port, dg.DagsterInstance.ephemeral() as instance:
        monkeypatch.setenv("STORMDESK_SMTP_PORT", str(port))
        job = build_defs(Settings()).resolve_job_def("deliver_notifications")

        result = job.execute_in_process(instance=instance)

    assert len(inbox.received) == 2
    [event] = result.asset_materializations_for_node("deliver")
    assert event.metadata["sent"].value == 2
