"""Reservations in schema.org's words, from whatever document they stood in, as segments."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from itertools import product
from typing import Final

from pipelines.reading.errors import Unusable
from pipelines.reading.json_ld import BrokenPart, Reservation, Statement, Thing, reservations_in
from pipelines.reading.moments import stamp_of
from pipelines.reading.money import read_price
from pipelines.reading.schema_org_flights import read_flight
from pipelines.reading.schema_org_stays import read_stay
from pipelines.reading.segments import Rejected, Segment, SegmentStatus, Understood
from pipelines.reading.travellers import travellers_of
from pipelines.reading.values import listed, raw_of, said, text_of

MOST_ROWS: Final = 10_000
"""Of one reservation, each traveller on each of its segments counted."""
_STATUSES: Final[dict[str, SegmentStatus]] = {
    "confirmed": "confirmed",
    "checkin": "confirmed",
    "checkedin": "confirmed",
    "booked": "confirmed",
    "ticketed": "confirmed",
    "cancelled": "cancelled",
    "canceled": "cancelled",
}
_NOT_YET: Final = {"hold", "pending"}
_CABINS: Final = {
    "premium": "premium_economy",
    "business": "business",
    "first": "first",
    "eco": "economy",
    "coach": "economy",
}


@dataclass
class _Found:
    """What has been read so far."""

    segments: list[Segment] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    ignored_count: int = 0
    line: int = 0
    priced: set[object] = field(default_factory=set)


def read_statements(kind: str, parts: Iterable[Statement | BrokenPart]) -> Understood:
    """Read all that the parts of a document say of flights and stays.

    Parameters
    ----------
    kind:
        What the document was understood to be.
    parts:
        Its JSON-LD, its microdata, and what of it is broken.

    Returns
    -------
    :
        Segments and rejections by the place of their reservation in the document.
    """
    found = _Found()
    for part in parts:
        if isinstance(part, Statement):
            _read_statement(part, found)
        elif part.mentions_reservation:
            found.line += 1
            found.rejected.append(Rejected(found.line, part.raw, "document", part.reason))
        else:
            found.ignored_count += 1
    return Understood.of_rows(kind, found.segments, found.rejected, found.ignored_count)


def _read_statement(statement: Statement, found: _Found) -> None:
    reservations, ignored_count = reservations_in(statement.tree)
    found.ignored_count += ignored_count
    for reservation in reservations:
        found.line += 1
        try:
            shared = _read_shared(reservation.said, found.line, statement.said_at)
            rows = list(_read_subjects(reservation, shared, found))
        except Unusable as error:
            found.rejected.append(_rejected(found.line, reservation.written, error))
        else:
            found.segments += _with_price(rows, reservation.said, found.priced)


def _read_shared(reservation: Thing, line: int, said_at: datetime | None) -> Segment:
    """Read what holds for all segments of a reservation."""
    booking_ref = text_of(said(reservation, "reservationNumber", "reservationId"))
    if booking_ref is None:
        raise Unusable(
            "booking_ref", "The reservation has no number: ask the sender for reservationNumber."
        )
    return Segment(
        line=line,
        kind="booking",
        booking_ref=booking_ref,
        status=_status(said(reservation, "reservationStatus")),
        booked_at=stamp_of(said(reservation, "bookingTime")),
        # A mail is dated, and few of the reservations in mails are.
        source_updated_at=stamp_of(said(reservation, "modifiedTime", "dateModified")) or said_at,
    )


def _status(value: object) -> SegmentStatus | None:
    texts = [text_of(said(one, "@id") or one) for one in listed(value)]
    text = next((text for text in texts if text is not None), None)
    if text is None:
        return None
    word = re.sub(r"^reservation", "", re.split(r"[/#:]", text.casefold().rstrip("/"))[-1])
    if word in _NOT_YET:
        # What lapses is never cancelled by another mail, and would stay a trip for ever.
        raise Unusable(
            "status",
            f"The reservation is not confirmed yet ({text}): nobody travels on it until a"
            " confirmation comes in.",
        )
    if word not in _STATUSES:
        raise Unusable(
            "status", f"Nobody knows the status {text[:60]}: ask for Confirmed or Cancelled."
        )
    return _STATUSES[word]


def _read_subjects(reservation: Reservation, shared: Segment, found: _Found) -> Iterator[Segment]:
    """Read what a reservation is for, once for each who travels on it."""
    subjects = listed(said(reservation.said, "reservationFor"))
    if not subjects:
        yield _bare_cancellation(shared)
        return
    tickets = listed(said(reservation.said, "reservedTicket"))
    travellers = travellers_of(
        said(reservation.said, "underName") or [said(one, "underName") for one in tickets]
    )
    if len(subjects) * len(travellers) > MOST_ROWS:
        raise Unusable(
            "document",
            f"The reservation has more than {MOST_ROWS} rows: ask for it in several documents.",
        )
    written = listed(said(reservation.written, "reservationFor"))
    segments: list[Segment] = []
    for subject, as_written in zip(subjects, written, strict=True):
        try:
            segments.append(_read_subject(reservation, subject, shared))
        except Unusable as error:
            alone = reservation.written | {"reservationFor": as_written}
            found.rejected.append(_rejected(shared.line, alone, error))
    for segment, traveller in product(segments, travellers):
        yield replace(segment, **asdict(traveller))


def _bare_cancellation(shared: Segment) -> Segment:
    if shared.status != "cancelled":
        raise Unusable(
            "kind", "The reservation names neither flight nor hotel: ask for reservationFor."
        )
    return shared


def _read_subject(reservation: Reservation, subject: object, shared: Segment) -> Segment:
    if reservation.kind == "stay":
        stay = asdict(read_stay(subject, reservation.said))
        return replace(shared, kind="stay", **stay)
    flight = asdict(read_flight(subject, reservation.said, shared.status))
    cabin = _cabin(said(reservation.said, "airplaneSeatClass"))
    return replace(shared, kind="flight", cabin=cabin, **flight)


def _cabin(value: object) -> str | None:
    """Tell the cabin; a fare's name is none."""
    text = (text_of(value) or "").casefold()
    return next((cabin for word, cabin in _CABINS.items() if word in text), None)


def _with_price(rows: list[Segment], reservation: Thing, priced: set[object]) -> list[Segment]:
    """Put the price of the whole reservation on its first row, so that rows add up to it."""
    # Carriers that write a reservation per leg repeat what all of them cost together on each.
    asked = said(reservation, "totalPrice", "price")
    price = read_price(
        said(asked, "price") or asked,
        said(reservation, "priceCurrency") or said(asked, "priceCurrency"),
    )
    if price is None or not rows or (rows[0].booking_ref, price) in priced:
        return rows
    priced.add((rows[0].booking_ref, price))
    first = replace(rows[0], price_minor_units=price[0], currency=price[1])
    return [first, *rows[1:]]


def _rejected(line: int, reservation: Thing, error: Unusable) -> Rejected:
    return Rejected(line, raw_of(reservation), error.column_name, error.reason)
