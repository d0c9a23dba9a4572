"""What providers sent: each batch with its balance, what was refused, weather as it was known."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.base import Base, Key, bounded, index_where_set, one_of, shaped, worded
from warehouse.schema.travel import (
    BOOKING_REFERENCE,
    CARRIER_CODE,
    CURRENCY_CODE,
    E_MAIL,
    FLIGHT_NUMBER,
)
from warehouse.vocabulary import BookingStatus, BulletinKind, SegmentKind

SCHEMA = "feeds"


class Batch(Base):
    """One delivery of one feed: what came in equals what was kept, unchanged, older or refused."""

    __tablename__ = "batch"
    __table_args__ = (
        CheckConstraint(
            "received_count = accepted_count + unchanged_count + superseded_count"
            " + quarantined_count",
            name="balance",
        ),
        CheckConstraint(
            "least(received_count, accepted_count, unchanged_count, superseded_count,"
            " quarantined_count) >= 0",
            name="counts_not_negative",
        ),
        Index(None, "feed", "received_at"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    batch_id: Mapped[Key]
    feed: Mapped[str]
    source: Mapped[str]
    file: Mapped[str | None]
    partition_key: Mapped[str | None]
    payload_sha256: Mapped[str]
    received_at: Mapped[datetime]
    received_count: Mapped[int]
    accepted_count: Mapped[int]
    unchanged_count: Mapped[int]
    superseded_count: Mapped[int]
    quarantined_count: Mapped[int]


class Quarantine(Base):
    """A row that was refused, kept with its text and a reason somebody can act on."""

    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint("feed", "source", "file", "line", "column_name", "raw_md5"),
        Index("ix_quarantine_waiting", "feed", "source", postgresql_where="cleared_at IS NULL"),
        index_where_set("ix_quarantine_cleared", "cleared_at"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    quarantine_id: Mapped[Key]
    feed: Mapped[str]
    source: Mapped[str]
    file: Mapped[str] = mapped_column(server_default="")
    line: Mapped[int]
    row_key: Mapped[str | None]
    raw_text: Mapped[str]
    raw_md5: Mapped[str] = mapped_column(Computed("md5(raw_text)", persisted=True))
    column_name: Mapped[str] = mapped_column(server_default="")
    reason: Mapped[str]
    first_seen_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None]


class _Weather:
    temperature_c: Mapped[float | None] = bounded(-90, 60)
    dew_point_c: Mapped[float | None] = bounded(-110, 60)
    humidity_pct: Mapped[float | None] = bounded(0, 110)
    wind_direction_deg: Mapped[float | None] = bounded(0, 360)
    wind_mps: Mapped[float | None] = bounded(0, 120)
    gust_mps: Mapped[float | None] = bounded(0, 150)
    precipitation_mm: Mapped[float | None] = bounded(0, 500)
    pressure_hpa: Mapped[float | None] = bounded(850, 1100)
    visibility_m: Mapped[float | None] = bounded(0, 200_000)


class WeatherObservation(_Weather, Base):
    """What was measured at an airport in the hour that begins at `observed_at` (UTC)."""

    __tablename__ = "weather_observation"
    __table_args__ = (
        CheckConstraint("known_at > observed_at", name="known_after_observed"),
        CheckConstraint("wind_mps BETWEEN 0 AND 120", name="wind_plausible"),
        CheckConstraint("gust_mps BETWEEN 0 AND 150", name="gust_plausible"),
        CheckConstraint("visibility_m >= 0", name="visibility_not_negative"),
        CheckConstraint("precipitation_mm >= 0", name="precipitation_not_negative"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    airport: Mapped[str] = mapped_column(ForeignKey("travel.airport.iata"), primary_key=True)
    observed_at: Mapped[datetime] = mapped_column(primary_key=True)
    known_at: Mapped[datetime]
    batch_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.batch.batch_id"))


class WeatherForecast(_Weather, Base):
    """What a source said at `issued_at` about the weather at `valid_at`: both times are kept."""

    __tablename__ = "weather_forecast"
    __table_args__ = (
        CheckConstraint("issued_at <= valid_at", name="issued_before_valid"),
        Index(None, "airport", "valid_at", "issued_at"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    source: Mapped[str] = mapped_column(primary_key=True)
    airport: Mapped[str] = mapped_column(ForeignKey("travel.airport.iata"), primary_key=True)
    valid_at: Mapped[datetime] = mapped_column(primary_key=True)
    issued_at: Mapped[datetime] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.batch.batch_id"))


class WeatherBulletin(Base):
    """What a weather service says about an airport in words: a report, a forecast, a warning."""

    __tablename__ = "weather_bulletin"
    __table_args__ = (
        CheckConstraint(one_of("kind", BulletinKind), name="kind"),
        CheckConstraint("valid_until >= valid_from", name="valid_until_after_from"),
        Index(None, "airport", "valid_until"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    source: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = worded(BulletinKind, primary_key=True)
    bulletin_ref: Mapped[str] = mapped_column(primary_key=True)
    airport: Mapped[str] = mapped_column(ForeignKey("travel.airport.iata"), primary_key=True)
    issued_at: Mapped[datetime]
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime | None]
    severity: Mapped[str | None]
    headline: Mapped[str]
    raw_text: Mapped[str]
    batch_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.batch.batch_id"))


class BookingSegment(Base):
    """What a source last said of one traveller on one leg or stay of a booking, as received.

    Bookings, legs and stays are made from it; a statement about a whole booking, such as a bare
    cancellation, is a segment of its own kind.
    """

    __tablename__ = "booking_segment"
    __table_args__ = (
        CheckConstraint(one_of("kind", SegmentKind), name="kind"),
        CheckConstraint(one_of("status", BookingStatus), name="status"),
        CheckConstraint(
            "kind <> 'flight' OR num_nulls(carrier, flight_number, origin, departure_on) = 0"
            " AND (status = 'cancelled' OR num_nulls(destination, departure_at, arrival_at) = 0)",
            name="flight_is_whole",
        ),
        CheckConstraint(
            "kind <> 'stay' OR num_nulls(hotel_name, check_in_on, check_out_on) = 0",
            name="stay_is_whole",
        ),
        CheckConstraint("status = 'cancelled' OR arrival_at > departure_at", name="arrives_after"),
        CheckConstraint("check_out_on > check_in_on", name="at_least_one_night"),
        CheckConstraint("rooms > 0", name="rooms_positive"),
        CheckConstraint("price_minor_units >= 0", name="price_not_negative"),
        {
            "schema": SCHEMA,
            "comment": "What a source last said of one traveller on one leg or stay, as received.",
        },
    )

    source: Mapped[str] = mapped_column(primary_key=True)
    booking_ref: Mapped[str] = shaped(BOOKING_REFERENCE, primary_key=True)
    segment_key: Mapped[str] = mapped_column(primary_key=True)
    traveller_key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = worded(SegmentKind)
    status: Mapped[str] = worded(BookingStatus)
    traveller_ref: Mapped[str | None]
    given_name: Mapped[str | None]
    family_name: Mapped[str | None]
    email: Mapped[str | None] = shaped(E_MAIL)
    phone: Mapped[str | None]
    carrier: Mapped[str | None] = shaped(CARRIER_CODE)
    flight_number: Mapped[str | None] = shaped(FLIGHT_NUMBER)
    origin: Mapped[str | None] = mapped_column(ForeignKey("travel.airport.iata"))
    destination: Mapped[str | None] = mapped_column(ForeignKey("travel.airport.iata"))
    departure_at: Mapped[datetime | None]
    arrival_at: Mapped[datetime | None]
    departure_on: Mapped[date | None]
    cabin: Mapped[str | None]
    hotel_ref: Mapped[str | None]
    hotel_name: Mapped[str | None]
    hotel_address: Mapped[str | None]
    hotel_latitude: Mapped[float | None] = bounded(-90, 90)
    hotel_longitude: Mapped[float | None] = bounded(-180, 180)
    room_type: Mapped[str | None]
    check_in_on: Mapped[date | None]
    check_out_on: Mapped[date | None]
    rooms: Mapped[int | None] = bounded(1, 999)
    price_minor_units: Mapped[int | None] = bounded(0)
    currency: Mapped[str | None] = shaped(CURRENCY_CODE)
    booked_at: Mapped[datetime | None]
    source_updated_at: Mapped[datetime]
    batch_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.batch.batch_id"))


class Watermark(Base):
    """How far a feed that is asked for changes has been read; a failed page never advances it."""

    __tablename__ = "watermark"
    __table_args__ = ({"schema": SCHEMA, "comment": __doc__},)

    feed: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    read_until: Mapped[datetime]
    advanced_at: Mapped[datetime]
