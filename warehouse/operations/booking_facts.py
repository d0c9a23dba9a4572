"""What the rows of a booking must look like, and where each of them goes."""

from warehouse.bulk.column_rules import rules_of
from warehouse.bulk.contract import Contract, RowRule
from warehouse.bulk.merging import Target
from warehouse.bulk.staging import Reference
from warehouse.operations.fact_merges import Fact, table_of
from warehouse.schema.inventory import Hotel
from warehouse.schema.travel import Booking, BookingTraveller, Flight, Leg, Stay, Traveller

_FLIGHT_KEY = ("carrier", "flight_number", "origin", "service_date")
_LEG = ("cabin", "price_minor_units", "currency", "status")
_STAY = (
    *("room_type", "check_in_on", "check_out_on", "rooms"),
    *("price_minor_units", "currency", "status"),
)
_OF_BOOKING = rules_of(table_of(Booking), "booking_ref")
OF_BOOKING = Reference(
    "booking_id",
    table_of(Booking),
    "booking_id",
    {"source": "source", "booking_ref": "booking_ref"},
)
"""The booking a row belongs to: unknown until the booking itself is written."""

_TRAVELLER_COLUMNS = rules_of(
    table_of(Traveller),
    *("traveller_ref", "given_name", "family_name", "email", "phone", "home_airport"),
    *("loyalty_tier", "is_generated"),
)
TRAVELLER = Fact(
    "traveller",
    Contract(_TRAVELLER_COLUMNS, ("traveller_ref",)),
    Target(table_of(Traveller), ("traveller_ref",), tuple(_TRAVELLER_COLUMNS)[1:]),
)

_BOOKING_COLUMNS = rules_of(
    table_of(Booking),
    *("booking_ref", "booked_at", "status", "value_minor_units", "currency", "trip_purpose"),
    *("is_generated", "source_updated_at"),
)
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
        _OF_BOOKING
        | rules_of(table_of(BookingTraveller), "position")
        | rules_of(table_of(Traveller), "traveller_ref"),
        ("booking_ref", "position"),
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
        _OF_BOOKING
        | rules_of(table_of(Flight), *_FLIGHT_KEY)
        | rules_of(table_of(Leg), "position", *_LEG),
        ("booking_ref", "position"),
    ),
    Target(
        table_of(Leg),
        ("booking_id", "position"),
        ("flight_id", *_LEG),
    ),
    references=(
        Reference("flight_id", table_of(Flight), "flight_id", {name: name for name in _FLIGHT_KEY}),
    ),
    fills=(OF_BOOKING,),
)
STAY = Fact(
    "stay",
    Contract(
        _OF_BOOKING
        | rules_of(table_of(Hotel), "hotel_ref")
        | rules_of(table_of(Stay), "position", *_STAY),
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
        ("hotel_id", *_STAY),
    ),
    references=(Reference("hotel_id", table_of(Hotel), "hotel_id", {"hotel_ref": "hotel_ref"}),),
    fills=(OF_BOOKING,),
)
