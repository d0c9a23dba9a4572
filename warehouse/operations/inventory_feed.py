"""Load hotels, and what their suppliers report of rooms, without ever breaking the ledger."""

import pandas as pd
from sqlalchemy import ScalarSelect, case, func, select, update
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.bulk.column_rules import rules_of
from warehouse.bulk.contract import ColumnRule, Contract
from warehouse.bulk.merging import Columns, Expressions, Target, tally
from warehouse.bulk.staging import Reference, Staged
from warehouse.operations.deliveries import Delivery
from warehouse.operations.fact_merges import (
    Fact,
    counts_of,
    load_fact,
    prepare,
    table_of,
    write,
)
from warehouse.operations.feed_batches import (
    BatchResult,
    all_refused,
    close_delivery,
    open_delivery,
)
from warehouse.schema.fallbacks import FallbackAction
from warehouse.schema.inventory import Allocation, Hotel, RoomNight
from warehouse.schema.travel import Airport
from warehouse.vocabulary import Actor, CountSemantics, FallbackStatus

_KNOWN_TO_SUPPLIER = (FallbackStatus.BOOKING, FallbackStatus.BOOKED, FallbackStatus.CANCELLING)
"""What it has been asked to book and not yet rid of; it does not hear of holds and offers."""

_HOTEL = (
    *("hotel_ref", "name", "airport", "latitude", "longitude", "distance_km", "stars"),
    *("supplier_reliability", "is_refundable", "is_generated"),
)
_REPORT = (
    *("room_type", "night", "reported_total", "price_minor_units", "currency"),
    *("count_semantics", "reported_at"),
)


def load_hotels(
    session: Session, actor: Actor, hotels: pd.DataFrame, delivery: Delivery
) -> BatchResult:
    """Keep hotels by their supplier's reference.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who loads. Needs `Permission.ADMINISTER`.
    hotels:
        One row per hotel, with the airport it is near.
    delivery:
        Who sends them and when they came.

    Returns
    -------
    :
        How many rows went which way; a hotel near an unknown airport is quarantined.
    """
    known = frozenset(session.scalars(select(Airport.iata)))
    fact = Fact(
        "hotel",
        Contract(
            rules_of(table_of(Hotel), *_HOTEL) | {"airport": ColumnRule("text", among=known)},
            ("hotel_ref",),
        ),
        Target(table_of(Hotel), ("hotel_ref",), _HOTEL[1:]),
    )
    return load_fact(session, actor, fact, hotels, delivery)


def load_room_inventory(
    session: Session,
    actor: Actor,
    rooms: pd.DataFrame,
    delivery: Delivery,
    *,
    rejected: pd.DataFrame | None = None,
) -> BatchResult:
    """Take a supplier's counts and prices per hotel, room type and night; the newest report wins.

    A count below what is allocated is kept as reported, and the ledger's total follows the
    allocations, so that no hold breaks and no new one fits. A net count leaves out what we booked
    with the supplier: those rooms are added to it. A hold is ours alone: the supplier still counts
    its room. Rooms taken by holds are never touched.

    Parameters
    ----------
    session:
        Open transaction; changed nights stay locked until it ends.
    actor:
        Who loads. Needs `Permission.ADMINISTER`.
    rooms:
        hotel_ref, room_type, night, reported_total, price_minor_units, currency,
        count_semantics ("gross" or "net") and reported_at.
    delivery:
        Who sends them and when they came.
    rejected:
        Rows the source refused.

    Returns
    -------
    :
        How many rows went which way.
    """
    open_delivery(session, actor, delivery.feed)
    with_total = rooms.assign(total=rooms["reported_total"])
    prepared = prepare(session, _ROOM_NIGHT, with_total)
    _make_gross(session, prepared.staged)
    merged = tally(session, _ROOM_NIGHT.target, prepared.staged)
    result = close_delivery(
        session,
        actor,
        delivery,
        counts_of(prepared, merged, rejected),
        digests=[prepared.staged.sha256],
        refused=all_refused(rejected, prepared.refused),
        accepted_keys=prepared.accepted_keys,
        tag=AuditTag.INVENTORY_REPORTED,
    )
    write(session, _ROOM_NIGHT, prepared, result)
    return result


def _total_follows(new: Columns, stored: Columns) -> Expressions:
    return {"total": func.greatest(new["reported_total"], stored["allocated"])}


_ROOM_NIGHT = Fact(
    "room_night",
    Contract(
        rules_of(table_of(Hotel), "hotel_ref")
        | rules_of(table_of(RoomNight), *_REPORT)
        | {"total": ColumnRule("whole", is_required=False)},
        ("hotel_ref", "room_type", "night"),
        newer_by="reported_at",
    ),
    Target(
        table_of(RoomNight),
        ("hotel_id", "room_type", "night"),
        _REPORT[2:],
        newer_by="reported_at",
        unread=("total",),
        follows=_total_follows,
    ),
    references=(Reference("hotel_id", table_of(Hotel), "hotel_id", {"hotel_ref": "hotel_ref"}),),
)


def _make_gross(session: Session, staged: Staged) -> None:
    """Add our bookings to net counts that are news; the same report again changes none."""
    new, stored = staged.table.c, table_of(RoomNight).c
    gross = case(
        (new["reported_at"] > stored["reported_at"], new["reported_total"] + _booked_rooms()),
        else_=stored["reported_total"],
    )
    # Postgres checks the row as it would be inserted even where it will be an update.
    session.execute(
        update(staged.table)
        .values(reported_total=gross, total=gross)
        .where(
            new["count_semantics"] == CountSemantics.NET,
            new["hotel_id"] == stored["hotel_id"],
            new["room_type"] == stored["room_type"],
            new["night"] == stored["night"],
        )
    )


def _booked_rooms() -> ScalarSelect[int]:
    """Count the rooms of a stored night that its supplier knows to be ours."""
    night = table_of(RoomNight)
    return (
        select(func.coalesce(func.sum(Allocation.rooms), 0))
        .join(
            FallbackAction,
            FallbackAction.fallback_action_id == Allocation.fallback_action_id,
        )
        .where(
            Allocation.hotel_id == night.c["hotel_id"],
            Allocation.room_type == night.c["room_type"],
            Allocation.night == night.c["night"],
            Allocation.released_at.is_(None),
            FallbackAction.status.in_([status.value for status in _KNOWN_TO_SUPPLIER]),
        )
        .correlate(night)
        .scalar_subquery()
    )
