"""Orders as Duffel describes them, as segments."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any, Final

from pipelines.reading.airports import zone_of
from pipelines.reading.errors import DocumentNamesOrder, DocumentUnreadable, Unusable
from pipelines.reading.flight_numbers import read_designator
from pipelines.reading.moments import instant_of, local_day_of, read_moment, stamp_of, zone_named
from pipelines.reading.money import read_price
from pipelines.reading.segments import Rejected, Segment, Understood
from pipelines.reading.travellers import SOMEBODY, Traveller
from pipelines.reading.values import code_of, email_of, listed, raw_of, said, text_of

KIND: Final = "Duffel orders"
MOST_ROWS: Final = 10_000
"""Of one order, each passenger on each of its segments counted."""
_EVENT: Final = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")
_ORDER_ID: Final = re.compile(r"ord_\w+")
_OTHER_ID: Final = re.compile(r"(?!ord_)[a-z]{3}_")
"""Of an offer and the like, which has slices too and is no booking of anybody."""


def is_of_duffel(tree: object) -> bool:
    """Say whether parsed JSON is an order, a list of orders or an event of Duffel's."""
    if _event_of(tree) is not None:
        return True
    orders = _orders_of(tree) or []
    # A page of no orders is known by its cursors.
    is_empty_page = orders == [] and {"after", "before"} <= _keys_of(said(tree, "meta"))
    return is_empty_page or (orders != [] and all(map(_looks_like_order, orders)))


def _keys_of(thing: object) -> set[str]:
    return set(thing) if isinstance(thing, Mapping) else set()


def read_orders(tree: object) -> Understood:
    """Read an order, bare or as `data`, or a page of them.

    Parameters
    ----------
    tree:
        Parsed JSON.

    Returns
    -------
    :
        A row for each passenger on each segment, by the place of their order. What an order costs
        stands on its first row alone, so that rows add up to it.

    Raises
    ------
    DocumentNamesOrder
        It is an event, which says nothing of the order but its id.
    DocumentUnreadable
        It is neither.
    """
    event = _event_of(tree)
    if event is not None:
        raise DocumentNamesOrder(_order_of_event(tree), event)
    orders = _orders_of(tree)
    if orders is None:
        raise DocumentUnreadable(
            "There is no Duffel order in this: ask Duffel for the order itself."
        )
    segments: list[Segment] = []
    rejected: list[Rejected] = []
    for line, order in enumerate(orders, start=1):
        try:
            segments += _read_order(order, line, rejected)
        except Unusable as error:
            rejected.append(Rejected(line, raw_of(order), error.column_name, error.reason))
    return Understood.of_rows(KIND, segments, rejected)


def next_page_of(page: object) -> str | None:
    """Read the cursor after which the next page of orders begins; None on the last page."""
    return text_of(said(said(page, "meta"), "after"))


def _orders_of(tree: object) -> list[Any] | None:
    inside = tree["data"] if isinstance(tree, Mapping) and "data" in tree else tree
    return listed(inside) if isinstance(inside, list | Mapping) else None


def _looks_like_order(order: object) -> bool:
    if not isinstance(order, Mapping) or _OTHER_ID.match(str(order.get("id"))):
        return False
    return "slices" in order or _ORDER_ID.fullmatch(str(order.get("id"))) is not None


def _event_of(tree: object) -> str | None:
    """Name the event that Duffel tells of; None if it is none."""
    name = text_of(said(tree, "type"))
    is_event = name and _EVENT.fullmatch(name) and isinstance(said(tree, "data"), Mapping)
    return name if is_event else None


def _order_of_event(event: object) -> str:
    data = said(event, "data")
    places = [said(data, "object"), data, event]
    ids = [said(place, name) for place in places for name in ("order_id", "id", "idempotency_key")]
    for text in map(text_of, ids):
        if text is not None and _ORDER_ID.fullmatch(text):
            return text
    raise DocumentUnreadable(
        f"The event {_event_of(event)} names no order: there is nothing to fetch for it."
    )


def _read_order(order: object, line: int, rejected: list[Rejected]) -> list[Segment]:
    shared = _read_shared(order, line)
    flights = [
        segment
        for trip in listed(said(order, "slices"))
        for segment in listed(said(trip, "segments"))
    ]
    passengers = listed(said(order, "passengers"))
    if len(flights) * len(passengers) > MOST_ROWS:
        raise Unusable("document", f"The order has more than {MOST_ROWS} rows: split it.")
    if not flights:
        return [_without_flights(shared)]
    rows: list[Segment] = []
    for flight in flights:
        try:
            flown = _read_flight(flight, shared)
        except Unusable as error:
            rejected.append(Rejected(line, raw_of(flight), error.column_name, error.reason))
        else:
            rows += [
                replace(flown, cabin=cabin, **asdict(traveller))
                for traveller, cabin in _flying(flight, passengers)
            ]
    return _with_price(rows, order)


def _read_shared(order: object, line: int) -> Segment:
    """Read what holds for all segments of an order."""
    # Travellers and agents know a booking by the airline's reference, not by Duffel's id.
    booking_ref = text_of(said(order, "booking_reference", "id"))
    if booking_ref is None:
        raise Unusable("booking_ref", "The order has no booking_reference: fetch it again.")
    return Segment(
        line=line,
        kind="booking",
        booking_ref=booking_ref,
        status="cancelled" if _is_cancelled(order) else "confirmed",
        booked_at=stamp_of(said(order, "created_at")),
        source_updated_at=_changed_at(order),
    )


def _is_cancelled(order: object) -> bool:
    """Say whether an order is cancelled; a cancellation not confirmed yet is only a quote."""
    if said(order, "cancelled_at"):
        return True
    cancellation = said(order, "cancellation")
    return isinstance(cancellation, Mapping) and cancellation.get("confirmed_at", True) is not None


def _changed_at(order: object) -> datetime | None:
    """Tell when anything last became of an order: a cancellation may be newer than its sync."""
    changes = listed(said(order, "airline_initiated_changes"))
    stamps = [
        *(said(order, name) for name in ("updated_at", "synced_at", "cancelled_at", "created_at")),
        *(said(change, name) for change in changes for name in ("updated_at", "created_at")),
    ]
    return max((stamp for stamp in map(stamp_of, stamps) if stamp is not None), default=None)


def _without_flights(shared: Segment) -> Segment:
    if shared.status != "cancelled":
        raise Unusable("kind", "The order has no flights: fetch it again from Duffel.")
    return shared


def _read_flight(flight: object, shared: Segment) -> Segment:
    # Who operates the flight is left out: travellers know the number on their ticket.
    carrier, number = read_designator(
        text_of(said(flight, "marketing_carrier_flight_number")),
        text_of(said(said(flight, "marketing_carrier"), "iata_code")),
    )
    origin, departure = _end(flight, "origin", "departing_at", "departure_at")
    destination, arrival = _end(flight, "destination", "arriving_at", "arrival_at")
    if departure is None:
        raise Unusable("departure_at", "The flight has no departing_at: fetch the order again.")
    return replace(
        shared,
        kind="flight",
        carrier=carrier,
        flight_number=number,
        origin=origin,
        destination=destination,
        departure_at=departure[0],
        arrival_at=arrival[0] if arrival is not None else None,
        departure_on=departure[1],
    )


def _end(
    flight: object, place: str, time: str, column_name: str
) -> tuple[str, tuple[datetime, date] | None]:
    """Read where one end of a flight is, and when by the clocks there: the instant and the day."""
    airport = said(flight, place)
    code = code_of(said(airport, "iata_code"))
    if code is None:
        raise Unusable(place, f"The flight's {place} has no iata_code: fetch the order again.")
    moment = read_moment(said(flight, time), column_name)
    if moment is None:
        return code, None
    zone = zone_named(text_of(said(airport, "time_zone"))) or zone_of(code)
    instant = instant_of(moment, zone, column_name)
    return code, (instant, local_day_of(moment, instant, zone))


def _flying(flight: object, passengers: list[Any]) -> Iterable[tuple[Traveller, str | None]]:
    """Tell who of an order is on a flight, and in which cabin."""
    seats = listed(said(flight, "passengers"))
    cabins = {text_of(said(seat, "passenger_id")): said(seat, "cabin_class") for seat in seats}
    aboard = [one for one in passengers if text_of(said(one, "id")) in cabins]
    # An order that names nobody of its flight's has them all on it.
    usual = text_of(said(seats[0], "cabin_class")) if seats else None
    for person in aboard or passengers:
        cabin = text_of(cabins.get(text_of(said(person, "id"))))
        yield _traveller(person), cabin or usual
    if not passengers:
        yield SOMEBODY, usual


def _traveller(person: object) -> Traveller:
    return Traveller(
        traveller_ref=text_of(said(person, "id")),
        given_name=text_of(said(person, "given_name")),
        family_name=text_of(said(person, "family_name")),
        email=email_of(said(person, "email")),
        phone=text_of(said(person, "phone_number")),
    )


def _with_price(rows: list[Segment], order: object) -> list[Segment]:
    price = read_price(said(order, "total_amount"), said(order, "total_currency"))
    if price is None or not rows:
        return rows
    return [replace(rows[0], price_minor_units=price[0], currency=price[1]), *rows[1:]]
