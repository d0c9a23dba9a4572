"""Load travellers, and bookings whole: who travels, the legs they ride on and where they stay."""

from dataclasses import dataclass, replace

import pandas as pd
from sqlalchemy import Exists, Table, delete, exists, insert, select, update
from sqlalchemy.orm import Session

from warehouse.bulk.contract import ColumnRule, refuse_lines
from warehouse.bulk.merging import Tally, tally
from warehouse.bulk.staging import LINE, resolve
from warehouse.operations.booking_facts import (
    BOOKING,
    BOOKING_TRAVELLER,
    LEG,
    OF_BOOKING,
    STAY,
    TRAVELLER,
)
from warehouse.operations.deliveries import Delivery
from warehouse.operations.fact_merges import Fact, Prepared, load_fact, prepare, write
from warehouse.operations.feed_batches import (
    BatchResult,
    Counts,
    all_refused,
    close_delivery,
    open_delivery,
)
from warehouse.schema.travel import Airport
from warehouse.vocabulary import Actor, BookingStatus


@dataclass(frozen=True)
class BookingFrames:
    """Bookings with all that belongs to them; what a booking no longer lists is cancelled."""

    bookings: pd.DataFrame
    booking_travellers: pd.DataFrame
    legs: pd.DataFrame
    stays: pd.DataFrame


@dataclass(frozen=True)
class _Part:
    """What belongs to bookings, prepared, and what a merge of it would do."""

    fact: Fact
    prepared: Prepared
    tally: Tally


def load_travellers(
    session: Session, actor: Actor, travellers: pd.DataFrame, delivery: Delivery
) -> BatchResult:
    """Keep travellers by their reference at the source.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who loads. Needs `Permission.ADMINISTER`.
    travellers:
        One row per traveller: reference, names, e-mail, phone, home airport, loyalty tier.
    delivery:
        Who sends them and when they came.

    Returns
    -------
    :
        How many rows went which way.
    """
    known = frozenset(session.scalars(select(Airport.iata)))
    home = ColumnRule("text", is_required=False, among=known)
    contract = replace(
        TRAVELLER.contract, columns={**TRAVELLER.contract.columns, "home_airport": home}
    )
    fact = replace(TRAVELLER, contract=contract)
    return load_fact(session, actor, fact, travellers, delivery)


def load_bookings(
    session: Session,
    actor: Actor,
    frames: BookingFrames,
    delivery: Delivery,
    *,
    rejected: pd.DataFrame | None = None,
) -> BatchResult:
    """Keep bookings with their travellers, legs and stays; per booking the newest version wins.

    A leg whose flight is unknown, a stay in an unknown hotel and a traveller nobody has described
    are quarantined, and the rest of the booking is kept. A leg or stay that a newer version no
    longer lists is cancelled, never deleted.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who loads. Needs `Permission.ADMINISTER`.
    frames:
        The bookings and what belongs to them, joined by `booking_ref`.
    delivery:
        Who sends them; its source and the reference identify a booking.
    rejected:
        Rows the source refused.

    Returns
    -------
    :
        How many rows, of all four frames together, went which way.

    Raises
    ------
    FeedRefused
        A column is missing or an instant has no zone.
    """
    open_delivery(session, actor, delivery.feed)
    booking = _of_source(BOOKING, delivery.source)
    bookings = prepare(session, booking, frames.bookings)
    parts = [
        _prepare_part(session, _of_source(fact, delivery.source), frame, bookings)
        for fact, frame in (
            (BOOKING_TRAVELLER, frames.booking_travellers),
            (LEG, frames.legs),
            (STAY, frames.stays),
        )
    ]
    whole = _Part(booking, bookings, tally(session, booking.target, bookings.staged))
    result = close_delivery(
        session,
        actor,
        delivery,
        _sum_up([whole, *parts], rejected),
        digests=[part.prepared.staged.sha256 for part in (whole, *parts)],
        refused=all_refused(rejected, *[part.prepared.refused for part in (whole, *parts)]),
        accepted_keys=lambda: frozenset().union(*[
            part.prepared.accepted_keys() for part in (whole, *parts)
        ]),
    )
    write(session, booking, bookings, result, expected=whole.tally.changed)
    _write_parts(session, bookings, parts, result)
    return result


def _of_source(fact: Fact, source: str) -> Fact:
    return replace(fact, constants={"source": source})


def _prepare_part(session: Session, fact: Fact, frame: pd.DataFrame, bookings: Prepared) -> _Part:
    """Stage what belongs to the delivered bookings, without what belongs to outdated ones."""
    prepared = prepare(session, fact, frame)
    staged, sent = prepared.staged.table, bookings.staged.table
    is_sent = exists().where(sent.c["booking_ref"] == staged.c["booking_ref"])
    orphans = session.scalars(delete(staged).where(~is_sent).returning(staged.c[LINE])).all()
    orphaned = refuse_lines(
        prepared.judged.accepted, orphans, "booking_ref", "belongs to no booking of the delivery"
    )
    stored = BOOKING.target.table
    is_outdated = exists().where(
        sent.c["booking_ref"] == staged.c["booking_ref"],
        stored.c["booking_ref"] == sent.c["booking_ref"],
        stored.c["source"] == sent.c["source"],
        stored.c["source_updated_at"] > sent.c["source_updated_at"],
    )
    outdated = session.scalars(delete(staged).where(is_outdated).returning(staged.c[LINE])).all()
    resolve(session, prepared.staged, OF_BOOKING)
    merged = tally(session, fact.target, prepared.staged)
    return _Part(
        fact,
        replace(prepared, refused=all_refused(prepared.refused, orphaned)),
        replace(merged, superseded=merged.superseded + len(outdated)),
    )


def _sum_up(parts: list[_Part], rejected: pd.DataFrame | None) -> Counts:
    counts = Counts(0 if rejected is None else len(rejected), 0, 0, 0)
    for part in parts:
        judged = part.prepared.judged
        counts = Counts(
            counts.received + judged.received_count,
            counts.changed,
            counts.unchanged,
            counts.superseded + judged.superseded_count,
        ).and_of(part.tally)
    return counts


def _write_parts(
    session: Session, bookings: Prepared, parts: list[_Part], result: BatchResult
) -> None:
    resolve(session, bookings.staged, OF_BOOKING)
    # Only a version that is in force may cancel what it does not list.
    _drop_outdated(session, bookings)
    for part in parts:
        resolve(session, part.prepared.staged, OF_BOOKING)
        if part.fact.name == BOOKING_TRAVELLER.name:
            _name_travellers(session, bookings, part)
            continue
        write(session, part.fact, part.prepared, result, expected=part.tally.changed)
        if part.prepared.refused.empty:
            _cancel_unlisted(session, bookings, part)


def _drop_outdated(session: Session, bookings: Prepared) -> None:
    sent, stored = bookings.staged.table, BOOKING.target.table
    session.execute(
        delete(sent).where(
            stored.c["booking_id"] == sent.c["booking_id"],
            stored.c["source_updated_at"] > sent.c["source_updated_at"],
        )
    )


def _cancel_unlisted(session: Session, bookings: Prepared, part: _Part) -> None:
    """Cancel legs or stays of delivered bookings that the delivery does not list."""
    stored = part.fact.target.table
    session.execute(
        update(stored)
        .values(status=BookingStatus.CANCELLED.value)
        .where(
            stored.c["booking_id"] == bookings.staged.table.c["booking_id"],
            stored.c["status"] != BookingStatus.CANCELLED.value,
            ~_is_listed(stored, part.prepared.staged.table, "position"),
        )
    )


def _name_travellers(session: Session, bookings: Prepared, part: _Part) -> None:
    """Make the party what the delivery says; who is on a booking has no status of its own."""
    stored, staged = part.fact.target.table, part.prepared.staged.table
    session.execute(
        delete(stored).where(
            stored.c["booking_id"] == bookings.staged.table.c["booking_id"],
            ~_is_listed(stored, staged, "traveller_id", "position"),
        )
    )
    names = ("booking_id", "traveller_id", "position")
    is_stored = exists().where(*[stored.c[name] == staged.c[name] for name in names])
    missing = select(*[staged.c[name] for name in names]).where(~is_stored)
    session.execute(insert(stored).from_select(names, missing))


def _is_listed(stored: Table, staged: Table, *columns: str) -> Exists:
    names = ("booking_id", *columns)
    return exists().where(*[staged.c[name] == stored.c[name] for name in names])
