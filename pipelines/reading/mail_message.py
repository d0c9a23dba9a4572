"""What an e-mail says in its pages and attachments, however deep they are wrapped."""

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes, policy
from email.message import Message
from email.utils import parsedate_to_datetime
from pathlib import PurePath
from typing import Final

from pipelines.reading.characters import decoded
from pipelines.reading.errors import DocumentUnreadable
from pipelines.reading.json_ld import BrokenPart, Statement
from pipelines.reading.moments import stamp_of
from pipelines.reading.web_page import read_page, read_script

MOST_MAILS_WITHIN: Final = 5
MOST_PARTS: Final = 1_000
MOST_HEADER_WORK: Final = 20_000_000
"""Python takes the square of a header's length to tell what a part of a mail is."""
_HEADERS: Final = re.compile(
    rb"^content-(?:type|disposition):(?:[^\n]|\n[ \t])*", re.IGNORECASE | re.MULTILINE
)
_PAGES: Final = {"text/html", "application/xhtml+xml", ".html", ".htm", ".xhtml"}
_JSON: Final = {"application/ld+json", "application/json", ".jsonld", ".json"}
_MAILS: Final = {"message/rfc822", ".eml"}
_NO_RESERVATION: Final = Statement({})


def read_mail(content: bytes, depth: int = 0) -> Iterator[Statement | BrokenPart]:
    """Find what an e-mail says for machines. Nothing it points to is fetched.

    Parameters
    ----------
    content:
        The message with its headers.
    depth:
        In how many other messages it was attached.

    Yields
    ------
    :
        What its pages and attachments say, in their order; an attachment that nobody reads, such
        as a picture, counts as one thing that is no reservation.

    Raises
    ------
    DocumentUnreadable
        It, or a mail within it, is not made as mails are.
    """
    work = sum(len(header) ** 2 for header in _HEADERS.findall(content))
    if work > MOST_HEADER_WORK or content.count(b"\n--") > 2 * MOST_PARTS:
        raise DocumentUnreadable(
            "The mail has more parts, or longer headers, than any mail program writes:"
            " save its attachments and send them alone."
        )
    message = message_from_bytes(content, policy=policy.default)
    yield from _read_part(message, None, depth)


def _read_part(
    part: Message, said_at: datetime | None, depth: int
) -> Iterator[Statement | BrokenPart]:
    said_at = _sent_at(part) or said_at
    if part.is_multipart():
        for inner in part.get_payload():
            if isinstance(inner, Message):
                yield from _read_part(inner, said_at, depth)
        return
    for found in _read_leaf(part, depth):
        if isinstance(found, Statement) and found.said_at is None:
            yield Statement(found.tree, said_at)
        else:
            yield found


def _read_leaf(part: Message, depth: int) -> Iterator[Statement | BrokenPart]:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    name = part.get_filename() or ""
    kinds = {part.get_content_type(), PurePath(name).suffix.lower()}
    if kinds & _MAILS and depth < MOST_MAILS_WITHIN:
        yield from read_mail(content, depth + 1)
    elif kinds & _JSON:
        yield read_script(decoded(content, part.get_content_charset()))
    elif kinds & _PAGES:
        yield from read_page(decoded(content, part.get_content_charset()))
    elif name:
        yield _NO_RESERVATION


def _sent_at(part: Message) -> datetime | None:
    date = part.get("Date")
    try:
        return stamp_of(parsedate_to_datetime(str(date)).isoformat()) if date else None
    except ValueError:
        return None
