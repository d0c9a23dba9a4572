"""What a web page, or a mail written as one, says in JSON-LD and in microdata."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pipelines.reading.json_ld import BrokenPart, Statement
from pipelines.reading.json_text import JsonBroken, parse_json
from pipelines.reading.values import listed, storable_text

MOST_CHARACTERS: Final = 8 * 1024 * 1024
MOST_PROPERTIES: Final = 20_000
_TANGLED: Final = (
    "boolean(//*[@itemprop][count(ancestor::*[@itemprop]) > 50])"
    " or string-length(//@itemref[string-length() > 1000]) > 0 or count(//@itemref) > 1000"
)
"""Deeper than anything anybody describes: reading it would take hours."""
_TOO_MUCH: Final = (
    "The page is {} to be read whole: save the part with the reservations as a page of its own."
)


def read_page(page: str) -> Iterator[Statement | BrokenPart]:
    """Find what a page says for machines. Nothing it points to is fetched.

    Parameters
    ----------
    page:
        HTML of any quality.

    Yields
    ------
    :
        Its JSON-LD and then its microdata; all of it as one broken part if it is too large or too
        deep to be read whole.
    """
    if len(page) > MOST_CHARACTERS or page.count("itemprop") > MOST_PROPERTIES:
        yield BrokenPart.of(page, _TOO_MUCH.format("too large"))
        return
    tree, is_whole = _parsed(page)
    if not is_whole:
        yield BrokenPart.of(page, _TOO_MUCH.format("nested too deeply"))
    if tree is None or not is_whole:
        return
    # extruct's own reader of JSON-LD gives up the whole page for one broken script.
    for script in tree.xpath("//script[contains(translate(@type, 'LDJSON', 'ldjson'), 'ld+json')]"):
        text = script.text or ""
        if text.strip():
            yield read_script(text)
    if "itemscope" not in page:
        return
    if tree.xpath(_TANGLED):
        yield BrokenPart.of(page, _TOO_MUCH.format("too tangled"))
        return
    try:
        yield from map(Statement, _microdata(tree))
    except ValueError:
        # What stands for a control character, such as &#1;, stops lxml when it is moved.
        yield BrokenPart.of(page, _TOO_MUCH.format("too broken"))


def read_script(text: str) -> Statement | BrokenPart:
    """Read JSON-LD that stands within something else, which goes on if this is broken."""
    try:
        return Statement(parse_json(text))
    except JsonBroken as error:
        return BrokenPart.of(
            text,
            f"The reservation is broken JSON ({error}): ask the sender to send it again.",
        )


def _parsed(page: str) -> tuple[Any, bool]:
    """Parse HTML, None if there is none; and say whether that is the whole of it."""
    from lxml import etree, html  # type: ignore[import-untyped] # lxml ships no types

    # A page's own declaration of its character set is past: this is text.
    content = storable_text(page).encode()
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True)
    try:
        tree = html.document_fromstring(content, parser=parser)
    except etree.ParserError:
        return None, True
    return tree, all(error.level_name != "FATAL" for error in parser.error_log)


def _microdata(tree: Any) -> list[object]:
    """Put microdata the way JSON-LD puts it."""
    from extruct import MicrodataExtractor  # type: ignore[import-untyped] # extruct ships no types

    return [_as_json_ld(item) for item in MicrodataExtractor().extract_items(tree, None)]


def _as_json_ld(value: object) -> object:
    if isinstance(value, list):
        return [_as_json_ld(inner) for inner in value]
    if not isinstance(value, Mapping):
        return value
    named = {"@type": listed(value.get("type"))}
    if "properties" not in value:
        return named | {"name": value.get("value")}
    return named | {name: _as_json_ld(inner) for name, inner in value["properties"].items()}
