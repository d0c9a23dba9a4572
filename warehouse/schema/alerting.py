"""Alerts, the bookings they touch, and what went out."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.base import Base, Key, index_where_set, one_of
from warehouse.vocabulary import (
    AlertBasis,
    AlertKind,
    AlertStatus,
    Channel,
    CloseReason,
    NotificationKind,
    NotificationStatus,
    Severity,
)

SCHEMA = "alerting"
USER = "people.user.user_id"
ALERT = f"{SCHEMA}.alert.alert_id"
POLICY_VERSION = f"{SCHEMA}.escalation_policy_version.policy_version_id"
UNTIL_CLOSED = "status <> 'closed'"


class Alert(Base):
    """One disrupted flight or hotel that somebody has to take; lists every affected booking.

    A storm stands for those of its airport that joined it, which page nobody by themselves.

    Each change of status raises `generation`: what carries an older one is "already handled".
    """

    __tablename__ = "alert"
    __table_args__ = (
        CheckConstraint(one_of("kind", AlertKind), name="kind"),
        CheckConstraint(one_of("basis", AlertBasis), name="basis"),
        CheckConstraint(one_of("status", AlertStatus), name="status"),
        CheckConstraint(one_of("severity", Severity), name="severity"),
        CheckConstraint(
            "close_reason IS NULL OR " + one_of("close_reason", CloseReason), name="close_reason"
        ),
        CheckConstraint("(kind = 'flight') = (flight_id IS NOT NULL)", name="flight_when_flight"),
        CheckConstraint("(kind = 'hotel') = (hotel_id IS NOT NULL)", name="hotel_when_hotel"),
        CheckConstraint("(kind = 'storm') = (airport IS NOT NULL)", name="airport_when_storm"),
        CheckConstraint(
            "parent_alert_id IS NULL OR next_escalation_at IS NULL", name="joined_pages_nobody"
        ),
        CheckConstraint("parent_alert_id IS NULL OR kind <> 'storm'", name="storms_join_none"),
        CheckConstraint(
            "kind <> 'synthetic' OR (travellers_affected = 0 AND parent_alert_id IS NULL)",
            name="synthetic_touches_nobody",
        ),
        CheckConstraint(
            "(status = 'closed') = (closed_at IS NOT NULL)"
            " AND (status = 'closed') = (close_reason IS NOT NULL)",
            name="closed_says_when_and_why",
        ),
        CheckConstraint(
            "next_escalation_at IS NULL OR status = 'open'", name="escalates_only_when_open"
        ),
        CheckConstraint(
            "ack_deadline_at IS NULL OR status = 'acknowledged'",
            name="deadline_only_when_acknowledged",
        ),
        CheckConstraint(
            "num_nonnulls(suppressed_until_at, suppressed_reason) <> 1", name="suppressed"
        ),
        CheckConstraint("probability BETWEEN 0 AND 1", name="probability"),
        Index("uq_alert_live", "dedup_key", unique=True, postgresql_where=UNTIL_CLOSED),
        Index("ix_alert_due", "next_escalation_at", postgresql_where="status = 'open'"),
        Index(
            "ix_alert_ack_deadline",
            "ack_deadline_at",
            postgresql_where="status = 'acknowledged'",
        ),
        Index("ix_alert_departing", "expires_at", postgresql_where=UNTIL_CLOSED),
        Index(
            "ix_alert_inbox",
            "severity_rank",
            "raised_at",
            "alert_id",
            postgresql_where=UNTIL_CLOSED,
        ),
        Index("ix_alert_synthetic", "raised_at", postgresql_where="kind = 'synthetic'"),
        index_where_set("ix_alert_joined", "parent_alert_id"),
        index_where_set("ix_alert_previous", "previous_alert_id"),
        index_where_set("ix_alert_prediction", "prediction_id"),
        Index("ix_alert_closed", "closed_at", "alert_id", postgresql_where="status = 'closed'"),
        Index(None, "flight_id"),
        Index(None, "dedup_key", "alert_id"),
        {"schema": SCHEMA, "comment": "One disrupted flight or hotel somebody has to take."},
    )

    alert_id: Mapped[Key]
    dedup_key: Mapped[str]
    kind: Mapped[str]
    basis: Mapped[str]
    flight_id: Mapped[int | None] = mapped_column(ForeignKey("travel.flight.flight_id"))
    hotel_id: Mapped[int | None] = mapped_column(ForeignKey("inventory.hotel.hotel_id"))
    first_night: Mapped[date | None]
    airport: Mapped[str | None] = mapped_column(ForeignKey("travel.airport.iata"))
    parent_alert_id: Mapped[int | None] = mapped_column(ForeignKey(ALERT, ondelete="SET NULL"))
    headline: Mapped[str]
    severity: Mapped[str]
    severity_rank: Mapped[int] = mapped_column(
        SmallInteger,
        Computed(
            "CASE severity WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2"
            " ELSE 1 END",
            persisted=True,
        ),
    )
    status: Mapped[str] = mapped_column(server_default=AlertStatus.OPEN.value)
    generation: Mapped[int] = mapped_column(server_default="1")
    policy_version_id: Mapped[int] = mapped_column(ForeignKey(POLICY_VERSION))
    escalation_level: Mapped[int] = mapped_column(server_default="0")
    escalation_loop: Mapped[int] = mapped_column(server_default="0")
    next_escalation_at: Mapped[datetime | None]
    suppressed_until_at: Mapped[datetime | None]
    suppressed_reason: Mapped[str | None]
    ack_deadline_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    raised_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    occurrences: Mapped[int] = mapped_column(server_default="1")
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None]
    previous_alert_id: Mapped[int | None] = mapped_column(ForeignKey(ALERT, ondelete="SET NULL"))
    prediction_id: Mapped[int | None] = mapped_column(
        ForeignKey("predictions.disruption_prediction.prediction_id")
    )
    probability: Mapped[float | None]
    drivers: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    travellers_affected: Mapped[int]
    money_at_risk_minor_units: Mapped[int]
    currency: Mapped[str]


class AffectedBooking(Base):
    """A booking an alert touches, through one of its legs or stays."""

    __tablename__ = "affected_booking"
    __table_args__ = (
        UniqueConstraint(
            "alert_id", "booking_id", "leg_id", "stay_id", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("num_nonnulls(leg_id, stay_id) = 1", name="leg_or_stay"),
        Index(None, "booking_id"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    affected_booking_id: Mapped[Key]
    alert_id: Mapped[int] = mapped_column(ForeignKey(ALERT))
    booking_id: Mapped[int] = mapped_column(ForeignKey("travel.booking.booking_id"))
    leg_id: Mapped[int | None] = mapped_column(ForeignKey("travel.leg.leg_id"))
    stay_id: Mapped[int | None] = mapped_column(ForeignKey("travel.stay.stay_id"))
    travellers: Mapped[int]


class Notification(Base):
    """A message to one person by one channel, written with the change it tells of (outbox)."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint(
            "alert_id",
            "generation",
            "escalation_loop",
            "escalation_level",
            "fallback_action_id",
            "kind",
            "recipient_user_id",
            "recipient_traveller_id",
            "channel",
            "contact_check_id",
            name="uq_notification_identity",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint(one_of("kind", NotificationKind), name="kind"),
        CheckConstraint(one_of("channel", Channel), name="channel"),
        CheckConstraint(one_of("status", NotificationStatus), name="status"),
        CheckConstraint(
            "num_nonnulls(recipient_user_id, recipient_traveller_id) = 1", name="one_recipient"
        ),
        CheckConstraint(
            "(status = 'sending') = (lease_owner IS NOT NULL)"
            " AND (lease_owner IS NULL) = (lease_until_at IS NULL)",
            name="lease_while_sending",
        ),
        CheckConstraint(
            "CASE WHEN status IN ('sent', 'delivered') THEN sent_at IS NOT NULL"
            " ELSE status = 'dead' OR sent_at IS NULL END",
            name="sent_says_when",
        ),
        CheckConstraint("status <> 'dead' OR last_error IS NOT NULL", name="dead_says_why"),
        CheckConstraint("attempts <= most_attempts", name="attempts_within_budget"),
        CheckConstraint(
            "digest_id IS NULL OR kind = 'page' AND channel <> 'sink'", name="digests_hold_pages"
        ),
        CheckConstraint(
            "attempts > 0 OR not_before_at - held_since_at <= '00:03:00'::interval",
            name="held_briefly",
        ),
        CheckConstraint(
            "(kind IN ('code', 'test')) = (alert_id IS NULL)"
            " AND (alert_id IS NULL) = (contact_check_id IS NOT NULL)",
            name="about_an_alert_or_a_contact",
        ),
        Index(
            "ix_notification_due",
            "priority",
            "not_before_at",
            "notification_id",
            postgresql_where="status = 'pending'",
        ),
        Index(
            "ix_notification_finished",
            "created_at",
            "notification_id",
            postgresql_where="status IN ('sent', 'delivered', 'cancelled', 'dead')",
        ),
        index_where_set("ix_notification_fallback", "fallback_action_id"),
        Index(
            "ix_notification_waiting",
            "recipient_user_id",
            "channel",
            "priority",
            "not_before_at",
            "notification_id",
            postgresql_where="status = 'pending' AND kind = 'page'",
        ),
        Index(
            "ix_notification_sent",
            "recipient_user_id",
            "channel",
            "sent_at",
            postgresql_where="sent_at IS NOT NULL",
        ),
        index_where_set("ix_notification_digest", "digest_id"),
        Index("ix_notification_leased", "lease_until_at", postgresql_where="status = 'sending'"),
        Index(None, "alert_id"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    notification_id: Mapped[Key]
    kind: Mapped[str]
    alert_id: Mapped[int | None] = mapped_column(ForeignKey(ALERT))
    contact_check_id: Mapped[int | None] = mapped_column(
        ForeignKey("people.contact_check.contact_check_id")
    )
    generation: Mapped[int]
    escalation_loop: Mapped[int | None]
    escalation_level: Mapped[int | None]
    fallback_action_id: Mapped[int | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.fallback_action.fallback_action_id")
    )
    recipient_user_id: Mapped[int | None] = mapped_column(ForeignKey(USER))
    recipient_traveller_id: Mapped[int | None] = mapped_column(
        ForeignKey("travel.traveller.traveller_id")
    )
    channel: Mapped[str]
    address: Mapped[str]
    priority: Mapped[int]
    status: Mapped[str] = mapped_column(server_default=NotificationStatus.PENDING.value)
    created_at: Mapped[datetime]
    not_before_at: Mapped[datetime]
    held_since_at: Mapped[datetime | None]
    digest_id: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    most_attempts: Mapped[int] = mapped_column(server_default="4")
    lease_owner: Mapped[str | None]
    lease_until_at: Mapped[datetime | None]
    message_id: Mapped[str] = mapped_column(
        unique=True, server_default=text("gen_random_uuid()::text")
    )
    sent_at: Mapped[datetime | None]
    provider_message_id: Mapped[str | None] = mapped_column(index=True)
    provider_seq: Mapped[int | None]
    last_error: Mapped[str | None]
