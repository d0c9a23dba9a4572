"""Facts as they come in: schedules ahead of time, everything else in the hour it is known."""

import dagster as dg

from pipelines.assets.bookings import booking, booking_segment
from pipelines.assets.rooms import room_night
from pipelines.assets.weather import weather_bulletin, weather_forecast, weather_observation
from pipelines.checks.batches import (
    balances,
    constraints_hold,
    nothing_quarantined,
    plausible,
)
from pipelines.conventions import Materialized, column_deps, same_columns
from pipelines.freshness import OF_A_DAY
from pipelines.ingesting import Ingest, ingest_asset
from pipelines.partitions import DAILY, window_of
from pipelines.providing import EmbeddedProvider
from pipelines.resources import Warehouse

_FLIGHT_KEY = ("carrier", "flight_number", "origin", "service_date")
FLIGHT = Ingest(
    "travel.flight",
    "travel.flight",
    (
        balances(),
        nothing_quarantined(),
        constraints_hold("travel.flight", *_FLIGHT_KEY),
        plausible("travel.flight", {"distance_km": (1, 20_040)}),
    ),
)
FLIGHT_REPORT = Ingest("travel.flight_report", "travel.flight", (balances(),))


@ingest_asset(
    FLIGHT,
    "source.nycflights",
    "source.generated_travel",
    "travel.airport",
    "travel.carrier",
    partitions_def=DAILY,
    cron="10 0 * * *",
    freshness=OF_A_DAY,
    lineage={
        "carrier": column_deps("travel.carrier.code"),
        "origin": column_deps("travel.airport.iata"),
        "destination": column_deps("travel.airport.iata"),
    },
)
def flight(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Flights scheduled to leave on a day (UTC), known ahead of time.

    The real departures from New York, and generated ones that only connect bookings elsewhere.
    """
    from warehouse.operations.feeds import load_flights

    handovers = provider.flights(window_of(context))
    return FLIGHT.run_handovers(context, warehouse, handovers, load_flights)


@ingest_asset(
    FLIGHT_REPORT,
    *("source.nycflights", "travel.flight"),
    lineage=same_columns(
        "travel.flight",
        *("flight_id", *_FLIGHT_KEY, "destination", "distance_km", "is_generated"),
        *("scheduled_departure_at", "scheduled_arrival_at"),
    ),
)
def flight_report(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Carriers' reports of an hour, folded into the flights: the newest one decides.

    A departure or arrival is known when it happens, a delay once it has lasted two hours, a
    cancellation at the scheduled departure (the data does not say when it was announced).
    """
    from warehouse.operations.flight_reports import load_flight_reports

    handovers = [provider.flight_reports(window_of(context))]
    return FLIGHT_REPORT.run_handovers(context, warehouse, handovers, load_flight_reports)


INGEST = (
    *(flight, flight_report, weather_observation, weather_forecast, weather_bulletin),
    *(booking, booking_segment, room_night),
)
HOURLY_INGEST = INGEST[1:]
