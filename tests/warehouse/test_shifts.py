"""Shifts and who holds them: assigned, moved, cancelled, stood in for, swapped."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.factories.defaults import STORM_AT
from tests.factories.shift import HOUR, NEW_YORK, PLANNED_AT, hours, on_shift, put_on_shift
from tests.factories.user import make_actor, make_user
from warehouse.errors import NotFound, PermissionRefused, TransitionRefused
from warehouse.operations import people
from warehouse.operations.shift_assignments import assign_user, unassign_user
from warehouse.operations.shift_holders import (
    cancel_override,
    override_assignment,
    swap_assignments,
)
from warehouse.operations.shifts import cancel_shift, draw_shift, move_shift
from warehouse.rules.wall_time import window_of
from warehouse.schema.audit import Entry
from warehouse.schema.shifts import Shift, ShiftAssignment, ShiftSwap, Stand
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Role, UserId

INSTANT = timedelta(microseconds=1)


@pytest.fixture
def session(database: str):
    with transaction(Access.OWNER) as opened:
        yield opened


def agent(session) -> UserId:
    return UserId(make_user(session).user_id)


def shift_of(session, assignment_id: int) -> int:
    return session.get_one(ShiftAssignment, assignment_id).shift_id


def entries(session, tag: str) -> list[Entry]:
    return list(session.scalars(select(Entry).where(Entry.tag == tag)))


class TestAssigning:
    def test_a_shift_is_half_open(self, session) -> None:
        mara = agent(session)
        put_on_shift(session, hours(0, 8), user_id=mara)
        ends = STORM_AT + 8 * HOUR
        on = [on_shift(session, at) for at in (STORM_AT - INSTANT, STORM_AT, ends - INSTANT, ends)]
        assert on == [[], [mara], [mara], []]
        shift = session.scalars(select(Shift)).one()
        assert (shift.starts_local, shift.ends_local) == ("2013-12-10 06:00", "2013-12-10 14:00")

    def test_nobody_on_shift_is_disabled_or_of_another_role(self, session) -> None:
        mara = agent(session)
        put_on_shift(session, hours(0, 8), user_id=mara)
        assert on_shift(session, STORM_AT, Role.MANAGER) == []
        people.disable_user(session, SYSTEM, mara, at=STORM_AT)
        assert on_shift(session, STORM_AT) == []

    def test_assigning_again_gives_the_assignment_there_is(self, session) -> None:
        mara = agent(session)
        once = put_on_shift(session, hours(0, 8), user_id=mara)
        assert put_on_shift(session, hours(0, 8), user_id=mara) == once
        assert len(entries(session, "shift.assigned")) == len(entries(session, "shift.drawn")) == 1

    def test_nobody_is_in_two_overlapping_shifts(self, session) -> None:
        mara = agent(session)
        put_on_shift(session, hours(0, 8), user_id=mara)
        with pytest.raises(TransitionRefused, match="in shift Morning then"):
            put_on_shift(session, hours(7, 15), user_id=mara, name="Evening")
        put_on_shift(session, hours(8, 16), user_id=mara, name="Evening")

    def test_a_shift_needs_a_role_the_user_holds(self, session) -> None:
        with pytest.raises(TransitionRefused, match="not manager"):
            put_on_shift(session, hours(0, 8), user_id=agent(session), role=Role.MANAGER)

    def test_who_joins_a_shift_under_way_was_not_there_before(self, session) -> None:
        mara, at = agent(session), STORM_AT + 2 * HOUR
        put_on_shift(session, hours(0, 8), user_id=mara, at=at)
        assert on_shift(session, at - INSTANT) == []
        assert on_shift(session, at) == [mara]

    def test_a_shift_that_is_over_takes_nobody(self, session) -> None:
        shift_id = draw_shift(session, SYSTEM, name="M", window=hours(0, 8), at=PLANNED_AT)
        with pytest.raises(TransitionRefused, match="over"):
            assign_user(
                session,
                SYSTEM,
                shift_id,
                user_id=agent(session),
                role=Role.AGENT,
                at=STORM_AT + 8 * HOUR,
            )

    def test_an_unassigned_user_is_off_from_then_on(self, session) -> None:
        mara = agent(session)
        assignment_id = put_on_shift(session, hours(0, 8), user_id=mara)
        unassign_user(session, SYSTEM, assignment_id, at=STORM_AT + HOUR, reason="ill")
        assert on_shift(session, STORM_AT) == [mara]
        assert on_shift(session, STORM_AT + HOUR) == []
        assert [entry.reason for entry in entries(session, "shift.unassigned")] == ["ill"]
        put_on_shift(session, hours(0, 8), user_id=mara, at=STORM_AT + 2 * HOUR)
        assert on_shift(session, STORM_AT + 2 * HOUR) == [mara]


class TestMoving:
    def test_everybody_in_it_moves_along(self, session) -> None:
        mara = agent(session)
        assignment_id = put_on_shift(session, hours(0, 8), user_id=mara)
        shift_id = shift_of(session, assignment_id)
        move_shift(session, SYSTEM, shift_id, window=hours(4, 12), at=PLANNED_AT, reason="storm")
        assert on_shift(session, STORM_AT) == []
        assert on_shift(session, STORM_AT + 8 * HOUR) == [mara]
        (entry,) = entries(session, "shift.moved")
        assert (entry.before["starts_local"], entry.after["starts_local"]) == (
            "2013-12-10 06:00",
            "2013-12-10 10:00",
        )

    def test_a_shift_over_the_spring_change_is_an_hour_shorter(self, session) -> None:
        mara = agent(session)
        night = [datetime(2013, 3, 9, 22), datetime(2013, 3, 10, 6)]  # noqa: DTZ001 - wall times
        window = window_of(*night, NEW_YORK)
        put_on_shift(session, window, user_id=mara, at=window.starts_at)
        stand = session.scalars(select(Stand)).one()
        assert stand.during.upper - stand.during.lower == 7 * HOUR
        shift = session.scalars(select(Shift)).one()
        assert (shift.starts_local, shift.ends_local) == ("2013-03-09 22:00", "2013-03-10 06:00")

    def test_it_is_not_moved_onto_another_shift_of_somebody_in_it(self, session) -> None:
        mara = agent(session)
        assignment_id = put_on_shift(session, hours(0, 8), user_id=mara)
        put_on_shift(session, hours(8, 16), user_id=mara, name="Evening")
        with pytest.raises(TransitionRefused, match="in shift Evening then"):
            move_shift(
                session, SYSTEM, shift_of(session, assignment_id), window=hours(1, 9), at=PLANNED_AT
            )
        assert on_shift(session, STORM_AT) == [mara]

    @pytest.mark.parametrize(
        ("window", "at", "words"),
        [
            (hours(0, 9), 8, "over"),
            (hours(1, 9), 1, "its start has been"),
            (hours(0, 2), 3, "over already"),
            (hours(-3, 5), -1, "before anybody was told"),
        ],
    )
    def test_what_has_been_is_not_rewritten(self, session, window, at: int, words: str) -> None:
        shift_id = shift_of(session, put_on_shift(session, hours(0, 8)))
        with pytest.raises(TransitionRefused, match=words):
            move_shift(session, SYSTEM, shift_id, window=window, at=STORM_AT + at * HOUR)

    def test_a_shift_under_way_can_end_later(self, session) -> None:
        mara = agent(session)
        shift_id = shift_of(session, put_on_shift(session, hours(0, 8), user_id=mara))
        move_shift(session, SYSTEM, shift_id, window=hours(0, 10), at=STORM_AT + HOUR)
        assert on_shift(session, STORM_AT + 9 * HOUR) == [mara]

    def test_a_cancelled_shift_has_nobody_and_never_changes_again(self, session) -> None:
        mara = agent(session)
        shift_id = shift_of(session, put_on_shift(session, hours(0, 8), user_id=mara))
        cancel_shift(session, SYSTEM, shift_id, at=STORM_AT + HOUR, reason="drill")
        assert on_shift(session, STORM_AT) == [mara]
        assert on_shift(session, STORM_AT + HOUR) == []
        with pytest.raises(TransitionRefused, match="draw another one"):
            move_shift(session, SYSTEM, shift_id, window=hours(9, 10), at=STORM_AT + HOUR)
        put_on_shift(session, hours(0, 8), user_id=mara, at=STORM_AT + 2 * HOUR)
        assert on_shift(session, STORM_AT + 2 * HOUR) == [mara]


class TestStandingIn:
    def test_whoever_stands_in_is_the_holder_for_those_hours(self, session) -> None:
        mara, ben = agent(session), agent(session)
        assignment_id = put_on_shift(session, hours(0, 8), user_id=mara)
        span = (STORM_AT + 2 * HOUR, STORM_AT + 4 * HOUR)
        override_assignment(
            session,
            SYSTEM,
            assignment_id,
            user_id=ben,
            during=span,
            at=PLANNED_AT,
            reason="dentist",
        )
        on = [on_shift(session, STORM_AT + n * HOUR) for n in (1, 2, 3, 4)]
        assert on == [[mara], [ben], [ben], [mara]]
        (entry,) = entries(session, "shift.overridden")
        assert (entry.before, entry.after["user_id"]) == ({"user_id": mara}, ben)

    def test_a_stand_in_of_the_whole_follows_a_moved_shift(self, session) -> None:
        mara, ben = agent(session), agent(session)
        assignment_id = put_on_shift(session, hours(0, 8), user_id=mara)
        override_assignment(session, SYSTEM, assignment_id, user_id=ben, during=None, at=PLANNED_AT)
        shift_id = shift_of(session, assignment_id)
        move_shift(session, SYSTEM, shift_id, window=hours(20, 28), at=PLANNED_AT)
        assert on_shift(session, STORM_AT + 27 * HOUR) == [ben]

    def test_the_holder_may_work_elsewhere_meanwhile_and_the_stand_in_may_not(
        self, session
    ) -> None:
        mara, ben = agent(session), agent(session)
        assignment_id = put_on_shift(session, hours(0, 8), user_id=mara)
        override = override_assignment(
            session, SYSTEM, assignment_id, user_id=ben, during=None, at=PLANNED_AT
        )
        put_on_shift(session, hours(2, 4), user_id=mara, name="Training")
        with pytest.raises(TransitionRefused, match="in shift Morning then"):
            put_on_shift(session, hours(2, 4), user_id=ben, name="Training")
        with pytest.raises(TransitionRefused, match="in shift Training then"):
            cancel_override(session, SYSTEM, override, at=PLANNED_AT)

    def test_two_do_not_stand_in_for_one_at_once(self, session) -> None:
        assignment_id = put_on_shift(session, hours(0, 8))
        for start, end in ((0, 4), (4, 8)):
            span = (STORM_AT + start * HOUR, STORM_AT + end * HOUR)
            override_assignment(
                session, SYSTEM, assignment_id, user_id=agent(session), during=span, at=PLANNED_AT
            )
        with pytest.raises(TransitionRefused, match="another stand-in"):
            override_assignment(
                session, SYSTEM, assignment_id, user_id=agent(session), during=None, at=PLANNED_AT
            )

    def test_given_back_under_way_it_is_the_holders_from_then_on(self, session) -> None:
        mara, ben = agent(session), agent(session)
        assignment_id = put_on_shift(session, hours(0, 8), user_id=mara)
        override = override_assignment(
            session, SYSTEM, assignment_id, user_id=ben, during=None, at=STORM_AT + HOUR
        )
        cancel_override(session, SYSTEM, override, at=STORM_AT + 3 * HOUR)
        on = [on_shift(session, STORM_AT + n * HOUR) for n in (0, 1, 2, 3)]
        assert on == [[mara], [ben], [ben], [mara]]
        with pytest.raises(TransitionRefused, match="cancelled again"):
            cancel_override(session, SYSTEM, override, at=STORM_AT + 3 * HOUR)

    def test_hours_outside_the_shift_the_holder_and_other_roles_are_refused(self, session) -> None:
        mara = agent(session)
        assignment_id = put_on_shift(session, hours(0, 8), user_id=mara)
        manager = make_actor(session, Role.MANAGER).user_id
        later = (STORM_AT + 9 * HOUR, STORM_AT + 10 * HOUR)
        for user_id, span, words in (
            (agent(session), later, "Morning is from 2013-12-10 06:00 to 2013-12-10 14:00"),
            (mara, None, "by its holder"),
            (manager, None, "not agent"),
        ):
            with pytest.raises(TransitionRefused, match=words):
                override_assignment(
                    session, SYSTEM, assignment_id, user_id=user_id, during=span, at=PLANNED_AT
                )


class TestSwapping:
    def test_two_shifts_change_hands_and_stay_so_when_one_is_moved(self, session) -> None:
        mara, ben = agent(session), agent(session)
        first = put_on_shift(session, hours(0, 8), user_id=mara)
        second = put_on_shift(session, hours(8, 16), user_id=ben, name="Evening")
        swap_assignments(session, SYSTEM, first, second, at=PLANNED_AT, reason="choir")
        assert on_shift(session, STORM_AT) == [ben]
        assert on_shift(session, STORM_AT + 8 * HOUR) == [mara]
        move_shift(session, SYSTEM, shift_of(session, first), window=hours(24, 32), at=PLANNED_AT)
        assert on_shift(session, STORM_AT + 24 * HOUR) == [ben]
        swap = session.scalars(select(ShiftSwap)).one()
        assert (swap.first_assignment_id, swap.second_assignment_id) == (first, second)
        (entry,) = entries(session, "shift.swapped")
        assert (entry.before["first"]["user_id"], entry.after["first"]["user_id"]) == (mara, ben)

    def test_overlapping_shifts_can_be_swapped(self, session) -> None:
        mara, ben = agent(session), agent(session)
        first = put_on_shift(session, hours(0, 8), user_id=mara)
        second = put_on_shift(session, hours(4, 12), user_id=ben, name="Noon")
        swap_assignments(session, SYSTEM, first, second, at=PLANNED_AT)
        assert on_shift(session, STORM_AT) == [ben]
        assert on_shift(session, STORM_AT + 11 * HOUR) == [mara]

    def test_what_makes_no_sense_is_refused(self, session) -> None:
        mara = agent(session)
        first = put_on_shift(session, hours(0, 8), user_id=mara)
        second = put_on_shift(session, hours(8, 16), user_id=mara, name="Evening")
        theo = make_actor(session, Role.MANAGER).user_id
        third = put_on_shift(session, hours(0, 8), user_id=theo, role=Role.MANAGER, name="Lead")
        fourth = put_on_shift(session, hours(30, 38), name="Later")
        for one, other, at, error in (
            (first, second, PLANNED_AT, "two people"),
            (second, third, PLANNED_AT, "not (agent|manager)"),
            (first, fourth, STORM_AT, "stand in for the rest"),
        ):
            with pytest.raises(TransitionRefused, match=error):
                swap_assignments(session, SYSTEM, one, other, at=at)
        with pytest.raises(NotFound):
            swap_assignments(session, SYSTEM, first, 999, at=PLANNED_AT)


class TestPromises:
    @pytest.mark.parametrize("role", [Role.AGENT, Role.ANALYST, Role.CUSTOMER])
    def test_only_managers_and_administrators_change_shifts(self, session, role: Role) -> None:
        first, second = put_on_shift(session, hours(0, 8)), put_on_shift(session, hours(8, 16))
        shift_id, user_id, actor = (
            shift_of(session, first),
            agent(session),
            make_actor(session, role),
        )
        override = override_assignment(
            session, SYSTEM, second, user_id=user_id, during=None, at=PLANNED_AT
        )
        for act in (
            lambda: draw_shift(session, actor, name="x", window=hours(1, 2), at=PLANNED_AT),
            lambda: move_shift(session, actor, shift_id, window=hours(1, 2), at=PLANNED_AT),
            lambda: cancel_shift(session, actor, shift_id, at=PLANNED_AT),
            lambda: assign_user(
                session, actor, shift_id, user_id=user_id, role=Role.AGENT, at=PLANNED_AT
            ),
            lambda: unassign_user(session, actor, first, at=PLANNED_AT),
            lambda: override_assignment(
                session, actor, first, user_id=user_id, during=None, at=PLANNED_AT
            ),
            lambda: cancel_override(session, actor, override, at=PLANNED_AT),
            lambda: swap_assignments(session, actor, first, second, at=PLANNED_AT),
        ):
            with pytest.raises(PermissionRefused):
                act()

    @pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
    def test_they_do_so_as_the_dashboard(self, database: str, role: Role) -> None:
        with transaction(Access.OWNER) as session:
            actor, mara, ben = make_actor(session, role), agent(session), agent(session)
        with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
            first = put_on_shift(session, hours(0, 8), user_id=mara, actor=actor)
            second = put_on_shift(session, hours(8, 16), user_id=ben, actor=actor)
            swap_assignments(session, actor, first, second, at=PLANNED_AT)
            move_shift(session, actor, shift_of(session, first), window=hours(1, 8), at=PLANNED_AT)
            number = override_assignment(
                session, actor, first, user_id=mara, during=None, at=PLANNED_AT
            )
            assert on_shift(session, STORM_AT + HOUR) == [mara]
            cancel_override(session, actor, number, at=PLANNED_AT)
            unassign_user(session, actor, second, at=PLANNED_AT)
            assert on_shift(session, STORM_AT + HOUR) == [ben]
            cancel_shift(session, actor, shift_of(session, first), at=PLANNED_AT)
            assert on_shift(session, STORM_AT + HOUR) == []

    @pytest.mark.parametrize(
        ("statement", "promise"),
        [
            ("UPDATE people.shift_assignment SET during = '[2013-12-10,2013-12-11)'", "fk_shift"),
            ("UPDATE people.shift SET starts_local = '2013-12-10 05:00'", "as_its_clocks_show"),
            (
                "UPDATE people.shift SET during = tstzrange(lower(during), 'infinity')",
                "ends_as_its_clocks_show",
            ),
            (
                "INSERT INTO people.shift_override (assignment_id, user_id, during, overridden_at)"
                " SELECT assignment_id, user_id, 'empty', assigned_at FROM people.shift_assignment",
                "half_open",
            ),
            (
                "UPDATE people.shift_assignment SET user_id = (SELECT min(user_id) FROM"
                " people.shift_assignment)",
                "one_place_at_a_time",
            ),
            ("UPDATE people.shift_swap SET reason = 'x'", "append-only"),
        ],
    )
    def test_postgres_keeps_what_the_operations_promise(
        self, database: str, statement: str, promise: str
    ) -> None:
        with transaction(Access.OWNER) as session:
            put_on_shift(session, hours(0, 8))
            put_on_shift(session, hours(2, 9), name="Noon")
        with pytest.raises(DBAPIError, match=promise), transaction(Access.OWNER) as session:
            session.execute(text(statement))

    @pytest.mark.parametrize("access", [Access.DASHBOARD, Access.PIPELINE])
    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO people.stand (assignment_id, user_id, role, during) VALUES (1, 1, 'agent',"
            " '[2013-01-01,2013-01-02)')",
            "DELETE FROM people.stand",
            "DELETE FROM people.shift_assignment",
            "SELECT people.restand(1)",
        ],
    )
    def test_only_triggers_write_stands(
        self, database: str, access: Access, statement: str
    ) -> None:
        with pytest.raises(DBAPIError, match="permission denied"), transaction(access) as session:
            session.execute(text(statement))

    def test_two_managers_at_once_never_put_one_user_in_two_places(self, database: str) -> None:
        with transaction(Access.OWNER) as session:
            mara = agent(session)

        def assign(number: int) -> bool:
            try:
                with transaction(Access.OWNER) as session:
                    put_on_shift(
                        session, hours(number, number + 8), user_id=mara, name=f"S{number}"
                    )
            except TransitionRefused:
                return False
            return True

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(assign, range(6))) == 1

    def test_two_stand_ins_at_once_leave_one(self, database: str) -> None:
        with transaction(Access.OWNER) as session:
            assignment_id = put_on_shift(session, hours(0, 8))
            others = [agent(session) for _ in range(6)]

        def stand_in(user_id: UserId) -> bool:
            try:
                with transaction(Access.OWNER) as session:
                    override_assignment(
                        session, SYSTEM, assignment_id, user_id=user_id, during=None, at=PLANNED_AT
                    )
            except TransitionRefused:
                return False
            return True

        with ThreadPoolExecutor(6) as pool:
            assert sum(pool.map(stand_in, others)) == 1
