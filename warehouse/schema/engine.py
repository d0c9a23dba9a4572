"""What the engine keeps about itself: what the database is for, the replay clock, heartbeats."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.base import Base

SCHEMA = "engine"


class DatabaseProfile(Base):
    """The one row that says whether this database replays the past; written once, at creation."""

    __tablename__ = "database_profile"
    __table_args__ = (
        CheckConstraint("only_row", name="one_row"),
        UniqueConstraint("only_row", "is_replay"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    only_row: Mapped[bool] = mapped_column(primary_key=True, server_default="true")
    is_replay: Mapped[bool]
    created_at: Mapped[datetime]


class ReplayClock(Base):
    """The instant a replay database is at: `anchor_at` plus the time since, times the speed.

    Its foreign key reaches only a profile whose `is_replay` is true, so a database that was not
    created for replay can never have a row here.
    """

    __tablename__ = "replay_clock"
    __table_args__ = (
        CheckConstraint("only_row", name="one_row"),
        CheckConstraint("is_replay", name="replay_only"),
        CheckConstraint("speed >= 0", name="speed_not_negative"),
        ForeignKeyConstraint(
            ["only_row", "is_replay"],
            [f"{SCHEMA}.database_profile.only_row", f"{SCHEMA}.database_profile.is_replay"],
        ),
        {"schema": SCHEMA, "comment": "The instant a replay database is at."},
    )

    only_row: Mapped[bool] = mapped_column(primary_key=True, server_default="true")
    is_replay: Mapped[bool] = mapped_column(server_default="true")
    anchor_at: Mapped[datetime]
    set_at: Mapped[datetime]
    speed: Mapped[Decimal] = mapped_column(Numeric(10, 3))


class Heartbeat(Base):
    """When each part of the engine last ran, and the oldest thing it found waiting."""

    __tablename__ = "heartbeat"
    __table_args__ = (
        CheckConstraint("every_seconds > 0", name="every_positive"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    component: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime]
    every_seconds: Mapped[int | None]
    oldest_due_at: Mapped[datetime | None]
    waiting_count: Mapped[int] = mapped_column(server_default="0")


class Chapter(Base):
    """A step of a long job that is done, so that an interrupted one goes on where it stopped."""

    __tablename__ = "chapter"
    __table_args__ = ({"schema": SCHEMA, "comment": __doc__},)

    job: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    done_at: Mapped[datetime]
