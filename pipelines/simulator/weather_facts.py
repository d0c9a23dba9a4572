"""The weather that can be known at an instant: what was observed by then, else last forecast.

Only New York's three airports were observed. A place within 30 km of one has its weather; of any
other place nothing is known.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import pandas as pd

from pipelines.sources.geography import NEW_YORK_AIRPORTS, great_circle_km
from pipelines.sources.nycflights_movements import known_airports
from pipelines.sources.nycflights_weather import VARIABLES
from pipelines.sources.simulated_forecast import LEAD_HOURS

FURTHEST_KM: Final = 30.0
HOUR: Final = pd.Timedelta(hours=1)


class WeatherFacts:
    """Observations and forecasts by airport and hour; a row is about the hour it begins."""

    LONGEST_LEAD: Final = max(LEAD_HOURS) * HOUR

    def __init__(self, observations: pd.DataFrame, forecasts: pd.DataFrame) -> None:
        lead_hours = (forecasts["valid_at"] - forecasts["issued_at"]).dt.total_seconds() / 3_600
        self._observed = _by_airport(observations, "observed_at")
        self._forecast: Mapping[int, Mapping[str, pd.DataFrame]] = {
            lead: _by_airport(forecasts[lead_hours == lead], "valid_at") for lead in LEAD_HOURS
        }

    def known_at(self, airport: str | None, hours: pd.DatetimeIndex, at: datetime) -> pd.DataFrame:
        """Give the weather of hours as far as it is known at an instant.

        Parameters
        ----------
        airport:
            IATA code; of None nothing is known.
        hours:
            In UTC.
        at:
            The instant.

        Returns
        -------
        :
            A row an hour with `VARIABLES`. An hour that is over shows what was observed, which may
            be nothing; a later one shows the forecast issued last, up to three days ahead.
        """
        is_over = hours + HOUR <= pd.Timestamp(at)
        weather = _rows(self._observed, airport, hours).where(_column(is_over, hours))
        for lead in sorted(LEAD_HOURS, reverse=True):
            is_issued = hours - lead * HOUR <= pd.Timestamp(at)
            forecast = _rows(self._forecast[lead], airport, hours)
            weather = weather.where(_column(is_over | ~is_issued, hours), forecast)
        return weather

    def forecast_before(
        self, airport: str | None, hours: pd.DatetimeIndex, at: datetime, lead_hours: int
    ) -> pd.DataFrame:
        """Give what was forecast of hours so many hours before.

        Parameters
        ----------
        airport:
            IATA code; of None nothing is known.
        hours:
            In UTC.
        at:
            The instant; what was issued later is not known.
        lead_hours:
            How long before an hour its forecast was issued.

        Returns
        -------
        :
            A row an hour with `VARIABLES`; empty where no such forecast was made.
        """
        is_issued = hours - lead_hours * HOUR <= pd.Timestamp(at)
        found = _rows(self._forecast.get(lead_hours, {}), airport, hours)
        return found.where(_column(is_issued, hours))

    def observed(self, airport: str, since: datetime, at: datetime) -> pd.DataFrame:
        """Give what was observed in hours that began at or after one instant, known at another."""
        rows = self._observed.get(airport, _nothing())
        return rows.loc[pd.Timestamp(since) : pd.Timestamp(at) - HOUR]


def observed_airport(latitude: float, longitude: float) -> str | None:
    """Give the airport whose weather a place has; None if it is far from all three."""
    found = _distances(latitude, longitude, list(NEW_YORK_AIRPORTS))
    return str(found.idxmin()) if found.min() <= FURTHEST_KM else None


def time_zone_at(latitude: float, longitude: float) -> str:
    """Give the time zone of a place: that of the nearest airport."""
    nearest = _distances(latitude, longitude, list(known_airports().index)).idxmin()
    return str(known_airports().loc[str(nearest), "time_zone"])


def _distances(latitude: float, longitude: float, airports: list[str]) -> "pd.Series[float]":
    places = known_airports().loc[airports]
    here = pd.DataFrame({"latitude": latitude, "longitude": longitude}, index=places.index)
    return great_circle_km(
        places["latitude"], places["longitude"], here["latitude"], here["longitude"]
    )


def _by_airport(rows: pd.DataFrame, hour: str) -> dict[str, pd.DataFrame]:
    return {
        str(airport): own.set_index(hour)[VARIABLES].sort_index()
        for airport, own in rows.groupby("airport")
    }


def _rows(
    by_airport: Mapping[str, pd.DataFrame], airport: str | None, hours: pd.DatetimeIndex
) -> pd.DataFrame:
    return by_airport.get(airport or "", _nothing()).reindex(hours)


def _nothing() -> pd.DataFrame:
    return pd.DataFrame(columns=VARIABLES, index=pd.DatetimeIndex([], tz="UTC"), dtype="float64")


def _column(flags: object, hours: pd.DatetimeIndex) -> pd.DataFrame:
    """Lay one flag an hour over every variable."""
    return pd.DataFrame(dict.fromkeys(VARIABLES, flags), index=hours)
