"""Accepted hotels of suppliers far away are booked by a run: they may take minutes to answer."""

from typing import Final

import dagster as dg

from pipelines.conventions import Lane, lane_tags
from pipelines.jobs.booking import book_fallbacks
from pipelines.resources import Warehouse
from pipelines.sensors.in_flight import count_runs, is_in_flight
from pipelines.sensors.ticking import OPS_INTERVAL_SECONDS, ticking
from pipelines.settings import read_settings
from warehouse.operations.unsettled_bookings import ask_people_about_bookings
from warehouse.queries.booking_attempts import count_bookings_due

COMPONENT: Final = "bookings_due"
JOB: Final = "book_fallbacks"


@dg.sensor(
    name=COMPONENT,
    job=book_fallbacks,
    minimum_interval_seconds=OPS_INTERVAL_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Starts one booking run when travellers accepted hotels of connected suppliers.",
)
def bookings_due(
    context: dg.SensorEvaluationContext, warehouse: Warehouse
) -> dg.RunRequest | dg.SkipReason:
    """Ask for a run that books what was accepted, and people about what stays unclear."""
    with ticking(warehouse, COMPONENT) as tick:
        ask_people_about_bookings(tick.session, at=tick.at)
        due = count_bookings_due(tick.session, at=tick.at)
    if not read_settings().has_hotel_suppliers:
        return dg.SkipReason("No supplier is connected: the embedded inventory books at once.")
    if due == 0:
        return dg.SkipReason("Nothing accepted waits to be booked.")
    if is_in_flight(context.instance, JOB):
        return dg.SkipReason(f"{due} bookings are due, and a run is on its way.")
    attempt = count_runs(context.instance, JOB) + 1
    return dg.RunRequest(run_key=f"book:{attempt}", tags=lane_tags(Lane.OPS))
