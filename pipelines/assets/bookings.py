"""Bookings as they come in: whole from the generated year, by segment from an agency."""

from typing import TYPE_CHECKING

import dagster as dg

from pipelines.checks.batches import (
    balances,
    constraints_hold,
    nothing_quarantined,
)
from pipelines.conventions import Group, Materialized, Owner, table_metadata
from pipelines.ingesting import Ingest, ingest_asset
from pipelines.partitions import is_partitioned, partition_words, window_of
from pipelines.providing import EmbeddedProvider
from pipelines.resources import Warehouse
from warehouse.vocabulary import SYSTEM

if TYPE_CHECKING:
    from datetime import datetime

BOOKING = Ingest(
    "travel.booking",
    "travel.booking",
    (
        balances(),
        constraints_hold(
            *("travel.booking", "source", "booking_ref"),
            within=("travel.leg", "travel.stay", "travel.booking_traveller"),
        ),
    ),
)
SEGMENT = Ingest(
    "feeds.booking_segment",
    "feeds.booking_segment",
    (
        balances(),
        nothing_quarantined(),
        constraints_hold(
            *("feeds.booking_segment", "source", "booking_ref", "segment_key", "traveller_key"),
            within=("travel.booking", "travel.leg", "travel.stay", "travel.booking_traveller"),
        ),
    ),
)


@ingest_asset(
    BOOKING, "source.generated_travel", "travel.flight", "travel.traveller", "inventory.hotel"
)
def booking(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Bookings made in an hour, with their travellers, legs and stays. Generated."""
    from warehouse.operations.bookings_feed import BookingFrames, load_bookings

    given = provider.bookings(window_of(context))
    frames = BookingFrames(given.bookings, given.booking_travellers, given.legs, given.stays)
    return BOOKING.run(
        context,
        warehouse,
        lambda session, delivery: [load_bookings(session, SYSTEM, frames, delivery(given.source))],
        given.bookings.drop(columns="booking_ref"),
    )


@ingest_asset(SEGMENT, "source.bookings_api", "travel.airport", cron="*/10 * * * *")
def booking_segment(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Bookings as a connected agency sends them, a row per traveller and leg or stay.

    Asked for what changed since the last pull; bookings, legs and stays are made from it. The
    same rows come in from files through `stormdesk ingest`.
    """
    from pipelines.pulling import pull_segments
    from warehouse.operations.deliveries import Delivery

    partition = partition_words(context) if is_partitioned(context) else None

    def delivery(at: "datetime") -> Delivery:
        return Delivery(SEGMENT.feed, "bookings", partition, at)

    batches = pull_segments(warehouse, SYSTEM, provider.segments, delivery)
    return SEGMENT.run(context, warehouse, lambda _session, _delivery: batches)


def booking_part_specs() -> list[dg.AssetSpec]:
    """Describe the tables that `travel/booking` writes in the same transaction."""
    return [
        dg.AssetSpec(
            dg.AssetKey(table.split(".")),
            description=description,
            group_name=Group.INGEST.value,
            owners=[Owner.DATA.value],
            kinds={"postgres"},
            deps=[dg.AssetKey(["travel", "booking"])],
            metadata=table_metadata(table),
        )
        for table, description in (
            ("travel.leg", "The part of a booking that rides on one flight."),
            ("travel.stay", "Consecutive nights of a booking in one hotel."),
            ("travel.booking_traveller", "Who is on a booking; number 1 leads the party."),
        )
    ]
