"""A booking no supplier answers for becomes a person's: raised once, settled by their word."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.factories.accepted_fallback import SilentSupplier, make_silent_booking
from tests.factories.defaults import STORM_AT
from warehouse.errors import PermissionRefused
from warehouse.operations.fallback_bookings import (
    book_accepted,
)
from warehouse.operations.unsettled_bookings import ask_people_about_bookings, settle_booking
from warehouse.queries.booking_attempts import count_bookings_due
from warehouse.queries.inventory import ledger_mismatches
from warehouse.schema.alerting import Alert
from warehouse.schema.fallbacks import FallbackAction
from warehouse.session import transaction
from warehouse.vocabulary import Actor, FallbackActionId, Role, UserId

AGENT = Actor(UserId(1), username="agent", roles=frozenset({Role.AGENT}))
ANALYST = Actor(UserId(1), username="analyst", roles=frozenset({Role.ANALYST}))


@pytest.fixture
def silent(database: str) -> FallbackActionId:
    return make_silent_booking()


def _ask(minutes: int) -> int:
    with transaction() as session:
        return ask_people_about_bookings(session, at=STORM_AT + timedelta(minutes=minutes))


def _due(minutes: int) -> int:
    with transaction() as session:
        return count_bookings_due(session, at=STORM_AT + timedelta(minutes=minutes))


def _settle(action_id: FallbackActionId, supplier_ref: str | None, **changes: object) -> str:
    said = {"actor": AGENT, "reason": "called the hotel", "minutes": 20} | changes
    with transaction() as session:
        settled = settle_booking(
            session,
            said["actor"],  # type: ignore[arg-type]
            action_id,
            supplier_ref=supplier_ref,
            reason=str(said["reason"]),
            at=STORM_AT + timedelta(minutes=said["minutes"]),  # type: ignore[arg-type]
        )
    return f"{settled.result}: {settled.message}"


def _desk_alerts() -> list[Alert]:
    with transaction() as session:
        assert ledger_mismatches(session) == []
        return list(session.scalars(select(Alert).where(Alert.kind == "desk")))


def _statuses() -> list[str]:
    with transaction() as session:
        ordered = select(FallbackAction.status).order_by(FallbackAction.fallback_action_id)
        return list(session.scalars(ordered))


def test_silence_becomes_one_alert_that_climbs_the_ladder(silent: FallbackActionId) -> None:
    assert _ask(14) == 0
    assert [_ask(15), _ask(16)] == [1, 0]
    [alert] = _desk_alerts()
    assert alert.headline.startswith("Nobody knows whether ")
    assert ": call the hotel, then settle it on alert " in alert.headline
    assert alert.severity == "high"
    assert alert.next_escalation_at == STORM_AT + timedelta(minutes=15)


def test_suppliers_are_asked_until_a_person_is_and_nothing_is_sent_after(
    silent: FallbackActionId,
) -> None:
    assert [_due(1), _due(14), _due(15)] == [1, 1, 0]
    supplier = SilentSupplier()
    for minutes in (1, 10, 20, 600):
        book_accepted(transaction, supplier, at=STORM_AT + timedelta(minutes=minutes))
    assert supplier.orders == 0
    assert _statuses() == ["booking", "proposed"]


def test_a_booking_that_exists_is_settled_under_its_reference(silent: FallbackActionId) -> None:
    _ask(15)
    assert _settle(silent, " REF-9 ") == "applied: Booked as REF-9."
    assert _statuses() == ["booked", "proposed"]
    assert [alert.status for alert in _desk_alerts()] == ["closed"]
    assert _settle(silent, None) == "no_op: It is booked already."
    assert _ask(30) == 0


def test_a_booking_that_does_not_exist_frees_its_room_for_the_next(
    silent: FallbackActionId,
) -> None:
    _ask(15)
    assert _settle(silent, None) == "applied: Not booked: its rooms are free again."
    assert _statuses() == ["failed", "held"]
    assert [alert.status for alert in _desk_alerts()] == ["closed"]


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"minutes": 5}, "refused: It is still being booked: wait for the supplier."),
        ({"reason": " "}, "refused: Say how you know, such as whom you called."),
    ],
)
def test_what_cannot_be_settled_yet_says_why(
    silent: FallbackActionId, changes: dict[str, object], answer: str
) -> None:
    assert _settle(silent, "REF-9", **changes) == answer
    assert _statuses() == ["booking", "proposed"]


def test_only_who_responds_to_alerts_settles(silent: FallbackActionId) -> None:
    with pytest.raises(PermissionRefused):
        _settle(silent, None, actor=ANALYST)
