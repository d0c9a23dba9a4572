"""Hands over the embedded facts as if they came in: hour by hour as they become known.

An hour's facts are those known after it began and by its end, so that whoever predicts at the end
of the hour has all of it and nothing more. The first hour also brings all that was known before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Final

import dagster as dg

from pipelines.partitions import HISTORY_ENDS_AT, HISTORY_STARTS_AT, Window

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.pulling import Pull
    from pipelines.sources.generated_travel import GeneratedTravel


@dataclass(frozen=True)
class Handover:
    """Rows of one source, with those it refused and the values it blanked."""

    source: str
    rows: pd.DataFrame
    rejected: pd.DataFrame | None = None
    corrected: pd.DataFrame | None = None

    def nothing(self) -> Handover:
        """Give as much of nothing, in the same columns."""
        return Handover(self.source, self.rows.iloc[:0])


@dataclass(frozen=True)
class BookingHandover:
    """Bookings of one source with all that belongs to them."""

    source: str
    bookings: pd.DataFrame
    booking_travellers: pd.DataFrame
    legs: pd.DataFrame
    stays: pd.DataFrame

    def nothing(self) -> BookingHandover:
        """Give as much of nothing, in the same columns."""
        parts = (self.bookings, self.booking_travellers, self.legs, self.stays)
        return BookingHandover(self.source, *[part.iloc[:0] for part in parts])


class EmbeddedProvider(dg.ConfigurableResource):  # type: ignore[type-arg] # Dagster's own base is generic
    """The real flights and weather of 2013, with simulated forecasts and generated travel."""

    def airports(self) -> Handover:
        """Give every airport a flight touches."""
        from pipelines.sources.nycflights import read_airports

        return Handover("airportsdata", read_airports())

    def carriers(self) -> Handover:
        """Give every carrier."""
        from pipelines.sources.nycflights import read_carriers
        from pipelines.sources.nycflights_files import SOURCE

        return Handover(SOURCE, read_carriers())

    def flights(self, window: Window) -> Iterator[Handover]:
        """Give the flights scheduled to leave in a window, the real ones and then the generated."""
        from pipelines.sources.generated_travel import SOURCE as GENERATED
        from pipelines.sources.nycflights import read_flights
        from pipelines.sources.nycflights_files import SOURCE

        _refuse_later_than_data(window)
        real = read_flights()
        column = "scheduled_departure_at"
        rejected = real.rejected if _is_first(window) else None
        yield Handover(SOURCE, _scheduled_in(real.accepted, column, window), rejected)
        # Generated only now: the first load has the real ones written before it needs these.
        yield Handover(GENERATED, _scheduled_in(_travel().flights, column, window))

    def flight_reports(self, window: Window) -> Handover:
        """Give what carriers reported in a window."""
        from pipelines.sources.nycflights import read_flight_reports
        from pipelines.sources.nycflights_files import SOURCE

        _refuse_later_than_data(window)
        return Handover(SOURCE, _known_in(read_flight_reports(), "reported_at", window))

    def observations(self, window: Window) -> Handover:
        """Give the observations that became known in a window."""
        from pipelines.sources.nycflights import read_weather_observations
        from pipelines.sources.nycflights_files import SOURCE

        _refuse_later_than_data(window)
        year = read_weather_observations()
        rows = _known_in(year.accepted, "known_at", window)
        if not _is_first(window):
            return Handover(SOURCE, rows)
        return Handover(SOURCE, rows, year.rejected, year.corrected)

    def forecasts(self, window: Window) -> Handover:
        """Give the simulated forecasts issued in a window."""
        from datetime import timedelta

        from pipelines.sources.simulated_forecast import SOURCE, forecasts_between

        _refuse_later_than_data(window)
        # Issued on the hour: after the window's start and by its end.
        second = timedelta(seconds=1)
        return Handover(SOURCE, forecasts_between(window.start + second, window.end + second))

    def bulletins(self, window: Window) -> Iterator[Handover]:  # noqa: ARG002 # for providers
        """Give what weather services say in words: nothing is archived for the embedded year."""
        return iter(())

    def segments(self, since: datetime | None) -> Pull | None:  # noqa: ARG002 # as above
        """Ask an agency for its changed bookings: none is connected."""
        return None

    def availability(self, window: Window) -> Iterator[tuple[Handover, Handover]]:  # noqa: ARG002
        """Ask hotel suppliers for rooms: none is connected."""
        return iter(())

    def travellers(self) -> Handover:
        """Give every generated traveller."""
        return _generated(_travel().travellers)

    def hotels(self) -> Handover:
        """Give every generated hotel."""
        return _generated(_travel().hotels.rename(columns={"refundable": "is_refundable"}))

    def bookings(self, window: Window) -> BookingHandover:
        """Give the bookings made in a window."""
        from pipelines.sources.generated_travel import SOURCE

        _refuse_later_than_data(window)
        travel, standing = _travel(), "confirmed"
        bookings = _known_in(travel.bookings, "booked_at", window)
        currency = bookings.set_index("booking_ref")["currency"]

        def belonging(rows: pd.DataFrame) -> pd.DataFrame:
            own = rows[rows["booking_ref"].isin(currency.index)]
            return own.assign(status=standing, currency=own["booking_ref"].map(currency))

        return BookingHandover(
            SOURCE,
            bookings.assign(status=standing, source_updated_at=bookings["booked_at"]),
            belonging(travel.booking_travellers),
            belonging(travel.legs),
            belonging(travel.stays),
        )

    def room_inventory(self, window: Window) -> Handover:
        """Give what hotels reported of their rooms in a window."""
        _refuse_later_than_data(window)
        reports = _known_in(_travel().room_inventory, "reported_at", window)
        return _generated(
            reports.rename(columns={"total": "reported_total"}).assign(count_semantics="gross")
        )


_GENERATING: Final = Lock()
"""Lanes that load side by side generate the year once: the second to ask waits."""


def _travel() -> GeneratedTravel:
    from pipelines.sources.generated_travel import generate_travel

    with _GENERATING:
        return generate_travel()


def _generated(rows: pd.DataFrame) -> Handover:
    from pipelines.sources.generated_travel import SOURCE

    return Handover(SOURCE, rows)


def _is_first(window: Window) -> bool:
    return window.start <= HISTORY_STARTS_AT


def _scheduled_in(rows: pd.DataFrame, column: str, window: Window) -> pd.DataFrame:
    return rows[(rows[column] >= window.start) & (rows[column] < window.end)]


def _known_in(rows: pd.DataFrame, column: str, window: Window) -> pd.DataFrame:
    known = rows[column] <= window.end
    return rows[known if _is_first(window) else known & (rows[column] > window.start)]


def _refuse_later_than_data(window: Window) -> None:
    if window.start >= HISTORY_ENDS_AT:
        raise dg.Failure(
            f"The embedded facts end on {HISTORY_ENDS_AT:%d %B %Y} and no live provider is "
            "configured: set STORMDESK_PROFILE=replay.",
            allow_retries=False,
        )
