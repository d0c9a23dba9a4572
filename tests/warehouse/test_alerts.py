"""What people do with alerts, on real Postgres."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests.factories.alert import make_alert
from tests.factories.defaults import STORM_AT
from tests.factories.user import make_actor
from warehouse.audit_tags import AuditTag
from warehouse.errors import AlreadyHandled, NotFound, PermissionRefused, TransitionRefused
from warehouse.operations.alert_batches import acknowledge_alerts
from warehouse.operations.alert_suppression import suppress_alert
from warehouse.operations.alert_sweeps import reopen_overdue_acknowledgements
from warehouse.operations.alerts import (
    Outcome,
    acknowledge_alert,
    release_alert,
    resolve_alert,
)
from warehouse.schema.acknowledgements import Acknowledgement
from warehouse.schema.alerting import Alert
from warehouse.schema.audit import Entry
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, AlertId, AlertStatus, Role

THREADS = 50


def people(count: int, role: Role = Role.AGENT) -> list[Actor]:
    with transaction(Access.OWNER) as session:
        return [make_actor(session, role) for _ in range(count)]


def an_alert(**overrides: object) -> AlertId:
    with transaction(Access.OWNER) as session:
        return AlertId(make_alert(session, **overrides).alert_id)


def read(alert_id: AlertId) -> Alert:
    with transaction(Access.OWNER) as session:
        return session.get_one(Alert, alert_id)


def acknowledge(actor: Actor, alert_id: AlertId, **options: object) -> Outcome:
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        return acknowledge_alert(session, actor, alert_id, at=STORM_AT, **options)


def test_taking_an_alert_stops_its_escalation(database: str) -> None:
    (agent,), alert_id = people(1), an_alert()
    assert acknowledge(agent, alert_id, note="calling them").result == "applied"
    alert = read(alert_id)
    assert (alert.status, alert.generation) == (AlertStatus.ACKNOWLEDGED, 2)
    assert alert.next_escalation_at is None
    assert alert.ack_deadline_at == STORM_AT + timedelta(minutes=60)


def test_fifty_agents_take_one_alert(database: str) -> None:
    agents, alert_id = people(THREADS), an_alert()
    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(lambda agent: acknowledge(agent, alert_id), agents))
    assert [each.result for each in outcomes].count("applied") == 1
    with transaction(Access.OWNER) as session:
        effective = select(Acknowledgement.is_effective, func.count()).group_by("is_effective")
        assert dict(session.execute(effective).all()) == {True: 1, False: THREADS - 1}
        tags = select(Entry.tag, func.count()).where(Entry.noun == "alert").group_by(Entry.tag)
        assert dict(session.execute(tags).all()) == {
            AuditTag.ALERT_ACKNOWLEDGED: 1,
            AuditTag.ALERT_SEEN: THREADS - 1,
        }


def test_the_same_click_twice_is_one_act(database: str) -> None:
    (agent,), alert_id = people(1), an_alert()
    results = [acknowledge(agent, alert_id, idempotency_key="k").result for _ in range(2)]
    assert results == ["applied", "no_op"]
    with transaction(Access.OWNER) as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == 1


def test_a_link_of_an_older_generation_is_already_handled(database: str) -> None:
    (mara, ben), alert_id = people(2), an_alert()
    acknowledge(mara, alert_id)
    with pytest.raises(AlreadyHandled, match="Already handled by User"):
        acknowledge(ben, alert_id, expected_generation=1)


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.ANALYST])
def test_who_may_not_respond_is_refused_by_the_operation(database: str, role: Role) -> None:
    (actor,), alert_id = people(1, role), an_alert()
    with pytest.raises(PermissionRefused):
        acknowledge(actor, alert_id)
    assert read(alert_id).status == AlertStatus.OPEN


def test_an_alert_nobody_raised_is_not_found(database: str) -> None:
    (agent,) = people(1)
    with pytest.raises(NotFound, match="no alert 404"):
        acknowledge(agent, AlertId(404))


def test_releasing_starts_the_ladder_again(database: str) -> None:
    (agent,), alert_id = people(1), an_alert(escalation_level=2)
    acknowledge(agent, alert_id)
    with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
        release_alert(session, agent, alert_id, at=STORM_AT + timedelta(minutes=1))
    alert = read(alert_id)
    assert (alert.status, alert.escalation_level, alert.generation) == (AlertStatus.OPEN, 0, 3)
    assert alert.next_escalation_at == STORM_AT + timedelta(minutes=1)


def test_resolving_twice_changes_nothing_the_second_time(database: str) -> None:
    (agent,), alert_id = people(1), an_alert()
    with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
        first = resolve_alert(session, agent, alert_id, at=STORM_AT, reason="rebooked")
        second = resolve_alert(session, agent, alert_id, at=STORM_AT)
    assert (first.result, second.result) == ("applied", "no_op")
    with pytest.raises(TransitionRefused, match="closed cannot be acknowledged"):
        acknowledge(agent, alert_id)


def test_snoozing_keeps_quiet_until_its_end(database: str) -> None:
    (agent,), alert_id = people(1), an_alert()
    end = STORM_AT + timedelta(minutes=30)
    with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
        suppress_alert(session, agent, alert_id, at=STORM_AT, until_at=end, reason="gate call")
        with pytest.raises(TransitionRefused, match="the end has passed"):
            suppress_alert(session, agent, alert_id, at=end, until_at=STORM_AT, reason="x")
    assert read(alert_id).next_escalation_at == end


def test_an_alert_taken_and_forgotten_pages_again(database: str) -> None:
    (agent,), alert_id = people(1), an_alert()
    acknowledge(agent, alert_id)
    late = STORM_AT + timedelta(minutes=61)
    with transaction(Access.PIPELINE) as session:
        assert reopen_overdue_acknowledgements(session, at=STORM_AT) == 0
        assert reopen_overdue_acknowledgements(session, at=late) == 1
    assert read(alert_id).next_escalation_at == late


def test_a_bulk_act_answers_for_each_alert(database: str) -> None:
    (agent,), fresh, closed = people(1), an_alert(), an_alert()
    with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
        resolve_alert(session, agent, closed, at=STORM_AT)
        outcomes = acknowledge_alerts(session, agent, [closed, fresh, AlertId(99)], at=STORM_AT)
    assert [each.result for each in outcomes] == ["refused", "applied", "refused"]
    assert read(fresh).status == AlertStatus.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("status = 'acknowledged'", "raises generation by one|exactly one"),
        ("generation = generation - 1", "raises generation by one"),
        ("status = 'acknowledged', generation = generation + 1", "only_when_open|exactly one"),
        ("ack_deadline_at = now()", "deadline_only_when_acknowledged"),
        ("status = 'closed', generation = generation + 1", "ck_alert"),
        ("dedup_key = 'v1:other'", "never change"),
    ],
)
def test_postgres_refuses_an_illegal_change(database: str, change: str, why: str) -> None:
    alert_id = an_alert()
    with pytest.raises(DBAPIError, match=why), transaction(Access.PIPELINE) as session:
        session.execute(
            text(f"UPDATE alerting.alert SET {change} WHERE alert_id = :id"), {"id": alert_id}
        )


def test_postgres_keeps_a_closed_alert_closed(database: str) -> None:
    (agent,), alert_id = people(1), an_alert()
    with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
        resolve_alert(session, agent, alert_id, at=STORM_AT)
    with pytest.raises(DBAPIError, match="closed and never changes"), transaction() as session:
        session.execute(text("UPDATE alerting.alert SET headline = 'x'"))
