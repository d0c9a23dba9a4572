"""Prices as documents write them, in the smallest unit of their currency."""

import re
from decimal import Decimal
from typing import Final

from pipelines.reading.values import code_of, text_of
from warehouse.rules.currencies import DECIMALS

_DECIMAL_POINT: Final = re.compile(r"(?:\d{1,13}|\d{1,3}(?:,\d{3}){1,4})(?:\.\d{1,6})?", re.A)
_DECIMAL_COMMA: Final = re.compile(r"\d{1,13},\d\d|\d{1,3}(?:\.\d{3}){1,4},\d\d", re.A)
_AROUND: Final = re.compile(r"^[^\d-]+|\D+$", re.A)


def read_price(amount: object, currency: object) -> tuple[int, str] | None:
    """Read a price.

    Parameters
    ----------
    amount:
        Number or text in whole units, with a decimal point or comma.
    currency:
        ISO 4217 code.

    Returns
    -------
    :
        Minor units and currency; None if either cannot be read for certain: no trip is worth
        losing for its price.
    """
    text, code = _AROUND.sub("", text_of(amount) or ""), code_of(currency)
    if code is None or code not in DECIMALS:
        return None
    if _DECIMAL_POINT.fullmatch(text):
        number = Decimal(text.replace(",", ""))
    elif _DECIMAL_COMMA.fullmatch(text):
        number = Decimal(text.replace(".", "").replace(",", "."))
    else:
        return None
    minor_units = number.scaleb(DECIMALS[code])
    return (int(minor_units), code) if minor_units == int(minor_units) else None
