"""Airports as documents name them, and the zone their clocks keep."""

import re
from collections import Counter
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import airportsdata

_UNNAMED: Final = ""
_CODE_BEHIND: Final = re.compile(r"\(([A-Z]{3})\)\s*$")
_CLOSED: Final = {"SXF": "Europe/Berlin"}
"""Airports that airportsdata has dropped and older documents still name."""


def zone_of(airport: str) -> ZoneInfo | None:
    """Give the zone of an airport; None if we do not know the airport."""
    found = _airports().get(airport)
    name = found["tz"] if found is not None else _CLOSED.get(airport)
    return ZoneInfo(name) if name is not None else None


def airport_named(name: str) -> str | None:
    """Find the airport of a name; None if none or several bear it."""
    return _airports_by_name().get(name.casefold().replace(".", ""))


def airport_within(text: str) -> str | None:
    """Find the airport of a name, or whose code stands behind it: `San Francisco (SFO)`."""
    coded = _CODE_BEHIND.search(text)
    if coded is not None and coded[1] in _airports():
        return coded[1]
    return airport_named(text)


def airport_of_icao(code: str) -> str | None:
    """Find the airport of an ICAO code such as KSFO; None if there is none."""
    return _airports_by_icao().get(code.strip().upper())


@cache
def _airports() -> dict[str, airportsdata.Airport]:
    return airportsdata.load("IATA")


@cache
def _airports_by_icao() -> dict[str, str]:
    return {airport["icao"]: code for code, airport in _airports().items() if airport["icao"]}


@cache
def _airports_by_name() -> dict[str, str]:
    names = {code: airport["name"].casefold() for code, airport in _airports().items()}
    bearers = Counter(names.values())
    return {name: code for code, name in names.items() if bearers[name] == 1 and name != _UNNAMED}
