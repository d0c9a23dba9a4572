"""Set the replayed desk up: its people, their shifts and its policies, through the operations."""

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from stormdesk.cast import CATCH_ALL, DESK, TIME_ZONE, Colleague, shift_windows
from warehouse.operations.alert_policies import FallbackLimits, publish_alert_policy
from warehouse.operations.clock import found_database
from warehouse.operations.people import add_user
from warehouse.operations.policies import publish_escalation_policy
from warehouse.operations.shift_assignments import assign_shift
from warehouse.queries.clock import read_clock
from warehouse.queries.people import find_actor
from warehouse.rules.escalation_policy import LadderStep
from warehouse.rules.severity import Stakes
from warehouse.rules.wall_time import Window
from warehouse.vocabulary import (
    SYSTEM,
    Channel,
    FallbackKind,
    Role,
    Severity,
    StepTarget,
    UserId,
)

OPENED_AT = datetime(2013, 1, 1, tzinfo=UTC)
STAKES = Stakes(
    alert_cost_minor_units=2_000, loss_per_traveller_minor_units=40_000, avoidable_share=0.4
)
LIMITS = FallbackLimits(hold_minutes=60, price_cap_minor_units=35_000, distance_cap_km=25.0)
RESTS_MINUTES = 480
REPEAT_COUNT = 3
"""An alert of a day ahead is asked about again in every shift until its flight leaves."""
ACK_TIMEOUT_MINUTES = {
    Severity.CRITICAL: 180,
    Severity.HIGH: 360,
    Severity.MEDIUM: 720,
    Severity.LOW: 1440,
}


def open_desk(session: Session) -> None:
    """Found the replay database and staff it; a desk that is open already is left alone.

    Parameters
    ----------
    session:
        Transaction of the owner.
    """
    if find_actor(session, CATCH_ALL) is not None:
        return
    found_database(session, is_replay=True, at=read_clock(session).server_at)
    users = {colleague.username: _hire(session, colleague) for colleague in DESK}
    publish_alert_policy(
        session, SYSTEM, stakes=STAKES, currency="USD", limits=LIMITS, at=OPENED_AT
    )
    publish_escalation_policy(
        session,
        SYSTEM,
        name="Flight disruption",
        steps=_ladder(users[CATCH_ALL]),
        repeat_count=REPEAT_COUNT,
        catch_all_user_id=users[CATCH_ALL],
        ack_timeout_minutes=ACK_TIMEOUT_MINUTES,
        reopens_on_severity_rise=True,
        at=OPENED_AT,
    )


def _hire(session: Session, colleague: Colleague) -> UserId:
    user_id = add_user(
        session,
        SYSTEM,
        username=colleague.username,
        display_name=colleague.display_name,
        email=colleague.email,
        roles={colleague.role},
        password_hash=None,
        time_zone=TIME_ZONE,
        at=OPENED_AT,
    )
    for starts_at, ends_at in shift_windows(colleague):
        assign_shift(
            session,
            SYSTEM,
            name=f"{colleague.role.value.title()} from {starts_at:%H:%M}",
            window=Window(starts_at.astimezone(UTC), ends_at.astimezone(UTC), TIME_ZONE),
            user_id=user_id,
            role=colleague.role,
            at=OPENED_AT,
        )
    return user_id


def _ladder(catch_all: UserId) -> list[LadderStep]:
    """Page the agents at once, then the managers and the catch-all; rest, and start over."""
    email = (Channel.EMAIL,)
    hotel = FallbackKind.ALTERNATIVE_HOTEL
    return [
        LadderStep(1, RESTS_MINUTES, StepTarget.ON_SHIFT, Role.AGENT, None, email, None),
        LadderStep(2, 15, StepTarget.ON_SHIFT, Role.MANAGER, None, email, hotel),
        LadderStep(3, 30, StepTarget.USER, None, catch_all, email, None),
    ]
