"""Messages that check whether a contact reaches its user."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.base import Base, Key

SCHEMA = "people"


class ContactCheck(Base):
    """A message that checks whether a contact reaches its user: a code, or a test.

    Its instants are the server's: codes run out in real time. The code itself is stored nowhere:
    Postgres makes it of its own key and the number of the row.
    """

    __tablename__ = "contact_check"
    __table_args__ = (
        CheckConstraint("kind IN ('code', 'test')", name="kind"),
        CheckConstraint("channel IN ('email', 'sms', 'chat', 'webhook')", name="channel"),
        CheckConstraint("tries BETWEEN 0 AND 5", name="five_tries"),
        CheckConstraint(
            "verified_at IS NULL OR (kind = 'code' AND verified_at < expires_at)",
            name="verified_in_time",
        ),
        CheckConstraint("expires_at > asked_at", name="expires_later"),
        Index(None, "user_id", "asked_at"),
        {
            "schema": SCHEMA,
            "comment": "A message that checks whether a contact reaches its user: a code, or a"
            " test.",
        },
    )

    contact_check_id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.user.user_id"))
    kind: Mapped[str]
    channel: Mapped[str]
    address: Mapped[str]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    verified_at: Mapped[datetime | None]
