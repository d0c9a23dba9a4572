"""Delivery: claim what is due, send it outside any transaction, record how it ended."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic

from pipelines.channels.channel import DeliveryChannel, DeliveryFailed
from pipelines.resources import Warehouse
from warehouse.operations.notifications import (
    Dead,
    Retry,
    Sent,
    claim_notifications,
    record_delivery,
)
from warehouse.queries.clock import Clock, read_clock
from warehouse.queries.notifications import ClaimedNotification
from warehouse.vocabulary import Channel

MOST_MESSAGES = 2_000
"""In one run; what is left is the next one's."""

Channels = Mapping[Channel, DeliveryChannel]


class _Ending(StrEnum):
    SENT = "sent"
    RETRIED = "retried"
    DEAD = "dead"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """How the messages that were due ended; `lost` are those another worker had taken over."""

    claimed: int
    sent: int
    retried: int
    dead: int
    lost: int


def deliver_due(
    warehouse: Warehouse, channels: Channels, *, worker: str, dashboard_url: str
) -> DeliveryReport:
    """Send every notification that is due, the most urgent first.

    Any number of workers may do this at once. A worker that dies between sending and recording
    leaves a message that is sent again under the same message id: at least once, never silently
    not at all.

    Parameters
    ----------
    warehouse:
        The record.
    channels:
        How to send; a notification for a channel that is not here is dead.
    worker:
        Names this worker; unique among those running.
    dashboard_url:
        Where the links in the messages lead.

    Returns
    -------
    :
        Counts; claimed is the sum of the others.
    """
    endings: Counter[_Ending] = Counter()
    for _ in range(MOST_MESSAGES):
        ending = _deliver_next(warehouse, channels, worker, dashboard_url)
        if ending is None:
            break
        endings[ending] += 1
    return _report(endings)


def deliver_at_once(
    warehouse: Warehouse,
    channels: Channels,
    *,
    worker: str,
    dashboard_url: str,
    within_seconds: float,
) -> DeliveryReport:
    """Send what is due one by one, for a moment, or until one has to be tried again.

    A channel that does not answer is left to `deliver_due`, which can wait for it.

    Parameters
    ----------
    warehouse:
        The record.
    channels:
        How to send; a notification for a channel that is not here is dead.
    worker:
        Names this worker; unique among those running.
    dashboard_url:
        Where the links in the messages lead.
    within_seconds:
        No message is begun later than that.

    Returns
    -------
    :
        Counts; claimed is the sum of the others.
    """
    endings: Counter[_Ending] = Counter()
    until = monotonic() + within_seconds
    while monotonic() < until and not endings[_Ending.RETRIED]:
        ending = _deliver_next(warehouse, channels, worker, dashboard_url)
        if ending is None:
            break
        endings[ending] += 1
    return _report(endings)


def _report(endings: Counter[_Ending]) -> DeliveryReport:
    counts = {ending.value: endings[ending] for ending in _Ending}
    return DeliveryReport(claimed=endings.total(), **counts)


def _deliver_next(
    warehouse: Warehouse, channels: Channels, worker: str, dashboard_url: str
) -> _Ending | None:
    """Send one message, if any is due."""
    # Claimed when its turn has come, never before: what waits in a worker's hands behind a server
    # that hangs would leave after somebody took its alert.
    with warehouse.transaction() as session:
        clock = read_clock(session)
        due = claim_notifications(
            session,
            worker=worker,
            at=clock.at,
            server_at=clock.server_at,
            limit=1,
            dashboard_url=dashboard_url,
        )
    return _deliver(warehouse, channels, due[0], worker, clock) if due else None


def _deliver(
    warehouse: Warehouse,
    channels: Channels,
    notification: ClaimedNotification,
    worker: str,
    claimed: Clock,
) -> _Ending:
    outcome = send(channels, notification, claimed)
    with warehouse.transaction() as session:
        held = record_delivery(
            session,
            notification_id=notification.notification_id,
            attempt=notification.attempt,
            worker=worker,
            at=read_clock(session).at,
            outcome=outcome,
        )
    return _ENDINGS[type(outcome)] if held else _Ending.LOST


_ENDINGS = {Sent: _Ending.SENT, Retry: _Ending.RETRIED, Dead: _Ending.DEAD}


def send(
    channels: Channels, notification: ClaimedNotification, claimed: Clock
) -> Sent | Retry | Dead:
    """Try one message, and say how that ended; at the last attempt no refusal is a passing one."""
    channel = channels.get(notification.channel)
    if channel is None:
        return Dead(f"No {notification.channel.value} channel is set up.")
    try:
        return Sent(channel.send(notification, at=claimed.server_at))
    except DeliveryFailed as failure:
        if failure.may_retry and notification.attempt < notification.most_attempts:
            return Retry(failure.reason, failure.after_seconds)
        return Dead(failure.reason)
