"""The job that books what travellers accepted, where that means asking a supplier far away."""

import dagster as dg

from pipelines.conventions import Lane, lane_tags
from pipelines.resources import Warehouse

LONGEST_RUN_SECONDS = 600


@dg.op(description="Books every accepted fallback with its hotel's own supplier.")
def book(context: dg.OpExecutionContext, warehouse: Warehouse) -> None:
    """Book what was accepted, and find out what became of bookings that nobody answered for."""
    from pipelines.providers.hotel_setup import order_taker_from
    from pipelines.settings import read_settings
    from warehouse.operations.fallback_bookings import book_accepted
    from warehouse.queries.clock import current_instant

    with warehouse.transaction() as session:
        at = current_instant(session)
    supplier = order_taker_from(read_settings(), warehouse.transaction)
    swept = book_accepted(warehouse.transaction, supplier, at=at)
    context.log.info(f"{swept}")


@dg.job(
    description="Book the hotels that travellers accepted, with the suppliers they belong to.",
    tags=lane_tags(Lane.OPS) | {"dagster/max_runtime": str(LONGEST_RUN_SECONDS)},
    executor_def=dg.in_process_executor,
)
def book_fallbacks() -> None:
    """Book what was accepted."""
    book()
