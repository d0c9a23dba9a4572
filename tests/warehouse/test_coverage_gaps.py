"""A gap in coverage pages somebody a day before it is there, once, until it is gone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.factories.alert import make_alert
from tests.factories.defaults import STORM_AT
from tests.factories.policy import make_policy_step, make_policy_version
from tests.factories.shift import HOUR, NEW_YORK, PLANNED_AT, hours, put_on_shift
from tests.factories.user import make_actor, make_user, verify_phone
from warehouse.operations.alerts import resolve_alert
from warehouse.operations.coverage_gaps import RESTS_AFTER_RESOLVED, GapSweep, tend_coverage_gaps
from warehouse.operations.desk_alerts import insert_desk_alert
from warehouse.operations.escalations import escalate_due_alerts
from warehouse.operations.shift_assignments import assign_user, unassign_user
from warehouse.operations.shifts import cancel_shift, draw_shift
from warehouse.schema.alerting import Alert, Notification
from warehouse.schema.audit import Entry
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, AlertId, AssignmentId, Role, UserId

NOTHING, RAISED, CLOSED = GapSweep(0, 0), GapSweep(1, 0), GapSweep(0, 1)


@pytest.fixture(autouse=True)
def mara(database: str) -> UserId:
    """A ladder whose first step pages the agents by e-mail; Mara is one, all the time."""
    with transaction(Access.OWNER) as session:
        version = make_policy_version(session).policy_version_id
        make_policy_step(session, policy_version_id=version)
        user_id = UserId(make_user(session, display_name="Mara").user_id)
        for start in (-2, 30):
            put_on_shift(session, hours(start, start + 32), user_id=user_id)
        return user_id


def look(at: datetime = STORM_AT) -> GapSweep:
    with transaction() as session:
        return tend_coverage_gaps(session, at=at, time_zone=NEW_YORK)


def empty_shift(start: float = 16, end: float = 24, name: str = "Agent from 22:00") -> int:
    with transaction(Access.OWNER) as session:
        return draw_shift(session, SYSTEM, name=name, window=hours(start, end), at=PLANNED_AT)


def hold(shift_id: int) -> AssignmentId:
    with transaction(Access.OWNER) as session:
        user_id = UserId(make_user(session, display_name="Ben").user_id)
        return assign_user(
            session, SYSTEM, shift_id, user_id=user_id, role=Role.AGENT, at=PLANNED_AT
        )


def let_ask_for_a_phone() -> None:
    with transaction(Access.OWNER) as session:
        version = make_policy_version(session, version=2).policy_version_id
        make_policy_step(session, policy_version_id=version, channels=["email", "sms"])


def alerts() -> list[Alert]:
    with transaction(Access.OWNER) as session:
        return list(session.scalars(select(Alert).order_by(Alert.alert_id)))


def told() -> list[tuple[str, str]]:
    return [(alert.status, alert.headline.partition(":")[0]) for alert in alerts()]


def test_where_everything_is_covered_no_alert_is_raised() -> None:
    assert (look(), alerts()) == (NOTHING, [])


def test_a_shift_that_nobody_holds_raises_one_alert_that_climbs_the_ladder(mara: UserId) -> None:
    empty_shift()
    assert look() == RAISED
    (alert,) = alerts()
    assert (alert.kind, alert.severity, alert.occurrences) == ("desk", "high", 1)
    assert alert.headline == (
        "Agent from 22:00 has nobody in it, Tue 10 Dec 22:00 EST to Wed 11 Dec 06:00 EST "
        "(Wed 11 Dec 03:00 to 11:00 UTC): assign somebody on the Shifts page, or cancel the shift"
    )
    with transaction() as session:
        assert escalate_due_alerts(session, at=STORM_AT).queued == 1
        assert session.scalars(select(Notification.recipient_user_id)).all() == [mara]


def test_the_same_gap_seen_again_only_adds_an_occurrence() -> None:
    empty_shift()
    assert [look(), look(STORM_AT + HOUR), look(STORM_AT + 20 * HOUR)] == [RAISED, NOTHING, NOTHING]
    (alert,) = alerts()
    assert (alert.occurrences, alert.last_seen_at) == (3, STORM_AT + 20 * HOUR)
    assert (alert.generation, alert.raised_at) == (1, STORM_AT)


def test_a_gap_further_off_than_a_day_waits_until_it_is_near() -> None:
    empty_shift(30, 38)
    assert [look(), look(STORM_AT + 6 * HOUR), look(STORM_AT + 7 * HOUR)] == [
        NOTHING,
        NOTHING,
        RAISED,
    ]


@pytest.mark.parametrize("is_held", [True, False], ids=["held", "cancelled"])
def test_a_gap_that_goes_closes_its_alert_by_itself(is_held: bool) -> None:
    shift_id = empty_shift()
    look()
    if is_held:
        hold(shift_id)
    else:
        with transaction(Access.OWNER) as session:
            cancel_shift(session, SYSTEM, shift_id, at=STORM_AT)
    assert [look(), look()] == [CLOSED, NOTHING]
    (alert,) = alerts()
    assert (alert.status, alert.close_reason) == ("closed", "resolved")
    with transaction(Access.OWNER) as session:
        why = select(Entry.reason).where(Entry.tag == "alert.closed")
        assert session.scalars(why).all() == ["The gap is closed or over."]


def test_a_gap_whose_hours_are_over_closes_its_alert_too() -> None:
    empty_shift()
    look()
    assert [look(STORM_AT + 23 * HOUR), look(STORM_AT + 24 * HOUR)] == [NOTHING, CLOSED]


def test_a_gap_that_comes_back_raises_an_alert_linked_to_the_last() -> None:
    shift_id = empty_shift()
    assert look() == RAISED
    assignment_id = hold(shift_id)
    assert look() == CLOSED
    with transaction(Access.OWNER) as session:
        unassign_user(session, SYSTEM, assignment_id, at=STORM_AT)
    assert look() == RAISED
    first, second = alerts()
    assert (second.dedup_key, second.previous_alert_id) == (first.dedup_key, first.alert_id)


def test_a_gap_that_changes_its_hours_stays_one_alert_with_other_words() -> None:
    shift_id = empty_shift()
    look()
    assignment_id = hold(shift_id)
    with transaction(Access.OWNER) as session:
        unassign_user(session, SYSTEM, assignment_id, at=STORM_AT + 18 * HOUR)
    assert look(STORM_AT + HOUR) == NOTHING
    (alert,) = alerts()
    assert ", Wed 11 Dec 00:00 to 06:00 EST (Wed 11 Dec 05:00 to 11:00 UTC): " in alert.headline
    assert look(STORM_AT + 19 * HOUR) == NOTHING
    assert ", until Wed 11 Dec 06:00 EST (Wed 11 Dec 11:00 UTC): " in alerts()[0].headline


def test_a_gap_that_becomes_another_closes_one_alert_and_raises_another() -> None:
    shift_id = empty_shift()
    look()
    hold(shift_id)
    let_ask_for_a_phone()
    assert look() == GapSweep(2, 1)
    assert told()[0][0] == "closed"
    assert [words.partition(",")[0] for _, words in told()[1:]] == [
        "Mara has no verified phone",
        "Ben and Mara have no verified phone",
    ]


def test_a_holder_without_a_verified_contact_raises_one_until_it_is_verified(mara: UserId) -> None:
    let_ask_for_a_phone()
    assert [look(), look()] == [RAISED, NOTHING]
    (alert,) = alerts()
    assert alert.headline.startswith("Mara has no verified phone, from now on: verify the phone, ")
    with transaction(Access.OWNER) as session:
        verify_phone(session, mara)
    assert look() == CLOSED


def test_a_gap_that_a_person_resolved_rests_for_a_shift_and_is_then_asked_about_again() -> None:
    empty_shift()
    look()
    (first,) = alerts()
    with transaction(Access.OWNER) as session:
        agent = make_actor(session)
        resolve_alert(session, agent, AlertId(first.alert_id), at=STORM_AT, reason="I know")
    rests = RESTS_AFTER_RESOLVED
    assert [look(STORM_AT + HOUR), look(STORM_AT + rests), look(STORM_AT + rests)] == [
        NOTHING,
        RAISED,
        NOTHING,
    ]
    assert [alert.previous_alert_id for alert in alerts()] == [None, first.alert_id]


def test_looking_from_many_sides_at_once_raises_one_alert_each() -> None:
    for number in range(3):
        empty_shift(name=f"Shift {number}")
    with ThreadPoolExecutor(4) as pool:
        sweeps = list(pool.map(look, [STORM_AT] * 8))
    assert sum(sweep.raised for sweep in sweeps) == 3
    assert [status for status, _ in told()] == ["open"] * 3


def test_a_look_raises_only_so_many_and_leaves_the_rest_to_the_next() -> None:
    for number in range(3):
        empty_shift(16 + number, 24, name=f"Shift {number}")
    with transaction() as session:
        sweep = tend_coverage_gaps(session, at=STORM_AT, time_zone=NEW_YORK, limit=2)
    assert sweep.raised == 2
    assert look() == RAISED


def test_without_a_policy_no_alert_can_be_raised() -> None:
    assert look(STORM_AT.replace(year=2012)) == NOTHING


def test_postgres_keeps_a_gap_to_one_live_alert() -> None:
    empty_shift()
    look()
    (alert,) = alerts()
    with transaction() as session:
        again = insert_desk_alert(
            session,
            alert.dedup_key,
            "again",
            alert.policy_version_id,
            at=STORM_AT,
            severity="high",
            travellers_affected=0,
            money_at_risk_minor_units=0,
            currency="USD",
        )
    assert again is None
    with (
        pytest.raises(IntegrityError, match="uq_alert_live"),
        transaction(Access.OWNER) as session,
    ):
        make_alert(session, dedup_key=alert.dedup_key, kind="desk", flight_id=None)
