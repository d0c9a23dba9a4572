"""Take in what agencies send of their bookings: segments, in parts of any number."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd
from sqlalchemy import Boolean, Column, select
from sqlalchemy.orm import Session

from warehouse.bulk.column_rules import rules_of
from warehouse.bulk.contract import ColumnRule, Contract, RowRule, judge, row_keys
from warehouse.bulk.merging import Tally, Target, adopt_where_same, merge, tally
from warehouse.bulk.staging import Staged, keep_newest, stage, stage_more
from warehouse.operations.booking_projection import project_bookings
from warehouse.operations.deliveries import Delivery
from warehouse.operations.fact_merges import table_of
from warehouse.operations.feed_batches import (
    BatchResult,
    Counts,
    all_refused,
    close_delivery,
    open_delivery,
)
from warehouse.operations.quarantine import waiting_keys
from warehouse.schema.feeds import BookingSegment
from warehouse.schema.travel import Airport
from warehouse.vocabulary import Actor, BookingStatus, SegmentKind

_KEY = ("source", "booking_ref", "segment_key", "traveller_key")
_TABLE = table_of(BookingSegment)
_PAYLOAD = tuple(column.name for column in _TABLE.c if column.name not in {*_KEY, "batch_id"})
_UNDATED = "is_undated"
_STAGED_COLUMNS = [*[_TABLE.c[name] for name in (*_KEY, *_PAYLOAD)], Column(_UNDATED, Boolean)]
_TARGET = Target(_TABLE, _KEY, _PAYLOAD, newer_by="source_updated_at")
_FLIGHT = {
    "carrier": "carrier",
    "flight_number": "flight number",
    "origin": "airport of departure",
    "departure_on": "local date of departure",
}
_FLOWN = {
    "destination": "airport of arrival",
    "departure_at": "time of departure",
    "arrival_at": "time of arrival",
}
"""What a cancellation need not repeat."""
_STAY = {
    "hotel_name": "hotel",
    "check_in_on": "date of check-in",
    "check_out_on": "date of check-out",
}


@dataclass
class _Taken:
    """What was taken in of a delivery so far."""

    staged: Staged | None = None
    received: int = 0
    superseded: int = 0
    refused: list[pd.DataFrame] = field(default_factory=list)
    waiting: frozenset[str] = frozenset()
    keys: set[str] = field(default_factory=set)
    """Of the rows that waited, those that came in."""


def load_segments(
    session: Session,
    actor: Actor,
    parts: Iterable[tuple[pd.DataFrame, pd.DataFrame]],
    delivery: Delivery,
) -> BatchResult:
    """Keep what a source says of its bookings, and make bookings, legs and stays from it.

    A row speaks of one traveller on one leg or stay; of two for the same, the newer stands, and
    one that does not say how old it is counts as new as its delivery, unless it says nothing new.
    A cancelled row stays, as cancelled, and one that names nobody is about everybody.
    Flights, hotels and travellers nobody has described yet are described by the rows that name
    them. The same delivery twice changes nothing.

    Parameters
    ----------
    session:
        Open transaction; no other delivery of the feed is loaded until it ends.
    actor:
        Who loads. Needs `Permission.ADMINISTER`, as the system has.
    parts:
        Canonical segments, each part with the rows that its reader refused; parts are taken one
        after the other, so that a delivery of any size needs the memory of one.
    delivery:
        Who sends them, in which file, and when they came.

    Returns
    -------
    :
        How many rows were accepted, unchanged, superseded and quarantined.

    Raises
    ------
    FeedRefused
        A column is missing or an instant has no zone.
    """
    open_delivery(session, actor, delivery.feed)
    taken = _Taken(waiting=waiting_keys(session, delivery))
    for segments, rejected in parts:
        _take(session, taken, segments, rejected, delivery)
    merged = _settle(session, taken)
    result = close_delivery(
        session,
        actor,
        delivery,
        Counts(taken.received, 0, 0, taken.superseded).and_of(merged),
        digests=[taken.staged.sha256] if taken.staged else [],
        refused=all_refused(*taken.refused),
        accepted_keys=lambda: taken.keys,
    )
    if taken.staged is not None:
        merge(session, _TARGET, taken.staged, {"batch_id": result.batch_id})
        project_bookings(
            session, taken.staged, delivery.source, result.batch_id, feed=delivery.feed
        )
    return result


def _contract(airports: frozenset[str]) -> Contract:
    columns = rules_of(_TABLE, *[name for name in _TARGET.key if name != "source"], *_PAYLOAD)
    place = ColumnRule("text", is_required=False, among=airports, words="an airport we know")
    ours = {"origin": place, "destination": place}
    return Contract(
        columns | ours | {_UNDATED: ColumnRule("truth")},
        ("booking_ref", "segment_key", "traveller_key"),
        newer_by="source_updated_at",
        rows=(
            *[_needed(SegmentKind.FLIGHT, column, words) for column, words in _FLIGHT.items()],
            *[_needed(SegmentKind.FLIGHT, *each, is_flown=True) for each in _FLOWN.items()],
            *[_needed(SegmentKind.STAY, column, words) for column, words in _STAY.items()],
            RowRule(
                "family_name",
                "is missing: nobody is named who travels, so nobody could be helped;"
                " ask the source for a name or a reference",
                lambda rows: (
                    (rows["kind"] == SegmentKind.BOOKING)
                    | (rows["traveller_key"] != "")
                    | _is_cancelled(rows)
                ),
            ),
            RowRule(
                "arrival_at",
                "is not after departure_at",
                lambda rows: _is_cancelled(rows) | ~(rows["arrival_at"] <= rows["departure_at"]),
            ),
            RowRule(
                "check_out_on",
                "is not after check_in_on",
                lambda rows: ~(rows["check_out_on"] <= rows["check_in_on"]),
            ),
            RowRule(
                "currency",
                "is missing, and a price has one",
                lambda rows: rows["price_minor_units"].isna() | rows["currency"].notna(),
            ),
        ),
    )


def _needed(kind: SegmentKind, column: str, words: str, *, is_flown: bool = False) -> RowRule:
    def holds(rows: pd.DataFrame) -> "pd.Series[bool]":
        is_there = (rows["kind"] != kind.value) | rows[column].notna()
        return is_there | _is_cancelled(rows) if is_flown else is_there

    return RowRule(column, f"is missing: a {kind.value} needs its {words}", holds)


def _is_cancelled(rows: pd.DataFrame) -> "pd.Series[bool]":
    return rows["status"] == BookingStatus.CANCELLED.value


def _take(
    session: Session,
    taken: _Taken,
    segments: pd.DataFrame,
    rejected: pd.DataFrame,
    delivery: Delivery,
) -> None:
    """Judge and stage one part."""
    named = {*segments["origin"].dropna(), *segments["destination"].dropna()}
    known = session.scalars(select(Airport.iata).where(Airport.iata.in_(named)))
    contract = _contract(frozenset(known))
    judged = judge(_keyed(segments, delivery), contract)
    rows = judged.accepted.assign(source=delivery.source)
    rows.index = pd.Index(segments["line"].to_numpy()[rows.index])
    taken.staged = (
        stage(session, "booking_segment", rows, _STAGED_COLUMNS)
        if taken.staged is None
        else stage_more(session, taken.staged, rows)
    )
    lines = segments["line"].to_numpy()[judged.refused["line"].to_numpy(int) - 1]
    taken.refused += [rejected, judged.refused.assign(line=lines)]
    taken.received += len(segments) + len(rejected)
    taken.superseded += judged.superseded_count
    if taken.waiting:
        taken.keys |= taken.waiting.intersection(row_keys(judged.accepted, contract))


def _settle(session: Session, taken: _Taken) -> Tally:
    """Take out what other parts outdate, and count what merging the rest will do."""
    if taken.staged is None:
        return Tally(0, 0, 0)
    taken.superseded += keep_newest(session, taken.staged, _KEY, "source_updated_at")
    adopt_where_same(session, _TARGET, taken.staged, "source_updated_at", marked=_UNDATED)
    return tally(session, _TARGET, taken.staged)


def _keyed(segments: pd.DataFrame, delivery: Delivery) -> pd.DataFrame:
    """Name what each row speaks of, and whom; fill in what a document need not say."""
    is_flight = segments["kind"] == SegmentKind.FLIGHT
    is_stay = segments["kind"] == SegmentKind.STAY
    flight = _joined(segments, "carrier", "flight_number", "origin", "departure_on")
    hotel = segments["hotel_ref"].fillna(segments["hotel_name"].astype("str").str.lower())
    stay = _joined(segments.assign(hotel=hotel), "hotel", "check_in_on")
    named = _joined(segments, "given_name", "family_name").str.split().str.join(" ").str.lower()
    return segments.assign(
        segment_key=(
            pd
            .Series("booking", segments.index)
            .mask(is_flight, "flight:" + flight)
            .mask(is_stay, "stay:" + stay)
        ),
        traveller_key=segments["traveller_ref"].fillna(named).fillna(""),
        status=segments["status"].fillna(BookingStatus.CONFIRMED.value),
        source_updated_at=segments["source_updated_at"].fillna(pd.Timestamp(delivery.at)),
        is_undated=segments["source_updated_at"].isna(),
    )


def _joined(rows: pd.DataFrame, *names: str) -> "pd.Series[str]":
    """Put columns side by side as text; what is missing is empty."""
    words = _words(rows[names[0]])
    for name in names[1:]:
        words = words + " " + _words(rows[name])
    return words


def _words(values: pd.Series) -> "pd.Series[str]":
    if str(values.name).endswith("_on"):
        values = pd.to_datetime(values, errors="coerce").dt.strftime("%Y-%m-%d")
    return values.astype("str").fillna("")
