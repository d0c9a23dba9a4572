"""The pure rules of alerts: lifecycle, severity, ladder, delivery."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.errors import PermissionRefused, TransitionRefused
from warehouse.rules.alert_lifecycle import NEXT_STATUS, Step, flight_dedup_key, next_status
from warehouse.rules.delivery import retry_after
from warehouse.rules.escalation_policy import (
    Ladder,
    LadderStep,
    Position,
    due_after,
    position_after,
)
from warehouse.rules.permissions import ALLOWED, may, require
from warehouse.rules.severity import Stakes, alert_threshold, highest, is_cleared, severity
from warehouse.vocabulary import (
    SYSTEM,
    Actor,
    AlertBasis,
    AlertStatus,
    Permission,
    Role,
    Severity,
    StepTarget,
    UserId,
)

AT = datetime(2013, 12, 10, 11, tzinfo=UTC)
STAKES = Stakes(2_000, 40_000, 0.4)


def ladder(*delays: int, repeat_count: int = 0) -> Ladder:
    steps = tuple(
        LadderStep(level, delay, StepTarget.ON_SHIFT, Role.AGENT, None, (), None)
        for level, delay in enumerate(delays, start=1)
    )
    return Ladder(1, steps, repeat_count, UserId(1))


@pytest.mark.parametrize("step", Step)
def test_a_closed_alert_takes_no_step(step: Step) -> None:
    with pytest.raises(TransitionRefused):
        next_status(AlertStatus.CLOSED, step)


def test_every_live_status_can_close() -> None:
    for status in set(AlertStatus) - {AlertStatus.CLOSED}:
        assert next_status(status, Step.CLOSE) is AlertStatus.CLOSED
    assert all(status is not AlertStatus.CLOSED for status, _ in NEXT_STATUS)


def test_identity_is_carrier_number_origin_and_date() -> None:
    key = flight_dedup_key("B6", "615", "JFK", AT.date())
    assert key == "v1:flight:B6615:JFK:2013-12-10"


def test_the_threshold_is_cost_over_avoidable_loss() -> None:
    assert alert_threshold(STAKES) == pytest.approx(0.125)
    assert is_cleared(0.06, STAKES)
    assert not is_cleared(0.0625, STAKES)


@given(
    st.sampled_from(AlertBasis),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(-5, 48),
    st.integers(1, 40),
)
def test_severity_never_falls_as_probability_rises(
    basis: AlertBasis, one: float, other: float, hours: float, travellers: int
) -> None:
    low, high = sorted((one, other))
    grades = [
        severity(basis, probability=p, hours_to_departure=hours, travellers=travellers).rank
        for p in (low, high)
    ]
    assert grades[0] <= grades[1]


def test_only_what_was_reported_is_critical() -> None:
    kwargs = {"probability": 1.0, "hours_to_departure": 1.0, "travellers": 30}
    assert severity(AlertBasis.PREDICTED, **kwargs) is Severity.HIGH
    assert severity(AlertBasis.REPORTED, **kwargs) is Severity.CRITICAL
    assert highest(Severity.LOW, Severity.HIGH) is Severity.HIGH


@given(st.lists(st.integers(0, 60), min_size=1, max_size=6), st.integers(0, 3))
def test_the_ladder_always_ends(delays: list[int], repeat_count: int) -> None:
    climbing = ladder(*delays, repeat_count=repeat_count)
    position: Position | None = Position(0, 0)
    rungs = 0
    while position is not None and (position := position_after(climbing, position)):
        rungs += 1
    assert rungs == len(delays) * (repeat_count + 1)


def test_the_next_rung_is_due_after_its_own_delay() -> None:
    assert due_after(ladder(0, 15), Position(1, 0), at=AT) == AT + timedelta(minutes=15)
    assert due_after(ladder(0, 15), Position(2, 0), at=AT) is None


def test_pauses_double_and_spread() -> None:
    assert retry_after(1) == timedelta(seconds=5)
    assert retry_after(3) == timedelta(seconds=20)
    assert retry_after(1, asked_seconds=120) == timedelta(seconds=120)
    assert retry_after(1, spread_by=5) > retry_after(1)
    assert retry_after(30) == timedelta(seconds=900)


def test_the_matrix_is_the_products() -> None:
    assert ALLOWED[Role.CUSTOMER] == {Permission.SEE_OWN_TRIPS, Permission.SEE_OWN_AUDIT}
    assert Permission.SEE_PERSONAL_DATA not in ALLOWED[Role.ANALYST]
    assert Permission.RESPOND not in ALLOWED[Role.ANALYST]
    assert Permission.APPROVE not in ALLOWED[Role.AGENT]
    assert Permission.ADMINISTER in ALLOWED[Role.ADMIN]
    assert all(Permission.ADMINISTER not in ALLOWED[role] for role in set(Role) - {Role.ADMIN})


def test_a_role_that_may_not_is_refused_and_the_system_may() -> None:
    customer = Actor(UserId(1), "ada", frozenset({Role.CUSTOMER}))
    with pytest.raises(PermissionRefused, match="ada may not respond"):
        require(customer, Permission.RESPOND)
    assert may(SYSTEM, Permission.RESPOND)
