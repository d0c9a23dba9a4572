"""An alert of the desk's own every ten minutes: how soon a page is delivered is always known."""

from typing import Final

import dagster as dg

from pipelines.resources import Warehouse
from pipelines.sensors.ticking import CALM_INTERVAL_SECONDS, ticking
from warehouse.operations.synthetic_alerts import tend_synthetic_alert
from warehouse.queries.clock import read_clock

COMPONENT: Final = "synthetic_due"


def tend(warehouse: Warehouse) -> int | None:
    """Close the one that was delivered, and raise the next one when it is time."""
    with ticking(warehouse, COMPONENT, every_seconds=CALM_INTERVAL_SECONDS) as tick:
        return tend_synthetic_alert(tick.session, clock=read_clock(tick.session))


@dg.sensor(
    name=COMPONENT,
    minimum_interval_seconds=CALM_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Raises an alert that reaches nobody every ten minutes, and sees it delivered.",
)
def synthetic_due(warehouse: Warehouse) -> dg.SkipReason:
    """Look after the desk's own alerts; what the sweep and the delivery do with them they tell."""
    raised = tend(warehouse)
    return dg.SkipReason("None was due." if raised is None else f"Alert {raised} was raised.")
