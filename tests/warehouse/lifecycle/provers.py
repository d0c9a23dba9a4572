"""What is set against a seeded fault: days at the desk, races, a storm, Postgres' own refusals."""

from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pipelines.channels.channel import DeliveryFailed
from pipelines.channels.webhook import WebhookChannel
from tests.factories.claimed import claimed_notification
from tests.factories.defaults import STORM_AT
from tests.pipelines.servers import serving_web
from tests.warehouse.lifecycle import desk as desks
from tests.warehouse.lifecycle import races
from tests.warehouse.lifecycle.crashes import crashes_leave_both_or_neither
from tests.warehouse.lifecycle.desk import Desk
from tests.warehouse.lifecycle.machine import live
from tests.warehouse.lifecycle.promises import PromiseBroken
from tests.warehouse.lifecycle.storm import weather
from warehouse.operations import alerts
from warehouse.session import Access, transaction

LIVES = 120
STORMS, STORM_ALERTS = 4, 600


def days_at_the_desk(desk: Desk) -> None:
    live(desk, lives=LIVES, shrinks=False)


def storms(desk: Desk) -> None:
    for _ in range(STORMS):
        weather(desk, STORM_ALERTS)


def crowd_of_takers(desk: Desk) -> None:
    races.a_crowd_acknowledges(desk)


def crowd_of_writers(desk: Desk) -> None:
    races.a_crowd_raises(desk)


def sweep_beside_a_lock(desk: Desk) -> None:
    races.a_sweep_waits_for_nobody(desk)


def page_that_slipped_through(desk: Desk) -> None:
    races.a_page_that_slipped_through_stays(desk)


def late_report(desk: Desk) -> None:
    races.a_late_report_changes_nothing(desk)


def one_without_the_channel(desk: Desk) -> None:
    races.one_of_two_has_the_channel(desk)


def two_at_once(first: str, second: str, *, taken: bool = False) -> Callable[[Desk], None]:
    """Give the race of two acts, the first uncommitted as the second begins."""

    def race(desk: Desk) -> None:
        races.two_at_once(desk, first, second, taken=taken)

    race.__name__ = f"{first} and {second} at once"
    return race


def crash(name: str) -> Callable[[Desk], None]:
    """Give the crashes of an act at each of its statements."""

    def crashes(desk: Desk) -> None:
        crashes_leave_both_or_neither(desk, name)

    crashes.__name__ = f"crashes of {name}"
    return crashes


REFUSED = (
    (8, "UPDATE alerting.alert SET headline = 'x' WHERE status = 'closed'"),
    (9, "UPDATE alerting.alert SET generation = generation - 1 WHERE status = 'open'"),
    (18, "UPDATE alerting.notification SET status = 'pending' WHERE status = 'cancelled'"),
    (20, "UPDATE audit.entry SET reason = 'x'"),
    (24, "UPDATE alerting.policy_step SET delay_minutes = 99"),
)


def postgres_refuses(desk: Desk) -> None:
    """Try what no operation does, as the owner of the tables."""
    races.begin(desk)
    races.settle(races.escalate())
    with transaction(Access.PIPELINE) as session:
        alert_id = desks.latest_id(desk.flights[0])
        assert alert_id is not None
        alerts.resolve_alert(session, desk.manager, alert_id, at=STORM_AT)
    for number, statement in REFUSED:
        try:
            with transaction(Access.OWNER) as session:
                session.execute(text(statement))
        except DBAPIError:
            continue
        raise PromiseBroken(f"{number}: Postgres let this pass: {statement}")


def webhook_refusals(_desk: Desk) -> None:
    """A receiver answers with anything but success: nothing is sent."""
    channel = WebhookChannel("secret", allows_private_addresses=True)
    with serving_web() as receiver:
        for receiver.status in (302, 404, 500):
            try:
                channel.send(claimed_notification(address=receiver.url), at=STORM_AT)
            except DeliveryFailed:
                continue
            raise PromiseBroken(f"17: an answer of {receiver.status} counts as sent")
