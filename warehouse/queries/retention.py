"""How long history is kept: the policy in force, and every version there was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from warehouse.errors import NotFound
from warehouse.rules.permissions import require
from warehouse.rules.retention import Retained, RetentionPolicy
from warehouse.schema.people import User
from warehouse.schema.retention import RetentionVersion
from warehouse.vocabulary import Actor, Permission

_VERSIONS = select(RetentionVersion, User.username).outerjoin(
    User, User.user_id == RetentionVersion.published_by
)


@dataclass(frozen=True, slots=True)
class PublishedRetention:
    """One version of the retention policy, with who published it and why."""

    retention_version_id: int
    policy: RetentionPolicy
    reason: str
    effective_from_at: datetime
    published_by: str | None
    """None for what the product began with, and for whoever runs its machine."""


def get_retention(session: Session, *, at: datetime) -> PublishedRetention:
    """Read the retention policy in force at an instant.

    Parameters
    ----------
    session:
        Open transaction.
    at:
        The desk's instant, UTC.

    Returns
    -------
    :
        The newest version that was in force by then.

    Raises
    ------
    NotFound
        None was in force yet.
    """
    newest = (
        _VERSIONS
        .where(RetentionVersion.effective_from_at <= at)
        .order_by(RetentionVersion.retention_version_id.desc())
        .limit(1)
    )
    found = _read(session, newest)
    if not found:
        raise NotFound("retention policy in force at", at.isoformat())
    return found[0]


def list_retention(session: Session, actor: Actor) -> Sequence[PublishedRetention]:
    """List every version, the newest first.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who looks. Needs `Permission.ADMINISTER`.

    Returns
    -------
    :
        The versions.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see policies of the whole desk.
    """
    require(actor, Permission.ADMINISTER)
    return _read(session, _VERSIONS.order_by(RetentionVersion.retention_version_id.desc()))


def _read(session: Session, statement: Select[RetentionVersion, str]) -> list[PublishedRetention]:
    return [
        PublishedRetention(
            version.retention_version_id,
            RetentionPolicy({kind: getattr(version, f"{kind}_days") for kind in Retained}),
            version.reason,
            version.effective_from_at,
            username,
        )
        for version, username in session.execute(statement)
    ]
