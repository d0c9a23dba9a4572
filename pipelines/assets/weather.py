"""Weather as it comes in: observed, forecast, and in words."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import dagster as dg

from pipelines.checks.batches import (
    balances,
    constraints_hold,
    plausible,
)
from pipelines.conventions import Materialized
from pipelines.ingesting import Ingest, ingest_asset
from pipelines.partitions import window_of
from pipelines.pictures import line_chart
from pipelines.providing import EmbeddedProvider
from pipelines.resources import Warehouse

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


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
BULLETIN = Ingest(
    "feeds.weather_bulletin",
    "feeds.weather_bulletin",
    (
        balances(),
        constraints_hold("feeds.weather_bulletin", "source", "kind", "bulletin_ref", "airport"),
    ),
)


@ingest_asset(OBSERVATION, "source.nycflights", "source.open_meteo", "travel.airport")
def weather_observation(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Weather measured at an airport in an hour, known when the hour is over."""
    from warehouse.operations.feeds import load_observations

    handovers = [provider.observations(window_of(context))]
    return OBSERVATION.run_handovers(context, warehouse, handovers, load_observations)


@ingest_asset(
    FORECAST,
    "source.simulated_forecast",
    "source.open_meteo",
    "travel.airport",
    tags={"simulated": "true"},
)
def weather_forecast(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Forecasts issued in an hour for 2 to 72 h ahead. Simulated: nobody ever issued them."""
    from warehouse.operations.feeds import load_forecasts

    handovers = [provider.forecasts(window_of(context))]
    return FORECAST.run_handovers(context, warehouse, handovers, load_forecasts)


@ingest_asset(BULLETIN, "source.aviation_weather", "source.nws", "travel.airport")
def weather_bulletin(
    context: dg.AssetExecutionContext, warehouse: Warehouse, provider: EmbeddedProvider
) -> Materialized:
    """Words of weather services about the airports: reports, forecasts, warnings.

    Empty where none is connected: of the embedded year no words are archived.
    """
    from warehouse.operations.bulletins_feed import load_bulletins

    handovers = provider.bulletins(window_of(context))
    return BULLETIN.run_handovers(context, warehouse, handovers, load_bulletins)
