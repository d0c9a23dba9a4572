"""From hold to answer: who may offer, who may answer, and what each does to the rooms."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.factories.alert import make_affected_booking
from tests.factories.booking import make_booking, make_leg
from tests.factories.defaults import STORM_AT
from tests.factories.fallback import make_fallback_action
from tests.factories.hotel import make_room_night
from tests.factories.policy import make_alert_policy
from tests.factories.traveller import make_traveller
from tests.factories.user import make_actor
from warehouse.errors import NotFound, PermissionRefused
from warehouse.operations.fallback_holds import hold_fallback
from warehouse.operations.fallback_offers import (
    accept_fallback,
    decline_fallback,
    offer_fallback,
)
from warehouse.operations.fallback_steps import FallbackOutcome
from warehouse.operations.fallbacks import expire_holds
from warehouse.queries.fallbacks import list_fallbacks, list_offers_of_traveller
from warehouse.queries.inventory import ledger_mismatches
from warehouse.schema.alerting import AffectedBooking, Alert, Notification
from warehouse.schema.audit import Entry
from warehouse.schema.fallbacks import FallbackAction
from warehouse.schema.inventory import RoomNight
from warehouse.session import Access, transaction
from warehouse.vocabulary import Actor, AlertId, FallbackActionId, FallbackStatus, Role

HALF_AN_HOUR = timedelta(minutes=30)


@dataclass(frozen=True)
class Case:
    """A stranded booking with two proposals, an agent, a manager, its customer and a stranger."""

    alert_id: AlertId
    first: FallbackActionId
    second: FallbackActionId
    agent: Actor
    manager: Actor
    customer: Actor
    stranger: Actor


@pytest.fixture
def case(database: str) -> Case:
    with transaction(Access.OWNER) as session:
        make_alert_policy(session)
        traveller = make_traveller(session)
        booking = make_booking(session, travellers=[traveller])
        leg = make_leg(session, booking_id=booking.booking_id)
        touched = make_affected_booking(session, leg_id=leg.leg_id)
        first = _proposal(session, touched, rank=1)
        second = _proposal(session, touched, rank=2)
        stranger = make_traveller(session)
        return Case(
            alert_id=AlertId(touched.alert_id),
            first=first,
            second=second,
            agent=make_actor(session, Role.AGENT),
            manager=make_actor(session, Role.MANAGER),
            customer=make_actor(session, Role.CUSTOMER, traveller_id=traveller.traveller_id),
            stranger=make_actor(session, Role.CUSTOMER, traveller_id=stranger.traveller_id),
        )


def _proposal(session: Session, touched: AffectedBooking, **overrides: object) -> FallbackActionId:
    hotel_id = make_room_night(session, reported_total=1).hotel_id
    action = make_fallback_action(
        session,
        alert_id=touched.alert_id,
        booking_id=touched.booking_id,
        leg_id=touched.leg_id,
        hotel_id=hotel_id,
        **overrides,
    )
    return FallbackActionId(action.fallback_action_id)


def _offer(
    actor: Actor, action_id: FallbackActionId, *, at: datetime = STORM_AT
) -> FallbackOutcome:
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        return offer_fallback(session, actor, action_id, at=at)


def _answer(
    actor: Actor,
    action_id: FallbackActionId,
    *,
    accepts: bool = True,
    at: datetime = STORM_AT,
    reason: str | None = None,
) -> FallbackOutcome:
    answer = accept_fallback if accepts else decline_fallback
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        return answer(session, actor, action_id, at=at, reason=reason)


def _status(action_id: FallbackActionId) -> str:
    with transaction() as session:
        return session.get_one(FallbackAction, action_id).status


def _rooms_taken() -> int:
    with transaction() as session:
        assert ledger_mismatches(session) == []
        return sum(session.scalars(select(RoomNight.allocated)))


def _tags(action_id: FallbackActionId) -> list[str]:
    with transaction() as session:
        entries = select(Entry.tag).where(
            Entry.noun == "fallback_action", Entry.noun_id == action_id
        )
        return list(session.scalars(entries.order_by(Entry.entry_id)))


def test_an_offer_holds_the_room_and_writes_to_the_lead_traveller(case: Case) -> None:
    assert _offer(case.agent, case.first).result == "applied"
    with transaction() as session:
        action = session.get_one(FallbackAction, case.first)
        letter = session.scalars(select(Notification)).one()
    assert (action.status, action.hold_expires_at) == ("offered", STORM_AT + HALF_AN_HOUR)
    assert (letter.kind, letter.channel, letter.status) == ("offer", "email", "pending")
    assert letter.recipient_traveller_id == case.customer.traveller_id
    assert _rooms_taken() == 1
    assert _tags(case.first) == ["fallback.held", "fallback.offered"]


def test_offering_twice_is_offering_once(case: Case) -> None:
    _offer(case.agent, case.first)
    assert _offer(case.agent, case.first).result == "no_op"
    with transaction() as session:
        assert len(session.scalars(select(Notification)).all()) == 1


def test_holding_another_hotel_gives_the_first_one_back(case: Case) -> None:
    _offer(case.agent, case.first)
    with transaction(Access.DASHBOARD, on_behalf_of=case.agent) as session:
        assert hold_fallback(session, case.agent, case.second, at=STORM_AT).result == "applied"
    assert (_status(case.first), _status(case.second)) == ("superseded", "held")
    assert _rooms_taken() == 1
    with transaction() as session:
        assert session.scalars(select(Notification.status)).one() == "cancelled"


def test_where_the_other_hotel_is_full_what_is_held_stays_held(case: Case) -> None:
    _offer(case.agent, case.first)
    with transaction(Access.OWNER) as session:
        wanted = session.get_one(FallbackAction, case.second).hotel_id
        session.execute(
            update(RoomNight).where(RoomNight.hotel_id == wanted).values(reported_total=0, total=0)
        )
    refused = _offer(case.agent, case.second)
    assert refused.result == "refused"
    assert "no standard room free" in refused.message
    assert (_status(case.first), _status(case.second)) == ("offered", "proposed")
    assert _rooms_taken() == 1


def test_a_second_live_fallback_for_the_same_leg_is_refused_by_postgres(case: Case) -> None:
    _offer(case.agent, case.first)
    with (
        pytest.raises(DBAPIError, match="uq_fallback_action_live"),
        transaction(Access.OWNER) as session,
    ):
        session.execute(
            update(FallbackAction)
            .where(FallbackAction.fallback_action_id == case.second)
            .values(status="held", hold_expires_at=STORM_AT)
        )


def test_above_the_price_cap_a_manager_approves_and_an_agent_may_not(case: Case) -> None:
    with transaction(Access.OWNER) as session:
        session.get_one(FallbackAction, case.first).requires_approval = True
    with pytest.raises(PermissionRefused):
        _offer(case.agent, case.first)
    assert _offer(case.manager, case.first).result == "applied"
    with transaction() as session:
        approver = session.get_one(FallbackAction, case.first).approved_by
    assert approver == case.manager.user_id


def test_a_price_that_rose_is_adopted_and_offered_only_when_asked_again(case: Case) -> None:
    with transaction(Access.OWNER) as session:
        hotel_id = session.get_one(FallbackAction, case.first).hotel_id
        session.execute(
            update(RoomNight).where(RoomNight.hotel_id == hotel_id).values(price_minor_units=19_000)
        )
    refused = _offer(case.agent, case.first)
    assert refused.result == "refused"
    assert "120.00 USD to 190.00 USD" in refused.message
    assert _offer(case.agent, case.first).result == "applied"


@pytest.mark.parametrize("role", [Role.CUSTOMER, Role.ANALYST])
def test_only_who_responds_may_offer(case: Case, role: Role) -> None:
    with transaction(Access.OWNER) as session:
        actor = make_actor(session, role)
    with pytest.raises(PermissionRefused):
        _offer(actor, case.first)


def test_the_customer_sees_and_accepts_their_own_offer(case: Case) -> None:
    _offer(case.agent, case.first)
    with transaction(Access.DASHBOARD, on_behalf_of=case.customer) as session:
        (offer,) = list_offers_of_traveller(session, case.customer)
    assert offer.can_be_answered(STORM_AT)
    assert not offer.can_be_answered(STORM_AT + HALF_AN_HOUR)
    assert _answer(case.customer, offer.fallback_action_id).result == "applied"
    assert _answer(case.customer, offer.fallback_action_id).result == "no_op"
    assert _rooms_taken() == 1
    with transaction() as session:
        accepted = session.get_one(FallbackAction, case.first)
        assert expire_holds(session, at=STORM_AT + timedelta(days=1)) == 0
    assert (accepted.status, accepted.hold_expires_at) == ("accepted", None)


def test_declining_frees_the_room(case: Case) -> None:
    _offer(case.agent, case.first)
    assert _answer(case.customer, case.first, accepts=False, reason="With family").status == (
        FallbackStatus.DECLINED
    )
    assert _rooms_taken() == 0
    assert _answer(case.customer, case.first).result == "refused"
    assert _offer(case.agent, case.second).result == "applied"


def test_nobody_answers_what_is_held_but_not_offered(case: Case) -> None:
    with transaction() as session:
        hold_fallback(session, case.agent, case.first, at=STORM_AT)
    with pytest.raises(NotFound):
        _answer(case.customer, case.first)
    refused = _answer(case.agent, case.first, reason="by telephone")
    assert refused.result == "refused"


def test_another_customer_cannot_even_see_the_offer(case: Case) -> None:
    _offer(case.agent, case.first)
    with transaction(Access.DASHBOARD, on_behalf_of=case.stranger) as session:
        assert list_offers_of_traveller(session, case.stranger) == []
    with pytest.raises(NotFound):
        _answer(case.stranger, case.first)


@pytest.mark.parametrize("answer", [accept_fallback, decline_fallback])
def test_the_operation_refuses_another_customer_without_the_help_of_postgres(
    case: Case, answer: Callable[..., FallbackOutcome]
) -> None:
    _offer(case.agent, case.first)
    with pytest.raises(PermissionRefused), transaction() as session:
        answer(session, case.stranger, case.first, at=STORM_AT)
    assert _status(case.first) == "offered"


def test_an_agent_answers_for_a_traveller_with_a_reason(case: Case) -> None:
    _offer(case.agent, case.first)
    assert _answer(case.agent, case.first).message == "Say why you answer for the traveller."
    assert _answer(case.agent, case.first, reason="by telephone").result == "applied"


def test_an_answer_at_the_very_end_of_the_hold_is_too_late(case: Case) -> None:
    _offer(case.agent, case.first)
    late = _answer(case.customer, case.first, at=STORM_AT + HALF_AN_HOUR)
    assert late.result == "refused"
    assert _offer(case.agent, case.second, at=STORM_AT + HALF_AN_HOUR).result == "applied"


def test_expiry_frees_the_room_and_cancels_the_letter(case: Case) -> None:
    _offer(case.agent, case.first)
    for expired, at in ((0, STORM_AT), (1, STORM_AT + HALF_AN_HOUR), (0, STORM_AT + HALF_AN_HOUR)):
        with transaction() as session:
            assert expire_holds(session, at=at) == expired
    assert _rooms_taken() == 0
    assert _tags(case.first)[-1] == "fallback.expired"
    with transaction() as session:
        assert session.scalars(select(Notification.status)).one() == "cancelled"


def test_an_acknowledgement_does_not_touch_what_is_offered(case: Case) -> None:
    _offer(case.agent, case.first)
    with transaction(Access.OWNER) as session:
        alert = session.get_one(Alert, case.alert_id)
        alert.generation += 1
    assert _answer(case.customer, case.first).result == "applied"


def test_the_desk_reads_the_list_with_reasons_and_an_analyst_without_names(case: Case) -> None:
    with transaction(Access.OWNER) as session:
        analyst = make_actor(session, Role.ANALYST)
        session.get_one(FallbackAction, case.first).score_parts = {
            "why": "B6 615 is cancelled",
            "flag": "in_policy",
            "parts": [{"name": "distance", "weight": 0.3, "value": 0.7, "words": "2 km away"}],
        }
    for actor, sees_name in ((case.agent, True), (analyst, False)):
        with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
            first, second = list_fallbacks(session, actor, case.alert_id)
        assert (first.rank, second.rank) == (1, 2)
        assert (first.traveller_name is not None) is sees_name
        assert first.why_stranded == "B6 615 is cancelled"
        assert [part.words for part in first.parts] == ["2 km away"]
    with (
        pytest.raises(PermissionRefused),
        transaction(Access.DASHBOARD, on_behalf_of=case.customer) as session,
    ):
        list_fallbacks(session, case.customer, case.alert_id)
