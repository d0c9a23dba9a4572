"""Facts as they come in: schedules ahead of time, everything else in the hour it is known."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.automation import live_only, poll
from pipelines.checks.batches import (
    balances,
    constraints_hold,
    nothing_quarantined,
    plausible,
)
from pipelines.conventions import Group, Materialized, Owner, table_asset, table_metadata
from pipelines.ingesting import Ingest
from pipelines.partitions import DAILY, HOURLY, PROFILE, window_of
from pipelines.pictures import line_chart
from pipelines.providing import EmbeddedProvider
from pipelines.resources import Warehouse
from warehouse.vocabulary import SYSTEM

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_KINDS = frozenset({"postgres", "pandas"})
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


def draw_gusts(session: "Session") -> Mapping[str, dg.MetadataValue]:
    """Draw the gusts of the three days up to now at each airport: where a storm shows."""
    from datetime import timedelta

    from warehouse.queries.clock import current_instant
    from warehouse.queries.facts import observations_frame

    at = current_instant(session)
    seen = observations_frame(session, start=at - timedelta(days=3), end=at)
    table = seen.pivot(index="observed_at", columns="airport", values="gust_mps")
    table = table.astype(object).where(table.notna(), None)
    return {
        "gusts": line_chart(
            "Gusts of the last three days, m/s (UTC)",
            [f"{hour:%d %b %H:%M}" for hour in table.index],
            {str(airport): list(table[airport]) for airport in table},
        )
    }


OBSERVATION = Ingest(
    "feeds.weather_observation",
    "feeds.weather_observation",
    (
        balances(),
        constraints_hold("feeds.weather_observation", "airport", "observed_at"),
        plausible(
            "feeds.weather_observation",
            {"wind_mps": (0, 60), "gust_mps": (0, 80), "temperature_c": (-40, 50)},
        ),
    ),
    draw_gusts,
)
FORECAST = Ingest(
    "feeds.weather_forecast",
    "feeds.weather_forecast",
    (
        balances(),
        constraints_hold("feeds.weather_forecast", "source", "airport", "valid_at", "issued_at"),
        plausible("feeds.weather_forecast", {"wind_mps": (0, 60), "temperature_c": (-60, 60)}),
    ),
)
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
ROOM_NIGHT = Ingest(
    "inventory.room_night",
    "inventory.room_night",
    (
        balances(),
        constraints_hold("inventory.room_night", "hotel_id", "room_type", "night"),
        plausible("inventory.room_night", {"price_minor_units": (100, 1_000_000)}),
    ),
)


@table_asset(
    FLIGHT.asset,
    group=Group.INGEST,
    owner=Owner.DATA,
    kinds=_KINDS,
    deps=["source.nycflights", "source.generated_travel", "travel.airport", "travel.carrier"],
    partitions_def=DAILY,
    automation_condition=live_only(PROFILE, poll("10 0 * * *")),
    checks=FLIGHT.specs(),
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


@table_asset(
    FLIGHT_REPORT.table,
    key=FLIGHT_REPORT.asset,
    group=Group.INGEST,
    owner=Owner.DATA,
    kinds=_KINDS,
    deps=["source.nycflights", "travel.flight"],
    partitions_def=HOURLY,
    automation_condition=live_only(PROFILE, poll("5 * * * *")),
    checks=FLIGHT_REPORT.specs(),
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


@table_asset(
    OBSERVATION.asset,
    group=Group.INGEST,
    owner=Owner.DATA,
    kinds=_KINDS,
    deps=["source.nycflights", "travel.airport"],
    partitions_def=HOURLY,
    automation_condition=live_only(PROFILE, poll("5 * * * *")),
    checks=OBSERVATION.specs(),
)
def weather_observation(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Weather measured at an airport in an hour, known when the hour is over."""
    from warehouse.operations.feeds import load_observations

    handovers = [provider.observations(window_of(context))]
    return OBSERVATION.run_handovers(context, warehouse, handovers, load_observations)


@table_asset(
    FORECAST.asset,
    group=Group.INGEST,
    owner=Owner.DATA,
    kinds=_KINDS,
    deps=["source.simulated_forecast", "travel.airport"],
    partitions_def=HOURLY,
    automation_condition=live_only(PROFILE, poll("5 * * * *")),
    checks=FORECAST.specs(),
    tags={"simulated": "true"},
)
def weather_forecast(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Forecasts issued in an hour for 2 to 72 h ahead. Simulated: nobody ever issued them."""
    from warehouse.operations.feeds import load_forecasts

    handovers = [provider.forecasts(window_of(context))]
    return FORECAST.run_handovers(context, warehouse, handovers, load_forecasts)


@table_asset(
    BOOKING.asset,
    group=Group.INGEST,
    owner=Owner.DATA,
    kinds=_KINDS,
    deps=["source.generated_travel", "travel.flight", "travel.traveller", "inventory.hotel"],
    partitions_def=HOURLY,
    automation_condition=live_only(PROFILE, poll("5 * * * *")),
    checks=BOOKING.specs(),
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


@table_asset(
    ROOM_NIGHT.asset,
    group=Group.INGEST,
    owner=Owner.DATA,
    kinds=_KINDS,
    deps=["source.generated_travel", "inventory.hotel"],
    partitions_def=HOURLY,
    automation_condition=live_only(PROFILE, poll("5 * * * *")),
    checks=ROOM_NIGHT.specs(),
)
def room_night(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Rooms and prices that hotels reported in an hour, per room type and night.

    Generated. A count below what is allocated keeps its truth and never breaks a hold.
    """
    from warehouse.operations.inventory_feed import load_room_inventory

    handovers = [provider.room_inventory(window_of(context))]
    return ROOM_NIGHT.run_handovers(context, warehouse, handovers, load_room_inventory)


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


INGEST = (flight, flight_report, weather_observation, weather_forecast, booking, room_night)
HOURLY_INGEST = (flight_report, weather_observation, weather_forecast, booking, room_night)
