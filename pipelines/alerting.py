"""What the hour's claims and reports make of the alerts: raised, strengthened or taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pipelines.partitions import Window, hour_key
from warehouse.operations.alert_cases import AlertCandidate
from warehouse.operations.alert_sweeps import clear_predictions
from warehouse.operations.engine import finish_chapter
from warehouse.operations.raising import RaiseSummary, raise_flight_alerts
from warehouse.queries.disruptions import ReportedDisruption, list_reported_disruptions
from warehouse.queries.policies import get_policy
from warehouse.queries.predictions import PredictionRow, list_predictions
from warehouse.rules.severity import LONGEST_ALERT_HORIZON_HOURS, alert_threshold
from warehouse.vocabulary import SYSTEM, AlertBasis, FlightId

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

REFRESHED_HOURS: Final = "refresh_hour"
"""The long job whose chapters are the hours that went through to their alerts."""


@dataclass(frozen=True)
class AlertRun:
    """What a window came to."""

    candidates: int
    summary: RaiseSummary
    cleared: int


def raise_alerts(session: Session, window: Window, *, may_page: bool) -> AlertRun:
    """Raise, strengthen or take back alerts by what a window predicted and what was reported.

    A report counts before a prediction of the same flight. Repeating raises nothing twice.

    Parameters
    ----------
    session:
        Open transaction.
    window:
        Hours whose claims and reports count.
    may_page:
        False in a backfill: nobody is paged for the past.

    Returns
    -------
    :
        Candidates and what became of them.
    """
    claims = list_predictions(
        session,
        after=window.start,
        until=window.end,
        longest_horizon_hours=LONGEST_ALERT_HORIZON_HOURS,
    )
    reports = list_reported_disruptions(session, start=window.start, end=window.end)
    threshold = alert_threshold(get_policy(session, at=window.end).stakes)
    newest = {claim.flight_id: claim for claim in claims}
    candidates = candidates_of(newest, reports, threshold=threshold)
    summary = raise_flight_alerts(session, SYSTEM, candidates, at=window.end, may_page=may_page)
    probabilities = {flight_id: claim.probability for flight_id, claim in newest.items()}
    cleared = clear_predictions(session, SYSTEM, probabilities, at=window.end)
    if may_page:
        finish_chapter(session, REFRESHED_HOURS, hour_key(window.start), at=window.end)
    return AlertRun(len(candidates), summary, cleared)


def candidates_of(
    claims: dict[FlightId, PredictionRow],
    reports: list[ReportedDisruption],
    *,
    threshold: float,
) -> list[AlertCandidate]:
    """Name the flights worth an alert, each once: those reported, then those predicted."""
    reported = {report.flight_id for report in reports}
    candidates = [
        AlertCandidate(flight_id, AlertBasis.REPORTED, None, None, []) for flight_id in reported
    ]
    candidates += [
        AlertCandidate(
            claim.flight_id,
            AlertBasis.PREDICTED,
            claim.probability,
            claim.prediction_id,
            claim.drivers,
        )
        for claim in claims.values()
        if claim.probability >= threshold and claim.flight_id not in reported
    ]
    return sorted(candidates, key=lambda candidate: candidate.flight_id)
