"""Once a day the shifts ahead are looked at, within the tick: it is one small read."""

from typing import Final

import dagster as dg

from pipelines.checks.coverage import evaluation_of
from pipelines.partitions import day_key
from pipelines.resources import Warehouse
from pipelines.sensors.ticking import ticking
from warehouse.queries.coverage import check_coverage

COMPONENT: Final = "coverage_due"
INTERVAL_SECONDS: Final = 60


@dg.sensor(
    name=COMPONENT,
    minimum_interval_seconds=INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks once a day whether every step of the ladder reaches somebody for 14 days.",
)
def coverage_due(context: dg.SensorEvaluationContext, warehouse: Warehouse) -> dg.SensorResult:
    """Look at the shifts ahead on the first tick of each of the desk's days."""
    with ticking(warehouse, COMPONENT, every_seconds=INTERVAL_SECONDS) as tick:
        day = day_key(tick.at)
        # A forgotten cursor costs a second look, which changes nothing.
        if context.cursor == day:
            return dg.SensorResult(skip_reason=f"The shifts ahead were looked at on {day}.")
        found = check_coverage(tick.session, at=tick.at)
    return dg.SensorResult(asset_events=[evaluation_of(found)], cursor=day)
