"""What a mapping may give: a segment's columns, and what some of them can be made of."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pipelines.reading.segments import SEGMENT_COLUMNS

IGNORED: Final = "ignored"
"""The kind of a row that is neither a flight nor a stay, such as a train's."""

SAID_OTHERWISE: Final = (
    "departure_local",
    "arrival_local",
    "price",
    "traveller_name",
    "deleted",
)
"""What a mapping may give instead: wall time at the airport, a price in major units and so on."""

MAPPABLE: Final = (*(name for name in SEGMENT_COLUMNS if name != "line"), *SAID_OTHERWISE)

ALLOWED_VALUES: Final[Mapping[str, Collection[str]]] = {
    "status": ("confirmed", "cancelled"),
    "kind": ("flight", "stay", "booking", IGNORED),
    "deleted": ("true", "false"),
}
"""What a translation may lead to, where that is not free."""

_REMEDY: Final = ": give it under [columns]."

_MADE_OF: Final = {
    "departure_at": ("departure_local",),
    "departure_on": ("departure_at", "departure_local"),
    "arrival_at": ("arrival_local",),
    "price_minor_units": ("price",),
    "given_name": ("traveller_name",),
    "family_name": ("traveller_name",),
    "status": ("deleted",),
}
_FLIGHT_COLUMNS: Final = (
    *("carrier", "flight_number", "origin", "destination", "cabin"),
    *("departure_at", "departure_local", "departure_on", "arrival_at", "arrival_local"),
)
_STAY_COLUMNS: Final = (
    *("hotel_ref", "hotel_name", "hotel_address", "hotel_latitude", "hotel_longitude"),
    *("room_type", "check_in_on", "check_out_on", "rooms"),
)
_NEEDED: Final = (
    (
        "a flight",
        _FLIGHT_COLUMNS,
        (("flight_number",), ("origin",), ("departure_local", "departure_at", "departure_on")),
    ),
    (
        "a stay",
        _STAY_COLUMNS,
        (("hotel_ref", "hotel_name"), ("check_in_on",), ("check_out_on",)),
    ),
)
"""Of whom any column is given, of it one of each of these must be."""


@dataclass(frozen=True)
class GivenColumns:
    """The columns that a mapping gives, and whether they suffice."""

    columns: frozenset[str]

    @property
    def meant(self) -> frozenset[str]:
        """Columns of a segment that are given, or made of what is given."""
        made = {name for name, parts in _MADE_OF.items() if not self.columns.isdisjoint(parts)}
        return self.columns.intersection(SEGMENT_COLUMNS) | made | {"kind"}

    def problems(self) -> Iterator[str]:
        """Say what is missing or contradictory, the most telling first."""
        yield from self.gaps()
        yield from self._contradictions()

    def gaps(self) -> Iterator[str]:
        """Say what is missing."""
        if "booking_ref" not in self.columns:
            yield f"booking_ref is missing, without which no row says what it is of{_REMEDY}"
        for noun, touched, needed in _NEEDED:
            if not self.columns.isdisjoint(touched):
                yield from self._lacking(noun, needed)
        if self.columns.isdisjoint({*_FLIGHT_COLUMNS, *_STAY_COLUMNS, "status", "deleted"}):
            yield f"no column gives a flight, a stay or the status of a booking{_REMEDY}"

    def _lacking(self, noun: str, needed: Iterable[tuple[str, ...]]) -> Iterator[str]:
        for names in needed:
            if self.columns.isdisjoint(names):
                yield f"{' or '.join(names)} is missing, which {noun} needs{_REMEDY}"

    def _contradictions(self) -> Iterator[str]:
        if "price" in self.columns and "currency" not in self.columns:
            yield "price needs currency: give it as a column, or for all rows as \"'USD'\"."
        if {"price", "price_minor_units"} <= self.columns:
            yield "price and price_minor_units say the same: keep one of them."
        if "arrival_local" in self.columns and "destination" not in self.columns:
            yield "arrival_local needs destination: it is wall time there."
