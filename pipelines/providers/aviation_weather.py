"""Asks the Aviation Weather Center for METAR and TAF of airports.

Its data is in the public domain. It asks for a user agent, at most a hundred questions a minute,
and gives at most four hundred reports an answer; stations without a report are left out silently.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pipelines.providers.airport_codes import icao_by_iata
from pipelines.providers.aviation_answer import (
    SOURCE,
    AviationReports,
    read_metars,
    read_tafs,
    together,
)
from pipelines.providers.errors import ProviderRefused
from pipelines.providers.http import ProviderClient
from pipelines.providers.problems import judge_by_problem
from pipelines.providers.weather_client import Asker
from pipelines.providers.weather_frames import bulletins_frame, observations_frame
from pipelines.providers.weather_payload import Refusals

ADDRESS: Final = "https://aviationweather.gov/api/data"
_MOST_REPORTS: Final = 400


@dataclass
class AviationWeather:
    """Asks for the reports and forecasts of airports, in batches."""

    client: ProviderClient
    stations_per_call: int = 25

    def metars(self, airports: Iterable[str], *, at: datetime, hours: int = 3) -> AviationReports:
        """Ask what was reported.

        Parameters
        ----------
        airports:
            IATA codes.
        at:
            When it is asked.
        hours:
            How many hours back.

        Returns
        -------
        :
            Bulletins, and observations of the hours that are over.
        """
        return self._ask(
            airports, "/metar", {"hours": str(hours)}, lambda payload: read_metars(payload, at=at)
        )

    def tafs(self, airports: Iterable[str]) -> AviationReports:
        """Ask for the forecasts in force.

        Parameters
        ----------
        airports:
            IATA codes.

        Returns
        -------
        :
            Bulletins.
        """
        return self._ask(airports, "/taf", {}, read_tafs)

    def _ask(
        self,
        airports: Iterable[str],
        path: str,
        parameters: dict[str, str],
        read: Callable[[object], AviationReports],
    ) -> AviationReports:
        stations, refused = _stations(airports)
        parts = [_nothing_but(refused)]
        for batch in self._batches(stations):
            query = {"ids": ",".join(batch), "format": "json", **parameters}
            payload = self.client.get(path, query)
            if isinstance(payload, list) and len(payload) >= _MOST_REPORTS:
                reason = f"gave its most, {len(payload)} reports, so some may be missing: ask for "
                raise ProviderRefused(SOURCE, f"{reason}fewer stations or hours at once")
            parts.append(read(payload))
        return together(parts)

    def _batches(self, stations: list[str]) -> Iterator[list[str]]:
        for start in range(0, len(stations), self.stations_per_call):
            yield stations[start : start + self.stations_per_call]


def connect_aviation_weather(asker: Asker, *, base_url: str = ADDRESS) -> AviationWeather:
    """Connect to the center; `ProviderRefused` if nobody is said to ask."""
    return AviationWeather(asker.client(SOURCE, base_url, judge_by_problem))


def _stations(airports: Iterable[str]) -> tuple[list[str], Refusals]:
    stations, refused, known = list[str](), Refusals(), icao_by_iata()
    for line, airport in enumerate(airports, start=1):
        station = known.get(airport)
        if station is None:
            reason = "is no airport with an ICAO code, by which stations are asked"
            refused.add(line, airport, "airport", reason)
        else:
            stations.append(station)
    return stations, refused


def _nothing_but(refused: Refusals) -> AviationReports:
    nothing: list[dict[str, Any]] = []
    return AviationReports(
        bulletins_frame(nothing), observations_frame(nothing), refused.frame(), Refusals().frame()
    )
