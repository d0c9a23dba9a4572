"""Flight numbers as documents write them: `UA110`, `UA 0110` or `110` of a carrier."""

import re
from collections.abc import Iterable
from typing import Final

from pipelines.reading.errors import Unusable

_DESIGNATOR: Final = re.compile(
    r"(?:(?P<carrier>[A-Z][A-Z0-9]|[0-9][A-Z])|(?P<icao>[A-Z]{3}))?[\s-]*0*(?P<number>[1-9]\d{0,4})",
    re.ASCII,
)
_CARRIER: Final = re.compile(r"[A-Z][A-Z0-9]|[0-9][A-Z]", re.ASCII)


def read_designator(
    number: str | None, airline: str | None, others: Iterable[str | None] = ()
) -> tuple[str, str]:
    """Tell a flight's carrier and number.

    Parameters
    ----------
    number:
        As written, with or without the carrier in front.
    airline:
        Code of the carrier as named beside the number; it knows better than anything else.
    others:
        Codes of whoever else is named, asked only if the number is bare, the likeliest first.

    Returns
    -------
    :
        Two-character IATA code, and the digits without leading zeros.

    Raises
    ------
    Unusable
        There is no number, or nobody says whose it is.
    """
    if number is None:
        raise Unusable("flight_number", "The flight has no number: ask the sender for it.")
    found = _DESIGNATOR.fullmatch(number.upper())
    if found is None:
        raise Unusable(
            "flight_number",
            f'"{number[:40]}" is no flight number: ask the sender for one such as UA110.',
        )
    carriers = [carrier_of(airline), found["carrier"], *map(carrier_of, others)]
    carrier = next((code for code in carriers if code is not None), None)
    if carrier is None:
        raise Unusable(
            "carrier",
            f"Nobody says whose flight {number} is: ask for the carrier's two-character IATA code.",
        )
    return carrier, found["number"]


def carrier_of(code: str | None) -> str | None:
    """Read a carrier's IATA code; None if it is none."""
    text = (code or "").strip().upper()
    return text if _CARRIER.fullmatch(text) else None
