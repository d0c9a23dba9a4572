"""Hand-over notes: the newest, and those that somebody coming on shift has not read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from warehouse.rules import permissions
from warehouse.vocabulary import Actor, AlertId, Permission, Role

COMES_ON_WITHIN = timedelta(hours=1)
"""From when before their shift somebody is shown what was left for it."""
UNREAD_FOR = timedelta(days=7)
"""A note nobody of a shift has read by then stands on the Shifts page only."""

_NOTE = """
    SELECT note.note_id, note.role, note.body, note.written_at, author.display_name AS author,
      (SELECT coalesce(array_agg(alert_id ORDER BY alert_id), '{}') FROM people.handover_alert
        WHERE handover_alert.note_id = note.note_id) AS alert_ids,
      (SELECT coalesce(array_agg(reader.display_name ORDER BY seen_at), '{}')
        FROM people.handover_seen JOIN people."user" AS reader USING (user_id)
        WHERE handover_seen.note_id = note.note_id) AS seen_by
    FROM people.handover_note AS note
    JOIN people."user" AS author ON author.user_id = note.author_user_id
"""
_NEWEST = text(f"{_NOTE} ORDER BY note.written_at DESC, note.note_id DESC LIMIT :limit")
_UNREAD = text(
    f"""
    {_NOTE}
    WHERE note.written_at BETWEEN :oldest AND :at AND note.author_user_id <> :user_id
      AND NOT EXISTS (SELECT FROM people.handover_seen
        WHERE handover_seen.note_id = note.note_id AND handover_seen.user_id = :user_id)
      AND EXISTS (SELECT FROM people.stand WHERE stand.user_id = :user_id
        AND stand.role = note.role AND stand.during && tstzrange(:at, :soon, '[]'))
    ORDER BY note.written_at, note.note_id
    """  # noqa: S608 - the columns are ours
)


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One note, the alerts it is about, and who has read it."""

    note_id: int
    author: str
    role: Role
    body: str
    written_at: datetime
    alert_ids: tuple[AlertId, ...]
    seen_by: tuple[str, ...]


def list_notes(session: Session, actor: Actor, *, limit: int) -> list[NoteRow]:
    """List the newest notes, newest first, for everybody who has shifts."""
    permissions.require(actor, Permission.SEE_OWN_SHIFTS)
    return _rows(session.execute(_NEWEST, {"limit": limit}).mappings().all())


def list_unread_notes(session: Session, actor: Actor, *, at: datetime) -> list[NoteRow]:
    """List what was left for the actor's shift and not read by them, oldest first.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who is on shift, or comes on within the hour; nobody else has unread notes.
    at:
        Instant, UTC.

    Returns
    -------
    :
        Notes of colleagues in the role the actor is on shift in, from the last seven days.
    """
    if not permissions.may(actor, Permission.SEE_OWN_SHIFTS):
        return []
    values = {
        "user_id": actor.user_id,
        "at": at,
        "soon": at + COMES_ON_WITHIN,
        "oldest": at - UNREAD_FOR,
    }
    return _rows(session.execute(_UNREAD, values).mappings().all())


def _rows(rows: Sequence[RowMapping]) -> list[NoteRow]:
    return [
        NoteRow(
            note_id=row["note_id"],
            author=row["author"],
            role=Role(row["role"]),
            body=row["body"],
            written_at=row["written_at"],
            alert_ids=tuple(AlertId(alert_id) for alert_id in row["alert_ids"]),
            seen_by=tuple(row["seen_by"]),
        )
        for row in rows
    ]
