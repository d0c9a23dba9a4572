"""A text message of one part: 160 characters of the alphabet that every phone shows."""

import unicodedata
from typing import Final

LONGEST: Final = 160
SHORTEST_WORDS: Final = 40
"""However long the link, this much is said before it."""
BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""GSM 03.38: each takes one of the 160 places."""
DOUBLE: Final = frozenset("^{}\\[~]|€")
"""Its extension: each takes two."""
_SPELT: Final = {
    "\N{RIGHTWARDS ARROW}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MIDDLE DOT}": "-",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{HORIZONTAL ELLIPSIS}": "...",
}


def short_text(words: str, link: str) -> str:
    """Write a message and a link so that both fit into one text message.

    Parameters
    ----------
    words:
        What to say; its end is left out where there is no room for it.
    link:
        Where to act; never cut.

    Returns
    -------
    :
        At most 160 places of GSM-7, unless the link alone takes more than 119 of them.
    """
    room = max(LONGEST - places(link) - 1, SHORTEST_WORDS)
    spelt = in_gsm(words)
    if places(spelt) > room:
        while places(spelt) > room - 3:
            spelt = spelt[:-1]
        spelt = f"{spelt.rstrip(' ,.:;-')}..."
    return f"{spelt} {link}"


def places(words: str) -> int:
    """Count the places of GSM-7 that words take."""
    return len(words) + sum(letter in DOUBLE for letter in words)


def in_gsm(words: str) -> str:
    """Spell words in GSM-7: what it lacks is written without its accent, or as a question mark."""
    return "".join(_letter(each) for each in " ".join(words.split()))


def _letter(letter: str) -> str:
    if letter in BASIC or letter in DOUBLE:
        return letter
    spelt = _SPELT.get(letter) or unicodedata.normalize("NFKD", letter)
    plain = "".join(each for each in spelt if each in BASIC)
    return plain or "?"
