"""Rooms as their suppliers report them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

import dagster as dg

from pipelines.checks.batches import (
    balances,
    constraints_hold,
    plausible,
)
from pipelines.conventions import Materialized
from pipelines.ingesting import Ingest, Sample, ingest_asset
from pipelines.partitions import window_of
from pipelines.pictures import line_chart
from pipelines.providing import EmbeddedProvider
from pipelines.resources import Warehouse
from warehouse.vocabulary import SYSTEM

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from warehouse.operations.deliveries import Delivery
    from warehouse.operations.feed_batches import BatchResult

NIGHTS_BEFORE: Final = timedelta(days=14)
NIGHTS_AHEAD: Final = timedelta(days=7)
AIRPORTS_DRAWN: Final = 3


def draw_free_rooms(session: "Session") -> Mapping[str, dg.MetadataValue]:
    """Draw how many rooms were and are free around the airports: a storm's nights have none."""
    from warehouse.queries.clock import current_instant
    from warehouse.queries.inventory import list_free_rooms

    today = current_instant(session).date()
    counted = list_free_rooms(
        session,
        first_on=today - NIGHTS_BEFORE,
        last_on=today + NIGHTS_AHEAD,
        airports=AIRPORTS_DRAWN,
    )
    nights = {
        night: {each.airport: each.rooms_free for each in rooms}
        for night, rooms in groupby(counted, key=lambda each: each.night)
    }
    airports = sorted({each.airport for each in counted})
    return {
        "rooms_free": line_chart(
            f"Rooms free around the airports, by night (today is {today:%d %b})",
            [f"{night:%d %b}" for night in nights],
            {airport: [free.get(airport) for free in nights.values()] for airport in airports},
        )
    }


ROOM_NIGHT = Ingest(
    "inventory.room_night",
    "inventory.room_night",
    (
        balances(),
        constraints_hold("inventory.room_night", "hotel_id", "room_type", "night"),
        plausible("inventory.room_night", {"price_minor_units": (100, 1_000_000)}),
    ),
    draw_free_rooms,
)


@ingest_asset(
    ROOM_NIGHT,
    *("source.generated_travel", "source.duffel_stays", "source.liteapi"),
    "inventory.hotel",
)
def room_night(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Rooms and prices that hotels reported in an hour, per room type and night.

    Generated, or what connected suppliers offer for tonight. A count below what is allocated keeps
    its truth and never breaks a hold.
    """
    from warehouse.operations.inventory_feed import load_hotels, load_room_inventory

    window = window_of(context)
    given = provider.room_inventory(window)
    offered = list(provider.availability(window))
    shown = Sample()

    def load(session: "Session", delivery: Callable[[str], "Delivery"]) -> list["BatchResult"]:
        own = shown.taken(given.rows)
        rooms = [load_room_inventory(session, SYSTEM, own, delivery(given.source))]
        for hotels, nights in offered:
            named = replace(delivery(hotels.source), feed="hotel")
            load_hotels(session, SYSTEM, hotels.rows, named)
            rooms.append(
                load_room_inventory(
                    *(session, SYSTEM, shown.taken(nights.rows), delivery(nights.source)),
                    rejected=nights.rejected,
                )
            )
        return rooms

    return ROOM_NIGHT.run(context, warehouse, load, shown)
