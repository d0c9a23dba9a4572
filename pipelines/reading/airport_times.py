"""Places rows in time by the clocks of their airports, and refuses what no clock ever showed."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.reading.airport_clocks import first_instants, local_dates, zones_of
from pipelines.reading.row_rules import RowRule
from pipelines.reading.segments import DATE_TYPE, INSTANT_TYPE

_OTHER_DAY: Final = RowRule(
    "departure_on",
    "",
    "departure_on is not the day of the departure in local time at {origin}: {given}.",
    ("departure_on", "departure_local", "departure_at"),
)
_BACKWARDS: Final = RowRule(
    "arrival_at",
    "",
    "The arrival is not after the departure: {given}.",
    ("departure_local", "departure_at", "arrival_local", "arrival_at"),
)


def _unknown(airport: str) -> RowRule:
    return RowRule(
        airport, "", f"The {airport} {{{airport}!r}} is no airport's IATA code, such as EWR."
    )


def _skipped(event: str, airport: str) -> RowRule:
    return RowRule(
        f"{event}_local",
        "",
        f"{event}_local {{{event}_local}} is a time that clocks at {{{airport}}} never showed:"
        " they were put forward over it.",
    )


@dataclass(frozen=True)
class AirportTimes:
    """When rows leave and arrive."""

    departure_at: "pd.Series[pd.Timestamp]"
    arrival_at: "pd.Series[pd.Timestamp]"
    departure_on: "pd.Series[pd.Timestamp]"
    refused: list[tuple[RowRule, NDArray[np.bool_]]]
    """Why rows cannot be placed, each row once, and which."""

    @property
    def is_refused(self) -> NDArray[np.bool_]:
        """Which rows cannot be placed at all."""
        masks = [failing for _, failing in self.refused]
        return np.asarray(np.logical_or.reduce(masks))


def place_in_time(rows: pa.Table) -> AirportTimes:
    """Resolve wall time at airports.

    Parameters
    ----------
    rows:
        Rows with airports, instants, wall times and dates, each missing or not.

    Returns
    -------
    :
        Instants and local dates by the rows' places.
    """
    origin, destination = _texts(rows, "origin"), _texts(rows, "destination")
    origin_zone, destination_zone = zones_of(origin), zones_of(destination)
    departure_local, arrival_local = _times(rows, "departure_local"), _times(rows, "arrival_local")
    departs = _times(rows, "departure_at").fillna(first_instants(departure_local, origin_zone))
    arrives = _times(rows, "arrival_at").fillna(first_instants(arrival_local, destination_zone))
    given_on = _times(rows, "departure_on").astype(DATE_TYPE)
    shown_on = departure_local.dt.normalize().astype(DATE_TYPE)
    unshown = departs.where(departure_local.isna())
    shown_on = shown_on.fillna(local_dates(unshown, origin_zone))
    return AirportTimes(
        departs,
        arrives,
        given_on.fillna(shown_on),
        _first_of_each([
            (_unknown("origin"), _are(origin.notna() & origin_zone.isna())),
            (_unknown("destination"), _are(destination.notna() & destination_zone.isna())),
            (_skipped("departure", "origin"), _are(departure_local.notna() & departs.isna())),
            (_skipped("arrival", "destination"), _are(arrival_local.notna() & arrives.isna())),
            (_OTHER_DAY, _are(given_on.notna() & shown_on.notna() & (given_on != shown_on))),
            (_BACKWARDS, _are(arrives <= departs)),
        ]),
    )


def _texts(rows: pa.Table, column: str) -> "pd.Series[str]":
    texts: pd.Series[str] = rows.column(column).to_pandas().astype("str")
    return texts


def _times(rows: pa.Table, column: str) -> "pd.Series[pd.Timestamp]":
    kind = INSTANT_TYPE if column.endswith("_at") else "datetime64[us]"
    times: pd.Series[pd.Timestamp] = (
        rows.column(column).to_pandas(date_as_object=False).astype(kind)
    )
    return times


def _are(rows: "pd.Series[bool]") -> NDArray[np.bool_]:
    return rows.to_numpy(dtype=bool)


def _first_of_each(
    refused: list[tuple[RowRule, NDArray[np.bool_]]],
) -> list[tuple[RowRule, NDArray[np.bool_]]]:
    """Leave each row to the first rule that it breaks."""
    masks = np.array([failing for _, failing in refused])
    first = masks & (np.cumsum(masks, axis=0) == 1)
    return [(rule, first[i]) for i, (rule, _) in enumerate(refused)]
