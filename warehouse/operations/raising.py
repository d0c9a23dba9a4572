"""Raise alerts from predictions and reports: one per flight, however often it is said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from warehouse.audit_tags import AuditTag
from warehouse.operations import audit
from warehouse.operations.affected import refresh_affected_bookings, touched_by_flights
from warehouse.operations.alert_cases import (
    AlertCandidate,
    Case,
    area_of,
    case_of,
    joined,
    raised_facts,
    row_of,
    urgency_of,
)
from warehouse.operations.alert_rows import latest_by_key, locked_alerts, reopen
from warehouse.operations.storms import (
    count_raised,
    follow_joined,
    hold_storms,
    locked_storms,
)
from warehouse.queries.policies import DeskPolicy, get_policy
from warehouse.rules.alert_lifecycle import Step
from warehouse.rules.severity import alert_threshold, highest
from warehouse.rules.storm_control import joining
from warehouse.schema.alerting import UNTIL_CLOSED, Alert
from warehouse.vocabulary import AcknowledgementEnd, Actor, AlertBasis, AlertStatus, Severity

LIVE = text(UNTIL_CLOSED)


@dataclass(frozen=True, slots=True)
class RaiseSummary:
    """What became of the candidates; the four counts add up to how many there were."""

    raised: int
    strengthened: int
    unaffected: int
    below: int


def raise_flight_alerts(
    session: Session,
    actor: Actor,
    candidates: Sequence[AlertCandidate],
    *,
    at: datetime,
    may_page: bool = True,
) -> RaiseSummary:
    """Raise an alert for each flight worth one, or strengthen the one that is live.

    The same candidates again change only `occurrences` and `last_seen_at`: identity is carrier,
    number, origin and service date, kept by a partial unique index.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who raises, usually SYSTEM.
    candidates:
        Predicted or reported disruptions; at most one per flight.
    at:
        Instant, UTC.
    may_page:
        False in a backfill: alerts then stand without an escalation until a fact comes that may
        page, and none is opened again.

    Returns
    -------
    :
        How many were raised, strengthened, without bookings, and below the threshold.
    """
    policy = get_policy(session, at=at)
    threshold = alert_threshold(policy.stakes)
    worth = [each for each in candidates if _is_worth_it(each, threshold)]
    touched = touched_by_flights(session, [each.flight_id for each in worth])
    cases = [
        case_of(each, touched[each.flight_id], at) for each in worth if each.flight_id in touched
    ]
    hold_storms(session, sorted({area_of(case) for case in cases}))
    fresh = _strengthen_live(session, actor, cases, policy, at=at, may_page=may_page)
    raised = _insert(session, actor, fresh, policy, at=at, may_page=may_page)
    # Whoever raised the same alert since the look above came first: theirs is strengthened.
    beaten = [case for case in fresh if case.dedup_key not in raised]
    _strengthen_live(session, actor, beaten, policy, at=at, may_page=may_page)
    return RaiseSummary(
        raised=len(raised),
        strengthened=len(cases) - len(raised),
        unaffected=len(worth) - len(cases),
        below=len(candidates) - len(worth),
    )


def _is_worth_it(candidate: AlertCandidate, threshold: float) -> bool:
    return candidate.basis is AlertBasis.REPORTED or (candidate.probability or 0.0) >= threshold


def _lock_live(session: Session, dedup_keys: Sequence[str]) -> dict[str, Alert]:
    ids = session.scalars(select(Alert.alert_id).where(Alert.dedup_key.in_(dedup_keys), LIVE)).all()
    alerts = locked_alerts(session, ids)
    return {alert.dedup_key: alert for alert in alerts if alert.status != AlertStatus.CLOSED}


def _strengthen_live(
    session: Session,
    actor: Actor,
    cases: Sequence[Case],
    policy: DeskPolicy,
    *,
    at: datetime,
    may_page: bool,
) -> list[Case]:
    """Strengthen the alerts that are live, and give back the cases that have none."""
    live = _lock_live(session, [case.dedup_key for case in cases])
    for case in cases:
        if case.dedup_key in live:
            reopens = may_page and policy.reopens_on_severity_rise
            _strengthen(session, actor, live[case.dedup_key], case, reopens=reopens, at=at)
            if may_page:
                _start_ladder(live[case.dedup_key], at=at)
    refresh_affected_bookings(session, [alert.alert_id for alert in live.values()])
    storms = {alert.parent_alert_id for alert in live.values() if alert.parent_alert_id}
    follow_joined(session, sorted(storms), at=at)
    return [case for case in cases if case.dedup_key not in live]


def _strengthen(
    session: Session, actor: Actor, alert: Alert, case: Case, *, reopens: bool, at: datetime
) -> None:
    """Take in the same fact again: it pages anew only if it got worse and may."""
    before = {"severity": alert.severity, "basis": alert.basis}
    worse = highest(Severity(alert.severity), case.severity)
    rose = worse.rank > Severity(alert.severity).rank
    alert.severity = worse.value
    alert.occurrences += 1
    alert.last_seen_at = at
    _follow_facts(alert, case)
    if rose and alert.status == AlertStatus.ACKNOWLEDGED and reopens:
        reopen(session, alert, AcknowledgementEnd.SEVERITY_ROSE, Step.REOPEN, at=at)
    session.flush()
    after = {"severity": alert.severity, "basis": alert.basis, "status": alert.status}
    if rose or before["basis"] != alert.basis:
        audit.record(
            session,
            actor,
            AuditTag.ALERT_STRENGTHENED,
            "alert",
            alert.alert_id,
            at=at,
            before=before,
            after=after,
            reason=alert.headline,
        )


def _start_ladder(alert: Alert, *, at: datetime) -> None:
    """Let an alert that a backfill raised, and nobody was paged for, page from now on.

    One that joined a storm has somebody paged for it.
    """
    stands_below = alert.escalation_level == 0 and alert.next_escalation_at is None
    if alert.status == AlertStatus.OPEN and stands_below and alert.parent_alert_id is None:
        alert.next_escalation_at = at


def _follow_facts(alert: Alert, case: Case) -> None:
    """Take over what is newer; a report is never talked down by a prediction."""
    if alert.basis == AlertBasis.REPORTED and case.candidate.basis is AlertBasis.PREDICTED:
        return
    alert.basis = case.candidate.basis.value
    alert.headline = case.headline
    alert.travellers_affected = case.touched.travellers
    alert.money_at_risk_minor_units = case.touched.money_at_risk_minor_units
    if case.candidate.prediction_id is not None:
        alert.prediction_id = case.candidate.prediction_id
        alert.probability = case.candidate.probability
        alert.drivers = case.candidate.drivers


def _insert(
    session: Session,
    actor: Actor,
    cases: Sequence[Case],
    policy: DeskPolicy,
    *,
    at: datetime,
    may_page: bool,
) -> frozenset[str]:
    if not cases:
        return frozenset()
    earlier = latest_by_key(session, [case.dedup_key for case in cases])
    storms = _storms_to_join(session, cases, policy, at=at) if may_page else {}
    rows = [
        row_of(case, policy, at, may_page=may_page)
        | {"previous_alert_id": earlier.get(case.dedup_key)}
        | joined(storms.get(case.dedup_key))
        for case in cases
    ]
    statement = (
        insert(Alert)
        .on_conflict_do_nothing(index_elements=["dedup_key"], index_where=LIVE)
        .returning(Alert.alert_id, Alert.dedup_key)
    )
    ids = {key: alert_id for alert_id, key in session.execute(statement, rows)}
    raised = [case for case in cases if case.dedup_key in ids]
    refresh_affected_bookings(session, list(ids.values()))
    audit.record_many(
        session,
        actor,
        AuditTag.ALERT_RAISED,
        "alert",
        [
            (ids[case.dedup_key], None, raised_facts(case, storms.get(case.dedup_key)))
            for case in raised
        ],
        at=at,
    )
    follow_joined(session, sorted(set(storms.values())), at=at)
    return frozenset(ids)


def _storms_to_join(
    session: Session, cases: Sequence[Case], policy: DeskPolicy, *, at: datetime
) -> dict[str, int]:
    """Say which storm each case over its area's cap joins, by its dedup key."""
    if policy.storm is None:
        return {}
    areas = sorted({area_of(case) for case in cases})
    raised = count_raised(session, areas, policy.storm, at=at)
    over = joining(cases, policy.storm, raised=raised, area=area_of, urgency=urgency_of)
    if not over:
        return {}
    version = policy.policy_version_id
    storms = locked_storms(session, sorted(over), version, policy.currency, at=at)
    return {
        case.dedup_key: storms[area]
        for area, several in over.items()
        for case in several
        if area in storms
    }
