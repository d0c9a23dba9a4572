"""Counts of what may never happen; each is 0 while the product keeps its promises."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

_BREACHES = text(
    """
    SELECT
      (SELECT count(*) FROM predictions.feature_row WHERE known_at > predicted_at)
        AS features_from_the_future,
      (SELECT count(*) FROM alerting.notification AS page
        JOIN alerting.acknowledgement AS taken
          ON taken.alert_id = page.alert_id AND taken.generation = page.generation + 1
        WHERE page.kind = 'page' AND page.sent_at IS NOT NULL AND taken.is_effective
          AND page.sent_at > taken.acknowledged_at) AS pages_after_acknowledgement,
      (SELECT count(*) FROM alerting.alert
        WHERE status = 'open' AND next_escalation_at < :overdue_since)
        AS due_and_not_escalated,
      (SELECT count(*) FROM alerting.notification
        WHERE status = 'dead'
          OR (status IN ('pending', 'sending') AND not_before_at < :overdue_since))
        AS undelivered,
      (SELECT count(*) FROM audit.entry
        WHERE noun IN ('alert', 'fallback_action', 'notification')) AS acts_audited
    """
)


@dataclass(frozen=True, slots=True)
class Breaches:
    """How often each promise was broken, and how many acts of the desk were audited.

    Loads are not counted: one that was cut short and repeated is audited twice.
    """

    features_from_the_future: int
    pages_after_acknowledgement: int
    due_and_not_escalated: int
    undelivered: int
    acts_audited: int


def count_breaches(session: Session, *, overdue_since: datetime) -> Breaches:
    """Count broken promises over everything in the record.

    Parameters
    ----------
    session:
        Open transaction of the pipeline or the owner.
    overdue_since:
        What was due before this instant, UTC, should be done by now.

    Returns
    -------
    :
        The counts.
    """
    row = session.execute(_BREACHES, {"overdue_since": overdue_since}).one()
    return Breaches(**row._mapping)
