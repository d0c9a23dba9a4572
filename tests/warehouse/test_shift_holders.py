"""Whoever is on shift when an alert escalates is paged: random plans against a plain model."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.factories.alert import make_alert
from tests.factories.policy import make_policy_step, make_policy_version
from tests.factories.user import make_user
from warehouse.errors import WarehouseRefused
from warehouse.operations.escalations import escalate_due_alerts
from warehouse.operations.shift_assignments import assign_user, unassign_user
from warehouse.operations.shift_holders import (
    cancel_override,
    override_assignment,
    swap_assignments,
)
from warehouse.operations.shifts import cancel_shift, draw_shift, move_shift
from warehouse.rules.wall_time import Window
from warehouse.schema.alerting import Notification
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Role

STARTS = datetime(2013, 3, 9, 12)  # noqa: DTZ001 - a wall time; New York changes its clocks that night
ZONES = ("America/New_York", "Australia/Lord_Howe", "UTC")
INSTANT = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
PEOPLE = 3
ALWAYS = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass
class ModelOverride:
    user: int
    during: tuple[datetime, datetime] | None
    made_at: datetime
    ended_at: datetime = ALWAYS


@dataclass
class ModelAssignment:
    """One assignment as a person would keep it on paper."""

    user: int
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    ended_at: datetime = ALWAYS
    overrides: list[ModelOverride] = field(default_factory=list)

    def holders(self, at: datetime) -> list[int]:
        if not (self.starts_at <= at < self.ends_at and self.made_at <= at < self.ended_at):
            return []
        standing_in = [
            each.user
            for each in self.overrides
            if each.made_at <= at < each.ended_at
            and (each.during is None or each.during[0] <= at < each.during[1])
        ]
        return standing_in or [self.user]

    def edges(self) -> set[datetime]:
        edges = {self.starts_at, self.ends_at, self.made_at, self.ended_at}
        for each in self.overrides:
            edges |= {each.made_at, each.ended_at, *(each.during or ())}
        return edges - {ALWAYS}


def edges_of(plan: list[ModelAssignment]) -> list[datetime]:
    return sorted(set().union(*(each.edges() for each in plan)) if plan else ())


def is_possible(plan: list[ModelAssignment]) -> bool:
    """Whether nobody is in two places, and nobody has two stand-ins, at any edge."""
    for at in edges_of(plan):
        held = [each.holders(at) for each in plan]
        users = [user for holders in held for user in holders]
        if len(users) != len(set(users)) or any(len(holders) > 1 for holders in held):
            return False
    return True


class _Undone(Exception):
    """Ends an example, whose transaction is rolled back."""


class Desk:
    """The real desk and the model of it, changed together."""

    def __init__(self, session) -> None:
        self.session = session
        self.version = make_policy_version(session).policy_version_id
        make_policy_step(session, policy_version_id=self.version)
        self.users = [make_user(session).user_id for _ in range(PEOPLE)]
        self.plan: list[ModelAssignment] = []
        self.shift_ids: list[int] = []
        self.assignment_ids: list[int] = []
        self.override_ids: list[tuple[int, int]] = []

    def change(self, act, attempt) -> None:
        """Do it to both; where the model has no room for it, the desk must refuse."""
        kept = [ModelAssignment(**vars(each)) for each in self.plan]
        for each, copy in zip(self.plan, kept, strict=True):
            copy.overrides = [ModelOverride(**vars(override)) for override in each.overrides]
        attempt()
        try:
            with self.session.begin_nested():
                made = act()
        except WarehouseRefused:
            assert not is_possible(self.plan)
            self.plan = kept
            return
        assert is_possible(self.plan)
        if made is not None:
            made()

    def draw(self, user: int, wall: datetime, length: timedelta, zone: str, at: datetime) -> None:
        starts, ends = (
            each.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for each in (wall, wall + length)
        )
        if ends <= max(starts, at):
            return

        def act():
            window = Window(starts, ends, zone)
            name = f"Shift {len(self.shift_ids)}"
            shift_id = draw_shift(self.session, SYSTEM, name=name, window=window, at=at)
            assignment_id = assign_user(
                self.session,
                SYSTEM,
                shift_id,
                user_id=self.users[user],
                role=Role.AGENT,
                at=at,
            )
            return lambda: (
                self.shift_ids.append(shift_id),
                self.assignment_ids.append(assignment_id),
            )

        new = ModelAssignment(user, starts, ends, at)
        self.change(act, lambda: self.plan.append(new))

    def move(self, number: int, by: timedelta, at: datetime) -> None:
        one = self.plan[number]
        starts, ends = one.starts_at + by, one.ends_at + by
        if starts < at or one.starts_at <= at or one.ended_at != ALWAYS:
            return

        def act():
            window = Window(starts, ends, "UTC")
            move_shift(self.session, SYSTEM, self.shift_ids[number], window=window, at=at)

        def attempt():
            one.starts_at, one.ends_at = starts, ends

        self.change(act, attempt)

    def stand_in(self, number: int, user: int, part: tuple[int, int] | None, at: datetime) -> None:
        one = self.plan[number]
        if one.user == user or one.ended_at != ALWAYS or one.ends_at <= at:
            return
        during = None
        if part is not None:
            from_at, until_at = (one.starts_at + minutes * MINUTE for minutes in part)
            during = (max(from_at, one.starts_at, at), min(until_at, one.ends_at))
            if during[0] >= during[1]:
                return

        def act():
            made = override_assignment(
                self.session,
                SYSTEM,
                self.assignment_ids[number],
                user_id=self.users[user],
                during=during,
                at=at,
            )
            return lambda: self.override_ids.append((number, made))

        self.change(act, lambda: one.overrides.append(ModelOverride(user, during, at)))

    def give_back(self, which: int, at: datetime) -> None:
        number, override_id = self.override_ids[which]
        one = self.plan[number]
        place = [n for n, _ in self.override_ids[:which]].count(number)
        override = one.overrides[place]
        ends_at = override.during[1] if override.during else one.ends_at
        if override.ended_at != ALWAYS or ends_at <= at or one.ended_at != ALWAYS:
            return
        if one.ends_at <= at:
            return

        def attempt():
            override.ended_at = at

        self.change(lambda: cancel_override(self.session, SYSTEM, override_id, at=at), attempt)

    def swap(self, first: int, second: int, at: datetime) -> None:
        one, other = self.plan[first], self.plan[second]
        if one.user == other.user or first == second:
            return
        if any(each.starts_at <= at or each.ended_at != ALWAYS for each in (one, other)):
            return

        def act():
            ids = (self.assignment_ids[first], self.assignment_ids[second])
            swap_assignments(self.session, SYSTEM, *ids, at=at)

        def attempt():
            one.user, other.user = other.user, one.user

        self.change(act, attempt)

    def end(self, number: int, whole: bool, at: datetime) -> None:
        one = self.plan[number]
        if one.ended_at != ALWAYS or one.ends_at <= at:
            return

        def act():
            if whole:
                cancel_shift(self.session, SYSTEM, self.shift_ids[number], at=at)
            else:
                unassign_user(self.session, SYSTEM, self.assignment_ids[number], at=at)

        def attempt():
            one.ended_at = at

        self.change(act, attempt)

    def paged(self, at: datetime) -> set[int] | None:
        """Let an alert escalate at an instant, and say whom it paged; None for the catch-all."""
        alert = make_alert(
            self.session, policy_version_id=self.version, next_escalation_at=at, raised_at=at
        )
        escalate_due_alerts(self.session, at=at)
        pages = self.session.scalars(
            select(Notification.recipient_user_id).where(Notification.alert_id == alert.alert_id)
        )
        users = set(pages)
        return users if users <= set(self.users) else None


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_whoever_holds_the_shift_when_an_alert_escalates_is_paged(database: str, data) -> None:
    try:
        with transaction(Access.OWNER) as session:
            desk = Desk(session)
            _live_through(desk, data)
            _compare(desk, data)
            raise _Undone
    except _Undone:
        pass


def _live_through(desk: Desk, data) -> None:
    at = STARTS.replace(tzinfo=UTC) - timedelta(days=1)
    user = st.integers(0, PEOPLE - 1)
    for _ in range(data.draw(st.integers(3, 9), "changes")):
        at += data.draw(st.integers(0, 8), "hours later") * timedelta(hours=1)
        number = st.integers(0, max(0, len(desk.plan) - 1))
        kinds = ["draw"] if not desk.plan else ["draw", "draw", "move", "in", "in", "swap", "end"]
        kind = data.draw(st.sampled_from([*kinds, *(["back"] * bool(desk.override_ids))]), "kind")
        if kind == "draw":
            wall = STARTS + data.draw(st.integers(0, 96), "half hours") * timedelta(minutes=30)
            length = data.draw(st.integers(1, 24), "length") * timedelta(minutes=30)
            zone = data.draw(st.sampled_from(ZONES), "zone")
            desk.draw(data.draw(user, "user"), wall, length, zone, at)
        elif kind == "move":
            by = data.draw(st.integers(-12, 12), "by") * timedelta(minutes=30)
            desk.move(data.draw(number, "of"), by, at)
        elif kind == "in":
            span = st.tuples(st.integers(-60, 600), st.integers(0, 720))
            part = data.draw(st.none() | span, "part")
            desk.stand_in(data.draw(number, "of"), data.draw(user, "user"), part, at)
        elif kind == "back":
            desk.give_back(data.draw(st.integers(0, len(desk.override_ids) - 1), "which"), at)
        elif kind == "swap":
            desk.swap(data.draw(number, "first"), data.draw(number, "second"), at)
        else:
            desk.end(data.draw(number, "of"), data.draw(st.booleans(), "whole"), at)


def _compare(desk: Desk, data) -> None:
    edges = edges_of(desk.plan)
    middles = [one + (other - one) / 2 for one, other in pairwise(edges)]
    instants = sorted({*edges, *middles, *(edge - INSTANT for edge in edges)})
    chosen = (
        data.draw(st.lists(st.sampled_from(instants), max_size=12, unique=True)) if instants else []
    )
    for at in sorted(chosen):
        holders = {desk.users[user] for each in desk.plan for user in each.holders(at)}
        assert desk.paged(at) == (holders or None)
