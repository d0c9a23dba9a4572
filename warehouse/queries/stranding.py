"""The legs an alert touches, with what decides whether their travellers need a room tonight."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.rules.stranding import HOME_REACH_KM, DisruptedLeg

# Flat-earth kilometres between two places: within 1 % at the 60 km that decide here.
_KM_FROM_ORIGIN = (
    "111.2 * sqrt(power({place}.latitude - origin.latitude, 2)"
    " + power(({place}.longitude - origin.longitude) * cos(radians(origin.latitude)), 2))"
)

_LIST_DISRUPTED_LEGS = text(
    f"""
    SELECT touched.alert_id, alert.generation, touched.booking_id, touched.leg_id,
      touched.travellers AS party_size,
      flight.carrier || ' ' || flight.flight_number AS flight_name,
      flight.origin, origin.time_zone, flight.service_date, flight.scheduled_departure_at,
      coalesce(flight.cancelled_reported_at <= :at, false) AS is_cancelled,
      CASE WHEN flight.delay_reported_at <= :at
        THEN coalesce(flight.departure_delay_minutes, 120) END AS delay_minutes,
      coalesce(flight.actual_departure_at <= :at, false) AS has_left,
      alert.probability,
      coalesce(route.later_flights, 0) AS later_flights,
      coalesce(route.cancelled_flights, 0) AS cancelled_flights,
      {_KM_FROM_ORIGIN.format(place="home")} AS home_distance_km,
      EXISTS (
        SELECT FROM travel.stay JOIN inventory.hotel AS lodging USING (hotel_id)
        WHERE stay.booking_id = touched.booking_id AND stay.status = 'confirmed'
          AND stay.check_in_on <= flight.service_date AND stay.check_out_on > flight.service_date
          AND {_KM_FROM_ORIGIN.format(place="lodging")} <= :home_reach_km
      ) AS has_room_tonight,
      (SELECT usual.stars FROM travel.stay JOIN inventory.hotel AS usual USING (hotel_id)
        WHERE stay.booking_id = touched.booking_id
        ORDER BY abs(stay.check_in_on - flight.service_date), stay.stay_id LIMIT 1) AS usual_stars
    FROM alerting.affected_booking AS touched
    JOIN alerting.alert USING (alert_id)
    JOIN travel.leg ON leg.leg_id = touched.leg_id AND leg.status = 'confirmed'
    JOIN travel.booking ON booking.booking_id = touched.booking_id
      AND booking.status = 'confirmed'
    JOIN travel.flight ON flight.flight_id = leg.flight_id
    JOIN travel.airport AS origin ON origin.iata = flight.origin
    JOIN travel.booking_traveller AS on_booking
      ON on_booking.booking_id = touched.booking_id AND on_booking.position = 1
    JOIN travel.traveller AS lead ON lead.traveller_id = on_booking.traveller_id
    LEFT JOIN travel.airport AS home ON home.iata = lead.home_airport
    LEFT JOIN LATERAL (
      SELECT
        count(*) FILTER (WHERE other.cancelled_reported_at <= :at) AS cancelled_flights,
        count(*) FILTER (
          WHERE other.scheduled_departure_at > greatest(flight.scheduled_departure_at, :at)
            AND coalesce(other.cancelled_reported_at > :at, true)
        ) AS later_flights
      FROM travel.flight AS other
      WHERE other.carrier = flight.carrier AND other.origin = flight.origin
        AND other.destination = flight.destination AND other.service_date = flight.service_date
        AND other.scheduled_departure_at
          BETWEEN flight.scheduled_departure_at - interval '1 day'
          AND flight.scheduled_departure_at + interval '1 day'
    ) AS route ON true
    WHERE touched.alert_id = ANY (:alert_ids)
      AND NOT EXISTS (
        SELECT FROM alerting.fallback_action AS live
        WHERE live.alert_id = touched.alert_id AND live.leg_id = touched.leg_id
          AND live.status IN ('held', 'offered', 'accepted', 'booking', 'booked', 'cancelling')
      )
    ORDER BY touched.travellers DESC, touched.booking_id, touched.leg_id
    """  # noqa: S608 - the only parts put in are the constants above
)


def list_legs_without_fallback(
    session: Session, alert_ids: Sequence[int], *, at: datetime
) -> list[DisruptedLeg]:
    """List the confirmed legs that alerts touch and nothing is held for yet.

    Parameters
    ----------
    session:
        Open transaction.
    alert_ids:
        Alerts about flights; the legs of a hotel's alert are none.
    at:
        Only what was reported until this instant, UTC, is seen.

    Returns
    -------
    :
        The largest parties first, since they are the hardest to place.
    """
    asked = {"alert_ids": list(alert_ids), "at": at, "home_reach_km": HOME_REACH_KM}
    rows = session.execute(_LIST_DISRUPTED_LEGS, asked)
    return [DisruptedLeg(**row._mapping) for row in rows]
