"""Reliving: people act as their script says, and what was done is never done again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import func, select

from pipelines.channels.email import EmailChannel
from pipelines.partitions import DAILY, HOURLY
from stormdesk.cast import DESK, agent_offers, answer_to, shift_windows, treatment_of
from stormdesk.desk import open_desk
from stormdesk.mailsink import keeping_mail
from stormdesk.relive import STEP, Stage, instants, relive
from tests.factories.alert import make_affected_booking, make_alert
from tests.factories.flight import make_cancelled_flight
from warehouse.operations.audit_seals import seal_history
from warehouse.queries.audit_verification import verify_history
from warehouse.queries.desk_report import get_desk_report
from warehouse.queries.invariants import count_breaches
from warehouse.schema.acknowledgements import Acknowledgement
from warehouse.schema.alerting import Alert, Notification
from warehouse.schema.audit import Entry
from warehouse.schema.policies import EscalationPolicyVersion
from warehouse.session import Access, transaction
from warehouse.vocabulary import Channel, Role

# Mara is on shift from 06:00 in New York; the instants between have no hour to refresh.
START = datetime(2013, 12, 10, 13, tzinfo=UTC)
UNTIL = START + 3 * STEP


@pytest.fixture
def desk(database: str) -> None:
    """Open the desk with twenty alerts that nobody has taken."""
    with transaction(Access.OWNER) as session:
        open_desk(session)
        version = session.scalars(select(EscalationPolicyVersion.policy_version_id)).one()
        for number in range(20):
            flight = make_cancelled_flight(session, flight_number=str(1000 + number))
            alert = make_alert(
                session,
                flight_id=flight.flight_id,
                policy_version_id=version,
                raised_at=START,
                next_escalation_at=START,
                expires_at=START + timedelta(days=1),
            )
            make_affected_booking(session, alert_id=alert.alert_id)


def play(tmp_path: Any, until: datetime = UNTIL) -> None:
    with (
        keeping_mail(tmp_path / "mail") as (host, port),
        dg.DagsterInstance.ephemeral() as instance,
    ):
        stage = Stage(
            definitions=dg.Definitions(),
            instance=instance,
            channels={Channel.EMAIL: EmailChannel(host=host, port=port, sender="d@desk.example")},
            dashboard_url="http://127.0.0.1:8501",
        )
        relive(stage, job="test", start=START, until=until, advance=lambda _: None)


def facts() -> dict[str, int]:
    with transaction(Access.OWNER) as session:
        tables = (Acknowledgement, Notification, Alert)
        counts = {
            table.__name__: session.scalar(select(func.count()).select_from(table)) or 0
            for table in tables
        }
        acts = select(func.count()).where(Entry.noun != "replay_clock")
        return counts | {"entries": session.scalar(acts) or 0}


def test_agents_take_some_and_neglect_others(desk: None, tmp_path: Any) -> None:
    play(tmp_path)
    with transaction(Access.OWNER) as session:
        levels = session.scalars(select(Alert.escalation_level)).all()
    taken = facts()["Acknowledgement"]
    assert 0 < taken < 20
    assert set(levels) >= {1, 2}
    assert len(list((tmp_path / "mail" / "new").iterdir())) == mails() < 20
    assert facts()["Notification"] > 20


def mails() -> int:
    """Count the messages; what twenty cancelled flights ask of few people comes in digests."""
    message = func.coalesce(Notification.digest_id, Notification.message_id)
    with transaction(Access.OWNER) as session:
        return session.scalar(select(func.count(message.distinct()))) or 0


def test_what_was_relived_is_not_relived_again(desk: None, tmp_path: Any) -> None:
    play(tmp_path, until=START + STEP)
    play(tmp_path)
    in_two_goes = facts()
    play(tmp_path)
    assert facts() == in_two_goes


def test_the_report_counts_and_every_invariant_holds(desk: None, tmp_path: Any) -> None:
    play(tmp_path)
    with transaction(Access.OWNER) as session:
        seal_history(session, at=UNTIL)
    with transaction(Access.OWNER) as session:
        report = get_desk_report(
            session, start=START, until=UNTIL + timedelta(days=1), threshold=0.125
        )
        breaches = count_breaches(session, overdue_since=UNTIL)
        assert verify_history(session).is_intact
    assert (report.cancelled, report.travellers_disrupted) == (20, 20)
    assert sum(report.counts["alerts_by_severity"].values()) == 20
    assert breaches.pages_after_acknowledgement == 0
    assert breaches.due_and_not_escalated == 0
    assert breaches.undelivered == 0


def test_the_model_is_watched_once_at_each_midnight(desk: None, tmp_path: Any) -> None:
    midnight, asked = datetime(2013, 12, 11, tzinfo=UTC), list[str]()

    @dg.asset(partitions_def=HOURLY)
    def hour(context: dg.AssetExecutionContext) -> None:
        asked.append(context.partition_key)

    @dg.asset(partitions_def=DAILY)
    def day(context: dg.AssetExecutionContext) -> None:
        asked.append(context.partition_key)

    jobs = [dg.define_asset_job("refresh_hour", [hour]), dg.define_asset_job("watch_day", [day])]
    definitions = dg.Definitions([hour, day], jobs=jobs, executor=dg.in_process_executor)
    for _ in range(2):
        with dg.DagsterInstance.ephemeral() as instance:
            stage = Stage(definitions, instance, {}, "http://127.0.0.1:8501")
            span = {"start": midnight - STEP, "until": midnight + 2 * STEP}
            relive(stage, job="night", **span, advance=lambda _: None)
    assert asked == ["2013-12-10-23:00", "2013-12-11"]


def test_every_quarter_of_an_hour_is_lived_once() -> None:
    assert list(instants(START, UNTIL)) == [START + n * STEP for n in (1, 2, 3)]


def test_the_scripted_people_differ_and_are_the_same_each_time() -> None:
    subjects = [f"B6{number}:JFK" for number in range(400)]
    neglected = sum(treatment_of(subject).is_neglected for subject in subjects)
    assert 100 < neglected < 220
    assert [treatment_of(s) for s in subjects] == [treatment_of(s) for s in subjects]
    assert {answer_to(subject) for subject in subjects} == {True, False, None}
    assert {agent_offers(subject) for subject in subjects} == {True, False}


def test_an_agent_is_always_on_shift_in_the_storm() -> None:
    windows = [w for person in DESK if person.role is Role.AGENT for w in shift_windows(person)]
    at = datetime(2013, 12, 8, 5, tzinfo=UTC)
    while at < datetime(2013, 12, 12, 5, tzinfo=UTC):
        assert sum(start <= at < end for start, end in windows) == 1
        at += timedelta(minutes=30)
