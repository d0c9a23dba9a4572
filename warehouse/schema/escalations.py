"""How alerts went up their ladders."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.alerting import ALERT, POLICY_VERSION, SCHEMA
from warehouse.schema.base import Base, Key


class Escalation(Base):
    """The fact that an alert went up one step of its ladder, and whom that reached."""

    __tablename__ = "escalation"
    __table_args__ = (
        UniqueConstraint("alert_id", "generation", "loop", "level"),
        Index("ix_escalation_fallback", "fallback_kind", "fallback_done_at"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    escalation_id: Mapped[Key]
    alert_id: Mapped[int] = mapped_column(ForeignKey(ALERT))
    generation: Mapped[int]
    loop: Mapped[int]
    level: Mapped[int]
    policy_version_id: Mapped[int] = mapped_column(ForeignKey(POLICY_VERSION))
    escalated_at: Mapped[datetime]
    recipient_count: Mapped[int]
    is_catch_all: Mapped[bool] = mapped_column(server_default="false")
    fallback_kind: Mapped[str | None]
    fallback_done_at: Mapped[datetime | None]
