"""Asks the US National Weather Service which warnings are in force, and hands them over in words.

Its data is in the public domain. It answers nobody who does not say who asks, and knows the
United States alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import requests

from pipelines.providers.errors import ProviderError, ProviderRefused
from pipelines.providers.http import ProviderClient
from pipelines.providers.nws_answer import (
    SOURCE,
    NwsBulletins,
    read_alerts,
    read_zone_alerts,
    together,
)
from pipelines.providers.places import Place, read_places
from pipelines.providers.problems import judge_by_problem
from pipelines.providers.weather_client import Asker
from pipelines.providers.weather_frames import bulletins_frame
from pipelines.providers.weather_payload import Refusals

ADDRESS: Final = "https://api.weather.gov"
_ACTIVE: Final = "/alerts/active"
# Said of a point or zone the service does not know, such as one abroad.
_UNKNOWN_PLACE_STATUSES: Final = frozenset({400, 404})


@dataclass
class NwsAlerts:
    """Asks for the warnings that are in force."""

    client: ProviderClient

    def at_places(self, places: pd.DataFrame | Iterable[Sequence[Any]]) -> NwsBulletins:
        """Ask what is in force at airports, one by one.

        Parameters
        ----------
        places:
            A frame with the columns airport (or iata), latitude and longitude, or as many triples.

        Returns
        -------
        :
            Bulletins by airport; an airport the service does not know is refused, the others
            are not.
        """
        good, refused = read_places(places)
        parts = [NwsBulletins(bulletins_frame([]), refused.frame())]
        parts += [self._at_place(place) for place in good]
        return together(parts)

    def in_zones(self, zones: Mapping[str, Sequence[str]]) -> NwsBulletins:
        """Ask what is in force in the forecast zones or counties of airports, all at once.

        Parameters
        ----------
        zones:
            The zones (such as ORZ006) of each airport.

        Returns
        -------
        :
            Bulletins by airport.
        """
        wanted = sorted({zone for of_airport in zones.values() for zone in of_airport})
        if not wanted:
            return together([NwsBulletins(bulletins_frame([]), Refusals().frame())])
        # A question about a single zone is redirected to an address of its own.
        payload = (
            self.client.get(f"{_ACTIVE}/zone/{wanted[0]}")
            if len(wanted) == 1
            else self.client.get(_ACTIVE, {"status": "actual", "zone": ",".join(wanted)})
        )
        return read_zone_alerts(payload, zones)

    def _at_place(self, place: Place) -> NwsBulletins:
        point = f"{_degrees(place.latitude)},{_degrees(place.longitude)}"
        try:
            payload = self.client.get(_ACTIVE, {"status": "actual", "point": point})
        except ProviderRefused as refusal:
            if refusal.status not in _UNKNOWN_PLACE_STATUSES:
                raise
            refused = Refusals()
            refused.add(place.line, {"airport": place.airport}, "point", refusal.reason)
            return NwsBulletins(bulletins_frame([]), refused.frame())
        return read_alerts(payload, place.airport)


def connect_nws(asker: Asker, *, base_url: str = ADDRESS) -> NwsAlerts:
    """Connect to the service; `ProviderRefused` if nobody is said to ask."""
    return NwsAlerts(asker.client(SOURCE, base_url, judge_nws, accept="application/geo+json"))


def judge_nws(name: str, answer: requests.Response) -> ProviderError | None:
    """Judge an answer by its problem+json; a 403 means that it wants to know who asks."""
    wrong = judge_by_problem(name, answer)
    if answer.status_code == requests.codes.forbidden and wrong is not None:
        reason = f"{wrong.reason}: set a user agent with an address to write to"
        return ProviderRefused(name, reason, status=answer.status_code)
    return wrong


def _degrees(value: float) -> str:
    """Write four decimals at most, which is all the service takes."""
    return f"{value:.4f}".rstrip("0").rstrip(".")
