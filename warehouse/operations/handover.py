"""Hand-over notes: left by whoever is on shift, read by those who come on."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import insert, literal, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.errors import NotFound, TransitionRefused
from warehouse.operations import audit
from warehouse.rules import permissions
from warehouse.schema.alerting import Alert
from warehouse.schema.shifts import HandoverAlert, HandoverNote, HandoverSeen, Stand
from warehouse.vocabulary import Actor, AlertId, Permission, Role

LONGEST = 2000
STILL_COUNTS = timedelta(hours=2)
"""How long after their shift somebody can still leave a note."""


def write_note(
    session: Session,
    actor: Actor,
    *,
    body: str,
    alert_ids: Collection[AlertId] = (),
    at: datetime,
) -> int:
    """Leave a note for those who come on shift in the author's role; it is never changed.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who is on shift, or was until two hours ago; a manager may leave one to agents any time.
    body:
        What the next ones have to know; at most 2,000 characters.
    alert_ids:
        Alerts it is about.
    at:
        Instant of the act, UTC.

    Returns
    -------
    :
        The note's id.

    Raises
    ------
    PermissionRefused
        The actor's roles have no shifts.
    TransitionRefused
        It says nothing, says too much, or comes from somebody who is not on shift.
    NotFound
        An alert it names is not there.
    """
    permissions.require(actor, Permission.SEE_OWN_SHIFTS, "write a", "handover_note")
    said = body.strip()
    if not said or len(said) > LONGEST:
        why = f"write between 1 and {LONGEST:,} characters"
        raise TransitionRefused("note", "empty" if not said else "too long", "left", why=why)
    role = _role_of(session, actor, at=at)
    wanted = sorted(set(alert_ids))
    there = set(session.scalars(select(Alert.alert_id).where(Alert.alert_id.in_(wanted))))
    for missing in set(wanted) - there:
        raise NotFound("alert", missing)
    values = {"author_user_id": actor.user_id, "role": role.value, "body": said, "written_at": at}
    number = session.scalars(
        insert(HandoverNote).values(values).returning(HandoverNote.note_id)
    ).one()
    if wanted:
        rows = [{"note_id": number, "alert_id": alert_id} for alert_id in wanted]
        session.execute(insert(HandoverAlert), rows)
    after = {"role": role.value, "body": said, "alert_ids": list(wanted)}
    tag = AuditTag.HANDOVER_WRITTEN
    audit.record(session, actor, tag, "handover_note", number, at=at, after=after)
    return number


def mark_note_seen(session: Session, actor: Actor, note_id: int, *, at: datetime) -> None:
    """Say that the actor has read a note; repeating it changes nothing.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who has read it.
    note_id:
        The note.
    at:
        Instant of the act, UTC.

    Raises
    ------
    PermissionRefused
        The actor's roles have no shifts.
    NotFound
        No note has this id.
    """
    permissions.require(actor, Permission.SEE_OWN_SHIFTS, "read", "handover_note", note_id)
    if session.get(HandoverNote, note_id) is None:
        raise NotFound("hand-over note", note_id)
    seen = (
        upsert(HandoverSeen)
        .values(note_id=note_id, user_id=actor.user_id, seen_at=at)
        .on_conflict_do_nothing()
    )
    session.execute(seen)


def _role_of(session: Session, actor: Actor, *, at: datetime) -> Role:
    """Give the role in which the actor is, or just was, on shift."""
    lately = (
        select(Stand.role)
        .where(Stand.user_id == actor.user_id)
        .where(Stand.during.overlaps(literal(Range(at - STILL_COUNTS, at, bounds="[]"))))
        .order_by(Stand.during.desc())
        .limit(1)
    )
    role = session.scalar(lately)
    if role is not None:
        return Role(role)
    if permissions.may(actor, Permission.ADMINISTER_SHIFTS):
        return Role.AGENT
    why = "leave it while you are on shift, or within two hours after"
    raise TransitionRefused("note", "from nobody on shift", "left", why=why)
