"""What rooms are free around an airport, how scarce they are, and whether the ledger adds up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, cast, func, select, text
from sqlalchemy.orm import Session

from warehouse.rules.fallback_ranking import RoomOffer
from warehouse.schema.inventory import Hotel, RoomNight
from warehouse.vocabulary import HotelId


@dataclass(frozen=True, slots=True)
class Scarcity:
    """Rooms around an airport on one night; `cheapest_minor_units` None means nothing is free."""

    airport: str
    night: date
    hotels: int
    hotels_with_rooms: int
    rooms_reported: int
    rooms_allocated: int
    rooms_free: int
    cheapest_minor_units: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class FreeRooms:
    """Rooms around an airport that anybody could still take on one night."""

    airport: str
    night: date
    rooms_free: int


@dataclass(frozen=True, slots=True)
class LedgerMismatch:
    """A night whose count and allocations disagree, or that was sold beyond its supplier."""

    hotel_ref: str
    room_type: str
    night: date
    allocated: int
    live_allocations: int
    reported_total: int
    is_oversold_by_us: bool


@dataclass(frozen=True, slots=True)
class LostNight:
    """A night whose supplier now reports fewer rooms than are allocated."""

    hotel_id: HotelId
    hotel_name: str
    airport: str
    room_type: str
    night: date
    reported_total: int
    allocated: int


def list_hotel_ids(session: Session, airports: Sequence[str]) -> list[int]:
    """List the hotels near airports, by identifier."""
    near = select(Hotel.hotel_id).where(Hotel.airport.in_(airports)).order_by(Hotel.hotel_id)
    return list(session.scalars(near))


def list_room_offers(
    session: Session, airport: str, *, check_in_on: date, check_out_on: date
) -> list[RoomOffer]:
    """List the rooms that a supplier counts on every night of a stay, full ones included.

    Parameters
    ----------
    session:
        Open transaction; where the nights are locked first, the counts stay true in it.
    airport:
        IATA code the hotels are near.
    check_in_on:
        First night.
    check_out_on:
        Morning of leaving.

    Returns
    -------
    :
        One per hotel and room type: free rooms of the scarcest night, mean price rounded up,
        age of the oldest count.
    """
    free = func.greatest(RoomNight.reported_total - RoomNight.allocated, 0)
    statement = (
        select(
            Hotel.hotel_id,
            Hotel.hotel_ref,
            Hotel.name.label("hotel_name"),
            RoomNight.room_type,
            Hotel.distance_km,
            Hotel.stars,
            Hotel.supplier_reliability,
            Hotel.is_refundable,
            func.min(free).label("free_rooms"),
            cast(func.ceil(func.avg(RoomNight.price_minor_units)), BigInteger).label(
                "nightly_price_minor_units"
            ),
            func.min(RoomNight.currency).label("currency"),
            func.min(RoomNight.reported_at).label("reported_at"),
        )
        .join(RoomNight, RoomNight.hotel_id == Hotel.hotel_id)
        .where(
            Hotel.airport == airport,
            RoomNight.night >= check_in_on,
            RoomNight.night < check_out_on,
        )
        .group_by(Hotel.hotel_id, RoomNight.room_type)
        .having(func.count() == (check_out_on - check_in_on).days)
        .order_by(Hotel.hotel_id, RoomNight.room_type)
    )
    return [RoomOffer(**row._mapping) for row in session.execute(statement)]


def find_stay_price(
    session: Session, hotel_id: int, room_type: str, *, check_in_on: date, check_out_on: date
) -> int | None:
    """Find what one room costs for a whole stay today; None where a night is not sold at all."""
    nights, price = session.execute(
        select(func.count(), func.sum(RoomNight.price_minor_units)).where(
            RoomNight.hotel_id == hotel_id,
            RoomNight.room_type == room_type,
            RoomNight.night >= check_in_on,
            RoomNight.night < check_out_on,
        )
    ).one()
    return int(price) if nights == (check_out_on - check_in_on).days else None


_READ_SCARCITY = text(
    """
    SELECT count(DISTINCT hotel_id) AS hotels,
      count(DISTINCT hotel_id) FILTER (WHERE allocated < reported_total) AS hotels_with_rooms,
      coalesce(sum(reported_total), 0) AS rooms_reported,
      coalesce(sum(allocated), 0) AS rooms_allocated,
      coalesce(sum(greatest(reported_total - allocated, 0)), 0) AS rooms_free,
      min(price_minor_units) FILTER (WHERE allocated < reported_total) AS cheapest_minor_units,
      min(currency) AS currency
    FROM inventory.room_night JOIN inventory.hotel USING (hotel_id)
    WHERE hotel.airport = :airport AND night = :night
    """
)


def get_scarcity(session: Session, airport: str, night: date) -> Scarcity:
    """Count the rooms around an airport on one night.

    Parameters
    ----------
    session:
        Open transaction.
    airport:
        IATA code.
    night:
        The night that begins on this local date.

    Returns
    -------
    :
        Zeros where no hotel is known.
    """
    row = session.execute(_READ_SCARCITY, {"airport": airport, "night": night}).one()
    return Scarcity(
        airport=airport,
        night=night,
        hotels=row.hotels,
        hotels_with_rooms=row.hotels_with_rooms,
        rooms_reported=int(row.rooms_reported),
        rooms_allocated=int(row.rooms_allocated),
        rooms_free=int(row.rooms_free),
        cheapest_minor_units=row.cheapest_minor_units,
        currency=row.currency,
    )


_FREE_ROOMS = text(
    """
    WITH airport AS (
      SELECT airport AS iata FROM inventory.hotel WHERE airport IS NOT NULL
      GROUP BY airport ORDER BY count(*) DESC, airport LIMIT :airports
    )
    SELECT hotel.airport, night.night,
      sum(greatest(night.reported_total - night.allocated, 0))::bigint AS rooms_free
    FROM airport JOIN inventory.hotel ON hotel.airport = airport.iata
    JOIN inventory.room_night AS night USING (hotel_id)
    WHERE night.night BETWEEN :first_on AND :last_on
    GROUP BY 1, 2 ORDER BY 2, 1
    """
)


def list_free_rooms(
    session: Session, *, first_on: date, last_on: date, airports: int
) -> list[FreeRooms]:
    """List how many rooms are free night by night around the airports with most hotels.

    Parameters
    ----------
    session:
        Open transaction.
    first_on:
        First night.
    last_on:
        Last night.
    airports:
        At most so many.

    Returns
    -------
    :
        By night and airport; a night that no hotel counts is not among them.
    """
    asked = {"first_on": first_on, "last_on": last_on, "airports": airports}
    return [FreeRooms(**row) for row in session.execute(_FREE_ROOMS, asked).mappings()]


# A count may fall below what is allocated, but after that nothing more is ever allocated: a live
# allocation made after the count it exceeds had come in is ours to answer for.
_LIST_MISMATCHES = text(
    """
    SELECT * FROM (
      SELECT hotel.hotel_ref, night.room_type, night.night, night.allocated,
        coalesce(live.rooms, 0)::bigint AS live_allocations, night.reported_total,
        night.allocated > night.reported_total
          AND coalesce(live.newest_at > greatest(night.reported_at, batch.received_at), false)
          AS is_oversold_by_us
      FROM inventory.room_night AS night
      JOIN inventory.hotel USING (hotel_id)
      JOIN feeds.batch USING (batch_id)
      LEFT JOIN (
        SELECT hotel_id, room_type, night, sum(rooms) AS rooms, max(allocated_at) AS newest_at
        FROM inventory.allocation WHERE released_at IS NULL GROUP BY 1, 2, 3
      ) AS live USING (hotel_id, room_type, night)
      WHERE night.allocated <> 0 OR live.rooms IS NOT NULL
    ) AS ledger
    WHERE allocated <> live_allocations OR is_oversold_by_us
    ORDER BY hotel_ref, room_type, night
    """
)


def ledger_mismatches(session: Session) -> list[LedgerMismatch]:
    """List the nights where the ledger does not add up; there should never be any.

    Parameters
    ----------
    session:
        Open transaction.

    Returns
    -------
    :
        Nights whose count is not the sum of their live allocations, and nights on which a room
        was allocated that the supplier had already said it did not have.
    """
    return [LedgerMismatch(**row._mapping) for row in session.execute(_LIST_MISMATCHES)]


def list_lost_nights(session: Session) -> list[LostNight]:
    """List the nights on which a supplier took rooms away that travellers already have.

    Parameters
    ----------
    session:
        Open transaction.

    Returns
    -------
    :
        By hotel, room type and night.
    """
    statement = (
        select(
            Hotel.hotel_id,
            Hotel.name.label("hotel_name"),
            Hotel.airport,
            RoomNight.room_type,
            RoomNight.night,
            RoomNight.reported_total,
            RoomNight.allocated,
        )
        .join(RoomNight, RoomNight.hotel_id == Hotel.hotel_id)
        .where(RoomNight.allocated > RoomNight.reported_total)
        .order_by(Hotel.hotel_id, RoomNight.room_type, RoomNight.night)
    )
    return [LostNight(**row._mapping) for row in session.execute(statement)]
