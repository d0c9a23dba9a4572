"""What time and bookings do to alerts and holds: flights leave, holds run out, parties change."""

from dataclasses import astuple, dataclass
from typing import Final

import dagster as dg

from pipelines.resources import Warehouse
from pipelines.sensors.ticking import CALM_INTERVAL_SECONDS, MOST_BATCHES, ticking
from warehouse.operations.alert_sweeps import (
    close_departed_alerts,
    reopen_overdue_acknowledgements,
)
from warehouse.operations.booking_changes import follow_bookings
from warehouse.operations.fallbacks import expire_holds
from warehouse.operations.page_fence import cancel_outdated_pages
from warehouse.operations.storms import tend_storms

COMPONENT: Final = "sweeps_due"
BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class TimeSweep:
    """What the passing of time came to."""

    closed: int = 0
    reopened: int = 0
    expired: int = 0
    cancelled: int = 0
    storms_over: int = 0
    rebooked: int = 0
    untouched: int = 0

    def __add__(self, other: "TimeSweep") -> "TimeSweep":
        pairs = zip(astuple(self), astuple(other), strict=True)
        return TimeSweep(*(mine + theirs for mine, theirs in pairs))


def sweep_due(warehouse: Warehouse) -> TimeSweep:
    """Close what departed, give back what was taken and forgotten, free holds that ran out.

    Parameters
    ----------
    warehouse:
        The record, whose clock says what is due.

    Returns
    -------
    :
        Counts; all zero when nothing was due.
    """
    total = TimeSweep()
    for _ in range(MOST_BATCHES):
        with ticking(warehouse, COMPONENT, every_seconds=CALM_INTERVAL_SECONDS) as tick:
            followed = follow_bookings(tick.session, at=tick.at)
            sweep = TimeSweep(
                closed=close_departed_alerts(tick.session, at=tick.at, limit=BATCH),
                reopened=reopen_overdue_acknowledgements(tick.session, at=tick.at, limit=BATCH),
                expired=expire_holds(tick.session, at=tick.at, limit=BATCH),
                cancelled=cancel_outdated_pages(tick.session),
                storms_over=tend_storms(tick.session, at=tick.at, limit=BATCH),
                rebooked=followed.changed,
                untouched=followed.closed,
            )
        total += sweep
        if max(sweep.closed, sweep.reopened, sweep.expired) < BATCH:
            break
    return total


@dg.sensor(
    name=COMPONENT,
    minimum_interval_seconds=CALM_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Closes alerts of flights that left, reopens acknowledgements that lapsed, "
    "expires holds, follows bookings that changed.",
)
def sweeps_due(warehouse: Warehouse) -> dg.SensorResult:
    """Sweep what is due and tell the asset graph."""
    sweep = sweep_due(warehouse)
    events = [
        dg.AssetMaterialization(["alerting", asset], metadata=dict(counts))
        for asset, counts in (
            ("escalation", {"acknowledgements_lapsed": sweep.reopened}),
            ("fallback_action", {"expired": sweep.expired}),
            ("notification", {"cancelled": sweep.cancelled}),
        )
        if any(counts.values())
    ]
    return dg.SensorResult(
        asset_events=events,
        skip_reason=None if events else f"{sweep.closed} alerts of departed flights were closed.",
    )
