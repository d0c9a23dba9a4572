"""How long each kind of history is kept."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.base import Base, Key

SCHEMA = "engine"
MOST_DAYS = 36_525
LEAST_DAYS = {
    "notification": 30,
    "alert": 90,
    "session": 30,
    "sign_in_attempt": 30,
    "quarantine": 30,
    "prediction": 400,
    "audit": 365,
}
"""What no policy may go below; `rules.retention` says the same in words."""


class RetentionVersion(Base):
    """How many days each kind of history is kept; never changed, only followed."""

    __tablename__ = "retention_version"
    __table_args__ = (
        CheckConstraint(
            " AND ".join(
                f"{kind}_days BETWEEN {least} AND {MOST_DAYS}" for kind, least in LEAST_DAYS.items()
            ),
            name="kept_long_enough",
        ),
        CheckConstraint("notification_days <= alert_days", name="messages_go_with_their_alert"),
        CheckConstraint("length(btrim(reason)) > 0", name="says_why"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    retention_version_id: Mapped[Key]
    notification_days: Mapped[int]
    alert_days: Mapped[int]
    session_days: Mapped[int]
    sign_in_attempt_days: Mapped[int]
    quarantine_days: Mapped[int]
    prediction_days: Mapped[int]
    audit_days: Mapped[int]
    reason: Mapped[str]
    effective_from_at: Mapped[datetime]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("people.user.user_id"))
