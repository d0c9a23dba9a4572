"""What every booking document is read into: one row per segment and traveller.

A row of kind `booking` speaks of a whole reservation without naming a segment, such as a bare
cancellation. A row without a traveller speaks of everybody on its booking. What a document does
not say is missing, never guessed: a status, a time of change, a traveller's reference.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from operator import attrgetter
from typing import Final, Literal, NamedTuple, Self

import pandas as pd

from pipelines.reading.values import storable_text
from warehouse.bulk.contract import REFUSED_COLUMNS

SegmentKind = Literal["flight", "stay", "booking"]
SegmentStatus = Literal["confirmed", "cancelled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Segment:
    """What one document says of one traveller on one flight or in one hotel."""

    line: int
    """Place in the document, from 1: a row's, or that of the reservation the segment is of."""
    booking_ref: str | None = None
    status: SegmentStatus | None = None
    kind: SegmentKind
    traveller_ref: str | None = None
    """The source's own reference, never derived from a name."""
    given_name: str | None = None
    family_name: str | None = None
    email: str | None = None
    phone: str | None = None
    carrier: str | None = None
    """Two-character IATA code of whose number travellers know the flight by."""
    flight_number: str | None = None
    """Digits alone, without leading zeros."""
    origin: str | None = None
    destination: str | None = None
    departure_at: datetime | None = None
    arrival_at: datetime | None = None
    departure_on: date | None = None
    """Local date at the origin."""
    cabin: str | None = None
    hotel_ref: str | None = None
    hotel_name: str | None = None
    hotel_address: str | None = None
    hotel_latitude: float | None = None
    hotel_longitude: float | None = None
    room_type: str | None = None
    check_in_on: date | None = None
    check_out_on: date | None = None
    rooms: int | None = None
    price_minor_units: int | None = None
    """Of this row alone, so that rows add up; a price of many stands on the first of them."""
    currency: str | None = None
    booked_at: datetime | None = None
    source_updated_at: datetime | None = None


class Rejected(NamedTuple):
    """What a document holds that cannot be used, with the words a person can act on."""

    line: int
    raw: str
    column_name: str
    reason: str


SEGMENT_COLUMNS: Final = tuple(field.name for field in fields(Segment))
INSTANT_TYPE: Final = "datetime64[us, UTC]"
DATE_TYPE: Final = "datetime64[s]"
_VALUES: Final = attrgetter(*SEGMENT_COLUMNS)
_DEGREES: Final = ("hotel_latitude", "hotel_longitude")
_COUNTS: Final = ("rooms", "price_minor_units")


@dataclass(frozen=True)
class Understood:
    """What was found in one document: nothing in it is neither a segment, rejected nor ignored."""

    kind: str
    """What the document was understood to be, in words."""
    segments: pd.DataFrame
    """Columns `SEGMENT_COLUMNS`: text is `str`, an instant UTC, a date its midnight."""
    rejected: pd.DataFrame
    """Columns line, raw, column_name and reason."""
    ignored_count: int = 0
    """How many things in the document are no reservation of a flight or a stay."""

    @classmethod
    def of_rows(
        cls,
        kind: str,
        segments: Iterable[Segment] = (),
        rejected: Iterable[Rejected] = (),
        ignored_count: int = 0,
    ) -> Self:
        """Put what a reader found into frames.

        Parameters
        ----------
        kind:
            What the document was understood to be.
        segments:
            What can be used.
        rejected:
            What cannot.
        ignored_count:
            How many things are no reservation of a flight or a stay.

        Returns
        -------
        :
            The same with the types that all readers share.
        """
        return cls(kind, segments_frame(segments), rejected_frame(rejected), ignored_count)

    @classmethod
    def empty(cls, kind: str, ignored_count: int = 0) -> Self:
        """Say that a document holds no reservation."""
        return cls.of_rows(kind, ignored_count=ignored_count)


def segments_frame(segments: Iterable[Segment]) -> pd.DataFrame:
    """Put segments under one another, each column in its type."""
    rows = pd.DataFrame(
        [_VALUES(row) for row in segments], columns=list(SEGMENT_COLUMNS), dtype=object
    )
    return pd.DataFrame({name: _typed(rows[name]) for name in SEGMENT_COLUMNS})


def rejected_frame(rejected: Iterable[Rejected]) -> pd.DataFrame:
    """Put what was rejected under one another."""
    rows = pd.DataFrame(list(rejected), columns=REFUSED_COLUMNS, dtype=object)
    return pd.DataFrame({name: _typed(rows[name]) for name in REFUSED_COLUMNS})


def _typed(values: pd.Series) -> pd.Series:
    name = str(values.name)
    if name.endswith("_at"):
        return pd.to_datetime(values, utc=True).astype(INSTANT_TYPE)
    if name.endswith("_on"):
        return pd.to_datetime(values).astype(DATE_TYPE)
    if name in _DEGREES:
        return values.astype("float64")
    if name in _COUNTS:
        return values.astype("Int64")
    if name == "line":
        return values.astype("int64")
    return values.map(storable_text, na_action="ignore").astype("str")
