"""Who works when: shifts, who is put in them, who stands in, and what is handed over."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from warehouse.schema.base import Base, Key

SCHEMA = "people"
USER = f"{SCHEMA}.user.user_id"
ASSIGNMENT = f"{SCHEMA}.shift_assignment.assignment_id"
NOTE = f"{SCHEMA}.handover_note.note_id"
STANDS = "cancelled_at IS NULL"
ROLE = "role IN ('agent', 'manager', 'admin')"
HALF_OPEN = (
    "NOT isempty(during) AND lower_inc(during) AND NOT upper_inc(during)"
    " AND NOT lower_inf(during) AND NOT upper_inf(during)"
)
ONE_PLACE = "ex_stand_one_place_at_a_time"
"""The exclusion that refuses a user two stands at once."""
ONE_HOLDER = "ex_stand_one_holder_at_a_time"


def _local(end: str) -> str:
    """Write the CHECK that an end's local time is what the zone's clocks show at its instant."""
    shown = f"coalesce(to_char({end}(during) AT TIME ZONE time_zone, 'YYYY-MM-DD HH24:MI'), '')"
    column = "starts_local" if end == "lower" else "ends_local"
    return f"{column} = {shown}"


class Shift(Base):
    """A window of work, half-open in UTC, beside the local times and zone it was drawn in."""

    __tablename__ = "shift"
    __table_args__ = (
        CheckConstraint("NOT isempty(during)", name="not_empty"),
        CheckConstraint(
            "lower_inc(during) AND NOT upper_inc(during) AND NOT lower_inf(during)"
            " AND NOT upper_inf(during)",
            name="half_open",
        ),
        CheckConstraint(_local("lower"), name="starts_as_its_clocks_show"),
        CheckConstraint(_local("upper"), name="ends_as_its_clocks_show"),
        # What lets an assignment name its shift together with the shift's time.
        UniqueConstraint("shift_id", "during"),
        Index("uq_shift_standing", "name", "during", unique=True, postgresql_where=text(STANDS)),
        {"schema": SCHEMA, "comment": __doc__},
    )

    shift_id: Mapped[Key]
    name: Mapped[str]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    starts_local: Mapped[str]
    ends_local: Mapped[str]
    time_zone: Mapped[str]
    cancelled_at: Mapped[datetime | None]


class ShiftAssignment(Base):
    """A user in a shift, in one role; its time is its shift's, also when the shift is moved."""

    __tablename__ = "shift_assignment"
    __table_args__ = (
        CheckConstraint(ROLE, name="role"),
        ForeignKeyConstraint(
            ["shift_id", "during"],
            [f"{SCHEMA}.shift.shift_id", f"{SCHEMA}.shift.during"],
            onupdate="CASCADE",
        ),
        Index(
            "uq_shift_assignment_standing",
            "shift_id",
            "user_id",
            unique=True,
            postgresql_where=text(STANDS),
        ),
        {"schema": SCHEMA, "comment": __doc__},
    )

    assignment_id: Mapped[Key]
    shift_id: Mapped[int]
    user_id: Mapped[int] = mapped_column(ForeignKey(USER))
    role: Mapped[str]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    assigned_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]


class ShiftOverride(Base):
    """Another user standing in for an assignment: for a part of it, or for all of it."""

    __tablename__ = "shift_override"
    __table_args__ = (
        CheckConstraint(f"during IS NULL OR ({HALF_OPEN})", name="half_open"),
        Index(None, "assignment_id"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    override_id: Mapped[Key]
    assignment_id: Mapped[int] = mapped_column(ForeignKey(ASSIGNMENT))
    user_id: Mapped[int] = mapped_column(ForeignKey(USER))
    during: Mapped[Range[datetime] | None] = mapped_column(TSTZRANGE)
    """Null stands for the whole assignment, wherever its shift is moved."""
    reason: Mapped[str | None]
    overridden_at: Mapped[datetime]
    overridden_by: Mapped[int | None] = mapped_column(ForeignKey(USER))
    cancelled_at: Mapped[datetime | None]


class ShiftSwap(Base):
    """Two assignments that changed hands; it names them, so that moved shifts stay swapped."""

    __tablename__ = "shift_swap"
    __table_args__ = (
        CheckConstraint("first_assignment_id <> second_assignment_id", name="of_two"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    swap_id: Mapped[Key]
    first_assignment_id: Mapped[int] = mapped_column(ForeignKey(ASSIGNMENT))
    second_assignment_id: Mapped[int] = mapped_column(ForeignKey(ASSIGNMENT))
    reason: Mapped[str | None]
    swapped_at: Mapped[datetime]
    swapped_by: Mapped[int | None] = mapped_column(ForeignKey(USER))


class Stand(Base):
    """One unbroken stretch in which one user holds an assignment; triggers alone write it."""

    __tablename__ = "stand"
    __table_args__ = (
        CheckConstraint(ROLE, name="role"),
        CheckConstraint(HALF_OPEN, name="half_open"),
        # A one-number range compares users: plain GiST has no equality for integers.
        ExcludeConstraint(
            (text("int8range(user_id, user_id, '[]')"), "&&"),
            ("during", "&&"),
            name=ONE_PLACE,
            deferrable=True,
        ),
        ExcludeConstraint(
            (text("int8range(assignment_id, assignment_id, '[]')"), "&&"),
            ("during", "&&"),
            name=ONE_HOLDER,
            deferrable=True,
        ),
        Index(None, "during", postgresql_using="gist"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    stand_id: Mapped[Key]
    assignment_id: Mapped[int] = mapped_column(ForeignKey(ASSIGNMENT))
    user_id: Mapped[int] = mapped_column(ForeignKey(USER))
    role: Mapped[str]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    override_id: Mapped[int | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.shift_override.override_id")
    )


class HandoverNote(Base):
    """What whoever is on shift leaves for those who come on; never changed."""

    __tablename__ = "handover_note"
    __table_args__ = (
        CheckConstraint(ROLE, name="role"),
        CheckConstraint("length(btrim(body)) BETWEEN 1 AND 2000", name="says_something"),
        Index(None, "written_at"),
        {"schema": SCHEMA, "comment": __doc__},
    )

    note_id: Mapped[Key]
    author_user_id: Mapped[int] = mapped_column(ForeignKey(USER))
    role: Mapped[str]
    body: Mapped[str]
    written_at: Mapped[datetime]


class HandoverAlert(Base):
    """An alert that a hand-over note is about."""

    __tablename__ = "handover_alert"
    __table_args__ = (Index(None, "alert_id"), {"schema": SCHEMA, "comment": __doc__})

    note_id: Mapped[int] = mapped_column(ForeignKey(NOTE), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerting.alert.alert_id"), primary_key=True)


class HandoverSeen(Base):
    """Who has read which hand-over note, and when."""

    __tablename__ = "handover_seen"
    __table_args__ = ({"schema": SCHEMA, "comment": __doc__},)

    note_id: Mapped[int] = mapped_column(ForeignKey(NOTE), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(USER), primary_key=True)
    seen_at: Mapped[datetime]
