"""What is due leaves within a tick; a run is asked for where something is left."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import dagster as dg
import pytest
from sqlalchemy import select

from pipelines.channels.channel import DeliveryFailed
from pipelines.channels.setup import Outbound
from pipelines.resources import Warehouse
from pipelines.sensors import notifications
from pipelines.sensors.notifications import deliver_in_tick, notifications_due
from tests.factories.clock import set_clock
from tests.factories.defaults import STORM_AT
from tests.factories.notification import make_notification
from warehouse.queries.notifications import ClaimedNotification
from warehouse.schema.alerting import Notification
from warehouse.session import Access, transaction
from warehouse.vocabulary import Channel


@dataclass
class Postbox:
    """A channel that takes so many messages, and then refuses for a while."""

    most: int = 1_000
    taken: list[str] = field(default_factory=list)

    def send(self, notification: ClaimedNotification, *, at: datetime) -> None:
        assert at > STORM_AT + timedelta(days=365), "leases and dates go by the server's clock"
        if len(self.taken) >= self.most:
            raise DeliveryFailed("421 busy", may_retry=True)
        self.taken.append(notification.message_id)


class Standin(Outbound):
    """Hands out one channel instead of what the settings say."""

    def channels(self) -> dict[Channel, Postbox]:
        return {Channel.EMAIL: BOXES[-1]}


BOXES: list[Postbox] = []


@pytest.fixture(autouse=True)
def _storm(database: str) -> None:
    set_clock(STORM_AT)


@pytest.fixture
def box() -> Iterator[Postbox]:
    BOXES.append(Postbox())
    yield BOXES[-1]
    BOXES.pop()


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as kept_in_memory:
        yield kept_in_memory


def queue(count: int) -> None:
    with transaction(Access.OWNER) as session:
        for _ in range(count):
            make_notification(session)


def statuses() -> list[str]:
    with transaction(Access.OWNER) as session:
        return sorted(session.scalars(select(Notification.status)))


def tick(instance: dg.DagsterInstance) -> dg.SensorResult:
    resources = {"warehouse": Warehouse(), "outbound": Standin()}
    result = notifications_due(dg.build_sensor_context(instance=instance, resources=resources))
    assert isinstance(result, dg.SensorResult)
    return result


def requested(instance: dg.DagsterInstance) -> list[dg.RunRequest]:
    return list(tick(instance).run_requests or ())


def record_run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> None:
    instance.add_run(dg.DagsterRun(job_name=notifications.JOB, status=status))


def test_no_message_nothing_to_do(instance: dg.DagsterInstance, box: Postbox) -> None:
    result = tick(instance)
    assert not result.run_requests
    assert not result.asset_events
    assert result.skip_reason is not None


def test_what_is_due_leaves_at_once_and_needs_no_run(
    instance: dg.DagsterInstance, box: Postbox
) -> None:
    queue(3)
    result = tick(instance)
    assert statuses() == ["sent"] * 3
    assert len(set(box.taken)) == 3
    assert not result.run_requests
    [event] = result.asset_events
    assert event.metadata["sent"].value == 3


def test_a_channel_that_cannot_is_left_to_a_run(instance: dg.DagsterInstance, box: Postbox) -> None:
    queue(4)
    box.most = 1
    [request] = requested(instance)
    assert request.tags == {"stormdesk/lane": "ops"}
    # The second was tried, and is tried again later; the others were not touched.
    assert statuses() == ["pending", "pending", "pending", "sent"]


def test_a_tick_ends_in_time(box: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(3)
    monkeypatch.setattr(notifications, "WITHIN_SECONDS", 0.0)
    report, left = deliver_in_tick(Warehouse(), Standin())
    assert (report.claimed, left) == (0, 3)


def test_a_run_on_its_way_is_enough(instance: dg.DagsterInstance, box: Postbox) -> None:
    queue(2)
    box.most = 0
    record_run(instance, dg.DagsterRunStatus.STARTING)
    assert not requested(instance)


def test_a_run_that_says_nothing_any_more_is_not_waited_for(
    instance: dg.DagsterInstance, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue(2)
    box.most = 0
    record_run(instance, dg.DagsterRunStatus.STARTED)
    monkeypatch.setattr(notifications, "WAITED_FOR", timedelta(0))
    assert requested(instance)


def test_after_a_failed_run_the_key_is_another(instance: dg.DagsterInstance, box: Postbox) -> None:
    queue(3)
    box.most = 0
    [before] = requested(instance)
    record_run(instance, dg.DagsterRunStatus.FAILURE)
    [after] = requested(instance)
    assert before.run_key != after.run_key
