"""The weather at an airport around an instant, as far as it was known: observed and forecast."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from warehouse.rules.permissions import require
from warehouse.vocabulary import Actor, BulletinKind, Permission

SIMULATED = "simulated"

_WEATHER = text(
    """
    SELECT observed_at AS valid_at, known_at AS issued_at, 'observed' AS source,
      false AS is_forecast, wind_mps, gust_mps, visibility_m, precipitation_mm, temperature_c
    FROM feeds.weather_observation
    WHERE airport = :airport AND observed_at >= :start AND observed_at < :until
      AND known_at <= :known_by
    UNION ALL
    (SELECT DISTINCT ON (valid_at) valid_at, issued_at, source,
      true, wind_mps, gust_mps, visibility_m, precipitation_mm, temperature_c
    FROM feeds.weather_forecast
    WHERE airport = :airport AND valid_at >= :start AND valid_at < :until
      AND issued_at <= :known_by
    ORDER BY valid_at, issued_at DESC, source)
    ORDER BY valid_at, is_forecast
    """
)


_BULLETINS = text(
    """
    SELECT source, kind, issued_at, valid_from, valid_until, severity, headline, raw_text FROM (
      SELECT *, row_number() OVER (PARTITION BY kind ORDER BY issued_at DESC) AS place
      FROM feeds.weather_bulletin
      WHERE airport = :airport AND valid_from < :until AND issued_at <= :known_by
        AND coalesce(valid_until, 'infinity') >= :start
    ) AS said
    WHERE kind = 'alert' OR place = 1
    ORDER BY kind <> 'alert', kind, issued_at DESC
    """
)
ATTRIBUTIONS = {
    "open-meteo": "Forecast: weather data by [Open-Meteo.com](https://open-meteo.com/), CC BY 4.0."
}
"""What the licence of a source asks to be shown beside its data."""


@dataclass(frozen=True, slots=True)
class WeatherHour:
    """One hour of weather at one airport, observed or forecast; metric, None where absent."""

    valid_at: datetime
    issued_at: datetime
    source: str
    is_forecast: bool
    wind_mps: float | None
    gust_mps: float | None
    visibility_m: float | None
    precipitation_mm: float | None
    temperature_c: float | None

    @property
    def is_simulated(self) -> bool:
        """Whether no archived forecast exists and this one was simulated."""
        return self.source.startswith(SIMULATED)

    @property
    def attribution(self) -> str | None:
        """What the licence of the source asks to be shown beside it; None if nothing."""
        return next((words for name, words in ATTRIBUTIONS.items() if name in self.source), None)


@dataclass(frozen=True, slots=True)
class BulletinRow:
    """What a weather service says of an airport, in a line and as it was received."""

    source: str
    kind: BulletinKind
    issued_at: datetime
    valid_from: datetime
    valid_until: datetime | None
    severity: str | None
    headline: str
    raw_text: str


def list_bulletins(
    session: Session,
    actor: Actor,
    airport: str,
    *,
    start: datetime,
    until: datetime,
    known_by: datetime,
) -> list[BulletinRow]:
    """List what was said of an airport for a span: all warnings, the newest report and forecast.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who asks. Needs `Permission.SEE_ALERTS`.
    airport:
        IATA code.
    start:
        Bulletins that had ended by then are left out.
    until:
        Bulletins that begin later are left out.
    known_by:
        Nothing is shown that was issued later.

    Returns
    -------
    :
        Warnings first, the newest of each first.

    Raises
    ------
    PermissionRefused
        The actor may not see alerts.
    """
    require(actor, Permission.SEE_ALERTS)
    asked = {"airport": airport, "start": start, "until": until, "known_by": known_by}
    rows = session.execute(_BULLETINS, asked).mappings()
    return [BulletinRow(**{**row, "kind": BulletinKind(row["kind"])}) for row in rows]


def list_weather(
    session: Session,
    actor: Actor,
    airport: str,
    *,
    start: datetime,
    until: datetime,
    known_by: datetime,
) -> list[WeatherHour]:
    """List what was known of the weather at an airport, hour by hour.

    Parameters
    ----------
    session:
        Open transaction.
    actor:
        Who asks. Needs `Permission.SEE_ALERTS`.
    airport:
        IATA code.
    start:
        First hour, UTC.
    until:
        Exclusive end, UTC.
    known_by:
        Leave out what was observed or issued after this instant, UTC.

    Returns
    -------
    :
        In order of time; an hour may come twice, observed and forecast. Of the forecasts of one
        hour, the newest.

    Raises
    ------
    PermissionRefused
        The actor's roles may not see alerts.
    """
    require(actor, Permission.SEE_ALERTS)
    window = {"airport": airport, "start": start, "until": until, "known_by": known_by}
    rows = session.execute(_WEATHER, window)
    return [WeatherHour(**row._mapping) for row in rows]
