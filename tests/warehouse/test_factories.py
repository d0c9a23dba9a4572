"""Every factory inserts a row that Postgres accepts, with whatever it stands on."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.airport import make_airport, make_carrier
from tests.factories.alert import (
    make_acknowledgement,
    make_affected_booking,
    make_alert,
    make_escalation,
)
from tests.factories.booking import make_booking, make_leg, make_stay
from tests.factories.fallback import make_fallback_action
from tests.factories.flight import make_cancelled_flight, make_flight
from tests.factories.hotel import make_hotel, make_room_night
from tests.factories.policy import make_alert_policy, make_policy_step
from tests.factories.traveller import make_traveller
from tests.factories.user import make_shift_assignment, make_user
from warehouse.session import Access, transaction

FACTORIES = (
    make_acknowledgement,
    make_affected_booking,
    make_airport,
    make_alert,
    make_alert_policy,
    make_booking,
    make_cancelled_flight,
    make_carrier,
    make_escalation,
    make_fallback_action,
    make_flight,
    make_hotel,
    make_leg,
    make_policy_step,
    make_room_night,
    make_shift_assignment,
    make_stay,
    make_traveller,
    make_user,
)


def test_every_factory_makes_a_row_that_postgres_accepts(database: str) -> None:
    with transaction(Access.OWNER) as session:
        made: list[Any] = [_make(session) for _make in FACTORIES]
    assert all(made)


@pytest.mark.parametrize("make", [make_flight, make_booking, make_alert, make_user, make_hotel])
def test_a_factory_makes_another_row_each_time(database: str, make: Callable[..., Any]) -> None:
    with transaction(Access.OWNER) as session:
        assert make(session) is not make(session)
