"""Who predicted in a window, how good it was known to be, and what its alerts came to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.queries.releases import get_release
from warehouse.vocabulary import ReleaseId

FIGURES: Final = ("pr_auc", "bss", "precision_at_2pct", "ece")

_SPEAKERS = text(
    """
    SELECT release_id, count(*) AS claims
    FROM predictions.disruption_prediction JOIN travel.flight USING (flight_id)
    WHERE scheduled_departure_at >= :start AND scheduled_departure_at < :until
    GROUP BY release_id ORDER BY release_id
    """
)

_WARNINGS = text(
    """
    WITH aboard AS (
      SELECT flight_id, scheduled_departure_at AS departs_at, count(*) AS travellers,
        flight.status = 'cancelled' OR coalesce(departure_delay_minutes >= 120, false) AS disrupted
      FROM travel.flight JOIN travel.leg USING (flight_id)
        JOIN travel.booking_traveller USING (booking_id)
      WHERE scheduled_departure_at >= :start AND scheduled_departure_at < :until
        AND NOT flight.is_generated
      GROUP BY flight_id
    ), warning AS (
      SELECT 'model' AS speaker, flight_id, min(raised_at) AS warned_at
      FROM alerting.alert WHERE prediction_id IS NOT NULL GROUP BY flight_id
      UNION ALL
      SELECT 'climatology', flight_id, min(predicted_at)
      FROM predictions.disruption_prediction
      WHERE (controls->>'climatology')::float8 >= :threshold
        AND horizon_hours <= :longest_horizon_hours
      GROUP BY flight_id
    ), warned AS (
      SELECT speaker, aboard.*,
        extract(epoch FROM departs_at - warned_at)::float8 / 3600 AS lead_hours
      FROM aboard JOIN warning USING (flight_id)
      WHERE warned_at >= :start AND warned_at < departs_at
    )
    SELECT speaker, count(flight_id) AS flights,
      count(flight_id) FILTER (WHERE disrupted) AS caught,
      (SELECT count(*) FROM aboard WHERE disrupted) AS disrupted,
      coalesce(sum(travellers), 0)::bigint AS travellers,
      coalesce(sum(travellers) FILTER (WHERE disrupted), 0)::bigint AS travellers_caught,
      round((percentile_cont(0.5) WITHIN GROUP (ORDER BY lead_hours)
        FILTER (WHERE disrupted))::numeric, 2)::float8 AS median_lead_hours
    FROM (VALUES ('model'), ('climatology')) AS asked (speaker) LEFT JOIN warned USING (speaker)
    GROUP BY speaker ORDER BY speaker DESC
    """
)


@dataclass(frozen=True, slots=True)
class SpeakingRelease:
    """A release that predicted, and how good its training found it on days it had not seen."""

    release_id: ReleaseId
    trained_until: datetime
    claims: int
    #: By horizon in hours, then by kind of model, then by name; None where there is none.
    figures: Mapping[str, Mapping[str, Mapping[str, float | None]]]


@dataclass(frozen=True, slots=True)
class Warnings:
    """What warnings before departure came to, over the flights that somebody of ours was on."""

    #: "model": the alerts its predictions raised. "climatology": those it would have raised.
    speaker: str
    flights: int
    caught: int
    disrupted: int
    travellers: int
    travellers_caught: int
    median_lead_hours: float | None

    @property
    def precision(self) -> float | None:
        """Share of the flights warned of that were disrupted."""
        return self.caught / self.flights if self.flights else None

    @property
    def recall(self) -> float | None:
        """Share of the disrupted flights that were warned of."""
        return self.caught / self.disrupted if self.disrupted else None


def list_speaking_releases(
    session: Session, *, start: datetime, until: datetime
) -> tuple[SpeakingRelease, ...]:
    """List the releases whose claims are about flights of a window, with their stored figures.

    Parameters
    ----------
    session:
        Open transaction.
    start:
        First scheduled departure, UTC.
    until:
        Scheduled departures before this, UTC.

    Returns
    -------
    :
        The earliest release first.
    """
    told = session.execute(_SPEAKERS, {"start": start, "until": until})
    return tuple(_speaking(session, ReleaseId(row.release_id), row.claims) for row in told)


def _speaking(session: Session, release_id: ReleaseId, claims: int) -> SpeakingRelease:
    release = get_release(session, release_id)
    by_horizon = sorted(release.metrics.items(), key=lambda item: int(item[0]))
    figures = {
        hours: {kind: _figures(found) for kind, found in sorted(kinds.items())}
        for hours, kinds in by_horizon
    }
    return SpeakingRelease(release_id, release.trained_until, claims, figures)


def _figures(found: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: found.get(name) for name in FIGURES}


def list_warnings(
    session: Session,
    *,
    start: datetime,
    until: datetime,
    threshold: float,
    longest_horizon_hours: int,
) -> tuple[Warnings, ...]:
    """Count what the model's alerts found, and what climatology's would have at one threshold.

    Parameters
    ----------
    session:
        Open transaction of the pipeline or the owner.
    start:
        First scheduled departure, and first instant of a warning, UTC.
    until:
        Scheduled departures before this, UTC.
    threshold:
        The alert threshold, a probability.
    longest_horizon_hours:
        What looks further ahead is never an alert.

    Returns
    -------
    :
        The model, then climatology; each with nothing but zeros where it warned of nobody.
    """
    asked = {"start": start, "until": until, "threshold": threshold}
    told = session.execute(_WARNINGS, asked | {"longest_horizon_hours": longest_horizon_hours})
    return tuple(Warnings(**row._mapping) for row in told)
