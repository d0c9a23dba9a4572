"""Hotels and their rooms: a ledger per hotel, room type and night that cannot be oversold."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.base import ON_EARTH, Base, Key, bounded, one_of, shaped, worded
from warehouse.schema.travel import CURRENCY_CODE
from warehouse.vocabulary import CountSemantics

SCHEMA = "inventory"


class Hotel(Base):
    """A hotel, the airport it is near if that is known, and how reliably its supplier confirms."""

    __tablename__ = "hotel"
    __table_args__ = (
        CheckConstraint("supplier_reliability BETWEEN 0 AND 1", name="reliability_is_share"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        CheckConstraint(ON_EARTH, name="on_earth"),
        Index(None, "airport"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    hotel_id: Mapped[Key]
    hotel_ref: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    airport: Mapped[str | None] = mapped_column(ForeignKey("travel.airport.iata"))
    latitude: Mapped[float | None] = bounded(-90, 90)
    longitude: Mapped[float | None] = bounded(-180, 180)
    distance_km: Mapped[float | None] = bounded(0, 500)
    stars: Mapped[float | None] = bounded(1, 5)
    supplier_reliability: Mapped[float] = bounded(0, 1)
    is_refundable: Mapped[bool]
    is_generated: Mapped[bool] = mapped_column(server_default="false")


class RoomNight(Base):
    """Rooms of one type on one night: `reported_total` is the supplier's truth.

    `total` is the greater of what the supplier reports and what is allocated, so a supplier that
    takes rooms away never breaks the ledger; new holds are guarded by `reported_total`.
    """

    __tablename__ = "room_night"
    __table_args__ = (
        CheckConstraint("0 <= allocated AND allocated <= total", name="never_oversold"),
        CheckConstraint("reported_total >= 0", name="reported_not_negative"),
        CheckConstraint("total = greatest(reported_total, allocated)", name="total_follows"),
        CheckConstraint("price_minor_units >= 0", name="price_not_negative"),
        CheckConstraint(one_of("count_semantics", CountSemantics), name="count_semantics"),
        {"schema": SCHEMA, "comment": "Rooms of one type on one night, and how many are taken."},
    )

    hotel_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.hotel.hotel_id"), primary_key=True)
    room_type: Mapped[str] = mapped_column(primary_key=True)
    night: Mapped[date] = mapped_column(primary_key=True)
    reported_total: Mapped[int] = bounded(0, 100_000)
    total: Mapped[int]
    allocated: Mapped[int] = mapped_column(server_default="0")
    price_minor_units: Mapped[int] = bounded(0)
    currency: Mapped[str] = shaped(CURRENCY_CODE)
    count_semantics: Mapped[str] = worded(CountSemantics, server_default=CountSemantics.GROSS.value)
    reported_at: Mapped[datetime]
    batch_id: Mapped[int] = mapped_column(ForeignKey("feeds.batch.batch_id"))


class Allocation(Base):
    """Rooms of one night taken by a fallback action; a trigger keeps the ledger's count."""

    __tablename__ = "allocation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["hotel_id", "room_type", "night"],
            [
                f"{SCHEMA}.room_night.hotel_id",
                f"{SCHEMA}.room_night.room_type",
                f"{SCHEMA}.room_night.night",
            ],
        ),
        CheckConstraint("rooms > 0", name="rooms_positive"),
        Index(
            "ix_allocation_live",
            "hotel_id",
            "room_type",
            "night",
            postgresql_where="released_at IS NULL",
        ),
        {"schema": SCHEMA, "comment": __doc__},
    )

    fallback_action_id: Mapped[int] = mapped_column(
        ForeignKey("alerting.fallback_action.fallback_action_id"), primary_key=True
    )
    hotel_id: Mapped[int] = mapped_column(primary_key=True)
    room_type: Mapped[str] = mapped_column(primary_key=True)
    night: Mapped[date] = mapped_column(primary_key=True)
    rooms: Mapped[int]
    allocated_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
