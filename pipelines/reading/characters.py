"""Bytes into text, whatever character set they are in and whatever they say they are in."""

import json
from typing import Final

from w3lib.encoding import html_body_declared_encoding, read_bom, resolve_encoding

_ALSO_IN_UTF8: Final = {"ascii", "us-ascii", "iso8859-1", "latin-1", "cp1252", "utf-8"}
"""Often declared for what is UTF-8 in truth, which text of these hardly ever is by chance."""
_NO_CHARACTER_SETS: Final = {"idna", "punycode", "unicode-escape", "raw-unicode-escape"}
"""Python knows them by such names, and some take for ever."""


def decoded(content: bytes, charset: str | None = None) -> str:
    """Decode a document.

    Parameters
    ----------
    content:
        As received.
    charset:
        What it was declared to be in, if whoever carried it said so; a page may say so itself.

    Returns
    -------
    :
        Its text; what is in no character set we know is replaced, never refused.
    """
    by_mark, _ = read_bom(content)
    if by_mark is not None:
        return content.decode(by_mark, "replace").lstrip("\ufeff")
    if b"\0" in content[:4]:
        return content.decode(json.detect_encoding(content), "replace")
    declared = _known(charset) or _known(html_body_declared_encoding(content))
    candidates = ["utf-8", declared] if declared in _ALSO_IN_UTF8 else [declared, "utf-8"]
    for candidate in candidates:
        try:
            return content.decode(candidate or "utf-8")
        except UnicodeError:
            continue
    return content.decode("cp1252", "replace")


def _known(charset: str | None) -> str | None:
    name = resolve_encoding(charset) if charset else None
    return None if name in _NO_CHARACTER_SETS else name
