"""Reads values out of a supplier's JSON: what is absent is None, what means nothing is refused."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any, Final

from warehouse.rules.currencies import DECIMALS, AmountRefused, minor_units

MOST_NIGHTS: Final = 90
MOST_ROOMS: Final = 10_000
_NO_INSTANT: Final = datetime(1, 1, 1, tzinfo=UTC)
_LONGEST_NUMBER: Final = 10**18
_UNWRITABLE: Final = dict.fromkeys(range(32), " ") | {127: " "}


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row of a payload that cannot be used, kept as it came for a person to look at."""

    line: int
    raw: str
    column_name: str
    reason: str


class RowRefused(Exception):
    """One row of a payload cannot be used: which field, and what is wrong with it."""

    def __init__(self, column_name: str, reason: str) -> None:
        self.column_name, self.reason = column_name, reason
        super().__init__(f"{column_name} {reason}")


def mapping(value: object) -> Mapping[str, Any]:
    """Give an object's fields; none if it is anything else."""
    return value if isinstance(value, dict) else {}


def members(value: object) -> list[Any]:
    """Give a list's members; an object stands for a list of one, anything else for an empty one."""
    if isinstance(value, dict):
        return [value]
    return value if isinstance(value, list) else []


def words(value: object) -> str | None:
    """Give text that can be stored and shown; None if there is none."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LONGEST_NUMBER:
        return str(value)
    if not isinstance(value, str):
        return None
    storable = value.encode("utf-8", "replace").decode().translate(_UNWRITABLE)
    return " ".join(storable.split()) or None


def says_yes(value: object) -> bool:
    """Tell whether a field says yes, as a truth or as text."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def needed_words(value: object, column_name: str) -> str:
    """Give text that a row cannot do without."""
    text = words(value)
    if text is None:
        raise RowRefused(column_name, "is missing")
    return text


def number(value: object, lowest: float, highest: float) -> float | None:
    """Give a number within bounds; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if isfinite(found) and lowest <= found <= highest else None


def room_count(value: object, column_name: str) -> int | None:
    """Give a number of rooms; None if the supplier does not say."""
    if value is None:
        return None
    found = number(value, 0, MOST_ROOMS)
    if found is None or found % 1:
        raise RowRefused(column_name, f"is not a whole number from 0 to {MOST_ROOMS}")
    return int(found)


def instant(value: object, column_name: str) -> datetime | None:
    """Give an instant; without an offset it is UTC, as both suppliers promise.

    Parameters
    ----------
    value:
        What was sent; the first of the year 1 is how some programs write that there is none.
    column_name:
        Where it stood.

    Returns
    -------
    :
        In UTC; None if there is none.

    Raises
    ------
    RowRefused
        It is something else.
    """
    if value is None or value == "":
        return None
    try:
        read = datetime.fromisoformat(words(value) or "")
        at = (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
        return None if at == _NO_INSTANT else at
    except (ValueError, OverflowError):
        raise RowRefused(column_name, "is not an instant") from None


def local_date(value: object, column_name: str) -> date | None:
    """Give a date of the hotel's calendar; a time beside it is left out."""
    if value is None or value == "":
        return None
    try:
        return datetime.fromisoformat(words(value) or "").date()
    except ValueError:
        raise RowRefused(column_name, "is not a date") from None


def refuse_odd_stay(check_in_on: date, check_out_on: date, column_name: str) -> None:
    """Refuse a stay that ends before it began, or lasts longer than any."""
    if not 1 <= (check_out_on - check_in_on).days <= MOST_NIGHTS:
        raise RowRefused(column_name, f"must be 1 to {MOST_NIGHTS} nights after check-in")


def known_currency(value: object, column_name: str) -> str:
    """Give a currency's code; one that ISO 4217 does not know has no smallest unit."""
    code = needed_words(value, column_name).upper()
    if code not in DECIMALS:
        raise RowRefused(column_name, "is not a currency we know")
    return code


def money(value: object, currency: str, column_name: str) -> int:
    """Give an amount that is not negative, in the smallest units of its currency."""
    if value is None or value == "":
        raise RowRefused(column_name, "is missing")
    try:
        amount = minor_units(value, currency)
    except AmountRefused as refusal:
        raise RowRefused(column_name, str(refusal)) from None
    if amount < 0:
        raise RowRefused(column_name, "is negative")
    return amount


def raw_text(value: object) -> str:
    """Write a row as it came."""
    return json.dumps(value)
