"""Rooms for stranded travellers: proposed and held when a step asks, booked once accepted."""

from dataclasses import dataclass
from typing import Final

import dagster as dg

from pipelines.resources import Warehouse
from pipelines.sensors.ticking import MOST_BATCHES, OPS_INTERVAL_SECONDS, ticking
from pipelines.settings import read_settings
from warehouse.operations.embedded_supplier import EmbeddedSupplier
from warehouse.operations.fallback_bookings import BookingSweep, book_accepted
from warehouse.operations.fallbacks import propose_fallbacks_due
from warehouse.queries.clock import current_instant

COMPONENT: Final = "fallback_due"
BATCH: Final = 20


@dataclass(frozen=True, slots=True)
class FallbackTick:
    """What one look at the fallbacks came to."""

    alerts: int
    proposed: int
    held: int
    without_room: int
    bookings: BookingSweep


def fall_back_due(warehouse: Warehouse) -> FallbackTick:
    """Propose hotels wherever an escalation asked for them, and book what travellers accepted.

    Parameters
    ----------
    warehouse:
        The record, whose clock says what is due.

    Returns
    -------
    :
        Counts; all zero when nothing was due.
    """
    sweeps = []
    for _ in range(MOST_BATCHES):
        with ticking(warehouse, COMPONENT) as tick:
            sweeps.append(propose_fallbacks_due(tick.session, at=tick.at, limit=BATCH))
        if sweeps[-1].alerts < BATCH:
            break
    return FallbackTick(
        alerts=sum(sweep.alerts for sweep in sweeps),
        proposed=sum(sweep.proposed for sweep in sweeps),
        held=sum(sweep.held for sweep in sweeps),
        without_room=sum(sweep.without_room for sweep in sweeps),
        bookings=book_due(warehouse),
    )


def book_due(warehouse: Warehouse) -> BookingSweep:
    """Book accepted hotels of the embedded inventory; connected suppliers are asked by a run."""
    if read_settings().has_hotel_suppliers:
        return BookingSweep()
    with warehouse.transaction() as session:
        at = current_instant(session)
    return book_accepted(warehouse.transaction, EmbeddedSupplier(warehouse.transaction), at=at)


@dg.sensor(
    name=COMPONENT,
    minimum_interval_seconds=OPS_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Proposes and holds hotels when an escalation asks for them; books accepted ones.",
)
def fallback_due(warehouse: Warehouse) -> dg.SensorResult:
    """Propose, hold and book what is due, and tell the asset graph."""
    tick = fall_back_due(warehouse)
    if tick.alerts == 0 and tick.bookings == BookingSweep():
        return dg.SensorResult(skip_reason="No fallback was due.")
    event = dg.AssetMaterialization(
        ["alerting", "fallback_action"],
        metadata={
            "alerts": tick.alerts,
            "proposed": tick.proposed,
            "held": tick.held,
            "without_room": tick.without_room,
            "booked": tick.bookings.booked,
            "failed": tick.bookings.failed,
        },
    )
    return dg.SensorResult(asset_events=[event])
