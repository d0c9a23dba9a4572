"""Whatever file of bookings comes in, understood by what is in it before what it is called."""

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Final

from pipelines.reading.booking_rows import is_booking_page, read_booking_page
from pipelines.reading.characters import decoded
from pipelines.reading.duffel_orders import is_of_duffel, read_orders
from pipelines.reading.errors import DocumentNamesOrder, DocumentUnreadable
from pipelines.reading.json_ld import Statement
from pipelines.reading.json_text import JsonBroken, parse_json
from pipelines.reading.mail_message import read_mail
from pipelines.reading.schema_org import read_statements
from pipelines.reading.segments import Understood
from pipelines.reading.values import listed
from pipelines.reading.web_page import read_page

__all__ = ["DocumentNamesOrder", "DocumentUnreadable", "read_document"]

MOST_BYTES: Final = 32 * 1024 * 1024
_HEADER_LINE: Final = re.compile(rb"(?:From \S|[A-Za-z][A-Za-z0-9-]*:)")
_MAIL_HEADER: Final = re.compile(
    rb"^(?:From|To|Subject|Date|MIME-Version|Content-Type|Received|Return-Path|Message-ID):",
    re.IGNORECASE | re.MULTILINE,
)
_MAILS: Final = {".eml"}
_PAGES: Final = {".html", ".htm", ".xhtml"}
_JSON: Final = {".json", ".jsonld"}
_CAN_READ: Final = "an e-mail, a web page, or JSON of schema.org, Duffel or our own bookings"


def read_document(document: Path | bytes, name: str) -> Understood:
    """Read a document of bookings.

    Parameters
    ----------
    document:
        Where it lies, or what is in it.
    name:
        What it is called; its ending is asked only if its content does not tell.

    Returns
    -------
    :
        What it was understood to be, its segments, and what of it was rejected or ignored.

    Raises
    ------
    DocumentUnreadable
        Nothing in it can be read; the message says why and what to do.
    """
    content = document if isinstance(document, bytes) else _content_of(document)
    if len(content) > MOST_BYTES:
        raise DocumentUnreadable(
            f"{name} is larger than {MOST_BYTES // 1024**2} MiB: send it in several parts."
        )
    try:
        return _understand(content, name)
    except RecursionError as error:
        raise DocumentUnreadable(
            f"{name} is nested too deeply for anything a person or a program means to say:"
            " ask the sender to send it again."
        ) from error


def _content_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise DocumentUnreadable(
            f"{path.name} cannot be opened ({error.strerror}): check that it is there and readable."
        ) from error


def _understand(content: bytes, name: str) -> Understood:
    ending = PurePath(name).suffix.lower()
    mail = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if _is_mail(mail):
        return read_statements("schema.org reservations in an e-mail", read_mail(mail))
    text = decoded(content)
    start = text.lstrip()[:1]
    if start in {"{", "["} and (ending not in _MAILS | _PAGES or _is_json(text)):
        return _understand_json(text, name)
    if start == "<" or (ending in _PAGES and "<" in text):
        return read_statements("schema.org reservations in a web page", read_page(text))
    if not text.strip():
        raise DocumentUnreadable(f"{name} is empty: ask the sender to send it again.")
    if ending in _JSON:
        return _understand_json(text, name)
    raise DocumentUnreadable(f"{name} is nothing we can read: we read {_CAN_READ}.")


def _is_mail(content: bytes) -> bool:
    """Look for headers where a mail has them, before the first empty line."""
    head = re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0]
    return bool(_HEADER_LINE.match(head) and _MAIL_HEADER.search(head))


def _is_json(text: str) -> bool:
    try:
        json.loads(text, strict=False)
    except ValueError:
        return False
    return True


def _understand_json(text: str, name: str) -> Understood:
    try:
        tree = parse_json(text)
    except JsonBroken as error:
        raise DocumentUnreadable(
            f"{name} is broken JSON ({error}): ask the sender to send it again."
        ) from error
    if is_of_duffel(tree):
        return read_orders(tree)
    if is_booking_page(tree):
        return read_booking_page(tree).understood
    understood = read_statements("schema.org reservations", [Statement(tree)])
    is_empty = understood.segments.empty and understood.rejected.empty
    if is_empty and not _is_json_ld(tree):
        raise DocumentUnreadable(f"{name} is JSON, but not of bookings: we read {_CAN_READ}.")
    return understood


def _is_json_ld(tree: object) -> bool:
    """Say whether anything at the top says in JSON-LD's way what it is."""
    things = [inner for thing in listed(tree) for inner in listed(thing)]
    return (
        any(
            isinstance(thing, Mapping) and {"@type", "@context", "@graph"} & thing.keys()
            for thing in things
        )
        or tree == []
    )
