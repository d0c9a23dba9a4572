"""What the scripted people of the demo do at an instant, each as themselves.

Every decision is a function of the alert and the instant alone, so an interrupted demo that does
an instant again decides the same, and each act is one transaction.
"""

from datetime import datetime

from stormdesk.cast import (
    ANSWERED_AFTER,
    DESK,
    OFFERED_AFTER,
    RESOLVED_AFTER,
    agent_offers,
    answer_to,
    treatment_of,
)
from warehouse.operations.alerts import acknowledge_alert, resolve_alert
from warehouse.operations.customers import ensure_customer
from warehouse.operations.fallback_offers import accept_fallback, decline_fallback, offer_fallback
from warehouse.queries.alerts import InboxFilter, InboxRow, list_inbox
from warehouse.queries.open_fallbacks import OpenFallback, list_open_fallbacks
from warehouse.queries.people import find_actor
from warehouse.queries.responders import list_responders
from warehouse.session import Access, transaction
from warehouse.vocabulary import (
    SYSTEM,
    Actor,
    AlertKind,
    AlertStatus,
    FallbackStatus,
    Role,
    Source,
    TravellerId,
)

MOST_ALERTS = 2_000


def act(at: datetime) -> None:
    """Let everybody who is there do what they would do at this instant."""
    for agent in _agents_on_shift(at):
        _work_inbox(agent, at)
        _offer_holds(agent, at)
    _answer_offers(at)


def _agents_on_shift(at: datetime) -> list[Actor]:
    usernames = {colleague.display_name: colleague.username for colleague in DESK}
    with transaction(Access.OWNER) as session:
        present = [person.display_name for person in list_responders(session, Role.AGENT, at=at)]
        found = [find_actor(session, usernames[name], source=Source.DEMO) for name in present]
    return [actor for actor in found if actor is not None]


def _work_inbox(agent: Actor, at: datetime) -> None:
    with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
        rows = list_inbox(session, agent, InboxFilter(), limit=MOST_ALERTS)
    for row in rows:
        if row.kind is AlertKind.FLIGHT:
            _treat(agent, row, at)


def _treat(agent: Actor, row: InboxRow, at: datetime) -> None:
    treatment = treatment_of(subject_of(row))
    is_time = not treatment.is_neglected and at >= row.raised_at + treatment.taken_after
    if row.status is AlertStatus.OPEN and is_time:
        with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
            acknowledge_alert(session, agent, row.alert_id, at=at, note=treatment.note)
    elif _is_handled(row, at) and treatment.is_resolved:
        with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
            resolve_alert(session, agent, row.alert_id, at=at, reason="everybody is rebooked")


def _is_handled(row: InboxRow, at: datetime) -> bool:
    taken_at = row.acknowledged_at
    return taken_at is not None and at >= taken_at + RESOLVED_AFTER


def subject_of(row: InboxRow) -> str:
    """Name what an alert is about in words that are the same in every run."""
    return f"{row.carrier}{row.flight_number}:{row.origin}:{row.scheduled_departure_at}"


def _offer_holds(agent: Actor, at: datetime) -> None:
    for held in _open_fallbacks(agent, FallbackStatus.HELD, at):
        due = held.since_at + OFFERED_AFTER <= at
        if due and not held.requires_approval and agent_offers(held.subject):
            with transaction(Access.DASHBOARD, on_behalf_of=agent) as session:
                offer_fallback(session, agent, held.fallback_action_id, at=at)


def _answer_offers(at: datetime) -> None:
    for offered in _open_fallbacks(SYSTEM, FallbackStatus.OFFERED, at):
        says = answer_to(offered.subject)
        if says is None or offered.since_at + ANSWERED_AFTER > at:
            continue
        traveller = _customer(offered, at)
        answer = accept_fallback if says else decline_fallback
        with transaction(Access.DASHBOARD, on_behalf_of=traveller) as session:
            answer(session, traveller, offered.fallback_action_id, at=at)


def _open_fallbacks(actor: Actor, status: FallbackStatus, at: datetime) -> list[OpenFallback]:
    with transaction(Access.DASHBOARD, on_behalf_of=actor) as session:
        return list_open_fallbacks(session, actor, status, at=at)


def _customer(offered: OpenFallback, at: datetime) -> Actor:
    with transaction(Access.OWNER) as session:
        return ensure_customer(
            session, SYSTEM, TravellerId(offered.lead_traveller_id), at=at, source=Source.DEMO
        )
