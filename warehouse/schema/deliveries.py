"""How deliveries went: each attempt, and what providers said afterwards."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.alerting import SCHEMA
from warehouse.schema.base import Base, Key, index_where_set


class DeliveryAttempt(Base):
    """One try at sending a notification, and how it ended."""

    __tablename__ = "delivery_attempt"
    __table_args__ = (
        UniqueConstraint("notification_id", "attempt"),
        CheckConstraint("outcome IN ('sent', 'retry', 'dead', 'lost_lease')", name="outcome"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    delivery_attempt_id: Mapped[Key]
    notification_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.notification.notification_id")
    )
    attempt: Mapped[int]
    attempted_at: Mapped[datetime]
    outcome: Mapped[str]
    detail: Mapped[str | None]


class ProviderCallback(Base):
    """What a provider said of a message, as received, and what became of it; never changed."""

    __tablename__ = "provider_callback"
    __table_args__ = (
        CheckConstraint("status IN ('delivered', 'failed')", name="status"),
        CheckConstraint("result IN ('applied', 'late', 'unknown')", name="result"),
        CheckConstraint("(notification_id IS NULL) = (result = 'unknown')", name="unknown"),
        CheckConstraint("octet_length(signature_sha256) = 32", name="signature_is_hash"),
        index_where_set("ix_provider_callback_notification", "notification_id"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    provider_callback_id: Mapped[Key]
    provider: Mapped[str]
    provider_message_id: Mapped[str]
    provider_seq: Mapped[int]
    status: Mapped[str]
    detail: Mapped[str | None]
    received_at: Mapped[datetime]
    #: The same signature is taken once: whoever repeats it has recorded somebody else's.
    signature_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    notification_id: Mapped[int | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.notification.notification_id")
    )
    result: Mapped[str]
    reason: Mapped[str]
