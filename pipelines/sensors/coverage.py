"""Gaps of the next day are paged for in each tick; once a day the shifts ahead are looked at."""

from typing import Final

import dagster as dg

from pipelines.checks.coverage import ZONE, evaluation_of
from pipelines.partitions import day_key
from pipelines.resources import Warehouse
from pipelines.sensors.ticking import ticking
from warehouse.operations.coverage_gaps import GapSweep, tend_coverage_gaps
from warehouse.queries.coverage import check_coverage

COMPONENT: Final = "coverage_due"
INTERVAL_SECONDS: Final = 60


@dg.sensor(
    name=COMPONENT,
    minimum_interval_seconds=INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Pages for gaps in coverage of the next 24 hours, and looks once a day whether "
    "every step of the ladder reaches somebody for 14 days.",
)
def coverage_due(context: dg.SensorEvaluationContext, warehouse: Warehouse) -> dg.SensorResult:
    """Page for gaps that are near; on the first tick of each of the desk's days, look far ahead."""
    with ticking(warehouse, COMPONENT, every_seconds=INTERVAL_SECONDS) as tick:
        sweep = tend_coverage_gaps(tick.session, at=tick.at, time_zone=ZONE)
        day = day_key(tick.at)
        # A forgotten cursor costs a second look, which changes nothing.
        if context.cursor == day:
            return dg.SensorResult(skip_reason=_words(sweep, day))
        found = check_coverage(tick.session, at=tick.at)
    return dg.SensorResult(asset_events=[evaluation_of(found)], cursor=day)


def _words(sweep: GapSweep, day: str) -> str:
    near = f"{sweep.raised} gaps of the next day were paged for, and {sweep.closed} are gone."
    return near if sweep.raised or sweep.closed else f"The shifts ahead were looked at on {day}."
