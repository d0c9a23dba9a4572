"""Make bookings, legs and stays from the segments that were received of them.

Set-based, and of the bookings of one delivery only. Each statement leaves alone what already is as
the segments say, so that making them again writes nothing.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.bulk.staging import Staged

NEAREST_AIRPORT_KM: Final = 150
"""A hotel farther from every airport is near none."""
NO_CURRENCY: Final = "XXX"
"""What ISO 4217 calls an amount of no currency: nobody named a price."""
_KM: Final = """
  (2 * 6371 * asin(sqrt(
    sin(radians({to}.latitude - {here}.latitude) / 2) ^ 2
    + cos(radians({here}.latitude)) * cos(radians({to}.latitude))
      * sin(radians({to}.longitude - {here}.longitude) / 2) ^ 2)))
"""

_CHANGED = """
CREATE TEMPORARY TABLE changed_booking ON COMMIT DROP AS
SELECT DISTINCT staged.booking_ref FROM {staged} AS staged, LATERAL (
  SELECT batch_id FROM feeds.booking_segment AS segment
  WHERE (segment.source, segment.booking_ref, segment.segment_key, segment.traveller_key)
    = (staged.source, staged.booking_ref, staged.segment_key, staged.traveller_key)
  OFFSET 0
) AS segment WHERE segment.batch_id = :batch_id
"""
"""The planner knows nothing of rows that this transaction wrote, takes them for none, and would
walk all of them for each. OFFSET 0 leaves it only to look each up by its key."""
_CALLED_OFF = """
CREATE TEMPORARY TABLE called_off ON COMMIT DROP AS
SELECT changed.booking_ref, segment_key, traveller_key, source_updated_at AS called_off_at
FROM changed_booking AS changed, LATERAL (
  SELECT * FROM feeds.booking_segment AS segment
  WHERE segment.source = :source AND segment.booking_ref = changed.booking_ref
  OFFSET 0
) AS segment WHERE status = 'cancelled' AND (kind = 'booking' OR traveller_key = '')
"""
"""Cancellations of more than one traveller's row; a whole booking's key is `booking`."""
_STANDING = """
CREATE TEMPORARY TABLE standing_segment ON COMMIT DROP AS
SELECT segment.*,
  coalesce(segment.hotel_ref, :source || ':' || md5(segment.segment_key)) AS own_hotel_ref,
  segment.source || ':' || segment.traveller_key AS own_traveller_ref,
  CASE WHEN segment.status = 'confirmed' AND NOT EXISTS (
    SELECT FROM called_off AS whole
    WHERE whole.booking_ref = segment.booking_ref
      AND whole.segment_key IN ('booking', segment.segment_key)
      AND whole.traveller_key IN ('', segment.traveller_key)
      AND whole.called_off_at >= segment.source_updated_at
  ) THEN 'confirmed' ELSE 'cancelled' END AS standing
FROM changed_booking AS changed, LATERAL (
  SELECT * FROM feeds.booking_segment AS segment
  WHERE segment.source = :source AND segment.booking_ref = changed.booking_ref
  OFFSET 0
) AS segment WHERE segment.kind <> 'booking'
"""
_CARRIERS = """
INSERT INTO travel.carrier (code, name)
SELECT DISTINCT carrier, carrier FROM standing_segment WHERE kind = 'flight'
ON CONFLICT DO NOTHING
"""
_FLIGHTS = """
INSERT INTO travel.flight (carrier, flight_number, origin, destination, service_date,
  scheduled_departure_at, scheduled_arrival_at, distance_km, batch_id)
SELECT DISTINCT ON (carrier, flight_number, origin, departure_on)
  carrier, flight_number, origin, destination, departure_on, departure_at, arrival_at,
  {flown_km}, :batch_id
FROM standing_segment
JOIN travel.airport AS leaving ON leaving.iata = origin
JOIN travel.airport AS reached ON reached.iata = destination
WHERE kind = 'flight' AND arrival_at > departure_at
ORDER BY carrier, flight_number, origin, departure_on, source_updated_at DESC
ON CONFLICT (carrier, flight_number, origin, service_date) DO UPDATE SET
  destination = excluded.destination,
  scheduled_departure_at = excluded.scheduled_departure_at,
  scheduled_arrival_at = excluded.scheduled_arrival_at,
  distance_km = excluded.distance_km,
  batch_id = excluded.batch_id
WHERE (flight.destination, flight.scheduled_departure_at, flight.scheduled_arrival_at)
    IS DISTINCT FROM
    (excluded.destination, excluded.scheduled_departure_at, excluded.scheduled_arrival_at)
  AND EXISTS (
    SELECT FROM feeds.batch WHERE batch.batch_id = flight.batch_id AND batch.feed = :feed
  )
"""
_HOTELS = """
INSERT INTO inventory.hotel (hotel_ref, name, airport, latitude, longitude, distance_km,
  supplier_reliability, is_refundable)
SELECT DISTINCT ON (own_hotel_ref) own_hotel_ref, hotel_name, near.iata,
  hotel_latitude, hotel_longitude, near.distance_km, 0.8, false
FROM standing_segment
LEFT JOIN LATERAL (
  SELECT airport.iata, {away_km} AS distance_km
  FROM travel.airport,
    (SELECT hotel_latitude AS latitude, hotel_longitude AS longitude) AS place
  WHERE airport.latitude BETWEEN place.latitude - 2 AND place.latitude + 2
    AND {away_km} <= :nearest_km
  ORDER BY distance_km LIMIT 1
) AS near ON true
WHERE kind = 'stay'
ORDER BY own_hotel_ref, source_updated_at DESC
ON CONFLICT (hotel_ref) DO NOTHING
"""
_TRAVELLERS = """
INSERT INTO travel.traveller (traveller_ref, given_name, family_name, email, phone)
SELECT DISTINCT ON (own_traveller_ref) own_traveller_ref, coalesce(given_name, ''),
  coalesce(family_name, given_name, traveller_ref), email, phone
FROM standing_segment WHERE traveller_key <> ''
ORDER BY own_traveller_ref, source_updated_at DESC
ON CONFLICT (traveller_ref) DO UPDATE SET
  given_name = excluded.given_name,
  family_name = excluded.family_name,
  email = coalesce(excluded.email, traveller.email),
  phone = coalesce(excluded.phone, traveller.phone)
WHERE (traveller.given_name, traveller.family_name, traveller.email, traveller.phone)
  IS DISTINCT FROM (excluded.given_name, excluded.family_name,
    coalesce(excluded.email, traveller.email), coalesce(excluded.phone, traveller.phone))
"""
_BOOKINGS = """
INSERT INTO travel.booking (source, booking_ref, booked_at, status, value_minor_units, currency,
  trip_purpose, source_updated_at, batch_id)
SELECT source, booking_ref, min(coalesce(booked_at, source_updated_at)),
  CASE WHEN bool_or(standing = 'confirmed') THEN 'confirmed' ELSE 'cancelled' END,
  coalesce(sum(price_minor_units), 0), coalesce(max(currency), :no_currency), 'unstated',
  max(source_updated_at), :batch_id
FROM standing_segment GROUP BY source, booking_ref
ON CONFLICT (source, booking_ref) DO UPDATE SET
  booked_at = least(booking.booked_at, excluded.booked_at),
  status = excluded.status,
  value_minor_units = excluded.value_minor_units,
  currency = excluded.currency,
  source_updated_at = greatest(booking.source_updated_at, excluded.source_updated_at),
  batch_id = excluded.batch_id
"""
_OWN = """
CREATE TEMPORARY TABLE own_segment ON COMMIT DROP AS
SELECT booking.booking_id, flight.flight_id, hotel.hotel_id, traveller.traveller_id, segment.*
FROM standing_segment AS segment
JOIN travel.booking USING (source, booking_ref)
LEFT JOIN travel.traveller ON traveller.traveller_ref = segment.own_traveller_ref
LEFT JOIN travel.flight ON segment.kind = 'flight' AND flight.carrier = segment.carrier
  AND flight.flight_number = segment.flight_number AND flight.origin = segment.origin
  AND flight.service_date = segment.departure_on
LEFT JOIN inventory.hotel ON segment.kind = 'stay' AND hotel.hotel_ref = segment.own_hotel_ref
"""
_LEAVE_PARTY = """
DELETE FROM travel.booking_traveller AS party
WHERE party.booking_id IN (SELECT booking_id FROM own_segment WHERE standing = 'confirmed')
  AND NOT EXISTS (
    SELECT FROM own_segment
    WHERE (own_segment.booking_id, own_segment.traveller_id)
        = (party.booking_id, party.traveller_id)
      AND standing = 'confirmed')
"""
_JOIN_PARTY = """
INSERT INTO travel.booking_traveller (booking_id, traveller_id, position)
SELECT booking_id, traveller_id, taken.places
  + row_number() OVER (PARTITION BY booking_id ORDER BY min(first_at), traveller_id)
FROM (
  SELECT booking_id, traveller_id, coalesce(departure_at, check_in_on) AS first_at
  FROM own_segment WHERE traveller_id IS NOT NULL AND (standing = 'confirmed' OR NOT EXISTS (
    SELECT FROM own_segment AS other
    WHERE other.booking_id = own_segment.booking_id AND other.standing = 'confirmed'))
) AS joining
JOIN LATERAL (
  SELECT coalesce(max(position), 0) AS places FROM travel.booking_traveller AS party
  WHERE party.booking_id = joining.booking_id
) AS taken ON true
WHERE NOT EXISTS (
  SELECT FROM travel.booking_traveller AS party
  WHERE (party.booking_id, party.traveller_id) = (joining.booking_id, joining.traveller_id))
GROUP BY booking_id, traveller_id, taken.places
"""
_LEAD = """
INSERT INTO travel.booking_traveller (booking_id, traveller_id, position)
SELECT booking_id, traveller_id, 1 FROM leaderless
"""
_LEADERLESS = """
WITH leaderless AS (
  DELETE FROM travel.booking_traveller AS party
  WHERE (party.booking_id, party.position) IN (
    SELECT booking_id, min(position) FROM travel.booking_traveller
    WHERE booking_id IN (SELECT booking_id FROM own_segment)
    GROUP BY booking_id HAVING min(position) > 1)
  RETURNING booking_id, traveller_id
)
"""
_LEGS = """
MERGE INTO travel.leg USING (
  SELECT booking_id, flight_id, coalesce(max(cabin), 'economy') AS cabin,
    coalesce(sum(price_minor_units), 0) AS price_minor_units,
    coalesce(max(currency), :no_currency) AS currency,
    CASE WHEN bool_or(standing = 'confirmed') THEN 'confirmed' ELSE 'cancelled' END AS status,
    row_number() OVER (PARTITION BY booking_id ORDER BY min(departure_at), flight_id) AS place
  FROM own_segment WHERE flight_id IS NOT NULL GROUP BY booking_id, flight_id
) AS said ON leg.booking_id = said.booking_id AND leg.flight_id = said.flight_id
WHEN NOT MATCHED THEN
  INSERT (booking_id, flight_id, position, cabin, price_minor_units, currency, status)
  VALUES (said.booking_id, said.flight_id,
    said.place + (SELECT coalesce(max(position), 0) FROM travel.leg AS other
      WHERE other.booking_id = said.booking_id),
    said.cabin, said.price_minor_units, said.currency, said.status)
WHEN MATCHED AND (leg.cabin, leg.price_minor_units, leg.currency, leg.status)
    IS DISTINCT FROM (said.cabin, said.price_minor_units, said.currency, said.status) THEN
  UPDATE SET cabin = said.cabin, price_minor_units = said.price_minor_units,
    currency = said.currency, status = said.status
"""
_STAYS = """
MERGE INTO travel.stay USING (
  SELECT booking_id, hotel_id, check_in_on, max(check_out_on) AS check_out_on,
    coalesce(max(room_type), 'room') AS room_type, coalesce(max(rooms), 1) AS rooms,
    coalesce(sum(price_minor_units), 0) AS price_minor_units,
    coalesce(max(currency), :no_currency) AS currency,
    CASE WHEN bool_or(standing = 'confirmed') THEN 'confirmed' ELSE 'cancelled' END AS status,
    row_number() OVER (PARTITION BY booking_id ORDER BY check_in_on, hotel_id) AS place
  FROM own_segment WHERE kind = 'stay' GROUP BY booking_id, hotel_id, check_in_on
) AS said ON stay.booking_id = said.booking_id AND stay.hotel_id = said.hotel_id
  AND stay.check_in_on = said.check_in_on
WHEN NOT MATCHED THEN
  INSERT (booking_id, hotel_id, position, room_type, check_in_on, check_out_on, rooms,
    price_minor_units, currency, status)
  VALUES (said.booking_id, said.hotel_id,
    said.place + (SELECT coalesce(max(position), 0) FROM travel.stay AS other
      WHERE other.booking_id = said.booking_id),
    said.room_type, said.check_in_on, said.check_out_on, said.rooms,
    said.price_minor_units, said.currency, said.status)
WHEN MATCHED AND (stay.check_out_on, stay.room_type, stay.rooms, stay.price_minor_units,
      stay.currency, stay.status)
    IS DISTINCT FROM (said.check_out_on, said.room_type, said.rooms, said.price_minor_units,
      said.currency, said.status) THEN
  UPDATE SET check_out_on = said.check_out_on, room_type = said.room_type, rooms = said.rooms,
    price_minor_units = said.price_minor_units, currency = said.currency, status = said.status
"""
_TEMPORARY = ("changed_booking", "called_off", "standing_segment", "own_segment")
_STEPS = (
    *("ANALYZE pg_temp.changed_booking", _CALLED_OFF),
    *("CREATE INDEX ON pg_temp.called_off (booking_ref)", "ANALYZE pg_temp.called_off"),
    *(_STANDING, "ANALYZE pg_temp.standing_segment"),
    _CARRIERS,
    _FLIGHTS.format(flown_km=_KM.format(here="leaving", to="reached")),
    _HOTELS.format(away_km=_KM.format(here="place", to="airport")),
    *(_TRAVELLERS, _BOOKINGS, _OWN, "ANALYZE pg_temp.own_segment"),
    *(_LEAVE_PARTY, _JOIN_PARTY, _LEADERLESS + _LEAD, _LEGS, _STAYS),
)


def project_bookings(
    session: Session, staged: Staged, source: str, batch_id: int, *, feed: str
) -> None:
    """Bring the bookings that a delivery changed in line with all that is known of them.

    Parameters
    ----------
    session:
        Transaction of the load, in which the segments are merged already.
    staged:
        The delivery.
    source:
        Who sends it.
    batch_id:
        The delivery's batch.
    feed:
        Its feed: a flight that only bookings describe takes their newest times, one that a
        schedule describes keeps the schedule's.
    """
    for name in _TEMPORARY:
        session.execute(text(f"DROP TABLE IF EXISTS pg_temp.{name}"))
    named = {
        "source": source,
        "batch_id": batch_id,
        "feed": feed,
        "no_currency": NO_CURRENCY,
        "nearest_km": NEAREST_AIRPORT_KM,
    }
    for step in (_CHANGED.format(staged=staged.table.name), *_STEPS):
        session.execute(text(step), {name: named[name] for name in named if f":{name}" in step})
