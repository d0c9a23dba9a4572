"""Where weather is asked for: an airport and its coordinates."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import pandas as pd

from pipelines.providers.weather_payload import Refusals, number, text


class Place(NamedTuple):
    """An airport by IATA code, where it lies in degrees, and its line in what was given."""

    airport: str
    latitude: float
    longitude: float
    line: int = 0


_BOUNDS: Final = {"latitude": 90.0, "longitude": 180.0}


def read_places(places: pd.DataFrame | Iterable[Sequence[Any]]) -> tuple[list[Place], Refusals]:
    """Read places, so that one airport without coordinates does not cost all others their weather.

    Parameters
    ----------
    places:
        A frame with the columns airport (or iata), latitude and longitude, or as many triples.

    Returns
    -------
    :
        The places that can be asked for, and the others with what is wrong with them.
    """
    good, refused = list[Place](), Refusals()
    for line, (airport, latitude, longitude) in enumerate(_triples(places), start=1):
        given = {"airport": airport, "latitude": latitude, "longitude": longitude}
        raw = {name: text(value) or number(value) for name, value in given.items()}
        if wrong := _wrong(raw):
            refused.add(line, raw, *wrong)
        else:
            good.append(Place(str(airport).strip(), float(latitude), float(longitude), line))
    return good, refused


def _triples(places: pd.DataFrame | Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    if not isinstance(places, pd.DataFrame):
        return places
    airport = "airport" if "airport" in places else "iata"
    return list(places[[airport, "latitude", "longitude"]].itertuples(index=False, name=None))


def _wrong(raw: Mapping[str, Any]) -> tuple[str, str] | None:
    if raw["airport"] is None:
        return "airport", "is missing"
    for name, bound in _BOUNDS.items():
        degrees = number(raw[name])
        if degrees is None or abs(degrees) > bound:
            return name, f"is no number from {-bound:g} to {bound:g}: correct the airport's place"
    return None
