"""The audit history: entries nobody can change, and seals that show if somebody did."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from warehouse.audit_tags import AuditTag
from warehouse.schema.base import Base, Key, one_of
from warehouse.vocabulary import Source

SCHEMA = "audit"


class TransactionId(UserDefinedType[int]):
    """Postgres's 64-bit transaction id, `xid8`."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Name the type as Postgres does."""
        return "xid8"


class Entry(Base):
    """Who, in which role, did what to what, from what to what, why, through which door, when."""

    __tablename__ = "entry"
    __table_args__ = (
        CheckConstraint(one_of("tag", AuditTag), name="tag"),
        CheckConstraint(one_of("source", Source), name="source"),
        Index(None, "noun", "noun_id", "entry_id"),
        Index(None, "actor_username", "entry_id"),
        Index(None, "tag", "entry_id"),
        Index(None, "at"),
        Index(None, "xid"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    entry_id: Mapped[Key]
    xid: Mapped[int] = mapped_column(TransactionId(), server_default=text("pg_current_xact_id()"))
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))
    at: Mapped[datetime]
    actor_user_id: Mapped[int | None]
    actor_username: Mapped[str]
    actor_roles: Mapped[str]
    tag: Mapped[str]
    noun: Mapped[str]
    noun_id: Mapped[int | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    reason: Mapped[str | None]
    source: Mapped[str]


class Seal(Base):
    """A digest over the entries of a window of finished transactions, chained to the last one."""

    __tablename__ = "seal"
    __table_args__ = (
        CheckConstraint("octet_length(digest) = 32 AND octet_length(hash) = 32", name="sha256"),
        CheckConstraint("entry_count >= 0", name="count_not_negative"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    seal_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    from_xid: Mapped[int] = mapped_column(TransactionId())
    until_xid: Mapped[int] = mapped_column(TransactionId(), unique=True)
    entry_count: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    sealed_at: Mapped[datetime]
    recorded_at: Mapped[datetime | None]


class DroppedWindow(Base):
    """A sealed window whose entries were dropped, when, and by which retention policy.

    Adding a row drops the entries of its seal; triggers fill in the rest, or refuse.
    """

    __tablename__ = "dropped_window"
    __table_args__ = (
        {
            "schema": SCHEMA,
            "comment": "A sealed window whose entries were dropped, when, and by which retention"
            " policy.",
        },
    )

    seal_number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    retention_version_id: Mapped[int] = mapped_column(
        ForeignKey("engine.retention_version.retention_version_id")
    )
    entry_count: Mapped[int]
    dropped_at: Mapped[datetime]
