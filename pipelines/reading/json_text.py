"""JSON as others write it: repaired where that takes nothing away, refused where it would."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Final

import json_repair

MOST_REPAIRED_CHARACTERS: Final = 250_000
_STRING: Final = r'"(?:[^"\\]|\\.)*"'
_STRING_OR_COMMENT: Final = re.compile(
    rf"({_STRING})|//[^\n]*|/\*.*?(?:\*/|\Z)|<!--|-->|<!\[CDATA\[|\]\]>", re.DOTALL
)
_LAST_COMMA: Final = re.compile(rf"({_STRING})|,(?=\s*[}}\]])", re.DOTALL)
_STRINGS: Final = re.compile(_STRING, re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_BRACKETS: Final = re.compile(r"[{}\[\]]")
_CLOSED_BY: Final = {"{": "}", "[": "]"}
_PUNCTUATION: Final = re.compile(r"[\s\x00-\x1f{}\[\]:,\"'\\]+")
_FRACTION: Final = re.compile(r"(?<=\d)\.\d+")


class JsonBroken(Exception):
    """A text is no JSON, and no repair of it would be certain."""


def parse_json(text: str) -> object:
    """Read JSON, with comments, lost commas and the like forgiven.

    Parameters
    ----------
    text:
        What somebody means to be JSON.

    Returns
    -------
    :
        What it says.

    Raises
    ------
    JsonBroken
        It is none, and nobody could repair it without adding or dropping something.
    """
    try:
        return json.loads(text, strict=False)
    except ValueError as error:
        problem = str(error)
    if len(text) > MOST_REPAIRED_CHARACTERS:
        raise JsonBroken(f"{problem}, and it is too long to repair")
    for reading in (text, unescape(text)):
        bare = _LAST_COMMA.sub(_kept, _STRING_OR_COMMENT.sub(_kept, reading))
        try:
            return json.loads(bare, strict=False)
        except ValueError:
            spelled = _spelled_out(bare)
            if _is_whole(spelled):
                repaired = json_repair.loads(spelled, skip_json_loads=True)
                if _says_the_same(spelled, repaired):
                    return repaired
    raise JsonBroken(problem)


def _kept(found: re.Match[str]) -> str:
    return found[1] or " "


def _is_whole(text: str) -> bool:
    """Say whether all that was opened is closed, in order: what breaks off is half a document."""
    if _ESCAPE.sub("", text).count('"') % 2 == 1:
        return False
    opened: list[str] = []
    brackets = _BRACKETS.findall(_STRINGS.sub("", text))
    for bracket in brackets:
        if bracket in _CLOSED_BY:
            opened.append(_CLOSED_BY[bracket])
        elif not opened or opened.pop() != bracket:
            return False
    return bool(brackets) and not opened


def _says_the_same(text: str, repaired: object) -> bool:
    """Compare all but the punctuation: a repair may set commas and quotes, and nothing else."""
    outside, pieces = _STRINGS.sub("", text), list(_pieces(repaired))
    return (
        pieces.count("{") == outside.count("{")
        and pieces.count(":") <= outside.count(":")
        and _bare_words(_ESCAPE.sub(_without_control, text)) == _bare_words("".join(pieces))
    )


def _pieces(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        for key, inner in value.items():
            yield str(key)
            yield ":"
            yield from _pieces(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _pieces(inner)
    else:
        yield value if isinstance(value, str) else json.dumps(value)


def _spelled_out(text: str) -> str:
    """Write escaped characters as themselves, which the repair does not always do."""
    spelled = _ESCAPE.sub(_character, text)
    return spelled.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(found: re.Match[str]) -> str:
    code, other = found.groups()
    if code is None:
        return "/" if other == "/" else found[0]
    character = chr(int(code, 16))
    return found[0] if character in '"\\' or character < " " else character


def _without_control(found: re.Match[str]) -> str:
    code, other = found.groups()
    if code is not None:
        return chr(int(code, 16))
    return "" if other in "bfnrt" else str(other)


def _bare_words(text: str) -> str:
    return _FRACTION.sub(lambda found: found[0].rstrip("0").rstrip("."), _PUNCTUATION.sub("", text))
