"""Book what travellers accepted: a saga whose every step is committed before the next begins.

`booking` is written first, with the action's idempotency key; then the supplier is called, outside
any transaction; then its answer is written. Whoever finds an action in `booking` later asks the
supplier about the key and never books under another. What the supplier does not know is sent again
only when no earlier request can still be on its way; what stays unknown is settled by a person.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from warehouse.operations.fallback_holds import adopt_price, hold_end, hold_next_ranked
from warehouse.operations.fallback_steps import (
    FallbackOutcome,
    locked_action,
    locked_with_rivals,
    outcome,
    take_step,
    take_steps,
)
from warehouse.operations.unsettled_bookings import note_attempt
from warehouse.queries.booking_attempts import find_attempts
from warehouse.rules.booking_attempts import may_send_again, needs_person
from warehouse.rules.currencies import price_words
from warehouse.schema.fallbacks import FallbackAction
from warehouse.schema.inventory import Hotel
from warehouse.schema.travel import BookingTraveller, Traveller
from warehouse.vocabulary import SYSTEM, FallbackActionId, FallbackKind, FallbackStatus


@dataclass(frozen=True, slots=True)
class BookingOrder:
    """What a supplier is asked to book; the idempotency key is the action's own."""

    fallback_action_id: FallbackActionId
    idempotency_key: UUID
    hotel_ref: str
    room_type: str
    check_in_on: date
    check_out_on: date
    rooms: int
    price_minor_units: int
    currency: str
    guest_name: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The supplier has the booking, under this reference."""

    supplier_ref: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The supplier does not have the booking and will not make it."""

    reason: str


@dataclass(frozen=True, slots=True)
class PriceRose:
    """The supplier would book, but at a price the traveller has not agreed to."""

    price_minor_units: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can tell whether the supplier has the booking: a timeout, a 5xx."""

    reason: str
    may_be_booked: bool = True
    """False where the order surely never reached the supplier, so that it can soon be sent."""


SupplierAnswer = Confirmed | Refused | PriceRose | Unknown
OpenTransaction = Callable[[], AbstractContextManager[Session]]


class Supplier(Protocol):
    """Who sells rooms."""

    def book(self, order: BookingOrder) -> SupplierAnswer:
        """Book under the order's idempotency key; repeating the key repeats the answer."""

    def look_up(self, order: BookingOrder) -> Confirmed | Unknown | None:
        """Find the booking that was made under the order's key; None means there is none."""


@dataclass(frozen=True, slots=True)
class BookingSweep:
    """What booking came to."""

    booked: int = 0
    failed: int = 0
    offered_again: int = 0
    unknown: int = 0


def book_accepted(
    open_transaction: OpenTransaction,
    supplier: Supplier,
    *,
    at: datetime,
    limit: int = 20,
) -> BookingSweep:
    """Book every accepted fallback action, and finish the bookings an earlier sweep left open.

    Parameters
    ----------
    open_transaction:
        Opens a pipeline transaction that commits when its block ends.
    supplier:
        Who is asked; no transaction is open while it works.
    at:
        Instant, UTC.
    limit:
        Most new bookings to begin.

    Returns
    -------
    :
        Outcomes in numbers; an unknown one stays in `booking` and is looked up by the next sweep.
    """
    with open_transaction() as session:
        unfinished = list_unfinished_bookings(session)
    with open_transaction() as session:
        begun = start_bookings(session, at=at, limit=limit)
    answers = [(order, _finish(open_transaction, supplier, order, at)) for order in unfinished]
    answers += [(order, supplier.book(order)) for order in begun]
    statuses: list[FallbackStatus] = []
    for order, answer in answers:
        with open_transaction() as session:
            written = record_booking(session, order.fallback_action_id, answer, at=at)
            statuses.append(written.status)
    return _summary(statuses)


def start_bookings(session: Session, *, at: datetime, limit: int = 20) -> list[BookingOrder]:
    """Move accepted actions to `booking`; commit before the supplier is asked.

    Parameters
    ----------
    session:
        Open transaction of the pipeline.
    at:
        Instant, UTC.
    limit:
        Most to begin; rows another caller has are skipped.

    Returns
    -------
    :
        What to book.
    """
    actions = session.scalars(
        select(FallbackAction)
        .where(
            FallbackAction.status == FallbackStatus.ACCEPTED.value,
            FallbackAction.kind == FallbackKind.ALTERNATIVE_HOTEL.value,
        )
        .order_by(FallbackAction.accepted_at, FallbackAction.fallback_action_id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    take_steps(session, SYSTEM, actions, FallbackStatus.BOOKING, at=at)
    return _list_orders(session, [action.fallback_action_id for action in actions])


def list_unfinished_bookings(session: Session) -> list[BookingOrder]:
    """List what was begun and has no known outcome, to be looked up by key."""
    ids = session.scalars(
        select(FallbackAction.fallback_action_id)
        .where(FallbackAction.status == FallbackStatus.BOOKING.value)
        .order_by(FallbackAction.fallback_action_id)
    ).all()
    return _list_orders(session, ids)


def record_booking(
    session: Session,
    fallback_action_id: FallbackActionId,
    answer: SupplierAnswer,
    *,
    at: datetime,
) -> FallbackOutcome:
    """Write what the supplier answered; an answer that was written before changes nothing.

    Parameters
    ----------
    session:
        Open transaction of the pipeline.
    fallback_action_id:
        An action in `booking`.
    answer:
        Confirmed books it; refused frees its rooms and holds the next ranked proposal; a risen
        price goes back to the traveller; an unknown outcome leaves everything as it is.
    at:
        Instant, UTC.

    Returns
    -------
    :
        Where the action stands now.

    Raises
    ------
    NotFound
        No action has this id.
    """
    action, rivals = locked_with_rivals(session, fallback_action_id)
    if action.status != FallbackStatus.BOOKING:
        return outcome(action, "no_op", f"It is {action.status} already.")
    match answer:
        case Confirmed(supplier_ref):
            action.supplier_ref = supplier_ref
            take_step(session, SYSTEM, action, FallbackStatus.BOOKED, at=at)
            return outcome(action, "applied", f"Booked as {supplier_ref}.")
        case Refused(reason):
            take_step(session, SYSTEM, action, FallbackStatus.FAILED, at=at, reason=reason)
            hold_next_ranked(session, SYSTEM, rivals, at=at)
            return outcome(action, "applied", f"Not booked: {reason}")
        case PriceRose(price_minor_units):
            return _offer_again(session, action, price_minor_units, at)
        case Unknown(reason, may_be_booked):
            if not may_be_booked:
                note_attempt(session, action, was_sent=False, at=at, reason=reason)
            return outcome(action, "no_op", f"Nobody knows yet: {reason}")


def _offer_again(
    session: Session, action: FallbackAction, price_minor_units: int, at: datetime
) -> FallbackOutcome:
    """Ask the traveller anew; their earlier acceptance was of another price."""
    adopt_price(session, action, price_minor_units, at=at)
    until = hold_end(session, at=at)
    action.accepted_at, action.offered_at, action.hold_expires_at = None, at, until
    reason = f"The price rose to {price_words(price_minor_units, action.currency)}."
    take_step(session, SYSTEM, action, FallbackStatus.OFFERED, at=at, reason=reason)
    return outcome(action, "applied", f"{reason} The traveller is asked again.")


def _finish(
    open_transaction: OpenTransaction, supplier: Supplier, order: BookingOrder, at: datetime
) -> SupplierAnswer:
    """Look an order up; send it again only if it is surely not there, and never will be."""
    if found := supplier.look_up(order):
        return found
    with open_transaction() as session:
        action = locked_action(session, order.fallback_action_id)
        attempts = find_attempts(session, order.fallback_action_id)
        if needs_person(attempts, at) or not may_send_again(attempts, at):
            return Unknown("the supplier does not know the booking yet.")
        note_attempt(session, action, was_sent=True, at=at, reason="It is sent again.")
    return supplier.book(order)


def _list_orders(session: Session, action_ids: Sequence[int]) -> list[BookingOrder]:
    rows = session.execute(_orders().where(FallbackAction.fallback_action_id.in_(action_ids)))
    return [BookingOrder(**row._mapping) for row in rows]


def _orders() -> Select[*tuple[Any, ...]]:
    return (
        select(
            FallbackAction.fallback_action_id,
            FallbackAction.idempotency_key,
            Hotel.hotel_ref,
            FallbackAction.room_type,
            FallbackAction.check_in_on,
            FallbackAction.check_out_on,
            FallbackAction.rooms,
            FallbackAction.price_minor_units,
            FallbackAction.currency,
            (Traveller.given_name + " " + Traveller.family_name).label("guest_name"),
        )
        .join(Hotel, Hotel.hotel_id == FallbackAction.hotel_id)
        .join(BookingTraveller, BookingTraveller.booking_id == FallbackAction.booking_id)
        .join(Traveller, Traveller.traveller_id == BookingTraveller.traveller_id)
        .where(BookingTraveller.position == 1)
        .order_by(FallbackAction.fallback_action_id)
    )


def _summary(statuses: Sequence[FallbackStatus]) -> BookingSweep:
    return BookingSweep(
        booked=statuses.count(FallbackStatus.BOOKED),
        failed=statuses.count(FallbackStatus.FAILED),
        offered_again=statuses.count(FallbackStatus.OFFERED),
        unknown=statuses.count(FallbackStatus.BOOKING),
    )
