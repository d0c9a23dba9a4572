"""Bookings as they come in: whole from the generated year, by segment from an agency."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import dagster as dg

from pipelines.checks.batches import (
    balances,
    constraints_hold,
    nothing_quarantined,
)
from pipelines.conventions import (
    Group,
    Materialized,
    Owner,
    column_deps,
    key_of,
    same_columns,
    table_metadata,
)
from pipelines.freshness import OF_TEN_MINUTES
from pipelines.ingesting import Ingest, Sample, ingest_asset
from pipelines.partitions import is_partitioned, partition_words, window_of
from pipelines.providing import EmbeddedProvider
from pipelines.resources import Warehouse
from warehouse.vocabulary import SYSTEM

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.pulling import Pull, SegmentPage

_SEGMENT_TABLE: Final = "feeds.booking_segment"
_OF_BOOKING: Final = same_columns(
    _SEGMENT_TABLE,
    *("source", "booking_ref", "status", "currency", "booked_at", "source_updated_at"),
) | {"value_minor_units": column_deps(f"{_SEGMENT_TABLE}.price_minor_units")}
_PRICED: Final = ("price_minor_units", "currency", "status")
_PARTS: Final[Sequence[tuple[str, str, Mapping[str, Sequence[dg.TableColumnDep]]]]] = (
    (
        "travel.leg",
        "The part of a booking that rides on one flight.",
        same_columns(_SEGMENT_TABLE, "cabin", *_PRICED),
    ),
    (
        "travel.stay",
        "Consecutive nights of a booking in one hotel.",
        same_columns(
            *(_SEGMENT_TABLE, "room_type", "check_in_on", "check_out_on", "rooms"), *_PRICED
        ),
    ),
    ("travel.booking_traveller", "Who is on a booking; number 1 leads the party.", {}),
)
"""What a booking is made of, written together with it."""

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


@dataclass(frozen=True)
class ShownPull:
    """A pull that keeps a few of its rows for the catalogue."""

    pull: "Pull"
    shown: Sample

    @property
    def high_watermark(self) -> "datetime | None":
        """How far the source has told; None until its last page was taken."""
        return self.pull.high_watermark

    @property
    def told_until(self) -> "datetime | None":
        """How far it has told with the page at hand."""
        return self.pull.told_until

    def pages(self) -> Iterator["SegmentPage"]:
        """Give page after page."""
        for page in self.pull.pages():
            self.shown.taken(page.segments)
            yield page


@ingest_asset(
    BOOKING,
    *("source.generated_travel", "travel.flight", "travel.traveller", "inventory.hotel"),
    lineage=_OF_BOOKING,
)
def booking(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Bookings made in an hour, with their travellers, legs and stays. Generated.

    Where an agency is connected, its bookings are made from `feeds/booking_segment` instead.
    """
    from warehouse.operations.bookings_feed import BookingFrames, load_bookings

    given, shown = provider.bookings(window_of(context)), Sample()
    shown.taken(given.bookings)
    frames = BookingFrames(given.bookings, given.booking_travellers, given.legs, given.stays)
    return BOOKING.run(
        context,
        warehouse,
        lambda session, delivery: [load_bookings(session, SYSTEM, frames, delivery(given.source))],
        shown,
    )


@ingest_asset(
    SEGMENT,
    *("source.bookings_api", "source.drop_folder", "source.documents", "source.duffel_orders"),
    "travel.airport",
    cron="*/10 * * * *",
    freshness=OF_TEN_MINUTES,
)
def booking_segment(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Bookings as a connected agency sends them, a row per traveller and leg or stay.

    Asked for what changed since the last pull; bookings, legs and stays are made from it. The
    same rows come in from files through `stormdesk ingest`.
    """
    from pipelines.pulling import pull_segments
    from warehouse.operations.deliveries import Delivery

    shown = Sample()

    def ask(since: "datetime | None") -> ShownPull | None:
        pull = provider.segments(since)
        return None if pull is None else ShownPull(pull, shown)

    partition = partition_words(context) if is_partitioned(context) else None

    def delivery(at: "datetime") -> Delivery:
        return Delivery(SEGMENT.feed, "bookings", partition, at)

    batches = pull_segments(warehouse, SYSTEM, ask, delivery)
    return SEGMENT.run(context, warehouse, lambda _session, _delivery: batches, shown)


def booking_part_specs() -> list[dg.AssetSpec]:
    """Describe the tables that `travel/booking` writes in the same transaction."""
    return [
        dg.AssetSpec(
            dg.AssetKey(table.split(".")),
            description=description,
            group_name=Group.INGEST.value,
            owners=[Owner.DATA.value],
            kinds={"postgres"},
            deps=[key_of(BOOKING.asset), key_of(SEGMENT.asset)],
            metadata=table_metadata(table, lineage),
        )
        for table, description, lineage in _PARTS
    ]
