"""The plan: shifts with who is in them and who stands in, and who is on now and comes next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from warehouse.rules import permissions
from warehouse.rules.wall_time import range_words
from warehouse.vocabulary import (
    Actor,
    AssignmentId,
    Permission,
    Role,
    UserId,
)

_SHIFTS = text(
    """
    SELECT shift_id, name, lower(during) AS starts_at, upper(during) AS ends_at, starts_local,
      ends_local, time_zone
    FROM people.shift
    WHERE cancelled_at IS NULL AND during && tstzrange(:starts_at, :ends_at)
      AND (:sees_all OR EXISTS (
        SELECT FROM people.shift_assignment AS assignment
        LEFT JOIN people.stand USING (assignment_id)
        WHERE assignment.shift_id = shift.shift_id AND assignment.cancelled_at IS NULL
          AND :user_id IN (assignment.user_id, stand.user_id)))
    ORDER BY starts_at, name, shift_id
    """
)
_ASSIGNMENTS = text(
    """
    SELECT assignment_id, shift_id, assignment.user_id, assignment.role, person.display_name
    FROM people.shift_assignment AS assignment JOIN people."user" AS person USING (user_id)
    WHERE shift_id = ANY (:shift_ids) AND cancelled_at IS NULL
    ORDER BY person.display_name, assignment_id
    """
)
_OVERRIDES = text(
    """
    SELECT stand.assignment_id, override_id, stand.user_id, person.display_name,
      lower(stand.during) AS starts_at, upper(stand.during) AS ends_at, override.reason
    FROM people.stand JOIN people.shift_override AS override USING (override_id)
    JOIN people."user" AS person ON person.user_id = stand.user_id
    WHERE stand.assignment_id = ANY (:assignment_ids) AND override.cancelled_at IS NULL
    ORDER BY starts_at
    """
)
_WATCH = text(
    """
    SELECT stand.role, stand.user_id, person.display_name, lower(during) AS starts_at,
      upper(during) AS ends_at, override_id IS NOT NULL AS stands_in,
      during @> CAST(:at AS timestamptz) AS is_on
    FROM people.stand JOIN people."user" AS person USING (user_id)
    WHERE person.is_active AND upper(during) > :at
      AND (during @> CAST(:at AS timestamptz) OR lower(during) = (
        SELECT min(lower(later.during)) FROM people.stand AS later
        WHERE later.role = stand.role AND lower(later.during) > :at))
    ORDER BY starts_at, person.display_name
    """
)


@dataclass(frozen=True, slots=True)
class StandIn:
    """Somebody who stands in, and from when until when."""

    override_id: int
    user_id: UserId
    name: str
    starts_at: datetime
    ends_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class PlannedAssignment:
    """Somebody in a shift, and who stands in for them."""

    assignment_id: AssignmentId
    user_id: UserId
    name: str
    role: Role
    stand_ins: tuple[StandIn, ...]

    def words(self, time_zone: str) -> str:
        """Name the holder, and each stand-in with their hours."""
        parts = [
            f"{each.name} stands in {range_words(each.starts_at, each.ends_at, time_zone)}"
            for each in self.stand_ins
        ]
        return "; ".join([f"{self.name} ({self.role.value})", *parts])


@dataclass(frozen=True, slots=True)
class PlannedShift:
    """One shift of the plan."""

    shift_id: int
    name: str
    starts_at: datetime
    ends_at: datetime
    starts_local: str
    ends_local: str
    time_zone: str
    assignments: tuple[PlannedAssignment, ...]

    @property
    def when(self) -> str:
        """Its stretch in the zone it was drawn in."""
        return range_words(self.starts_at, self.ends_at, self.time_zone)

    @property
    def who(self) -> str:
        """Everybody in it; says so where nobody is."""
        return ", ".join(each.words(self.time_zone) for each in self.assignments) or "nobody"


@dataclass(frozen=True, slots=True)
class Watch:
    """Somebody who is on shift now, or comes on next in their role."""

    role: Role
    user_id: UserId
    name: str
    starts_at: datetime
    ends_at: datetime
    stands_in: bool
    is_on: bool


def list_shifts(
    session: Session, actor: Actor, *, starts_at: datetime, ends_at: datetime
) -> list[PlannedShift]:
    """List the shifts of a span: all of them to who plans, their own to everybody else.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who asks; needs `Permission.SEE_OWN_SHIFTS`.
    starts_at:
        Start of the span, UTC.
    ends_at:
        Exclusive end of the span, UTC.

    Returns
    -------
    :
        Shifts that stand and reach into the span, by start.

    Raises
    ------
    PermissionRefused
        The actor's roles have no shifts.
    """
    permissions.require(actor, Permission.SEE_OWN_SHIFTS)
    values = {
        "starts_at": starts_at,
        "ends_at": ends_at,
        "sees_all": permissions.may(actor, Permission.ADMINISTER_SHIFTS),
        "user_id": actor.user_id,
    }
    shifts = session.execute(_SHIFTS, values).mappings().all()
    people = _assignments_of(session, [row["shift_id"] for row in shifts])
    return [
        PlannedShift(
            shift_id=row["shift_id"],
            name=row["name"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            starts_local=row["starts_local"],
            ends_local=row["ends_local"],
            time_zone=row["time_zone"],
            assignments=tuple(people.get(row["shift_id"], ())),
        )
        for row in shifts
    ]


def list_watch(session: Session, actor: Actor, *, at: datetime) -> list[Watch]:
    """List who is on shift at an instant, and who comes on next in each role, by start.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who asks; needs `Permission.SEE_OWN_SHIFTS`.
    at:
        Instant, UTC.

    Returns
    -------
    :
        Active users, once for each stretch.

    Raises
    ------
    PermissionRefused
        The actor's roles have no shifts.
    """
    permissions.require(actor, Permission.SEE_OWN_SHIFTS)
    return [
        Watch(
            role=Role(row["role"]),
            user_id=UserId(row["user_id"]),
            name=row["display_name"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            stands_in=row["stands_in"],
            is_on=row["is_on"],
        )
        for row in session.execute(_WATCH, {"at": at}).mappings()
    ]


def _assignments_of(
    session: Session, shift_ids: Sequence[int]
) -> Mapping[int, list[PlannedAssignment]]:
    rows = session.execute(_ASSIGNMENTS, {"shift_ids": list(shift_ids)}).mappings().all()
    stand_ins = _stand_ins_of(session, [row["assignment_id"] for row in rows])
    found: dict[int, list[PlannedAssignment]] = {}
    for row in rows:
        planned = _planned(row, stand_ins.get(row["assignment_id"], ()))
        found.setdefault(row["shift_id"], []).append(planned)
    return found


def _planned(row: RowMapping, stand_ins: Sequence[StandIn]) -> PlannedAssignment:
    return PlannedAssignment(
        assignment_id=AssignmentId(row["assignment_id"]),
        user_id=UserId(row["user_id"]),
        name=row["display_name"],
        role=Role(row["role"]),
        stand_ins=tuple(stand_ins),
    )


def _stand_ins_of(session: Session, assignment_ids: Sequence[int]) -> Mapping[int, list[StandIn]]:
    found: dict[int, list[StandIn]] = {}
    values = {"assignment_ids": list(assignment_ids)}
    for row in session.execute(_OVERRIDES, values).mappings():
        found.setdefault(row["assignment_id"], []).append(
            StandIn(
                override_id=row["override_id"],
                user_id=UserId(row["user_id"]),
                name=row["display_name"],
                starts_at=row["starts_at"],
                ends_at=row["ends_at"],
                reason=row["reason"],
            )
        )
    return found
