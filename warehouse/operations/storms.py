"""Storms: over a policy's cap, further alerts of an area join one that pages for all of them.

A storm is an alert of its own with a ladder of its own. What joined it pages nobody by itself until
somebody had it or the storm is over; it stays in the inbox, is acknowledged and resolved like any
other, and is counted in the storm's headline.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.operations.alert_rows import close, latest_by_key, locked_alerts, reopen
from warehouse.rules.alert_lifecycle import Step, storm_dedup_key
from warehouse.rules.severity import highest
from warehouse.rules.storm_control import StormControl
from warehouse.rules.wording import storm_headline
from warehouse.schema.alerting import UNTIL_CLOSED, Alert
from warehouse.schema.policies import EscalationPolicyVersion
from warehouse.schema.travel import Airport, Flight
from warehouse.vocabulary import (
    SYSTEM,
    AcknowledgementEnd,
    AlertBasis,
    AlertKind,
    AlertStatus,
    CloseReason,
    Severity,
)

LIVE = Alert.status != AlertStatus.CLOSED.value


def count_raised(
    session: Session, areas: Sequence[str], control: StormControl, *, at: datetime
) -> dict[str, int]:
    """Count the alerts of each area that began to page by themselves within the window."""
    statement = (
        select(Flight.origin, func.count().label("alerts"))
        .join(Alert, Alert.flight_id == Flight.flight_id)
        .where(Alert.raised_at > at - control.window, Alert.raised_at <= at)
        .where(Alert.parent_alert_id.is_(None), Flight.origin.in_(areas))
        .group_by(Flight.origin)
    )
    return {row.origin: row.alerts for row in session.execute(statement)}


def hold_storms(session: Session, areas: Sequence[str]) -> None:
    """Lock the live storms of areas before any alert of theirs: locks are taken by rising id."""
    keys = [storm_dedup_key(area) for area in areas]
    ids = session.scalars(select(Alert.alert_id).where(Alert.dedup_key.in_(keys), LIVE)).all()
    locked_alerts(session, ids)


def locked_storms(
    session: Session, areas: Sequence[str], policy_version_id: int, currency: str, *, at: datetime
) -> dict[str, int]:
    """Give the live storm of each area, begun where there is none, and lock it.

    Whoever adds to a storm holds it, so that none is closed between the look and the joining.

    Returns
    -------
    :
        The storm's alert id by area.
    """
    keys = {storm_dedup_key(area): area for area in sorted(areas)}
    earlier = latest_by_key(session, list(keys))
    rows = [
        _storm_row(key, area, policy_version_id, currency, at)
        | {"previous_alert_id": earlier.get(key)}
        for key, area in keys.items()
    ]
    statement = (
        insert(Alert)
        .on_conflict_do_nothing(index_elements=["dedup_key"], index_where=text(UNTIL_CLOSED))
        .returning(Alert.alert_id)
    )
    for alert_id in session.scalars(statement, rows).all():
        audit.record(session, SYSTEM, AuditTag.ALERT_RAISED, "alert", alert_id, at=at)
    ids = session.scalars(select(Alert.alert_id).where(Alert.dedup_key.in_(keys), LIVE)).all()
    live = [each for each in locked_alerts(session, ids) if each.status != AlertStatus.CLOSED]
    return {keys[storm.dedup_key]: storm.alert_id for storm in live}


def _storm_row(
    key: str, area: str, policy_version_id: int, currency: str, at: datetime
) -> dict[str, Any]:
    return {
        "dedup_key": key,
        "kind": AlertKind.STORM.value,
        "basis": AlertBasis.REPORTED.value,
        "airport": area,
        "headline": storm_headline(area, None, 0),
        "severity": Severity.LOW.value,
        "policy_version_id": policy_version_id,
        "next_escalation_at": at,
        "raised_at": at,
        "last_seen_at": at,
        "travellers_affected": 0,
        "money_at_risk_minor_units": 0,
        "currency": currency,
    }


def follow_joined(session: Session, storm_ids: Sequence[int], *, at: datetime) -> None:
    """Let storms say what joined them: how many alerts, travellers, money, and how bad.

    One that got worse pages again as any alert does, if its policy says so.

    Parameters
    ----------
    session:
        Open transaction.
    storm_ids:
        Storms; they are locked.
    at:
        Instant, UTC.
    """
    sums = {row.parent_alert_id: row for row in session.execute(_sums_of(storm_ids))}
    for storm in locked_alerts(session, storm_ids):
        if storm.status != AlertStatus.CLOSED and storm.alert_id in sums:
            _follow(session, storm, sums[storm.alert_id], at=at)


def _sums_of(storm_ids: Sequence[int]) -> Any:
    return (
        select(
            Alert.parent_alert_id,
            func.count().label("alerts"),
            func.sum(Alert.travellers_affected).label("travellers"),
            func.sum(Alert.money_at_risk_minor_units).label("money"),
            func.max(Alert.expires_at).label("expires_at"),
            func.array_agg(Alert.severity.distinct()).label("severities"),
        )
        .where(Alert.parent_alert_id.in_(storm_ids), LIVE)
        .group_by(Alert.parent_alert_id)
    )


def _follow(session: Session, storm: Alert, joined: Any, *, at: datetime) -> None:
    before = {"severity": storm.severity, "status": storm.status}
    worst = reduce(highest, map(Severity, joined.severities), Severity(storm.severity))
    rose = worst.rank > Severity(storm.severity).rank
    said = storm.occurrences, storm.travellers_affected, storm.money_at_risk_minor_units
    if not rose and said == (joined.alerts, joined.travellers, joined.money):
        return
    city = session.scalar(select(Airport.city).where(Airport.iata == storm.airport))
    storm.headline = storm_headline(str(storm.airport), city, joined.alerts)
    storm.travellers_affected, storm.money_at_risk_minor_units = joined.travellers, joined.money
    storm.severity, storm.expires_at = worst.value, joined.expires_at
    storm.occurrences, storm.last_seen_at = joined.alerts, at
    if rose and storm.status == AlertStatus.ACKNOWLEDGED and _reopens(session, storm):
        reopen(session, storm, AcknowledgementEnd.SEVERITY_ROSE, Step.REOPEN, at=at)
    session.flush()
    if rose:
        after = {"severity": storm.severity, "status": storm.status}
        audit.record(
            session,
            SYSTEM,
            AuditTag.ALERT_STRENGTHENED,
            "alert",
            storm.alert_id,
            at=at,
            before=before,
            after=after,
            reason=storm.headline,
        )


def _reopens(session: Session, storm: Alert) -> bool:
    version = session.get_one(EscalationPolicyVersion, storm.policy_version_id)
    return version.reopens_on_severity_rise


def tend_storms(session: Session, *, at: datetime, limit: int = 200) -> int:
    """Let storms follow what joined them, and close those that nothing live belongs to any more.

    Safe from any number of callers: each takes rows that no other holds, and looks again once it
    holds them.

    Parameters
    ----------
    session:
        Open transaction.
    at:
        Instant, UTC.
    limit:
        How many to tend at most.

    Returns
    -------
    :
        How many were closed.
    """
    held = session.scalars(
        select(Alert)
        .where(Alert.kind == AlertKind.STORM.value, LIVE)
        .order_by(Alert.alert_id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    joined = select(Alert.parent_alert_id).where(
        Alert.parent_alert_id.in_([storm.alert_id for storm in held]), LIVE
    )
    still = {storm_id for storm_id in session.scalars(joined) if storm_id is not None}
    spent = [storm for storm in held if storm.alert_id not in still]
    for storm in spent:
        close(session, SYSTEM, storm, CloseReason.STORM_OVER, at=at)
    follow_joined(session, sorted(still), at=at)
    return len(spent)
