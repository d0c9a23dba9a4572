"""Reads warnings of the US National Weather Service into bulletins."""

from collections.abc import Callable, Iterator, Mapping, Sequence
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
    members,
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

    A message that updates or cancels earlier ones takes the reference of the first of them, so
    that a warning stands once, as it was told last. One that was cancelled is over the moment it
    was; a test is refused.

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
        named = members(mapping(alert.get("geocode")).get("UGC"))
        affected = {_zone(zone) for zone in (*named, *members(alert.get("affectedZones")))}
        return [
            airport for airport, own in zones.items() if affected & {_zone(zone) for zone in own}
        ]

    return _read(payload, airports_in)


def _read(
    payload: object, airports_of: Callable[[Mapping[str, Any]], Sequence[str]]
) -> NwsBulletins:
    rows, refused = list[dict[str, Any]](), Refusals()
    for line, item in enumerate(_alerts(payload), start=1):
        alert = mapping(mapping(item).get("properties")) or mapping(item)
        ref, airports = _ref(item, alert), airports_of(alert)
        if wrong := _wrong(alert, ref, airports):
            refused.add(line, item, *wrong)
        else:
            bulletin = _bulletin(alert) | {"own_ref": ref, "first_ref": _first_ref(alert) or ref}
            rows += [bulletin | {"airport": airport} for airport in airports]
    return NwsBulletins(bulletins_frame(_each_once(rows)), refused.frame())


def _each_once(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Name warnings by the first of their messages; of several that follow one, only the newest."""
    taken = set[tuple[str, str]]()
    for row in sorted(rows, key=lambda row: row["issued_at"], reverse=True):
        key = (row["first_ref"], row["airport"])
        yield row | {"bulletin_ref": row["own_ref"] if key in taken else row["first_ref"]}
        taken.add(key)


def _alerts(payload: object) -> Sequence[Any]:
    collection = mapping(payload)
    if collection.get("type") == "Feature":
        return [payload]
    found = collection.get("features", collection.get("@graph"))
    if not isinstance(found, list):
        raise ProviderBusy(SOURCE, f"sent no warnings but {raw_text(payload)[:100]}: ask again")
    return found


def _ref(item: object, alert: Mapping[str, Any]) -> str | None:
    """Read a message's own id, which also ends the address it is found at."""
    addresses = (alert.get("@id"), mapping(item).get("id"), mapping(item).get("@id"))
    at = (text(address) for address in addresses)
    return text(alert.get("id")) or next((_last_part(each) for each in at if each), None)


def _first_ref(alert: Mapping[str, Any]) -> str | None:
    """Give the id of the first message that this one follows; None if it follows none."""
    followed = [
        (sent, ref)
        for earlier in map(mapping, sequence(alert.get("references")))
        if (ref := text(earlier.get("identifier"))) and (sent := instant(earlier.get("sent")))
    ]
    expired = members(mapping(alert.get("parameters")).get("expiredReferences"))
    for named in (each for listed in expired for each in (text(listed) or "").split()):
        _, _, rest = named.partition(",")
        ref, _, sent_text = rest.partition(",")
        if ref and (sent := instant(sent_text)):
            followed.append((sent, ref))
    return min(followed)[1] if followed else None


def _zone(named: object) -> str | None:
    """Read a zone's code, or the end of its address."""
    read = text(named)
    return _last_part(read).upper() if read else None


def _last_part(address: str) -> str:
    return address.rstrip("/").rsplit("/", 1)[-1]


def _wrong(
    alert: Mapping[str, Any], ref: str | None, airports: Sequence[str]
) -> tuple[str, str] | None:
    """Say what keeps a warning from an agent's desk."""
    if ref is None:
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
        begins_at = min(issued_at or ends_at, ends_at)
    headline = one_line(alert.get("headline")) or _own_headline(alert)
    severity = (text(alert.get("severity")) or "").capitalize() or None
    told = [text(alert.get("description")), text(alert.get("instruction"))]
    return {
        "source": SOURCE,
        "kind": "alert",
        "issued_at": issued_at,
        "valid_from": begins_at,
        "valid_until": ends_at,
        "severity": None if severity in {None, "Unknown"} else severity,
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
