"""Airports, carriers, flights, and the bookings whose legs and stays ride on them."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.base import ON_EARTH, Base, Key, Shape, bounded, one_of, shaped, worded
from warehouse.vocabulary import BookingStatus, FlightStatus

SCHEMA = "travel"
AIRCRAFT = Shape(r"[A-Z0-9][A-Z0-9\-]{1,9}", "an aircraft's registration, such as N12345")
AIRPORT_CODE = Shape("[A-Z]{3}", "an airport's code, such as JFK")
BOOKING_REFERENCE = Shape(r"[^\s].{0,63}", "a reference of at most 64 characters")
CARRIER_CODE = Shape("[A-Z0-9]{2,3}", "a carrier's code, such as UA")
CURRENCY_CODE = Shape("[A-Z]{3}", "a currency's code, such as USD")
E_MAIL = Shape(r"[^@\s]+@[^@\s]+", "an e-mail address")
FLIGHT_NUMBER = Shape(r"\d{1,5}", "a number of up to five digits")
TIME_ZONE = Shape(
    r"[A-Za-z_]+(/[A-Za-z_+\-0-9]+)+|UTC", "a time zone's name, such as America/New_York"
)
HALF_ROUND_THE_EARTH_KM = 20_040
A_DAY_EARLY_MINUTES, A_WEEK_LATE_MINUTES = -1_440, 10_080


class Airport(Base):
    """A place flights leave from, with its IANA zone."""

    __tablename__ = "airport"
    __table_args__ = (
        CheckConstraint("iata ~ '^[A-Z]{3}$'", name="iata_code"),
        CheckConstraint(ON_EARTH, name="on_earth"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    iata: Mapped[str] = shaped(AIRPORT_CODE, primary_key=True)
    name: Mapped[str]
    city: Mapped[str]
    latitude: Mapped[float] = bounded(-90, 90)
    longitude: Mapped[float] = bounded(-180, 180)
    time_zone: Mapped[str] = shaped(TIME_ZONE)


class Carrier(Base):
    """An airline, by its IATA code."""

    __tablename__ = "carrier"
    __table_args__ = ({"schema": SCHEMA, "comment": __doc__},)

    code: Mapped[str] = shaped(CARRIER_CODE, primary_key=True)
    name: Mapped[str]


class Flight(Base):
    """A carrier's operation on a local service date, with the newest that was reported of it.

    Triggers see that its carrier, airports and batch are there: for a whole load at once, where
    foreign keys would look each of them up for every row.
    """

    __tablename__ = "flight"
    __table_args__ = (
        UniqueConstraint("carrier", "flight_number", "origin", "service_date"),
        CheckConstraint(one_of("status", FlightStatus), name="status"),
        CheckConstraint("scheduled_arrival_at > scheduled_departure_at", name="arrives_after"),
        CheckConstraint(
            "(status = 'cancelled') = (cancelled_reported_at IS NOT NULL)", name="cancelled"
        ),
        CheckConstraint(
            "status NOT IN ('departed', 'arrived', 'diverted') OR actual_departure_at IS NOT NULL",
            name="departed_has_instant",
        ),
        CheckConstraint("distance_km >= 0", name="distance_not_negative"),
        CheckConstraint(
            "(aircraft IS NULL) = (aircraft_known_at IS NULL)", name="assigned_has_instant"
        ),
        Index(None, "scheduled_departure_at", "origin"),
        # What was reported of late is asked for every hour, and few flights ever have either.
        Index(
            "ix_flight_cancelled_reported_at",
            "cancelled_reported_at",
            postgresql_where="cancelled_reported_at IS NOT NULL",
        ),
        Index(
            "ix_flight_delay_reported_at",
            "delay_reported_at",
            postgresql_where="delay_reported_at IS NOT NULL",
        ),
        # Half of each page is left for the flights' next versions.
        {
            "schema": SCHEMA,
            "comment": __doc__.partition("\n")[0],
            "postgresql_with": {"fillfactor": 50},
            "info": {"triggers": ("names_what_is_there", "still_names_what_is_there")},
        },
    )

    flight_id: Mapped[Key]
    carrier: Mapped[str]
    flight_number: Mapped[str] = shaped(FLIGHT_NUMBER)
    origin: Mapped[str]
    destination: Mapped[str]
    service_date: Mapped[date]
    scheduled_departure_at: Mapped[datetime]
    scheduled_arrival_at: Mapped[datetime]
    distance_km: Mapped[float] = bounded(0, HALF_ROUND_THE_EARTH_KM)
    is_generated: Mapped[bool] = mapped_column(server_default="false")
    status: Mapped[str] = worded(FlightStatus, server_default=FlightStatus.SCHEDULED.value)
    reported_at: Mapped[datetime | None]
    delay_reported_at: Mapped[datetime | None]
    cancelled_reported_at: Mapped[datetime | None]
    actual_departure_at: Mapped[datetime | None]
    actual_arrival_at: Mapped[datetime | None]
    departure_delay_minutes: Mapped[float | None] = bounded(
        A_DAY_EARLY_MINUTES, A_WEEK_LATE_MINUTES
    )
    arrival_delay_minutes: Mapped[float | None] = bounded(A_DAY_EARLY_MINUTES, A_WEEK_LATE_MINUTES)
    # As assigned beforehand; never the one that flew, which is missing where none did.
    aircraft: Mapped[str | None] = shaped(AIRCRAFT)
    aircraft_known_at: Mapped[datetime | None]
    batch_id: Mapped[int]


class Traveller(Base):
    """A person on a booking; personal data, shown to staff who act and to the traveller."""

    __tablename__ = "traveller"
    __table_args__ = ({"schema": SCHEMA, "comment": __doc__},)

    traveller_id: Mapped[Key]
    traveller_ref: Mapped[str] = mapped_column(unique=True)
    given_name: Mapped[str]
    family_name: Mapped[str]
    email: Mapped[str | None] = shaped(E_MAIL)
    phone: Mapped[str | None]
    home_airport: Mapped[str | None] = mapped_column(ForeignKey(f"{SCHEMA}.airport.iata"))
    loyalty_tier: Mapped[str | None]
    is_generated: Mapped[bool] = mapped_column(server_default="false")


class Booking(Base):
    """What a party bought together: legs and stays under one record locator."""

    __tablename__ = "booking"
    __table_args__ = (
        UniqueConstraint("source", "booking_ref"),
        CheckConstraint(one_of("status", BookingStatus), name="status"),
        CheckConstraint("value_minor_units >= 0", name="value_not_negative"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency_code"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    booking_id: Mapped[Key]
    source: Mapped[str]
    booking_ref: Mapped[str]
    booked_at: Mapped[datetime]
    status: Mapped[str] = worded(BookingStatus, server_default=BookingStatus.CONFIRMED.value)
    value_minor_units: Mapped[int] = bounded(0)
    currency: Mapped[str] = shaped(CURRENCY_CODE)
    trip_purpose: Mapped[str]
    is_generated: Mapped[bool] = mapped_column(server_default="false")
    source_updated_at: Mapped[datetime]
    batch_id: Mapped[int] = mapped_column(ForeignKey("feeds.batch.batch_id"))


class BookingTraveller(Base):
    """Who is on a booking; position 1 is the lead traveller, who is told and who answers."""

    __tablename__ = "booking_traveller"
    __table_args__ = (
        UniqueConstraint("booking_id", "position"),
        CheckConstraint("position > 0", name="position_positive"),
        Index(None, "traveller_id"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    booking_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.booking.booking_id"), primary_key=True
    )
    traveller_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.traveller.traveller_id"), primary_key=True
    )
    position: Mapped[int] = bounded(1, 999)


class Leg(Base):
    """The part of a booking that rides on one flight."""

    __tablename__ = "leg"
    __table_args__ = (
        UniqueConstraint("booking_id", "position"),
        CheckConstraint(one_of("status", BookingStatus), name="status"),
        CheckConstraint("position > 0", name="position_positive"),
        CheckConstraint("price_minor_units >= 0", name="price_not_negative"),
        Index(None, "flight_id"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    leg_id: Mapped[Key]
    booking_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.booking.booking_id"))
    flight_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.flight.flight_id"))
    position: Mapped[int] = bounded(1, 999)
    cabin: Mapped[str]
    price_minor_units: Mapped[int] = bounded(0)
    currency: Mapped[str] = shaped(CURRENCY_CODE)
    status: Mapped[str] = worded(BookingStatus, server_default=BookingStatus.CONFIRMED.value)


class Stay(Base):
    """Consecutive nights of a booking in one hotel; `check_out_on` is exclusive."""

    __tablename__ = "stay"
    __table_args__ = (
        UniqueConstraint("booking_id", "position"),
        CheckConstraint("check_out_on > check_in_on", name="at_least_one_night"),
        CheckConstraint("rooms > 0", name="rooms_positive"),
        CheckConstraint("position > 0", name="position_positive"),
        CheckConstraint("price_minor_units >= 0", name="price_not_negative"),
        CheckConstraint(one_of("status", BookingStatus), name="status"),
        Index(None, "hotel_id", "check_in_on"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    stay_id: Mapped[Key]
    booking_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.booking.booking_id"))
    hotel_id: Mapped[int] = mapped_column(ForeignKey("inventory.hotel.hotel_id"))
    position: Mapped[int] = bounded(1, 999)
    room_type: Mapped[str]
    check_in_on: Mapped[date]
    check_out_on: Mapped[date]
    rooms: Mapped[int] = bounded(1, 999)
    price_minor_units: Mapped[int] = bounded(0)
    currency: Mapped[str] = shaped(CURRENCY_CODE)
    status: Mapped[str] = worded(BookingStatus, server_default=BookingStatus.CONFIRMED.value)
