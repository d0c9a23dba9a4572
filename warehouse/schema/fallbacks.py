"""Fallback actions: what is offered to a stranded traveller, and the steps it may take."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.base import Base, Json, Key, one_of
from warehouse.vocabulary import FallbackKind, FallbackStatus

SCHEMA = "alerting"
CONSUMING = "status IN ('held', 'offered', 'accepted', 'booking', 'booked', 'cancelling')"


class FallbackTransition(Base):
    """The steps a fallback action may take; a trigger refuses every other."""

    __tablename__ = "fallback_transition"
    __table_args__ = ({"schema": SCHEMA, "comment": __doc__},)

    from_status: Mapped[str] = mapped_column(primary_key=True)
    to_status: Mapped[str] = mapped_column(primary_key=True)


class FallbackAction(Base):
    """Another hotel or flight, or a note of rights, for one disrupted leg or stay."""

    __tablename__ = "fallback_action"
    __table_args__ = (
        CheckConstraint(one_of("kind", FallbackKind), name="kind"),
        CheckConstraint(one_of("status", FallbackStatus), name="status"),
        CheckConstraint("num_nonnulls(leg_id, stay_id) = 1", name="leg_or_stay"),
        CheckConstraint(
            "kind <> 'alternative_hotel' OR (hotel_id IS NOT NULL AND room_type IS NOT NULL"
            " AND check_in_on < check_out_on AND rooms > 0 AND price_minor_units >= 0)",
            name="hotel_is_complete",
        ),
        CheckConstraint(
            "kind <> 'alternative_flight' OR flight_id IS NOT NULL", name="flight_is_complete"
        ),
        CheckConstraint(
            "(status IN ('held', 'offered')) = (hold_expires_at IS NOT NULL)",
            name="hold_expires",
        ),
        CheckConstraint("score BETWEEN 0 AND 1", name="score_is_share"),
        CheckConstraint(
            "status NOT IN ('booking', 'booked') OR accepted_at IS NOT NULL",
            name="booked_was_accepted",
        ),
        Index(
            "uq_fallback_action_live",
            "alert_id",
            "leg_id",
            "stay_id",
            unique=True,
            postgresql_where=CONSUMING,
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "ix_fallback_action_expiring",
            "hold_expires_at",
            postgresql_where="hold_expires_at IS NOT NULL",
        ),
        Index(
            "ix_fallback_action_to_book",
            "status",
            "accepted_at",
            postgresql_where="status IN ('accepted', 'booking')",
        ),
        Index(None, "alert_id"),
        Index(None, "booking_id"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    fallback_action_id: Mapped[Key]
    alert_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.alert.alert_id"))
    generation: Mapped[int]
    kind: Mapped[str]
    booking_id: Mapped[int] = mapped_column(ForeignKey("travel.booking.booking_id"))
    leg_id: Mapped[int | None] = mapped_column(ForeignKey("travel.leg.leg_id"))
    stay_id: Mapped[int | None] = mapped_column(ForeignKey("travel.stay.stay_id"))
    status: Mapped[str] = mapped_column(server_default=FallbackStatus.PROPOSED.value)
    rank: Mapped[int]
    score: Mapped[float]
    score_parts: Mapped[Json]
    hotel_id: Mapped[int | None] = mapped_column(ForeignKey("inventory.hotel.hotel_id"))
    room_type: Mapped[str | None]
    check_in_on: Mapped[date | None]
    check_out_on: Mapped[date | None]
    rooms: Mapped[int | None]
    flight_id: Mapped[int | None] = mapped_column(ForeignKey("travel.flight.flight_id"))
    price_minor_units: Mapped[int | None]
    currency: Mapped[str | None]
    requires_approval: Mapped[bool] = mapped_column(server_default="false")
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("people.user.user_id"))
    proposed_at: Mapped[datetime]
    held_at: Mapped[datetime | None]
    hold_expires_at: Mapped[datetime | None]
    offered_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    supplier_ref: Mapped[str | None]
    idempotency_key: Mapped[UUID] = mapped_column(
        unique=True, server_default=text("gen_random_uuid()")
    )


class RightsRule(Base):
    """What a traveller is owed under one regulation from a date on: data, never code."""

    __tablename__ = "rights_rule"
    __table_args__ = (
        CheckConstraint("effective_until IS NULL OR effective_until > effective_from", name="span"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    rights_rule_id: Mapped[Key]
    regulation: Mapped[str]
    applies_to: Mapped[Json]
    entitlement: Mapped[str]
    source_url: Mapped[str]
    effective_from: Mapped[date]
    effective_until: Mapped[date | None]
