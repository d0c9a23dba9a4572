"""The currencies of ISO 4217, and exact amounts in their smallest units."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

_TWO_DECIMALS: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
    CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
    MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
    PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
    TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
_OTHERS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
DECIMALS: Final = dict.fromkeys(_TWO_DECIMALS.split(), 2) | {
    code: decimals for decimals, codes in _OTHERS.items() for code in codes.split()
}
"""How many decimals the amounts of each currency have."""

MOST_MAJOR_UNITS: Final = Decimal(10**12)
"""No price is near it; a longer number is a mistake, and costly to write out."""

_USUAL_DECIMALS: Final = 2
_MOST_DECIMALS: Final = 12
"""More are noise of binary numbers, and would outgrow exact arithmetic."""


class AmountRefused(ValueError):
    """An amount of money means nothing; the message says why, without naming a field."""


def minor_units(amount: object, currency: str) -> int:
    """Turn an amount in major units into the smallest units of its currency.

    What is written as text is exact. A JSON number went through binary on its way, and some
    suppliers convert currencies without rounding: it is rounded to the nearest unit.

    Parameters
    ----------
    amount:
        As a supplier sent it: text such as "799.00", or a number.
    currency:
        One of `DECIMALS`.

    Returns
    -------
    :
        For example 79900 for "799.00" GBP, 799 for "799" JPY, 799000 for "799" BHD.

    Raises
    ------
    AmountRefused
        It is not a number, has more decimals than the currency, or is beyond any price.
    """
    exact = _decimal(amount)
    scaled = exact.scaleb(DECIMALS[currency])
    rounded = scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    if rounded != scaled and not isinstance(amount, float):
        raise AmountRefused(f"has more decimals than {currency} has")
    return int(rounded)


def major_units(minor_units: float, currency: str) -> float:
    """Turn an amount in the smallest units of a currency into its dollars, euros or yen."""
    return float(minor_units / 10 ** DECIMALS.get(currency, _USUAL_DECIMALS))


def price_words(minor_units: float, currency: str | None) -> str:
    """Write a price with the decimals its currency has: 129.00 USD, 18000 JPY."""
    code = currency or ""
    decimals = DECIMALS.get(code, _USUAL_DECIMALS)
    return f"{major_units(minor_units, code):.{decimals}f} {code}".strip()


def _decimal(amount: object) -> Decimal:
    if isinstance(amount, bool) or not isinstance(amount, str | int | float):
        raise AmountRefused("is not an amount of money")
    try:
        exact = Decimal(repr(amount) if isinstance(amount, float) else amount)
    except InvalidOperation:
        raise AmountRefused("is not an amount of money") from None
    if not exact.is_finite() or abs(exact) >= MOST_MAJOR_UNITS:
        raise AmountRefused("is beyond any price")
    if isinstance(amount, float):
        return round(exact, _MOST_DECIMALS)
    if int(exact.as_tuple().exponent) < -_MOST_DECIMALS:
        raise AmountRefused("has more decimals than any currency has")
    return exact
