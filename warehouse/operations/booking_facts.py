"""What the rows of a booking must look like, and where each of them goes."""

from warehouse.bulk.contract import ColumnRule, Contract, RowRule
from warehouse.bulk.merging import Target
from warehouse.bulk.staging import Reference
from warehouse.operations.fact_merges import Fact, table_of
from warehouse.schema.inventory import Hotel
from warehouse.schema.travel import Booking, BookingTraveller, Flight, Leg, Stay, Traveller
from warehouse.vocabulary import BookingStatus

_FLIGHT_KEY = ("carrier", "flight_number", "origin", "service_date")
_STATUS = ColumnRule("text", among=[status.value for status in BookingStatus])
_PRICE = ColumnRule("whole", lowest=0)
_CURRENCY = ColumnRule("text", pattern="[A-Z]{3}")
_OF_BOOKING_COLUMNS = {
    "booking_ref": ColumnRule("text"),
    "position": ColumnRule("whole", lowest=1, highest=999),
}
OF_BOOKING = Reference(
    "booking_id",
    table_of(Booking),
    "booking_id",
    {"source": "source", "booking_ref": "booking_ref"},
)
"""The booking a row belongs to: unknown until the booking itself is written."""

_TRAVELLER_COLUMNS = {
    "traveller_ref": ColumnRule("text"),
    "given_name": ColumnRule("text"),
    "family_name": ColumnRule("text"),
    "email": ColumnRule("text", pattern=r"[^@\s]+@[^@\s]+"),
    "phone": ColumnRule("text"),
    "home_airport": ColumnRule("text", is_required=False, pattern="[A-Z]{3}"),
    "loyalty_tier": ColumnRule("text", is_required=False),
    "is_generated": ColumnRule("truth"),
}
TRAVELLER = Fact(
    "traveller",
    Contract(_TRAVELLER_COLUMNS, ("traveller_ref",)),
    Target(table_of(Traveller), ("traveller_ref",), tuple(_TRAVELLER_COLUMNS)[1:]),
)

_BOOKING_COLUMNS = {
    "booking_ref": ColumnRule("text"),
    "booked_at": ColumnRule("instant"),
    "status": _STATUS,
    "value_minor_units": _PRICE,
    "currency": _CURRENCY,
    "trip_purpose": ColumnRule("text"),
    "is_generated": ColumnRule("truth"),
    "source_updated_at": ColumnRule("instant"),
}
BOOKING = Fact(
    "booking",
    Contract(_BOOKING_COLUMNS, ("booking_ref",), newer_by="source_updated_at"),
    Target(
        table_of(Booking),
        ("source", "booking_ref"),
        tuple(_BOOKING_COLUMNS)[1:],
        newer_by="source_updated_at",
    ),
    fills=(OF_BOOKING,),
)
BOOKING_TRAVELLER = Fact(
    "booking_traveller",
    Contract(
        _OF_BOOKING_COLUMNS | {"traveller_ref": ColumnRule("text")}, ("booking_ref", "position")
    ),
    Target(table_of(BookingTraveller), ("booking_id", "traveller_id"), ("position",)),
    references=(
        Reference(
            "traveller_id",
            table_of(Traveller),
            "traveller_id",
            {"traveller_ref": "traveller_ref"},
        ),
    ),
    fills=(OF_BOOKING,),
)
LEG = Fact(
    "leg",
    Contract(
        _OF_BOOKING_COLUMNS
        | {
            "carrier": ColumnRule("text"),
            "flight_number": ColumnRule("text"),
            "origin": ColumnRule("text"),
            "service_date": ColumnRule("date"),
            "cabin": ColumnRule("text"),
            "price_minor_units": _PRICE,
            "currency": _CURRENCY,
            "status": _STATUS,
        },
        ("booking_ref", "position"),
    ),
    Target(
        table_of(Leg),
        ("booking_id", "position"),
        ("flight_id", "cabin", "price_minor_units", "currency", "status"),
    ),
    references=(
        Reference("flight_id", table_of(Flight), "flight_id", {name: name for name in _FLIGHT_KEY}),
    ),
    fills=(OF_BOOKING,),
)
STAY = Fact(
    "stay",
    Contract(
        _OF_BOOKING_COLUMNS
        | {
            "hotel_ref": ColumnRule("text"),
            "room_type": ColumnRule("text"),
            "check_in_on": ColumnRule("date"),
            "check_out_on": ColumnRule("date"),
            "rooms": ColumnRule("whole", lowest=1, highest=999),
            "price_minor_units": _PRICE,
            "currency": _CURRENCY,
            "status": _STATUS,
        },
        ("booking_ref", "position"),
        rows=(
            RowRule(
                "check_out_on",
                "is not after check_in_on",
                lambda rows: ~(rows["check_out_on"] <= rows["check_in_on"]),
            ),
        ),
    ),
    Target(
        table_of(Stay),
        ("booking_id", "position"),
        (
            *("hotel_id", "room_type", "check_in_on", "check_out_on", "rooms"),
            *("price_minor_units", "currency", "status"),
        ),
    ),
    references=(Reference("hotel_id", table_of(Hotel), "hotel_id", {"hotel_ref": "hotel_ref"}),),
    fills=(OF_BOOKING,),
)
