"""A week drawn again keeps its local times, also when clocks change; and the plan it makes."""

from datetime import date, datetime, timedelta

import pytest

from tests.factories.defaults import STORM_AT
from tests.factories.shift import HOUR, NEW_YORK, PLANNED_AT, hours, put_on_shift
from tests.factories.user import make_actor, make_user
from warehouse.errors import PermissionRefused, TransitionRefused
from warehouse.operations.people import disable_user
from warehouse.operations.shift_holders import override_assignment
from warehouse.operations.shift_weeks import repeat_week
from warehouse.queries.shifts import list_shifts, list_watch
from warehouse.rules.wall_time import window_of
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Role

BEFORE_SPRING = datetime(2013, 3, 3)  # noqa: DTZ001 - a wall time, a week before clocks go forward


@pytest.fixture
def session(database: str):
    with transaction(Access.OWNER) as opened:
        yield opened


def plan_of(session, actor=SYSTEM) -> list[tuple[str, str, str]]:
    starts_at, ends_at = STORM_AT - timedelta(days=400), STORM_AT + timedelta(days=400)
    shifts = list_shifts(session, actor, starts_at=starts_at, ends_at=ends_at)
    return [(each.starts_local, each.ends_local, each.who) for each in shifts]


def at_night(session, starts_hour: float, ends_hour: float, **options) -> datetime:
    window = window_of(
        BEFORE_SPRING + starts_hour * HOUR, BEFORE_SPRING + ends_hour * HOUR, NEW_YORK
    )
    put_on_shift(session, window, at=window.starts_at, **options)
    return window.starts_at


def test_local_times_stay_when_clocks_change(session) -> None:
    mara = make_user(session, display_name="Mara").user_id
    at = at_night(session, -2, 6, user_id=mara)
    done = repeat_week(session, SYSTEM, first_on=date(2013, 3, 2), weeks=2, at=at)
    assert (done.shifts, done.assignments, done.remarks) == (2, 2, ())
    assert plan_of(session) == [
        (f"2013-03-{day:02} 22:00", f"2013-03-{day + 1:02} 06:00", "Mara (agent)")
        for day in (2, 9, 16)
    ]


def test_a_time_that_clocks_skip_becomes_later_for_that_week_and_is_told(session) -> None:
    at = at_night(session, 2.5, 10)
    done = repeat_week(session, SYSTEM, first_on=date(2013, 3, 3), weeks=2, at=at)
    assert done.remarks == (
        "Morning: 2013-03-10 02:30 does not exist in America/New_York; "
        "2013-03-10 03:30 is taken instead.",
    )
    assert [starts for starts, _, _ in plan_of(session)] == [
        "2013-03-03 02:30",
        "2013-03-10 03:30",
        "2013-03-17 02:30",
    ]


def test_repeating_it_changes_nothing(session) -> None:
    put_on_shift(session, hours(0, 8))
    for _ in range(2):
        repeat_week(session, SYSTEM, first_on=date(2013, 12, 9), weeks=3, at=PLANNED_AT)
    assert len(plan_of(session)) == 4


def test_who_cannot_come_is_left_out_and_told_of(session) -> None:
    mara = make_user(session, display_name="Mara").user_id
    put_on_shift(session, hours(0, 8), user_id=mara)
    put_on_shift(session, hours(7 * 24 + 4, 7 * 24 + 6), user_id=mara, name="Training")
    done = repeat_week(session, SYSTEM, first_on=date(2013, 12, 9), weeks=1, at=PLANNED_AT)
    assert (done.shifts, done.assignments) == (1, 0)
    assert "Mara is left out of Morning, Tue 17 Dec 06:00 to 14:00 EST" in done.remarks[0]
    assert "in shift Training then" in done.remarks[0]
    disable_user(session, SYSTEM, mara, at=PLANNED_AT)
    done = repeat_week(session, SYSTEM, first_on=date(2013, 12, 9), weeks=2, at=PLANNED_AT)
    assert "disabled" in done.remarks[-1]


def test_an_empty_week_and_too_many_weeks_are_refused(session) -> None:
    with pytest.raises(
        TransitionRefused, match="no shift starts between 2013-12-09 and 2013-12-15"
    ):
        repeat_week(session, SYSTEM, first_on=date(2013, 12, 9), weeks=1, at=PLANNED_AT)
    with pytest.raises(TransitionRefused, match="choose 1 to 26"):
        repeat_week(session, SYSTEM, first_on=date(2013, 12, 9), weeks=27, at=PLANNED_AT)
    with pytest.raises(PermissionRefused):
        repeat_week(
            session, make_actor(session), first_on=date(2013, 12, 9), weeks=1, at=PLANNED_AT
        )


def test_an_agent_sees_their_own_shifts_and_who_is_on_now_and_next(session) -> None:
    mara, ben = (make_actor(session, display_name=name) for name in ("Mara", "Ben"))
    first = put_on_shift(session, hours(0, 8), user_id=mara.user_id)
    put_on_shift(session, hours(8, 16), user_id=make_user(session).user_id, name="Evening")
    put_on_shift(session, hours(10, 16), user_id=make_user(session).user_id, name="Late")
    span = (STORM_AT + 2 * HOUR, STORM_AT + 4 * HOUR)
    override_assignment(session, SYSTEM, first, user_id=ben.user_id, during=span, at=PLANNED_AT)
    words = "Mara (agent); Ben stands in Tue 10 Dec 08:00 to 10:00 EST"
    assert [who for _, _, who in plan_of(session, ben)] == [words]
    assert len(plan_of(session, make_actor(session, Role.MANAGER))) == 3
    watch = list_watch(session, ben, at=STORM_AT + 3 * HOUR)
    assert [(each.name, each.is_on, each.stands_in) for each in watch] == [
        ("Ben", True, True),
        ("Mara", False, False),
    ]
    watch = list_watch(session, ben, at=STORM_AT + 5 * HOUR)
    assert [(each.is_on, each.starts_at) for each in watch] == [
        (True, STORM_AT + 4 * HOUR),
        (False, STORM_AT + 8 * HOUR),
    ]
    with pytest.raises(PermissionRefused):
        list_watch(session, make_actor(session, Role.ANALYST), at=STORM_AT)
