"""Keep how a release's way of learning told the months of its history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import NotFound
from warehouse.operations import audit
from warehouse.queries.releases import find_rolling_origin
from warehouse.rules.permissions import require
from warehouse.schema.predictions import ModelRelease, RollingOrigin
from warehouse.vocabulary import Actor, Permission, ReleaseId


def keep_rolling_origin(
    session: Session,
    actor: Actor,
    release_id: ReleaseId,
    record: Mapping[str, Any],
    *,
    code_version: str,
    at: datetime,
) -> bool:
    """Keep the record of a release for good; the same record again changes nothing.

    Parameters
    ----------
    session:
        Open transaction of the pipeline.
    actor:
        Who told the months. Needs `Permission.ADMINISTER`.
    release_id:
        The release whose history was told.
    record:
        As `ml.rolling_record.rolling_record` gives it.
    code_version:
        Version of the code that told them.
    at:
        Instant, UTC.

    Returns
    -------
    :
        Whether it was new.

    Raises
    ------
    NotFound
        No release has this id.
    PermissionRefused
        The actor's roles may not judge releases.
    """
    require(actor, Permission.ADMINISTER, "keep the history of", "model_release", release_id)
    known = select(ModelRelease.release_id).where(ModelRelease.release_id == release_id)
    if session.scalar(known) is None:
        raise NotFound("model release", release_id)
    kept = find_rolling_origin(session, release_id)
    if kept is not None and kept.record == record and kept.code_version == code_version:
        return False
    row = RollingOrigin(
        release_id=release_id, told_at=at, code_version=code_version, record=dict(record)
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        AuditTag.RELEASE_JUDGED,
        "model_release",
        release_id,
        at=at,
        after={"rolling_origin_id": row.rolling_origin_id},
        reason="Its history was told month by month.",
    )
    return True
