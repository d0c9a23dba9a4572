"""One's own quiet hours, in which only what is critical is sent at once."""

from datetime import datetime

from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import WallTimeRefused
from warehouse.operations import audit
from warehouse.operations.contacts import locked_self
from warehouse.rules.permissions import require
from warehouse.rules.quiet_hours import QuietHours
from warehouse.rules.wall_time import zone_named
from warehouse.schema.people import User
from warehouse.vocabulary import Actor, Permission


def set_quiet_hours(
    session: Session, actor: Actor, hours: QuietHours | None, *, at: datetime
) -> None:
    """Set one's own quiet hours, and with them one's zone; harmless when repeated.

    Parameters
    ----------
    session:
        Open transaction of the dashboard.
    actor:
        Whose they are. Needs `Permission.KEEP_OWN_CONTACTS`.
    hours:
        None for no quiet hours.
    at:
        Instant of the act, UTC; what waits already waits on.

    Raises
    ------
    PermissionRefused
        The actor's roles keep no contacts.
    WallTimeRefused
        They end where they start, or nobody knows the zone.
    """
    require(actor, Permission.KEEP_OWN_CONTACTS, "set their", "quiet_hours")
    if hours is not None:
        zone_named(hours.time_zone)
        if hours.starts_local == hours.ends_local:
            raise WallTimeRefused("Quiet hours that end where they start are none: turn them off.")
    user = locked_self(session, actor)
    before = _words(user)
    user.quiet_starts_local = hours.starts_local if hours else None
    user.quiet_ends_local = hours.ends_local if hours else None
    user.time_zone = hours.time_zone if hours else user.time_zone
    session.flush()
    after = _words(user)
    if after != before:
        tag = AuditTag.QUIET_HOURS_SET
        audit.record(
            session,
            actor,
            tag,
            "user",
            user.user_id,
            at=at,
            before={"quiet_hours": before},
            after={"quiet_hours": after},
        )


def _words(user: User) -> str | None:
    if user.quiet_starts_local is None or user.quiet_ends_local is None:
        return None
    return QuietHours(user.quiet_starts_local, user.quiet_ends_local, user.time_zone).words
