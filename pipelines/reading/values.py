"""Single values of a document, read liberally: numbers as text, lists of one, names in any case."""

import json
import math
import re
from collections.abc import Mapping
from html import unescape
from typing import Any, Final

LONGEST_TEXT: Final = 1_000
LONGEST_RAW: Final = 20_000
_UNPRINTABLE: Final = {
    **{code: None for code in range(32) if chr(code) not in "\t\n\r"},
    **dict.fromkeys((0xFFFE, 0xFFFF)),
}
_CODE: Final = re.compile(r"[A-Z]{3}")
_EMAIL: Final = re.compile(r"(?:mailto:)?([^@\s]+@[^@\s]+)", re.IGNORECASE)


def said(thing: object, *names: str) -> Any:
    """Find the first of several names that a thing has anything under.

    Parameters
    ----------
    thing:
        An object of a document; anything else says nothing.
    names:
        Of the same thing in several dialects, the best first.

    Returns
    -------
    :
        What is said, in whatever shape; None if nothing is.
    """
    if not isinstance(thing, Mapping):
        return None
    for name in names:
        value = thing.get(name)
        if value is None:
            folded = name.casefold()
            value = next((thing[key] for key in thing if str(key).casefold() == folded), None)
        if value not in (None, "", [], {}):
            return value
    return None


def listed(value: object) -> list[Any]:
    """Take a list as it is, nothing as an empty one, anything else as a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def text_of(value: object) -> str | None:
    """Read a text, or a number or an identifier that stands for one; None if there is none."""
    match value:
        case str():
            text = " ".join(unescape(value).split())
            return text[:LONGEST_TEXT] or None
        case bool() | None:
            return None
        case int():
            return str(value) if abs(value) < 10**18 else None
        case float() if math.isfinite(value):
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else str(value)
        case [single]:
            return text_of(single)
        case {"@value": inner} | {"value": inner} | {"name": inner}:
            return text_of(inner)
        case _:
            return None


def number_of(value: object) -> float | None:
    """Read a finite number, also from text; None if there is none."""
    try:
        number = float(text_of(value) or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def degrees_of(value: object, most: float) -> float | None:
    """Read a latitude or longitude; None if there is none or it lies outside the world."""
    number = number_of(value)
    return number if number is not None and abs(number) <= most else None


def code_of(value: object) -> str | None:
    """Read a code of three letters, such as an airport's or a currency's; None if it is none."""
    text = (text_of(value) or "").upper()
    return text if _CODE.fullmatch(text) else None


def email_of(value: object) -> str | None:
    """Read an e-mail address; None if it is none."""
    found = _EMAIL.fullmatch(text_of(value) or "")
    return found[1] if found else None


def raw_of(value: object) -> str:
    """Write a thing down for whoever looks at why it was rejected."""
    written = ""
    for piece in json.JSONEncoder(ensure_ascii=False, default=str).iterencode(value):
        written += piece
        if len(written) > LONGEST_RAW:
            return f"{written[:LONGEST_RAW]}…"
    return written


def storable_text(text: str) -> str:
    """Leave out what neither frames, Postgres nor XML can hold: lone surrogates and controls."""
    return text.translate(_UNPRINTABLE).encode("utf-8", "replace").decode()
