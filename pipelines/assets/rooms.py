"""Rooms as their suppliers report them."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.checks.batches import (
    balances,
    constraints_hold,
    plausible,
)
from pipelines.conventions import Materialized
from pipelines.ingesting import Ingest, ingest_asset
from pipelines.partitions import window_of
from pipelines.providing import EmbeddedProvider
from pipelines.resources import Warehouse
from warehouse.vocabulary import SYSTEM

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from warehouse.operations.deliveries import Delivery
    from warehouse.operations.feed_batches import BatchResult

ROOM_NIGHT = Ingest(
    "inventory.room_night",
    "inventory.room_night",
    (
        balances(),
        constraints_hold("inventory.room_night", "hotel_id", "room_type", "night"),
        plausible("inventory.room_night", {"price_minor_units": (100, 1_000_000)}),
    ),
)


@ingest_asset(ROOM_NIGHT, "source.generated_travel", "source.hotel_suppliers", "inventory.hotel")
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

    def load(session: "Session", delivery: Callable[[str], "Delivery"]) -> list["BatchResult"]:
        rooms = [load_room_inventory(session, SYSTEM, given.rows, delivery(given.source))]
        for hotels, nights in offered:
            named = replace(delivery(hotels.source), feed="hotel")
            load_hotels(session, SYSTEM, hotels.rows, named)
            rooms.append(
                load_room_inventory(
                    session,
                    SYSTEM,
                    nights.rows,
                    delivery(nights.source),
                    rejected=nights.rejected,
                )
            )
        return rooms

    return ROOM_NIGHT.run(context, warehouse, load, given.rows)
