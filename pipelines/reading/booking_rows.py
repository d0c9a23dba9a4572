"""Bookings as our own interface asks agencies for them: a page of rows, each one segment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, cast

from pipelines.reading.airports import zone_of
from pipelines.reading.errors import DocumentUnreadable, Unusable
from pipelines.reading.flight_numbers import read_designator
from pipelines.reading.moments import instant_of, read_moment, stamp_of
from pipelines.reading.money import read_price
from pipelines.reading.segments import Rejected, Segment, SegmentKind, SegmentStatus, Understood
from pipelines.reading.travellers import split_name
from pipelines.reading.values import (
    code_of,
    degrees_of,
    email_of,
    number_of,
    raw_of,
    said,
    text_of,
)

KIND: Final = "a page of bookings"
_OF_FLIGHTS: Final = (
    *("carrier", "flight_number", "origin", "departure_at", "departure_local", "departure_on"),
)
_OF_STAYS: Final = ("hotel_ref", "hotel_name", "check_in_on", "check_out_on")
_TEXTS: Final = (
    *("traveller_ref", "given_name", "family_name", "phone", "cabin"),
    *("hotel_ref", "hotel_name", "hotel_address", "room_type"),
)
_ALSO_CALLED: Final = {
    "kind": "segment_type",
    "traveller_ref": "traveller_id",
    "flight_number": "flight_no",
    "departure_local": "sched_dep_local",
    "arrival_local": "sched_arr_local",
    "hotel_latitude": "hotel_lat",
    "hotel_longitude": "hotel_lon",
    "check_in_on": "check_in",
    "check_out_on": "check_out",
    "price": "amount",
    "source_updated_at": "updated_at",
}
"""The names of the drop folder's contract, for agencies that serve the rows they export."""
_KINDS: Final = {"air": "flight", "hotel": "stay"} | {
    name: name for name in ("flight", "stay", "booking")
}
_STATUSES: Final[dict[str, SegmentStatus]] = {
    "confirmed": "confirmed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
}
_MOST_ROOMS: Final = 999
_MOST_MINOR_UNITS: Final = 10**15


@dataclass(frozen=True)
class BookingPage:
    """One page of bookings, and where the next begins."""

    understood: Understood
    next_cursor: str | None
    high_watermark: datetime | None
    """Up to when a source has told all, once its last page is read."""


def is_booking_page(tree: object) -> bool:
    """Say whether parsed JSON is a page of rows."""
    if not isinstance(tree, Mapping) or not isinstance(tree.get("data"), list):
        return False
    rows = tree["data"]
    return bool({"next_cursor", "high_watermark"} & tree.keys()) or any(
        isinstance(row, Mapping) and "booking_ref" in row for row in rows
    )


def read_booking_page(tree: object) -> BookingPage:
    """Read a page of rows.

    Parameters
    ----------
    tree:
        Parsed JSON: the rows as `data`, beside `next_cursor` and `high_watermark`.

    Returns
    -------
    :
        Its rows by their place, a deleted one as cancelled.

    Raises
    ------
    DocumentUnreadable
        It is no page, or its watermark is no time.
    """
    rows = said(tree, "data") if isinstance(tree, Mapping) else None
    if rows is None and isinstance(tree, Mapping) and tree.get("data") == []:
        rows = []
    if not isinstance(rows, list):
        raise DocumentUnreadable(
            "The page holds no list of rows under data: check that this is the bookings' address."
        )
    segments: list[Segment] = []
    rejected: list[Rejected] = []
    for line, row in enumerate(rows, start=1):
        try:
            segments.append(_read_row(row, line))
        except Unusable as error:
            rejected.append(Rejected(line, raw_of(row), error.column_name, error.reason))
    return BookingPage(
        Understood.of_rows(KIND, segments, rejected),
        text_of(said(tree, "next_cursor")),
        _watermark(said(tree, "high_watermark")),
    )


def _watermark(value: object) -> datetime | None:
    stamp = stamp_of(value)
    if value is not None and stamp is None:
        raise DocumentUnreadable(
            "The page's high_watermark is no time: ask the source for one as 2027-03-04T20:15:00Z."
        )
    return stamp


def _read_row(row: object, line: int) -> Segment:
    booking_ref = text_of(said(row, "booking_ref"))
    row = _in_our_names(row)
    if not isinstance(row, Mapping) or booking_ref is None:
        raise Unusable("booking_ref", "The row names no booking: ask the source for booking_ref.")
    kind, status = _kind(row), _status(row)
    values: dict[str, Any] = {name: text_of(said(row, name)) for name in _TEXTS}
    if values["given_name"] is None and values["family_name"] is None:
        name = text_of(said(row, "traveller_name"))
        values["given_name"], values["family_name"] = split_name(name)
    price = read_price(said(row, "price"), said(row, "currency"))
    match kind:
        case "flight":
            values |= _flight(row, status)
        case "stay":
            values |= _stay(row, status)
        case "booking" if status is None:
            raise Unusable(
                "kind", "The row names neither flight nor hotel nor status: ask the source for one."
            )
    return Segment(
        line=line,
        kind=kind,
        booking_ref=booking_ref,
        status=status,
        email=email_of(said(row, "email")),
        price_minor_units=price[0]
        if price is not None
        else _count(row, "price_minor_units", _MOST_MINOR_UNITS),
        currency=code_of(said(row, "currency")),
        booked_at=_instant(row, "booked_at"),
        source_updated_at=_instant(row, "source_updated_at"),
        **values,
    )


def _in_our_names(row: object) -> object:
    if not isinstance(row, Mapping):
        return row
    named = {ours: row[theirs] for ours, theirs in _ALSO_CALLED.items() if theirs in row}
    return named | {name: value for name, value in row.items() if value is not None}


def _kind(row: Mapping[str, Any]) -> SegmentKind:
    """Tell what a row is of: as it says, or by what else it says."""
    kind = (text_of(said(row, "kind")) or "").casefold()
    if kind in _KINDS:
        return cast("SegmentKind", _KINDS[kind])
    if kind:
        raise Unusable(
            "kind", f"The kind {kind[:40]} is not one we know: we know flight, stay and booking."
        )
    is_flight, is_stay = said(row, *_OF_FLIGHTS) is not None, said(row, *_OF_STAYS) is not None
    if is_flight and is_stay:
        raise Unusable("kind", "The row names a flight and a hotel: ask the source for two rows.")
    return "flight" if is_flight else "stay" if is_stay else "booking"


def _status(row: Mapping[str, Any]) -> SegmentStatus | None:
    """Tell what became of a row: what the source deleted is cancelled, whatever else it says."""
    if said(row, "deleted") in (True, "true", "True", "1"):
        return "cancelled"
    status = text_of(said(row, "status"))
    if status is not None and status.casefold() not in _STATUSES:
        raise Unusable(
            "status",
            f"The status {status[:40]} is not one we know: we know confirmed and cancelled.",
        )
    return _STATUSES[status.casefold()] if status is not None else None


def _flight(row: Mapping[str, Any], status: SegmentStatus | None) -> dict[str, Any]:
    carrier, number = read_designator(
        text_of(said(row, "flight_number")), text_of(said(row, "carrier"))
    )
    origin, destination = code_of(said(row, "origin")), code_of(said(row, "destination"))
    if origin is None or (destination is None and status != "cancelled"):
        column_name = "origin" if origin is None else "destination"
        raise Unusable(column_name, f"The {column_name} is no IATA code: ask for one such as JFK.")
    departure_at = _instant(row, "departure_at") or _shown(row, "departure_local", origin)
    arrival_at = _instant(row, "arrival_at") or _shown(row, "arrival_local", destination)
    return {
        "carrier": carrier,
        "flight_number": number,
        "origin": origin,
        "destination": destination,
        "departure_at": departure_at,
        "arrival_at": arrival_at,
        "departure_on": _departure_on(row, origin, departure_at),
    }


def _departure_on(row: Mapping[str, Any], origin: str, departure_at: datetime | None) -> date:
    """Tell the local day of departure, which says which flight it is."""
    given, zone = _day(row, "departure_on"), zone_of(origin)
    by_instant = departure_at.astimezone(zone).date() if departure_at and zone else given
    day = given or by_instant
    if day is None:
        raise Unusable(
            "departure_on", "The flight has no day of departure: ask the source for departure_on."
        )
    if by_instant not in {None, day}:
        raise Unusable(
            "departure_on",
            f"The flight leaves on {day} by departure_on and on {by_instant} by departure_at:"
            " ask the source which is true.",
        )
    return day


def _stay(row: Mapping[str, Any], status: SegmentStatus | None) -> dict[str, Any]:
    if said(row, "hotel_ref", "hotel_name") is None:
        raise Unusable("hotel_ref", "The stay names no hotel: ask for hotel_ref or hotel_name.")
    check_in_on, check_out_on = _day(row, "check_in_on"), _day(row, "check_out_on")
    is_cancelled = status == "cancelled"
    if check_in_on is None or (check_out_on is None and not is_cancelled):
        column_name = "check_in_on" if check_in_on is None else "check_out_on"
        raise Unusable(column_name, f"The stay has no {column_name}: ask the source for it.")
    if check_out_on is not None and check_out_on <= check_in_on:
        raise Unusable(
            "check_out_on",
            f"The stay ends on {check_out_on} and begins on {check_in_on}: ask for its true days.",
        )
    return {
        "hotel_latitude": degrees_of(said(row, "hotel_latitude"), 90),
        "hotel_longitude": degrees_of(said(row, "hotel_longitude"), 180),
        "check_in_on": check_in_on,
        "check_out_on": check_out_on,
        "rooms": _count(row, "rooms", _MOST_ROOMS) or None,
    }


def _instant(row: Mapping[str, Any], column_name: str) -> datetime | None:
    moment = read_moment(said(row, column_name), column_name)
    return instant_of(moment, None, column_name) if moment is not None else None


def _shown(row: Mapping[str, Any], column_name: str, airport: str | None) -> datetime | None:
    """Read what clocks at an airport show."""
    moment = read_moment(said(row, column_name), column_name)
    zone = zone_of(airport) if airport is not None else None
    return instant_of(moment, zone, column_name) if moment is not None else None


def _day(row: Mapping[str, Any], column_name: str) -> date | None:
    moment = read_moment(said(row, column_name), column_name)
    return moment.on if moment is not None else None


def _count(row: Mapping[str, Any], column_name: str, most: int) -> int | None:
    number = number_of(said(row, column_name))
    is_count = number is not None and number.is_integer() and 0 <= number <= most
    return int(number) if number is not None and is_count else None
