"""What a manager asks after a storm: what was foreseen, what happened, and what the desk did."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.queries.foresight_report import (
    SpeakingRelease,
    Warnings,
    list_speaking_releases,
    list_warnings,
)
from warehouse.rules.severity import LONGEST_ALERT_HORIZON_HOURS

_COUNTS = text(
    """
    WITH flown AS (
      SELECT flight_id, status = 'cancelled' AS cancelled,
        status = 'cancelled' OR departure_delay_minutes >= 120 AS disrupted
      FROM travel.flight
      WHERE scheduled_departure_at >= :start AND scheduled_departure_at < :until
        AND NOT is_generated
    )
    SELECT
      (SELECT count(*) FROM flown) AS flights,
      (SELECT count(*) FROM flown WHERE cancelled) AS cancelled,
      (SELECT count(*) FROM flown WHERE disrupted) AS disrupted,
      (SELECT count(*) FROM flown JOIN travel.leg USING (flight_id)
        JOIN travel.booking_traveller USING (booking_id)) AS travellers,
      (SELECT count(*) FROM flown JOIN travel.leg USING (flight_id)
        JOIN travel.booking_traveller USING (booking_id) WHERE disrupted)
        AS travellers_disrupted
    """
)

_FORESIGHT = text(
    """
    WITH claim AS (
      SELECT prediction.horizon_hours, prediction.probability >= :threshold AS warned,
        flight.status = 'cancelled' OR flight.departure_delay_minutes >= 120 AS disrupted,
        flight.scheduled_departure_at - prediction.predicted_at AS lead
      FROM predictions.disruption_prediction AS prediction
      JOIN travel.flight USING (flight_id)
      WHERE flight.scheduled_departure_at >= :start AND flight.scheduled_departure_at < :until
    ), counted AS (
      SELECT horizon_hours, count(*) AS predicted, count(*) FILTER (WHERE warned) AS warned,
        count(*) FILTER (WHERE disrupted) AS disrupted,
        count(*) FILTER (WHERE warned AND disrupted) AS caught
      FROM claim GROUP BY horizon_hours
    )
    SELECT horizon_hours, predicted, warned, disrupted, caught,
      round(caught::numeric / nullif(warned, 0), 3)::float8 AS precision,
      round(caught::numeric / nullif(disrupted, 0), 3)::float8 AS recall
    FROM counted ORDER BY horizon_hours
    """
)

_LEAD = text(
    """
    SELECT round((percentile_cont(0.5) WITHIN GROUP (
      ORDER BY extract(epoch FROM flight.scheduled_departure_at - alert.raised_at) / 3600
    ))::numeric, 2)::float8
    FROM alerting.alert JOIN travel.flight USING (flight_id)
    WHERE alert.raised_at >= :start AND alert.raised_at < :until
      AND (flight.status = 'cancelled' OR flight.departure_delay_minutes >= 120)
    """
)

_BY = {
    "alerts_by_severity": (
        "SELECT severity, count(*) FROM alerting.alert"
        " WHERE raised_at >= :start AND raised_at < :until GROUP BY 1"
    ),
    "alerts_by_basis": (
        "SELECT basis, count(*) FROM alerting.alert"
        " WHERE raised_at >= :start AND raised_at < :until GROUP BY 1"
    ),
    "alerts_by_end": (
        "SELECT coalesce(close_reason, status), count(*) FROM alerting.alert"
        " WHERE raised_at >= :start AND raised_at < :until GROUP BY 1"
    ),
    "escalations_by_level": (
        "SELECT level::text, count(*) FROM alerting.escalation"
        " WHERE escalated_at >= :start AND escalated_at < :until GROUP BY 1"
    ),
    "acknowledgements": (
        "SELECT display_name, count(*) FROM alerting.acknowledgement"
        ' JOIN people."user" USING (user_id)'
        " WHERE is_effective AND acknowledged_at >= :start AND acknowledged_at < :until GROUP BY 1"
    ),
    "fallbacks_by_status": (
        "SELECT status, count(*) FROM alerting.fallback_action"
        " WHERE proposed_at >= :start AND proposed_at < :until GROUP BY 1"
    ),
    "fallback_steps": (
        "SELECT tag, count(*) FROM audit.entry WHERE noun = 'fallback_action'"
        " AND at >= :start AND at < :until GROUP BY 1"
    ),
    "mails_by_status": (
        "SELECT status, count(DISTINCT coalesce(digest_id, message_id)) FROM alerting.notification"
        " WHERE channel = 'email' AND created_at >= :start AND created_at < :until GROUP BY 1"
    ),
}


@dataclass(frozen=True, slots=True)
class Foresight:
    """How the predictions of one horizon turned out, at the alert threshold; shares in [0, 1]."""

    horizon_hours: int
    predicted: int
    warned: int
    disrupted: int
    caught: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class DeskReport:
    """A window of the desk's life in counts."""

    start: datetime
    until: datetime
    flights: int
    cancelled: int
    disrupted: int
    travellers: int
    travellers_disrupted: int
    threshold: float
    foresight: tuple[Foresight, ...]
    releases: tuple[SpeakingRelease, ...]
    warnings: tuple[Warnings, ...]
    median_lead_hours: float | None
    counts: Mapping[str, Mapping[str, int]]

    def as_dict(self) -> dict[str, Any]:
        """Give the report as plain values, for JSON."""
        plain = asdict(self)
        for release in plain["releases"]:
            release["trained_until"] = release["trained_until"].isoformat()
        for warnings, each in zip(plain["warnings"], self.warnings, strict=True):
            warnings |= {"precision": _rounded(each.precision), "recall": _rounded(each.recall)}
        return plain | {"start": self.start.isoformat(), "until": self.until.isoformat()}


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 3)


def get_desk_report(
    session: Session,
    *,
    start: datetime,
    until: datetime,
    threshold: float,
    longest_horizon_hours: int = LONGEST_ALERT_HORIZON_HOURS,
) -> DeskReport:
    """Count what happened in a window.

    Parameters
    ----------
    session:
        Open transaction of the pipeline or the owner.
    start:
        First instant of the window, UTC.
    until:
        First instant after it, UTC.
    threshold:
        The alert threshold, a probability: a prediction at or above it counts as a warning.
    longest_horizon_hours:
        What looks further ahead is never an alert.

    Returns
    -------
    :
        Counts of real flights, of everybody riding on them, and of what the desk did.
    """
    window = {"start": start, "until": until}
    foresight = session.execute(_FORESIGHT, window | {"threshold": threshold})
    return DeskReport(
        start=start,
        until=until,
        **session.execute(_COUNTS, window).one()._mapping,
        threshold=threshold,
        foresight=tuple(Foresight(**row._mapping) for row in foresight),
        releases=list_speaking_releases(session, **window),
        warnings=list_warnings(
            session, **window, threshold=threshold, longest_horizon_hours=longest_horizon_hours
        ),
        median_lead_hours=session.execute(_LEAD, window).scalar(),
        counts={name: _counted(session, query, window) for name, query in _BY.items()},
    )


def _counted(session: Session, query: str, window: dict[str, datetime]) -> dict[str, int]:
    rows = session.execute(text(query + " ORDER BY 1"), window)
    return {str(row[0]): int(row[1]) for row in rows}
