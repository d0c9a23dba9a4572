"""What an escalation writes, for every alert of a sweep at once: one statement, however many."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.vocabulary import SYSTEM, NotificationKind, Severity


@dataclass(frozen=True, slots=True)
class Page:
    """Where one of the people a rung reaches is paged; a rung that was passed over has its own."""

    user_id: int
    channel: str
    address: str
    level: int
    loop: int
    not_before_at: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """From one place on a ladder to another, with everything that is alike for all who make it."""

    policy_version_id: int
    from_level: int
    from_loop: int
    was_suppressed: bool
    is_synthetic: bool
    is_critical: bool
    #: What the steps sent before then stands under an older generation.
    begins_anew: bool
    level: int
    loop: int
    #: None where the ladder ends there.
    next_escalation_at: datetime | None
    is_catch_all: bool
    fallback_kind: str | None
    recipients: tuple[str, ...]
    pages: tuple[Page, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        due = self.next_escalation_at
        pages = [
            asdict(page) | {"not_before_at": page.not_before_at.isoformat()} for page in self.pages
        ]
        plain = {"next_escalation_at": due.isoformat() if due else None, "pages": pages}
        return asdict(self) | plain


@dataclass(frozen=True, slots=True)
class Moved:
    """An alert that made a move, and how many pages were queued for all of them."""

    alert_id: int
    level: int
    recipient_count: int
    queued: int


_MOVE = text(
    """
    WITH move AS MATERIALIZED (
      SELECT * FROM ROWS FROM (jsonb_to_recordset(:moves) AS (policy_version_id bigint,
        from_level bigint, from_loop bigint, was_suppressed boolean, is_synthetic boolean,
        is_critical boolean, begins_anew boolean, level bigint, loop bigint,
        next_escalation_at timestamptz, is_catch_all boolean, fallback_kind text,
        recipients jsonb, pages jsonb)) WITH ORDINALITY
    ), page AS MATERIALIZED (
      SELECT move.ordinality, page.*
      FROM move, jsonb_to_recordset(move.pages) AS page(user_id bigint, channel text,
        address text, level bigint, loop bigint, not_before_at timestamptz)
    ), moved AS (
      UPDATE alerting.alert AS alert
      SET generation = alert.generation + CAST(move.begins_anew AS int),
        escalation_level = move.level, escalation_loop = move.loop,
        next_escalation_at = move.next_escalation_at,
        suppressed_until_at = NULL, suppressed_reason = NULL
      FROM move
      WHERE alert.alert_id = ANY(:alert_ids)
        AND alert.policy_version_id = move.policy_version_id
        AND alert.escalation_level = move.from_level AND alert.escalation_loop = move.from_loop
        AND (alert.suppressed_until_at IS NOT NULL) = move.was_suppressed
        AND (alert.kind = 'synthetic') = move.is_synthetic
        AND (alert.severity = 'critical') = move.is_critical
      RETURNING alert.alert_id, alert.generation, alert.kind, alert.severity_rank, move.*
    ), written AS (
      INSERT INTO alerting.escalation (alert_id, generation, loop, level, policy_version_id,
        escalated_at, recipient_count, is_catch_all, fallback_kind)
      SELECT alert_id, generation, loop, level, policy_version_id, :at,
        jsonb_array_length(recipients), is_catch_all, fallback_kind
      FROM moved
      UNION ALL
      -- What a storm's step sets off is set off for each open alert that joined it.
      SELECT joined.alert_id, joined.generation, moved.loop, moved.level,
        joined.policy_version_id, :at, 0, false, moved.fallback_kind
      FROM moved JOIN alerting.alert AS joined ON joined.parent_alert_id = moved.alert_id
      WHERE moved.kind = 'storm' AND moved.fallback_kind IS NOT NULL AND joined.status = 'open'
      ON CONFLICT DO NOTHING
    ), queued AS (
      INSERT INTO alerting.notification (kind, alert_id, generation, escalation_loop,
        escalation_level, recipient_user_id, channel, address, priority, created_at, not_before_at)
      SELECT :page, moved.alert_id, moved.generation, page.loop, page.level, page.user_id,
        page.channel, page.address, :most_urgent - moved.severity_rank, :at, page.not_before_at
      FROM moved JOIN page ON page.ordinality = moved.ordinality
      ON CONFLICT DO NOTHING
      RETURNING notification_id
    ), audited AS (
      INSERT INTO audit.entry (at, actor_username, actor_roles, tag, noun, noun_id, after, source)
      SELECT :at, :actor, :roles, :tag, 'alert', alert_id, jsonb_build_object('level', level,
        'loop', loop, 'recipients', recipients, 'catch_all', is_catch_all), :source
      FROM moved
    )
    SELECT alert_id, level, jsonb_array_length(recipients) AS recipient_count,
      (SELECT count(*) FROM queued) AS queued
    FROM moved ORDER BY alert_id
    """
).bindparams(bindparam("moves", type_=JSONB))


def make_moves(
    session: Session, alert_ids: Sequence[int], moves: Sequence[Move], *, at: datetime
) -> list[Moved]:
    """Move locked alerts along their ladders, with their escalations, pages and audit entries.

    Parameters
    ----------
    session:
        Open transaction that holds the alerts.
    alert_ids:
        Which alerts; one whose place no move begins at stays there.
    moves:
        At most one from each place.
    at:
        Instant, UTC.

    Returns
    -------
    :
        Those that moved, by alert.
    """
    if not alert_ids or not moves:
        return []
    values = {
        "moves": [move.as_dict() for move in moves],
        "alert_ids": list(alert_ids),
        "at": at,
        "page": NotificationKind.PAGE.value,
        "most_urgent": Severity.CRITICAL.rank,
        "actor": SYSTEM.username,
        "roles": ",".join(sorted(SYSTEM.roles)),
        "tag": AuditTag.ALERT_ESCALATED.value,
        "source": SYSTEM.source.value,
    }
    return [Moved(**row._mapping) for row in session.execute(_MOVE, values)]
