"""Money, counts, chances and the start of a sentence as people read them."""

import re

from warehouse.rules.currencies import major_units

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
THOUSAND = 1_000
MILLION = 1_000_000
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$:-])")


def money(minor_units: float, currency: str) -> str:
    """Write an amount in whole units: $12,340."""
    return f"{_sign(currency)}{whole_units(minor_units, currency):,}"


def whole_units(minor_units: float, currency: str) -> int:
    """Round an amount to whole dollars, euros or yen, wherever it is shown."""
    return round(major_units(minor_units, currency))


def short_money(minor_units: float, currency: str) -> str:
    """Write an amount to three figures: $412k or $1.24M."""
    major = major_units(minor_units, currency)
    if major >= MILLION:
        return f"{_sign(currency)}{major / MILLION:.2f}M"
    if major >= 10 * THOUSAND:
        return f"{_sign(currency)}{major / THOUSAND:,.0f}k"
    return money(minor_units, currency)


def markdown_money(minor_units: float, currency: str) -> str:
    """Write an amount for Markdown, where a bare dollar sign would open a formula."""
    return short_money(minor_units, currency).replace("$", r"\$")


def chance(probability: float | None) -> str:
    """Write a probability as a percentage; below one in a hundred says so."""
    if probability is None:
        return "unknown"
    return "under 1 %" if probability < 0.01 else f"{probability:.0%}".replace("%", " %")


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Write a number with its noun: 1 traveller, 2,310 travellers."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def sentence_case(words: str) -> str:
    """Begin with a capital and leave the rest as it is."""
    return words[:1].upper() + words[1:]


def _sign(currency: str) -> str:
    return SYMBOLS.get(currency, f"{currency} ")


def literally(text: str) -> str:
    """Let a page show a foreign text as it stands, whatever Markdown would make of it."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
