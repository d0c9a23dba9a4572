"""What must hold of a row before it is a segment, as conditions in DuckDB's SQL and reasons."""

from dataclasses import dataclass
from typing import Final

from pipelines.reading.mapped_columns import IGNORED
from pipelines.reading.moments import EARLIEST_YEAR, LATEST_YEAR
from warehouse.rules.currencies import DECIMALS

MOST_CHARACTERS: Final = 2_000
"""No reference, name or address is longer."""
IATA_CARRIER: Final = "[A-Z][A-Z0-9]|[0-9][A-Z]"


@dataclass(frozen=True)
class RowRule:
    """One way in which a row is no segment."""

    column: str
    broken: str
    """SQL that is true of the rows it refuses."""
    reason: str
    """A sentence with places for our columns, for what the row `said` of the rule's column, and
    for what the file's own columns have `given`."""
    given: tuple[str, ...] = ()
    """Which of our columns that is told of; none for the rule's column alone."""


def _begins_like_formula(column: str) -> RowRule:
    return RowRule(
        column,
        f"regexp_matches({column}, '^[=+@-]')",
        f"{column} {{{column}!r}} begins like a spreadsheet's formula, as none does:"
        " correct it in the export.",
    )


def _outside(column: str, low: int, high: int) -> RowRule:
    return RowRule(
        column,
        f"{column} NOT BETWEEN {low} AND {high}",
        f"{column} {{{column}}} is not between {low:,} and {high:,}.",
    )


def _outside_years(column: str) -> RowRule:
    return RowRule(
        column,
        # An endless date has no year at all.
        f"NOT coalesce(year({column}) BETWEEN {EARLIEST_YEAR} AND {LATEST_YEAR}, {column} IS NULL)",
        f"{column} {{said}} is not between the years"
        f" {EARLIEST_YEAR} and {LATEST_YEAR}: is the year written with four digits?",
    )


def _missing(kind: str, column: str, *others: str, unless: str = "FALSE") -> RowRule:
    names = (column, *others)
    absent = " AND ".join(f"{name} IS NULL" for name in names)
    return RowRule(
        column,
        f"kind = '{kind}' AND {absent} AND NOT {unless}",
        f"The {kind} has no {' or '.join(names)}: {{given}}.",
        names,
    )


def _any_of(currencies: list[str]) -> str:
    return ", ".join(f"'{code}'" for code in currencies)


KIND_RULES: Final = (
    RowRule(
        "booking_ref",
        "booking_ref IS NULL",
        "The row has no booking_ref, so nobody can say what it belongs to: {given}.",
    ),
    RowRule(
        "kind",
        "kind = 'both'",
        "The row names both a flight and a stay: split it in two, or map kind.",
    ),
    RowRule(
        "kind",
        "kind = 'neither'",
        "The row names neither a flight nor a stay: if it is about a whole booking, kind must say"
        " so.",
    ),
)
FLIGHT_RULES: Final = (
    RowRule(
        "flight_number",
        "kind = 'flight' AND flight_number IS NULL AND numbered IS NOT NULL",
        "The flight number {numbered!r} is none: expected are up to five digits, such as 1545.",
    ),
    RowRule(
        "carrier",
        "number_prefix <> carrier",
        "The flight number {numbered!r} begins with another carrier than {carrier}.",
    ),
    RowRule(
        "carrier",
        f"NOT regexp_full_match(carrier, '{IATA_CARRIER}')",
        "The carrier {carrier!r} is no two-character IATA code: translate it in [values.carrier].",
    ),
    _missing("flight", "carrier"),
    _missing("flight", "flight_number"),
    _missing("flight", "origin"),
    _missing("flight", "departure_local", "departure_at", "departure_on"),
    RowRule(
        "arrival_local",
        "arrival_local IS NOT NULL AND destination IS NULL",
        "arrival_local is wall time at the destination, and the row has none.",
    ),
)
STAY_RULES: Final = (
    _missing("stay", "hotel_ref", "hotel_name"),
    _missing("stay", "check_in_on"),
    _missing("stay", "check_out_on", unless="coalesce(status = 'cancelled', FALSE)"),
    RowRule(
        "check_out_on",
        "check_out_on <= check_in_on",
        "check_out_on {check_out_on} is not after check_in_on {check_in_on}.",
    ),
    _outside("rooms", 1, 999),
    _outside("hotel_latitude", -90, 90),
    _outside("hotel_longitude", -180, 180),
)
MONEY_RULES: Final = (
    RowRule(
        "currency",
        f"currency NOT IN ({_any_of(sorted(DECIMALS))})",
        "The currency {currency!r} is no code of ISO 4217, such as USD.",
    ),
    RowRule(
        "currency",
        "currency IS NULL AND (price IS NOT NULL OR price_minor_units IS NOT NULL)",
        "The row has a price and no currency.",
    ),
    RowRule(
        "price",
        "exact_minor_units % 1 <> 0",
        "The price {said} has more decimals than {currency} has.",
    ),
    RowRule(
        "price",
        "coalesce(price, price_minor_units) < 0",
        "The price is negative: a refund is no segment, a cancellation is a status.",
    ),
)
ROW_RULES: Final = (
    RowRule("kind", f"kind = '{IGNORED}'", ""),
    *KIND_RULES,
    *(
        _begins_like_formula(name)
        for name in ("booking_ref", "traveller_name", "given_name", "family_name")
    ),
    *FLIGHT_RULES,
    *STAY_RULES,
    *MONEY_RULES,
    *(
        _outside_years(name)
        for name in (
            *("departure_local", "arrival_local", "departure_at", "arrival_at", "departure_on"),
            *("check_in_on", "check_out_on", "booked_at", "source_updated_at"),
        )
    ),
)

MINOR_UNITS_PER_MAJOR: Final = (
    "CASE "
    + " ".join(
        f"WHEN currency IN ({_any_of([code for code, own in DECIMALS.items() if own == decimals])})"
        f" THEN {10**decimals}"
        for decimals in sorted(set(DECIMALS.values()))
    )
    + " END"
)
"""SQL for how many of a currency's smallest units make one."""
