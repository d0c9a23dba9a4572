"""Who took which alert, and how that ended."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.alerting import ALERT, SCHEMA, USER
from warehouse.schema.base import Base, Key, one_of
from warehouse.vocabulary import AcknowledgementEnd


class Acknowledgement(Base):
    """A user's taking of an alert; one at most is effective and not ended."""

    __tablename__ = "acknowledgement"
    __table_args__ = (
        Index(
            "uq_acknowledgement_in_force",
            "alert_id",
            unique=True,
            postgresql_where="is_effective AND ended_at IS NULL",
        ),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended_says_why"),
        CheckConstraint(
            "end_reason IS NULL OR " + one_of("end_reason", AcknowledgementEnd), name="end_reason"
        ),
        Index(None, "alert_id"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    acknowledgement_id: Mapped[Key]
    alert_id: Mapped[int] = mapped_column(ForeignKey(ALERT))
    generation: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey(USER))
    note: Mapped[str | None]
    source: Mapped[str]
    acknowledged_at: Mapped[datetime]
    is_effective: Mapped[bool]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)
