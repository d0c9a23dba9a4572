"""Reads warnings of the US National Weather Service into bulletins."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pandas as pd

from pipelines.providers.errors import ProviderBusy
from pipelines.providers.weather_frames import bulletins_frame
from pipelines.providers.weather_payload import (
    Refusals,
    instant,
    mapping,
    one_line,
    raw_text,
    sequence,
    text,
)

SOURCE: Final = "nws"


@dataclass(frozen=True)
class NwsBulletins:
    """Warnings as bulletins, and what could not be used."""

    bulletins: pd.DataFrame
    rejected: pd.DataFrame


def read_alerts(payload: object, airport: str) -> NwsBulletins:
    """Read the warnings in force at one airport.

    A warning that was cancelled is handed over as over the moment it was; a test is refused.

    Parameters
    ----------
    payload:
        The JSON of the answer, GeoJSON or JSON-LD.
    airport:
        IATA code of the airport asked for.

    Returns
    -------
    :
        A bulletin per warning.

    Raises
    ------
    ProviderBusy
        The answer is no collection of warnings.
    """
    return _read(payload, lambda _alert: [airport])


def read_zone_alerts(payload: object, zones: Mapping[str, Sequence[str]]) -> NwsBulletins:
    """Read the warnings in force in zones; one that spans the zones of two airports comes twice.

    Parameters
    ----------
    payload:
        The JSON of the answer.
    zones:
        The zones of each airport.

    Returns
    -------
    :
        A bulletin per warning and airport.

    Raises
    ------
    ProviderBusy
        The answer is no collection of warnings.
    """

    def airports_in(alert: Mapping[str, Any]) -> list[str]:
        named = [text(zone) for zone in sequence(mapping(alert.get("geocode")).get("UGC"))]
        links = [text(zone) or "" for zone in sequence(alert.get("affectedZones"))]
        affected = {*named, *(link.rsplit("/", 1)[-1] for link in links)}
        return [airport for airport, own in zones.items() if affected & set(own)]

    return _read(payload, airports_in)


def _read(
    payload: object, airports_of: Callable[[Mapping[str, Any]], Sequence[str]]
) -> NwsBulletins:
    rows, refused = list[dict[str, Any]](), Refusals()
    for line, item in enumerate(_alerts(payload), start=1):
        alert = mapping(mapping(item).get("properties")) or mapping(item)
        airports = airports_of(alert)
        if wrong := _wrong(alert, airports):
            refused.add(line, item, *wrong)
        else:
            rows += [_bulletin(alert) | {"airport": airport} for airport in airports]
    return NwsBulletins(bulletins_frame(rows), refused.frame())


def _alerts(payload: object) -> Sequence[Any]:
    collection = mapping(payload)
    found = collection.get("features", collection.get("@graph"))
    if not isinstance(found, list):
        raise ProviderBusy(SOURCE, f"sent no warnings but {raw_text(payload)[:100]}: ask again")
    return found


def _wrong(alert: Mapping[str, Any], airports: Sequence[str]) -> tuple[str, str] | None:
    """Say what keeps a warning from an agent's desk."""
    if text(alert.get("id")) is None:
        return "id", "is missing, so that the warning cannot be told from others"
    if _issued_at(alert) is None:
        return "sent", "is no instant"
    if one_line(alert.get("headline")) is None and one_line(alert.get("event")) is None:
        return "headline", "is missing, and so is event: there is nothing to tell"
    status = text(alert.get("status")) or "Actual"
    if status.casefold() != "actual":
        return "status", f"is {status}: not meant for the public"
    if not airports:
        return "affectedZones", "names no zone that was asked for"
    return None


def _bulletin(alert: Mapping[str, Any]) -> dict[str, Any]:
    issued_at = _issued_at(alert)
    begins_at = _first_instant(alert, "onset", "effective") or issued_at
    ends_at = _first_instant(alert, "ends", "expires")
    is_cancelled = (text(alert.get("messageType")) or "").casefold() == "cancel"
    if is_cancelled:
        ends_at = issued_at
    if begins_at and ends_at and ends_at < begins_at:
        # The message expires before what it tells of begins: it stands from when it was sent.
        begins_at = issued_at
    headline = one_line(alert.get("headline")) or _own_headline(alert)
    severity = text(alert.get("severity"))
    told = [text(alert.get("description")), text(alert.get("instruction"))]
    return {
        "source": SOURCE,
        "kind": "alert",
        "bulletin_ref": text(alert.get("id")),
        "issued_at": issued_at,
        "valid_from": begins_at,
        "valid_until": ends_at,
        "severity": None if severity == "Unknown" else severity,
        "headline": f"Cancelled: {headline}" if is_cancelled else headline,
        "raw_text": "\n\n".join(part for part in told if part) or headline,
    }


def _own_headline(alert: Mapping[str, Any]) -> str:
    where = one_line(alert.get("areaDesc"))
    event = one_line(alert.get("event")) or ""
    return f"{event} for {where}" if where else event


def _issued_at(alert: Mapping[str, Any]) -> datetime | None:
    return _first_instant(alert, "sent", "effective")


def _first_instant(alert: Mapping[str, Any], *names: str) -> datetime | None:
    return next((read for name in names if (read := instant(alert.get(name)))), None)


def together(parts: list[NwsBulletins]) -> NwsBulletins:
    """Put what several answers gave under one another; at least one part is needed."""
    return NwsBulletins(
        pd.concat([part.bulletins for part in parts], ignore_index=True),
        pd.concat([part.rejected for part in parts], ignore_index=True),
    )
