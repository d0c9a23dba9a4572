"""The audit history, as far as a person may see it: newest first, page by page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.rules import permissions
from warehouse.schema.audit import Entry
from warehouse.vocabulary import Actor, Permission

PAGE = 50
ALERT_NOUNS = ("alert", "acknowledgement", "escalation", "fallback_action", "notification")


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to look for; None and the empty tuple leave a column unfiltered."""

    actor_username: str | None = None
    tags: tuple[AuditTag, ...] = ()
    noun: str | None = None
    noun_id: int | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One entry of the history."""

    entry_id: int
    at: datetime
    recorded_at: datetime
    actor_username: str
    actor_roles: tuple[str, ...]
    tag: str
    noun: str
    noun_id: int | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None
    source: str


def list_audit(
    session: Session,
    actor: Actor,
    wanted: AuditFilter,
    *,
    limit: int = PAGE,
    older_than: int | None = None,
) -> list[AuditRow]:
    """List a page of entries, newest first.

    Parameters
    ----------
    session:
        Open transaction on behalf of the actor.
    actor:
        Who asks: everybody sees their own acts, agents those about alerts, managers, analysts
        and administrators all.
    wanted:
        What to look for.
    limit:
        Size of the page.
    older_than:
        Id of the last entry of the page before; the cost does not grow with the page's number.

    Returns
    -------
    :
        At most `limit` entries.
    """
    statement = _chosen(actor, wanted).order_by(Entry.entry_id.desc()).limit(limit)
    if older_than is not None:
        statement = statement.where(Entry.entry_id < older_than)
    return [_row_of(entry) for entry in session.scalars(statement)]


def count_audit(session: Session, actor: Actor, wanted: AuditFilter, *, until_entry: int) -> int:
    """Count the entries that `stream_audit` would go through."""
    chosen = _chosen(actor, wanted).where(Entry.entry_id <= until_entry)
    return session.scalars(chosen.with_only_columns(func.count())).one()


def stream_audit(
    session: Session, actor: Actor, wanted: AuditFilter, *, until_entry: int
) -> Iterator[AuditRow]:
    """Go through all entries up to one, oldest first, without holding them in memory.

    Parameters
    ----------
    session:
        Open transaction on behalf of the actor; stays open while the rows are read.
    actor:
        Who asks; sees what `list_audit` would show them.
    wanted:
        What to look for.
    until_entry:
        Id of the last entry wanted, so that the export does not chase what is being written.

    Yields
    ------
    :
        The entries.
    """
    statement = _chosen(actor, wanted).where(Entry.entry_id <= until_entry)
    rows = session.scalars(statement.order_by(Entry.entry_id).execution_options(yield_per=1000))
    for entry in rows:
        yield _row_of(entry)


def newest_entry_id(session: Session, actor: Actor, wanted: AuditFilter) -> int:
    """Give the id of the newest entry wanted; 0 when there is none."""
    newest = _chosen(actor, wanted).with_only_columns(func.coalesce(func.max(Entry.entry_id), 0))
    return session.scalars(newest).one()


def _chosen(actor: Actor, wanted: AuditFilter) -> Select[Entry]:
    return select(Entry).where(_visible_to(actor), *_conditions(wanted))


def _visible_to(actor: Actor) -> ColumnElement[bool]:
    if permissions.may(actor, Permission.SEE_AUDIT):
        return true()
    permissions.require(actor, Permission.SEE_OWN_AUDIT)
    about_alerts = permissions.may(actor, Permission.SEE_ALERT_AUDIT)
    alerts = Entry.noun.in_(ALERT_NOUNS) if about_alerts else false()
    return or_(Entry.actor_user_id == actor.user_id, alerts)


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.actor_username:
        conditions.append(Entry.actor_username == wanted.actor_username)
    if wanted.tags:
        conditions.append(Entry.tag.in_([tag.value for tag in wanted.tags]))
    if wanted.noun:
        conditions.append(Entry.noun == wanted.noun)
    if wanted.noun_id is not None:
        conditions.append(Entry.noun_id == wanted.noun_id)
    if wanted.from_at:
        conditions.append(Entry.at >= wanted.from_at)
    if wanted.until_at:
        conditions.append(Entry.at < wanted.until_at)
    return conditions


def _row_of(entry: Entry) -> AuditRow:
    return AuditRow(
        entry_id=entry.entry_id,
        at=entry.at,
        recorded_at=entry.recorded_at,
        actor_username=entry.actor_username,
        actor_roles=tuple(role for role in entry.actor_roles.split(",") if role),
        tag=entry.tag,
        noun=entry.noun,
        noun_id=entry.noun_id,
        before=entry.before,
        after=entry.after,
        reason=entry.reason,
        source=entry.source,
    )
