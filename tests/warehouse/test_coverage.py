"""Whether the days ahead are covered: gaps told with what is missing and what to do."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from tests.factories.defaults import STORM_AT
from tests.factories.policy import make_policy_step, make_policy_version
from tests.factories.shift import HOUR, NEW_YORK, hours, put_on_shift
from tests.factories.user import make_user, verify_phone
from warehouse.operations.shift_holders import override_assignment
from warehouse.queries.coverage import check_coverage
from warehouse.queries.verified_contacts import list_verified_channels
from warehouse.rules.coverage import Need, Person, Presence, alike, gaps_of
from warehouse.schema.people import User
from warehouse.session import Access, transaction
from warehouse.vocabulary import SYSTEM, Channel, Role, Severity, UserId

EMAIL, SMS = Channel.EMAIL, Channel.SMS
ALL = tuple(Severity)
DAY = 24 * HOUR


def person(number: int, *channels: Channel, is_active: bool = True) -> Person:
    return Person(UserId(number), f"P{number}", is_active, frozenset(channels))


def on(number: int, start: float, end: float, role: Role = Role.AGENT) -> Presence:
    return Presence(UserId(number), role, STORM_AT + start * HOUR, STORM_AT + end * HOUR)


def found(
    presences, people, channels=(EMAIL,), until: float = 24
) -> list[tuple[float, float, str]]:
    need = Need(1, ALL, Role.AGENT, None, channels)
    ends_at = STORM_AT + until * HOUR
    gaps = gaps_of([need], presences, people, starts_at=STORM_AT, ends_at=ends_at)
    return [
        ((gap.starts_at - STORM_AT) / HOUR, (gap.ends_at - STORM_AT) / HOUR, gap.missing)
        for gap in gaps
    ]


NOBODY = "no agent is on shift"


@pytest.mark.parametrize(
    ("presences", "gaps"),
    [
        ([on(1, -8, 12), on(2, 12, 30)], []),
        ([on(1, 0, 12), on(2, 13, 24)], [(12, 13, NOBODY)]),
        ([on(1, 2, 12)], [(0, 2, NOBODY), (12, 24, NOBODY)]),
        ([], [(0, 24, NOBODY)]),
        ([on(1, 0, 24, Role.MANAGER)], [(0, 24, NOBODY)]),
        ([on(3, 0, 24)], [(0, 24, NOBODY)]),
        ([on(4, 0, 12), on(1, 12, 24)], [(0, 12, "P4 has no verified e-mail address")]),
        ([on(4, 0, 24), on(1, 6, 24)], [(0, 6, "P4 has no verified e-mail address")]),
    ],
)
def test_a_gap_is_where_nobody_who_can_be_reached_is_on_shift(presences, gaps) -> None:
    people = [person(1, EMAIL), person(2, EMAIL), person(3, EMAIL, is_active=False), person(4)]
    assert found(presences, people) == gaps


def test_one_person_has_to_have_every_channel_of_the_step() -> None:
    people = [person(1, EMAIL), person(2, EMAIL, SMS)]
    presences = [on(1, 0, 24), on(2, 8, 16)]
    wanted = "P1 has no verified phone"
    assert found(presences, people, (EMAIL, SMS)) == [(0, 8, wanted), (16, 24, wanted)]


def test_gaps_that_are_alike_are_told_together() -> None:
    need = Need(2, ALL, Role.MANAGER, None, (EMAIL,))
    days = [on(1, 24 * n, 24 * n + 12, Role.MANAGER) for n in range(3)]
    gaps = gaps_of([need], days, [person(1, EMAIL)], starts_at=STORM_AT, ends_at=STORM_AT + 3 * DAY)
    ((first, *rest),) = alike(gaps)
    assert len(rest) == 2
    assert first.sentence(NEW_YORK) == (
        "Tue 10 Dec 18:00 EST to Wed 11 Dec 06:00 EST: no manager is on shift (step 2). "
        "Assign a manager, or let somebody stand in."
    )


PRESENCES = st.builds(
    lambda number, start, length: on(number, start, start + length),
    st.integers(1, 3),
    st.integers(-5, 25),
    st.integers(1, 12),
)


@given(st.lists(PRESENCES, max_size=8), st.integers(0, 23))
def test_every_hour_is_in_a_gap_or_has_somebody(presences: list[Presence], hour: int) -> None:
    people = [person(1, EMAIL), person(2), person(3, EMAIL, SMS)]
    at = STORM_AT + (hour + 0.5) * HOUR
    reached = any(p.user_id != 2 and p.starts_at <= at < p.ends_at for p in presences)
    in_gap = any(start <= hour + 0.5 < end for start, end, _ in found(presences, people))
    assert in_gap is not reached


class TestDesk:
    @pytest.fixture
    def session(self, database: str):
        with transaction(Access.OWNER) as opened:
            yield opened

    @pytest.fixture
    def catch_all(self, session) -> int:
        """Publish a ladder: the agents on shift by e-mail, then one user by e-mail and SMS."""
        version = make_policy_version(session)
        make_policy_step(session, policy_version_id=version.policy_version_id)
        make_policy_step(
            session,
            policy_version_id=version.policy_version_id,
            level=2,
            target="user",
            role=None,
            user_id=version.catch_all_user_id,
            channels=["email", "sms"],
        )
        return version.catch_all_user_id

    def told(self, session, **options) -> list[str]:
        coverage = check_coverage(session, at=STORM_AT, **options)
        return [f"{gap.step}: {gap.missing}" for gap in coverage.gaps]

    def test_the_next_fourteen_days_are_looked_at(self, session, catch_all: int) -> None:
        verify_phone(session, catch_all)
        put_on_shift(session, hours(0, 24))
        coverage = check_coverage(session, at=STORM_AT)
        (gap,) = coverage.gaps
        assert (gap.starts_at, gap.ends_at) == (STORM_AT + DAY, STORM_AT + 14 * DAY)
        assert coverage.sentence(NEW_YORK).startswith(
            "1 gap in the next 14 days. First: Wed 11 Dec"
        )

    def test_a_covered_desk_says_so(self, session, catch_all: int) -> None:
        verify_phone(session, catch_all)
        put_on_shift(session, hours(0, 30))
        coverage = check_coverage(session, at=STORM_AT, ahead=DAY)
        assert coverage.is_complete
        assert "reaches somebody for the next 1 days" in coverage.sentence(NEW_YORK)

    def test_a_contact_nobody_verified_is_none(self, session, catch_all: int) -> None:
        name = session.get_one(User, catch_all).display_name
        mara = make_user(session, display_name="Mara", email_verified_at=None)
        put_on_shift(session, hours(0, 30), user_id=mara.user_id)
        assert self.told(session, ahead=DAY) == [
            "Step 1: Mara has no verified e-mail address",
            f"Step 2: {name} has no verified phone",
        ]

    def test_a_stand_in_counts_and_not_whom_they_stand_in_for(self, session, catch_all) -> None:
        verify_phone(session, catch_all)
        mara = make_user(session, email_verified_at=None)
        assignment_id = put_on_shift(session, hours(0, 30), user_id=mara.user_id)
        ben = make_user(session).user_id
        override_assignment(
            session, SYSTEM, assignment_id, user_id=ben, during=None, at=STORM_AT - HOUR
        )
        assert self.told(session, ahead=DAY) == []

    def test_a_disabled_catch_all_is_a_gap(self, session, catch_all: int) -> None:
        put_on_shift(session, hours(0, 30))
        person = session.get_one(User, catch_all)
        # Operation and Postgres refuse it; a database from before they did may hold it.
        session.execute(text('ALTER TABLE people."user" DISABLE TRIGGER catch_all_stays'))
        person.is_active = False
        session.flush()
        name = person.display_name
        told = self.told(session, ahead=DAY)
        assert told == [f"Step 2: {name} is disabled", f"The catch-all: {name} is disabled"]

    def test_without_a_policy_nobody_is_reached_at_all(self, session) -> None:
        assert self.told(session) == ["Step 1: no escalation policy is in force"]

    def test_verified_is_what_has_an_instant(self, session) -> None:
        at = datetime(2013, 1, 1, tzinfo=UTC)
        both = make_user(session, phone="+1", phone_verified_at=at).user_id
        none = make_user(session, phone="+2", email_verified_at=None).user_id
        assert list_verified_channels(session, [both, none]) == {both: {EMAIL, SMS}, none: set()}
