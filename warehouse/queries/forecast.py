"""What may still go wrong: each flight ahead with its newest claim, its people and its money."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.queries.predictions import ChampionRelease, find_champion
from warehouse.queries.releases import RollingOriginRow, find_rolling_origin
from warehouse.rules.permissions import require
from warehouse.vocabulary import Actor, AlertId, FlightId, FlightStatus, Permission, ReleaseId

_FLIGHTS_AHEAD = text(
    """
    WITH ahead AS MATERIALIZED (
      SELECT * FROM travel.flight
      WHERE scheduled_departure_at >= :at AND scheduled_departure_at < :until
    ), claim AS (
      SELECT DISTINCT ON (flight_id) prediction.*
      FROM predictions.disruption_prediction AS prediction JOIN ahead USING (flight_id)
      WHERE prediction.predicted_at <= :at
      ORDER BY flight_id, prediction.predicted_at DESC, prediction.horizon_hours
    ), claims AS (
      SELECT flight_id, jsonb_object_agg(horizon_hours, probability) AS by_horizon
      FROM predictions.disruption_prediction AS prediction JOIN ahead USING (flight_id)
      WHERE prediction.predicted_at <= :at
      GROUP BY flight_id
    ), riding AS (
      SELECT leg.flight_id, leg.leg_id, leg.price_minor_units, leg.currency,
        count(person.traveller_id) AS travellers
      FROM travel.leg JOIN ahead USING (flight_id)
      JOIN travel.booking USING (booking_id)
      JOIN travel.booking_traveller AS person USING (booking_id)
      WHERE leg.status = 'confirmed' AND booking.status = 'confirmed'
      GROUP BY leg.leg_id
    ), booked AS (
      SELECT flight_id, sum(travellers)::bigint AS travellers,
        sum(price_minor_units)::bigint AS value_minor_units, min(currency) AS currency
      FROM riding GROUP BY flight_id
    )
    SELECT ahead.flight_id, ahead.carrier, ahead.flight_number, ahead.origin, ahead.destination,
      ahead.scheduled_departure_at, place.time_zone AS origin_time_zone, ahead.status,
      ahead.departure_delay_minutes, target.city AS destination_city,
      target.latitude AS destination_latitude, target.longitude AS destination_longitude,
      place.latitude AS origin_latitude, place.longitude AS origin_longitude,
      claim.probability, claim.horizon_hours, claim.predicted_at, claim.basis,
      claim.is_forecast_simulated, claim.drivers, claims.by_horizon,
      (claim.controls ->> 'climatology')::float8 AS base_rate,
      coalesce(booked.travellers, 0) AS travellers,
      coalesce(booked.value_minor_units, 0) AS value_minor_units,
      coalesce(booked.currency, 'USD') AS currency, alert.alert_id
    FROM ahead
    JOIN claim USING (flight_id)
    JOIN claims USING (flight_id)
    JOIN travel.airport AS place ON place.iata = ahead.origin
    JOIN travel.airport AS target ON target.iata = ahead.destination
    LEFT JOIN booked USING (flight_id)
    LEFT JOIN alerting.alert ON alert.flight_id = ahead.flight_id AND alert.status <> 'closed'
    ORDER BY ahead.scheduled_departure_at, ahead.flight_id
    """
)


@dataclass(frozen=True, slots=True)
class FlightAhead:
    """A flight that has not left, with the newest claim about it and who is booked on it.

    `by_horizon` holds every claim made so far, by hours ahead; `base_rate` is what climatology
    says; the value is what the legs cost together, in minor units of `currency`.
    """

    flight_id: FlightId
    carrier: str
    flight_number: str
    origin: str
    destination: str
    destination_city: str
    scheduled_departure_at: datetime
    origin_time_zone: str
    status: FlightStatus
    departure_delay_minutes: float | None
    origin_latitude: float
    origin_longitude: float
    destination_latitude: float
    destination_longitude: float
    probability: float
    horizon_hours: int
    predicted_at: datetime
    basis: str
    is_forecast_simulated: bool
    drivers: tuple[dict[str, Any], ...]
    by_horizon: dict[int, float]
    base_rate: float | None
    travellers: int
    value_minor_units: int
    currency: str
    alert_id: AlertId | None

    @property
    def expected_travellers(self) -> float:
        """How many of its travellers a disruption is expected to hit."""
        return self.probability * self.travellers

    @property
    def expected_value_minor_units(self) -> float:
        """How much of its money a disruption is expected to hit."""
        return self.probability * self.value_minor_units


def list_flights_ahead(
    session: Session, actor: Actor, *, at: datetime, until: datetime
) -> list[FlightAhead]:
    """List the predicted flights that leave between two instants.

    Parameters
    ----------
    session:
        Open transaction on behalf of the actor.
    actor:
        Who asks. Needs `Permission.SEE_FORECASTS`.
    at:
        Now, UTC: what was claimed later is not seen.
    until:
        Exclusive end of the departures, UTC.

    Returns
    -------
    :
        In order of departure; a flight nobody has predicted is left out.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see forecasts.
    """
    require(actor, Permission.SEE_FORECASTS)
    rows = session.execute(_FLIGHTS_AHEAD, {"at": at, "until": until})
    return [_flight_ahead(dict(row._mapping)) for row in rows]


def _flight_ahead(values: dict[str, Any]) -> FlightAhead:
    claims = values.pop("by_horizon")
    return FlightAhead(
        **values
        | {
            "status": FlightStatus(values["status"]),
            "drivers": tuple(values["drivers"]),
            "by_horizon": {int(hours): float(chance) for hours, chance in claims.items()},
        }
    )


def find_forecaster(session: Session, actor: Actor) -> ChampionRelease | None:
    """Find the release whose claims the forecast shows, with its card and metrics.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who asks. Needs `Permission.SEE_FORECASTS`.

    Returns
    -------
    :
        None before the first training.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see forecasts.
    """
    require(actor, Permission.SEE_FORECASTS)
    return find_champion(session)


def find_forecaster_months(
    session: Session, actor: Actor, release_id: ReleaseId
) -> RollingOriginRow | None:
    """Find how the release that the forecast shows would have told the months of its history.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who asks. Needs `Permission.SEE_FORECASTS`.
    release_id:
        The release.

    Returns
    -------
    :
        None where its months were never told.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see forecasts.
    """
    require(actor, Permission.SEE_FORECASTS)
    return find_rolling_origin(session, release_id)
