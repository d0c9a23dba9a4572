"""What nobody acknowledges reaches somebody; what somebody took pages nobody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, or_, select

from tests.factories.alert import make_alert
from tests.factories.defaults import STORM_AT
from tests.factories.policy import make_policy_step, make_policy_version
from tests.factories.user import make_actor, make_shift_assignment, make_user
from warehouse.audit_tags import AuditTag
from warehouse.operations.alert_suppression import suppress_alert
from warehouse.operations.alerts import acknowledge_alert, resolve_alert
from warehouse.operations.escalations import EscalationSweep, escalate_due_alerts
from warehouse.operations.notifications import (
    Dead,
    Retry,
    Sent,
    claim_notifications,
    record_delivery,
)
from warehouse.queries.notifications import ClaimedNotification
from warehouse.schema.alerting import Alert, Notification
from warehouse.schema.audit import Entry
from warehouse.schema.escalations import Escalation
from warehouse.session import Access, transaction
from warehouse.vocabulary import AlertId, AlertKind, NotificationStatus, Role

MINUTE = timedelta(minutes=1)


def a_desk(*, alerts: int = 1, staffed: bool = True) -> None:
    """An agent on shift, then a manager on shift after 15 minutes, then the catch-all."""
    with transaction(Access.OWNER) as session:
        version = make_policy_version(session).policy_version_id
        make_policy_step(session, policy_version_id=version)
        make_policy_step(
            session,
            policy_version_id=version,
            level=2,
            delay_minutes=15,
            role="manager",
            fallback_kind="alternative_hotel",
        )
        for role in (Role.AGENT, Role.MANAGER) if staffed else ():
            user = make_user(session, roles=[role])
            make_shift_assignment(session, user_id=user.user_id, role=role.value)
        for _ in range(alerts):
            make_alert(session, policy_version_id=version)


def sweep(at: datetime, limit: int = 100) -> EscalationSweep:
    with transaction(Access.PIPELINE) as session:
        return escalate_due_alerts(session, at=at, limit=limit)


def claim(at: datetime, worker: str = "w") -> list[ClaimedNotification]:
    with transaction(Access.PIPELINE) as session:
        return claim_notifications(session, worker=worker, at=at, server_at=at)


def status_counts() -> dict[str, int]:
    with transaction(Access.OWNER) as session:
        rows = select(Notification.status, func.count()).group_by(Notification.status)
        return dict(session.execute(rows).all())


def test_an_alert_left_alone_climbs_step_by_step(database: str) -> None:
    a_desk()
    assert [each.level for each in sweep(STORM_AT).escalated] == [1]
    assert sweep(STORM_AT).escalated == ()
    assert [each.level for each in sweep(STORM_AT + 15 * MINUTE).escalated] == [2]
    assert sweep(STORM_AT + 60 * MINUTE).escalated == ()
    with transaction(Access.OWNER) as session:
        kinds = session.scalars(select(Escalation.fallback_kind).order_by(Escalation.level))
        assert kinds.all() == [None, "alternative_hotel"]


def test_an_empty_desk_reaches_the_catch_all_at_once(database: str) -> None:
    a_desk(staffed=False)
    assert [each.level for each in sweep(STORM_AT).escalated] == [2]
    with transaction(Access.OWNER) as session:
        desk = session.scalars(select(Alert).where(Alert.kind == AlertKind.DESK)).all()
        assert len(desk) == 1
    assert len(claim(STORM_AT)) == 2


def test_the_desk_found_empty_again_the_same_day_is_linked_to_the_first_time(database: str) -> None:
    a_desk(staffed=False)
    sweep(STORM_AT)
    desks = select(Alert).where(Alert.kind == AlertKind.DESK).order_by(Alert.alert_id)
    with transaction(Access.OWNER) as session:
        first = AlertId(session.scalars(desks).one().alert_id)
        resolve_alert(session, make_actor(session), first, at=STORM_AT)
    a_desk(staffed=False)
    sweep(STORM_AT)
    with transaction(Access.OWNER) as session:
        assert [each.previous_alert_id for each in session.scalars(desks)] == [None, first]


def test_whom_no_channel_of_a_step_reaches_does_not_count_as_reached(database: str) -> None:
    with transaction(Access.OWNER) as session:
        version = make_policy_version(session).policy_version_id
        make_policy_step(session, policy_version_id=version, channels=["sms"])
        make_shift_assignment(session)
        make_alert(session, policy_version_id=version)
    sweep(STORM_AT)
    with transaction(Access.OWNER) as session:
        assert session.scalars(select(Escalation.is_catch_all)).all() == [True]
    assert len(claim(STORM_AT)) == 2


def test_put_off_at_the_end_of_its_ladder_an_alert_pages_again_when_it_wakes(database: str) -> None:
    a_desk()
    sweep(STORM_AT)
    sweep(STORM_AT + 15 * MINUTE)
    wakes_at = STORM_AT + 60 * MINUTE
    with transaction(Access.OWNER) as session:
        agent = make_actor(session)
        alert_id = AlertId(session.scalars(select(Alert.alert_id)).one())
        put_off = {"at": STORM_AT + 20 * MINUTE, "until_at": wakes_at, "reason": "gate call"}
        suppress_alert(session, agent, alert_id, **put_off)
    assert sweep(wakes_at - MINUTE).escalated == ()
    assert [each.level for each in sweep(wakes_at).escalated] == [1]
    assert len(claim(wakes_at)) == 1
    assert [each.level for each in sweep(wakes_at + 15 * MINUTE).escalated] == [2]


def test_eight_sweepers_escalate_each_alert_once(database: str) -> None:
    a_desk(alerts=40)
    with ThreadPoolExecutor(8) as pool:
        sweeps = list(pool.map(lambda _: sweep(STORM_AT, limit=10), range(16)))
    assert sum(len(each.escalated) for each in sweeps) == 40
    assert status_counts() == {NotificationStatus.PENDING: 40}


def test_a_page_says_who_what_when_and_why(database: str) -> None:
    a_desk()
    sweep(STORM_AT)
    (letter,) = claim(STORM_AT)
    assert letter.subject == "[high] B6 615 JFK to BOS is cancelled"
    assert "Who: 1 traveller" in letter.text_body
    assert f"/alert?id={letter.alert_id}" in letter.html_body


def test_nothing_is_claimed_after_the_alert_was_taken(database: str) -> None:
    a_desk()
    sweep(STORM_AT)
    with transaction(Access.OWNER) as session:
        agent = make_actor(session)
        alert_id = session.scalars(select(Alert.alert_id)).one()
        acknowledge_alert(session, agent, alert_id, at=STORM_AT)
    assert claim(STORM_AT) == []
    assert status_counts() == {NotificationStatus.CANCELLED: 1}


def test_two_workers_never_claim_the_same_page(database: str) -> None:
    a_desk(alerts=30)
    sweep(STORM_AT)
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda n: claim(STORM_AT, worker=f"w{n}"), range(6)))
    taken = [letter for letters in claims for letter in letters]
    told = [
        alert
        for letter in taken
        for alert in [page.alert_id for page in letter.folded] or [letter.alert_id]
    ]
    assert sorted(told) == sorted(set(told))
    with transaction(Access.OWNER) as session:
        is_taken, is_held = (
            Notification.status == "sending",
            Notification.held_since_at.is_not(None),
        )
        counted = [
            session.scalar(select(func.count()).where(condition))
            for condition in (is_taken, is_held, or_(is_taken, is_held))
        ]
    assert counted == [len(told), 30 - len(told), 30]


def test_delivery_ends_sent_later_or_dead(database: str) -> None:
    a_desk(alerts=3)
    sweep(STORM_AT)
    outcomes = [Sent("250 ok"), Retry("451 busy"), Dead("550 no such box")]
    for letter, outcome in zip(claim(STORM_AT), outcomes, strict=True):
        with transaction(Access.PIPELINE) as session:
            assert record_delivery(
                session,
                notification_id=letter.notification_id,
                attempt=letter.attempt,
                worker="w",
                at=STORM_AT,
                outcome=outcome,
            )
    assert status_counts() == {"sent": 1, "pending": 1, "dead": 1}
    assert claim(STORM_AT) == []
    assert [letter.attempt for letter in claim(STORM_AT + MINUTE)] == [2]


def report(letter: ClaimedNotification, at: datetime, outcome: Sent | Retry | Dead) -> bool:
    with transaction(Access.PIPELINE) as session:
        return record_delivery(
            session,
            notification_id=letter.notification_id,
            attempt=letter.attempt,
            worker="w",
            at=at,
            outcome=outcome,
        )


@pytest.mark.parametrize("is_put_off", [False, True])
def test_a_page_refused_for_now_is_not_tried_again_once_its_alert_moved_on(
    database: str, is_put_off: bool
) -> None:
    a_desk()
    sweep(STORM_AT)
    (letter,) = claim(STORM_AT)
    with transaction(Access.OWNER) as session:
        agent, alert_id = make_actor(session), letter.alert_id
        if is_put_off:
            put_off = {"at": STORM_AT, "until_at": STORM_AT + 9 * MINUTE, "reason": "gate call"}
            suppress_alert(session, agent, alert_id, **put_off)
        else:
            acknowledge_alert(session, agent, alert_id, at=STORM_AT)
    assert report(letter, STORM_AT, Retry("451 busy"))
    assert status_counts() == {NotificationStatus.CANCELLED: 1}


@pytest.mark.parametrize("is_taken", [False, True])
def test_what_no_worker_answers_for_ends(database: str, is_taken: bool) -> None:
    a_desk()
    sweep(STORM_AT)
    for attempt in range(4):
        assert [letter.attempt for letter in claim(STORM_AT + attempt * MINUTE)] == [attempt + 1]
    if is_taken:
        with transaction(Access.OWNER) as session:
            alert_id = AlertId(session.scalars(select(Alert.alert_id)).one())
            acknowledge_alert(session, make_actor(session), alert_id, at=STORM_AT)
    assert claim(STORM_AT + 4 * MINUTE) == []
    ending = NotificationStatus.CANCELLED if is_taken else NotificationStatus.DEAD
    assert status_counts() == {ending: 1}
    with transaction(Access.OWNER) as session:
        died = select(Entry.reason).where(Entry.tag == AuditTag.NOTIFICATION_DIED)
        reasons = session.scalars(died).all()
    assert reasons == ([] if is_taken else ["The worker that had it never answered."])


def test_a_worker_whose_lease_passed_writes_nothing(database: str) -> None:
    a_desk()
    sweep(STORM_AT)
    (first,) = claim(STORM_AT, worker="slow")
    (second,) = claim(STORM_AT + MINUTE, worker="quick")
    assert (first.notification_id, second.attempt) == (second.notification_id, 2)
    with transaction(Access.PIPELINE) as session:
        assert not record_delivery(
            session,
            notification_id=first.notification_id,
            attempt=1,
            worker="slow",
            at=STORM_AT + MINUTE,
            outcome=Sent(),
        )
    assert status_counts() == {NotificationStatus.SENDING: 1}
