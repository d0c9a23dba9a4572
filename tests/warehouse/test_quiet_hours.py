"""In somebody's quiet hours only what is critical reaches them, and no ladder waits for them."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from tests.factories.alert import make_alert
from tests.factories.defaults import STORM_AT
from tests.factories.policy import make_policy_step, make_policy_version
from tests.factories.user import make_actor, make_shift_assignment, make_user, verify_phone
from warehouse.errors import PermissionRefused, WallTimeRefused
from warehouse.operations.alerts import acknowledge_alert
from warehouse.operations.escalations import escalate_due_alerts
from warehouse.operations.notifications import Dead, claim_notifications, record_delivery
from warehouse.operations.quiet_hours import set_quiet_hours
from warehouse.rules.quiet_hours import QuietHours, quiet_until
from warehouse.schema.alerting import Alert, Notification
from warehouse.schema.audit import Entry
from warehouse.schema.people import User
from warehouse.session import Access, transaction
from warehouse.vocabulary import AlertId, Role

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
NEW_YORK = "America/New_York"
NIGHT = QuietHours(time(22), time(7), NEW_YORK)
QUIET = {"quiet_starts_local": time(22), "quiet_ends_local": time(7)}
WAKES_AT = STORM_AT + HOUR
"""The storm's morning is 06:00 in New York."""


def utc(day: int, hour: int, minute: int = 0, month: int = 12) -> datetime:
    return datetime(2013, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (utc(10, 2, 59), None),
        (utc(10, 3), utc(10, 12)),
        (utc(10, 11, 59), utc(10, 12)),
        (utc(10, 12), None),
        (utc(11, 3), utc(11, 12)),
    ],
)
def test_they_are_half_open_and_may_cross_midnight(at: datetime, until: datetime | None) -> None:
    assert quiet_until(NIGHT, at=at) == until


def test_at_noon_they_do_not_cross_it() -> None:
    siesta = QuietHours(time(13), time(15), "Europe/Madrid")
    assert quiet_until(siesta, at=utc(10, 12, 30)) == utc(10, 14)
    assert quiet_until(siesta, at=utc(10, 14)) is None


@pytest.mark.parametrize(
    ("hours", "at", "until"),
    [
        (QuietHours(time(22), time(2, 30), NEW_YORK), utc(10, 6, month=3), utc(10, 7, 30, 3)),
        (QuietHours(time(2, 30), time(7), NEW_YORK), utc(10, 7, 29, 3), None),
        (QuietHours(time(2, 30), time(7), NEW_YORK), utc(10, 7, 30, 3), utc(10, 11, month=3)),
        (QuietHours(time(22), time(1, 30), NEW_YORK), utc(3, 5, 29, 11), utc(3, 5, 30, 11)),
        (QuietHours(time(22), time(1, 30), NEW_YORK), utc(3, 6, 15, 11), None),
    ],
    ids=["end skipped", "start skipped", "start as much later", "end twice", "the first counts"],
)
def test_where_clocks_change_an_end_is_later_or_the_first(
    hours: QuietHours, at: datetime, until: datetime | None
) -> None:
    assert quiet_until(hours, at=at) == until


@given(
    st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    st.integers(1, 1_439),
    st.integers(0, 60 * 24 * 700).map(lambda minutes: utc(2, 0, month=1) + minutes * MINUTE),
    st.sampled_from([NEW_YORK, "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]),
)
def test_whoever_waits_wakes_within_a_day_and_is_not_quiet_then(
    starts: time, minutes: int, at: datetime, time_zone: str
) -> None:
    ends = (datetime.combine(utc(1, 0, month=6), starts) + minutes * MINUTE).time()
    hours = QuietHours(starts, ends, time_zone)
    until = quiet_until(hours, at=at)
    if until is not None:
        assert at < until <= at + timedelta(hours=25)
        assert until.second == 0
        assert quiet_until(hours, at=until) is None


def a_desk(severity: str = "high", *, on_shift: bool = False, manager: bool = True) -> int:
    """First a user who is quiet until 07:00, then the manager on shift; give the user."""
    with transaction(Access.OWNER) as session:
        version = make_policy_version(session).policy_version_id
        mara = make_user(session, **QUIET).user_id
        target = {"target": "user", "role": None, "user_id": mara}
        make_policy_step(session, policy_version_id=version, **target)
        step = {"channels": ["email", "sms"], "level": 2, "delay_minutes": 15, "role": "manager"}
        make_policy_step(session, policy_version_id=version, **step)
        if on_shift:
            make_shift_assignment(session, user_id=mara)
        if manager:
            boss = make_user(session, roles=[Role.MANAGER], **QUIET).user_id
            make_shift_assignment(session, user_id=boss, role="manager")
        make_alert(session, policy_version_id=version, severity=severity)
        return mara


def sweep(at: datetime = STORM_AT) -> list[int]:
    with transaction(Access.PIPELINE) as session:
        return [each.level for each in escalate_due_alerts(session, at=at).escalated]


def claimed(at: datetime) -> list[int | None]:
    with transaction(Access.PIPELINE) as session:
        letters = claim_notifications(session, worker="w", at=at, server_at=STORM_AT)
    with transaction(Access.OWNER) as session:
        ids = [letter.notification_id for letter in letters]
        level = select(Notification.escalation_level).where(Notification.notification_id.in_(ids))
        return sorted(session.scalars(level))


def test_a_step_whose_people_are_quiet_is_passed_over_and_its_page_waits(database: str) -> None:
    a_desk()
    assert sweep() == [2]
    assert claimed(STORM_AT) == [2]
    assert claimed(WAKES_AT - MINUTE) == []
    assert claimed(WAKES_AT) == [1]


def test_what_is_critical_goes_at_once(database: str) -> None:
    a_desk("critical")
    assert sweep() == [1]
    assert claimed(STORM_AT) == [1]


def test_who_is_on_shift_is_paged_whatever_the_hour(database: str) -> None:
    a_desk(on_shift=True)
    assert sweep() == [1]
    assert claimed(STORM_AT) == [1]


def test_alerts_at_one_place_are_told_apart_by_whether_they_are_critical(database: str) -> None:
    a_desk()
    with transaction(Access.OWNER) as session:
        version = session.scalars(select(Alert.policy_version_id)).one()
        make_alert(session, policy_version_id=version, severity="critical")
    assert sorted(sweep()) == [1, 2]


def test_what_waits_is_fenced_when_it_wakes(database: str) -> None:
    a_desk()
    sweep()
    with transaction(Access.OWNER) as session:
        alert_id = AlertId(session.scalars(select(Alert.alert_id)).one())
        acknowledge_alert(session, make_actor(session), alert_id, at=STORM_AT)
    assert claimed(WAKES_AT) == []


def test_what_becomes_critical_waits_no_longer(database: str) -> None:
    a_desk()
    sweep()
    with transaction(Access.PIPELINE) as session:
        session.execute(update(Alert).values(severity="critical"))
    assert claimed(STORM_AT) == [1, 2]


def test_a_quiet_catch_all_is_left_alone_but_the_alert_about_the_desk_is_not(
    database: str,
) -> None:
    a_desk(manager=False)
    with transaction(Access.OWNER) as session:
        session.execute(update(User).values(**QUIET))
    assert sweep() == [2]
    assert claimed(STORM_AT) == [None]
    assert claimed(WAKES_AT) == [1, 2]


def test_the_next_channel_of_who_is_quiet_by_then_waits_too(database: str) -> None:
    begins_at = WAKES_AT - 9 * HOUR
    asked_at = begins_at - MINUTE
    mara = a_desk()
    with transaction(Access.OWNER) as session:
        verify_phone(session, mara)
        session.execute(update(Alert).values(next_escalation_at=asked_at))
    assert sweep(asked_at) == [1]
    with transaction(Access.PIPELINE) as session:
        (letter,) = claim_notifications(session, worker="w", at=asked_at, server_at=STORM_AT)
        record_delivery(
            session,
            notification_id=letter.notification_id,
            attempt=1,
            worker="w",
            at=begins_at,
            outcome=Dead("550 no such box"),
        )
    with transaction(Access.OWNER) as session:
        waiting = select(Notification).where(Notification.status == "pending")
        (page,) = session.scalars(waiting).all()
    assert (page.channel, page.not_before_at) == ("sms", WAKES_AT)


class TestSetting:
    def test_they_are_ones_own_with_their_zone_and_audited(self, database: str) -> None:
        with transaction(Access.OWNER) as session:
            analyst = make_actor(session, Role.ANALYST)
        berlin = QuietHours(time(23), time(6, 30), "Europe/Berlin")
        for hours in (berlin, berlin, None):
            with transaction(Access.DASHBOARD, on_behalf_of=analyst) as session:
                set_quiet_hours(session, analyst, hours, at=STORM_AT)
        with transaction(Access.OWNER) as session:
            user = session.get_one(User, analyst.user_id)
            entries = session.scalars(select(Entry).order_by(Entry.entry_id)).all()
        assert (user.quiet_starts_local, user.time_zone) == (None, "Europe/Berlin")
        words = "23:00 to 06:30, Europe/Berlin"
        assert [each.after for each in entries] == [{"quiet_hours": words}, {"quiet_hours": None}]

    @pytest.mark.parametrize(
        ("hours", "why"),
        [
            (QuietHours(time(7), time(7), NEW_YORK), "turn them off"),
            (QuietHours(time(22), time(7), "Mars/Base"), "is no time zone"),
        ],
    )
    def test_what_means_nothing_is_refused(
        self, database: str, hours: QuietHours, why: str
    ) -> None:
        with transaction(Access.OWNER) as session:
            actor = make_actor(session)
            with pytest.raises(WallTimeRefused, match=why):
                set_quiet_hours(session, actor, hours, at=STORM_AT)

    def test_a_customer_has_none(self, database: str) -> None:
        with transaction(Access.OWNER) as session, pytest.raises(PermissionRefused):
            set_quiet_hours(session, make_actor(session, Role.CUSTOMER), NIGHT, at=STORM_AT)

    @pytest.mark.parametrize("ends", ["NULL", "'22:00'"], ids=["one end", "no hours"])
    def test_postgres_keeps_both_ends_or_none(self, database: str, ends: str) -> None:
        with transaction(Access.OWNER) as session:
            make_user(session)
        change = f"quiet_starts_local = '22:00', quiet_ends_local = {ends}"
        refused = pytest.raises(DBAPIError, match="ck_user_quiet_hours")
        with refused, transaction(Access.OWNER) as session:
            session.execute(text(f'UPDATE people."user" SET {change}'))
