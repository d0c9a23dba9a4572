"""Hands over what connected providers tell, each in place of the embedded facts it replaces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pipelines.partitions import Window
from pipelines.providing import BookingHandover, EmbeddedProvider, Handover
from pipelines.settings import Settings, read_settings

if TYPE_CHECKING:
    from datetime import datetime

    from pipelines.providers.open_meteo import OpenMeteo
    from pipelines.providers.open_meteo_answer import OpenMeteoWeather
    from pipelines.pulling import Pull

LATEST_ASKING: Final = timedelta(hours=2)
"""What is asked later about a window says nothing of how things stood then."""
HOTEL_RADIUS_KM: Final = 15.0
"""A stranded traveller goes no farther from an airport for a night."""


class ConnectedProvider(EmbeddedProvider):
    """The providers that the environment names; where it names none, the embedded facts."""

    def observations(self, window: Window) -> Handover:
        """Give the hours that were over in a window, as weather models see them."""
        settings = read_settings()
        if settings.open_meteo_url is None:
            return super().observations(window)
        told = _open_meteo(settings).observed(
            _places(settings), since=window.start, until=window.end
        )
        return Handover(_OPEN_METEO, told.observations, told.rejected, told.corrected)

    def forecasts(self, window: Window) -> Handover:
        """Give the forecasts as they stand, issued when we ask; of past hours, the archive's."""
        settings = read_settings()
        if settings.open_meteo_url is None:
            return super().forecasts(window)
        at = _desk_instant()
        if window.end < at - LATEST_ASKING:
            told = _previous_runs(settings, window, at)
        else:
            told = _open_meteo(settings).weather(_places(settings), at=at, forecast_days=3)
        return Handover(_OPEN_METEO, told.forecasts, told.rejected, told.corrected)

    def bulletins(self, window: Window) -> Iterator[Handover]:
        """Give what weather services say in words as a window ends."""
        from pipelines.providers.weather_client import Asker

        settings = read_settings()
        if settings.aviation_weather_url is not None:
            from pipelines.providers.aviation_weather import connect_aviation_weather

            url = settings.aviation_weather_url
            asked = connect_aviation_weather(Asker(settings.user_agent), base_url=url)
            for told in (
                asked.metars(settings.weather_airports, at=window.end),
                asked.tafs(settings.weather_airports),
            ):
                yield Handover("aviationweather", told.bulletins, told.rejected)
        if settings.nws_url is not None:
            from pipelines.providers.nws_alerts import connect_nws

            warnings = connect_nws(Asker(settings.user_agent), base_url=settings.nws_url)
            said = warnings.at_places(_places(settings))
            yield Handover("nws", said.bulletins, said.rejected)

    def bookings(self, window: Window) -> BookingHandover:
        """Give the generated bookings of a window, or none where an agency sends its own."""
        given = super().bookings(window)
        return given.nothing() if read_settings().bookings_url else given

    def segments(self, since: datetime | None) -> Pull | None:
        """Ask the agency for what changed in its bookings."""
        settings = read_settings()
        if settings.bookings_url is None:
            return None
        from pipelines.providers.bookings_rest import BookingsPull
        from pipelines.providers.http import ProviderClient

        token = settings.bookings_token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        client = ProviderClient("bookings", settings.bookings_url, headers=headers)
        return BookingsPull(client, since)

    def room_inventory(self, window: Window) -> Handover:
        """Give the generated rooms of a window, or none where suppliers tell theirs."""
        given = super().room_inventory(window)
        return given.nothing() if read_settings().has_hotel_suppliers else given

    def availability(self, window: Window) -> Iterator[tuple[Handover, Handover]]:
        """Give hotels and rooms for tonight around each airport, from every supplier."""
        from pipelines.providers.hotel_availability import frames_of
        from pipelines.providers.hotel_setup import suppliers_from
        from pipelines.providers.hotel_supplier import NearAirport, RoomWish

        settings = read_settings()
        tonight = window.end.date()
        wish = RoomWish(tonight, tonight + timedelta(days=1), adults=2)
        for name, supplier in suppliers_from(settings).items():
            for iata, latitude, longitude in _places(settings):
                near = NearAirport(iata, latitude, longitude, HOTEL_RADIUS_KM)
                found = supplier.search(near, wish)
                told = frames_of(found, near, wish, reported_at=window.end)
                yield Handover(name, told.hotels), Handover(name, told.rooms, told.rejected)


_OPEN_METEO: Final = "open-meteo"


def _desk_instant() -> datetime:
    from pipelines.resources import Warehouse
    from warehouse.queries.clock import current_instant

    with Warehouse().transaction() as session:
        return current_instant(session)


def _previous_runs(settings: Settings, window: Window, at: datetime) -> OpenMeteoWeather:
    """Ask the archive what was forecast of a window's days; without one, nothing is known."""
    from pipelines.providers.open_meteo import PREVIOUS_RUNS, connect_open_meteo
    from pipelines.providers.open_meteo_answer import read_weather

    if settings.open_meteo_archive_url is None:
        return read_weather([], [], at=at)
    archive = connect_open_meteo(
        PREVIOUS_RUNS, base_url=settings.open_meteo_archive_url, api_key=settings.open_meteo_key
    )
    last_on = (window.end - timedelta(seconds=1)).date()
    return archive.previous_runs(
        _places(settings), at=at, first_on=window.start.date(), last_on=last_on
    )


def _open_meteo(settings: Settings) -> OpenMeteo:
    from pipelines.providers.open_meteo import connect_open_meteo

    return connect_open_meteo(base_url=settings.open_meteo_url, api_key=settings.open_meteo_key)


def _places(settings: Settings) -> list[tuple[str, float, float]]:
    """Locate the airports that weather and rooms are asked for."""
    from pipelines.sources.nycflights_movements import known_airports

    known = known_airports()
    rows = known.loc[known.index.intersection(list(settings.weather_airports))]
    return [
        (str(iata), float(latitude), float(longitude))
        for iata, latitude, longitude in rows[["latitude", "longitude"]].itertuples(name=None)
    ]
