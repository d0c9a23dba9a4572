"""Page somebody for a gap in coverage before it is there: raised, followed, and closed again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations.alert_rows import close
from warehouse.operations.desk_alerts import insert_desk_alert
from warehouse.queries.policies import find_ladder_in_force
from warehouse.queries.pressing_gaps import list_pressing_gaps
from warehouse.rules.alert_lifecycle import GAP_DEDUP_PREFIX, gap_dedup_key
from warehouse.rules.escalation_policy import Ladder
from warehouse.schema.alerting import Alert
from warehouse.schema.audit import Entry
from warehouse.vocabulary import SYSTEM, AlertKind, AlertStatus, CloseReason, Severity

RESTS_AFTER_RESOLVED = timedelta(hours=8)
"""Somebody who resolves the alert of a gap that is still there has taken it on. Whoever comes on
after them, a shift later, is asked again."""
MENDED = "The gap is closed or over."


@dataclass(frozen=True, slots=True)
class GapSweep:
    """What one look at the gaps of the next day came to, in alerts."""

    raised: int
    closed: int


def tend_coverage_gaps(
    session: Session, *, at: datetime, time_zone: str, limit: int = 50
) -> GapSweep:
    """Raise an alert about every gap of the next day, and close those whose gap is gone.

    The alert climbs the ladder in force like any other. The same gap seen again adds an occurrence
    to its live alert, whose words follow the gap. Safe from any number of callers: one live alert
    for each gap is kept by a partial unique index, and rows that another caller holds are skipped.

    Parameters
    ----------
    session:
        Open transaction of the pipeline.
    at:
        Instant of the look, UTC.
    time_zone:
        IANA zone of the desk, in which the alerts tell times beside UTC.
    limit:
        How many gaps to follow at most, the soonest first.

    Returns
    -------
    :
        How many alerts were raised and closed; none before a ladder was published.
    """
    ladder = find_ladder_in_force(session, at=at)
    if ladder is None:
        return GapSweep(0, 0)
    gaps = {
        gap_dedup_key(gap.matter): gap.headline(time_zone, at=at)
        for gap in list_pressing_gaps(session, ladder, at=at)
    }
    live = _lock_live(session)
    gone = [alert for key, alert in live.items() if key not in gaps]
    for alert in gone:
        close(session, SYSTEM, alert, CloseReason.RESOLVED, at=at, note=MENDED)
    nearest = dict(list(gaps.items())[:limit])
    _say_again({alert: nearest[key] for key, alert in live.items() if key in nearest}, at=at)
    fresh = {key: headline for key, headline in nearest.items() if key not in live}
    return GapSweep(_raise(session, fresh, ladder, at=at), len(gone))


def _lock_live(session: Session) -> dict[str, Alert]:
    statement = (
        select(Alert)
        .where(Alert.dedup_key.startswith(GAP_DEDUP_PREFIX, autoescape=True))
        .where(Alert.kind == AlertKind.DESK.value, Alert.status != AlertStatus.CLOSED.value)
        .order_by(Alert.alert_id)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return {alert.dedup_key: alert for alert in session.scalars(statement)}


def _say_again(seen: Mapping[Alert, str], *, at: datetime) -> None:
    for alert, headline in seen.items():
        alert.occurrences += 1
        alert.last_seen_at = at
        alert.headline = headline


def _raise(session: Session, fresh: Mapping[str, str], ladder: Ladder, *, at: datetime) -> int:
    resting = _resolved_by_people(session, list(fresh), at)
    raised = [
        insert_desk_alert(
            session,
            key,
            headline,
            ladder.policy_version_id,
            at=at,
            severity=Severity.HIGH.value,
            next_escalation_at=at,
            expires_at=None,
            travellers_affected=0,
            money_at_risk_minor_units=0,
            currency="USD",
        )
        for key, headline in fresh.items()
        if key not in resting
    ]
    return sum(alert_id is not None for alert_id in raised)


def _resolved_by_people(session: Session, keys: list[str], at: datetime) -> frozenset[str]:
    """Name those whose alert a person closed not long ago; the history says who did."""
    by_person = exists().where(
        Entry.noun == "alert",
        Entry.noun_id == Alert.alert_id,
        Entry.tag == AuditTag.ALERT_CLOSED.value,
        Entry.actor_user_id.is_not(None),
    )
    statement = select(Alert.dedup_key).where(
        Alert.dedup_key.in_(keys), Alert.closed_at > at - RESTS_AFTER_RESOLVED, by_person
    )
    return frozenset(session.scalars(statement))
