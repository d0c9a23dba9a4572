"""Contacts as they are kept, and how often and how long a code may be asked for and tried."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from warehouse.errors import ContactRefused
from warehouse.vocabulary import Channel

CODE_LIFE: Final = timedelta(minutes=10)
MOST_TRIES: Final = 5
PAUSE: Final = timedelta(seconds=30)
"""Between two messages that somebody asks for."""
WINDOW: Final = timedelta(hours=1)
MOST_IN_WINDOW: Final = 6

MOST_CHARACTERS: Final = 2_000
"""What browsers and servers take as an address."""

_BESIDE_DIGITS = re.compile(r"[\s()./-]")
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_MAILBOX = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s.,;<>]+")
_HANDLE = re.compile(r"[#@!+]?[\w][\w.:@=-]*")
_URL = re.compile(r"https?://[^\s/?#@]+(?:[/?][^\s#]*)?")
_SHAPES: Final = {
    Channel.EMAIL: (_MAILBOX, "e-mail address: write it as mara@desk.example"),
    Channel.SMS: (
        _NUMBER,
        "phone number with its country's code: write it as +1 212 555 0100",
    ),
    Channel.CHAT: (
        _HANDLE,
        "name in the chat: write it as your service does, such as #storm-desk, @mara or 123456789",
    ),
    Channel.WEBHOOK: (
        _URL,
        "address of a receiver: write it as https://desk.example/pages, without a password in it",
    ),
}


def written_contact(channel: Channel, typed: str) -> str:
    """Write a contact as it is kept: an address, +12125550100, a name in the chat, a URL.

    Parameters
    ----------
    channel:
        The channel it is to be reached by; SMS for a phone number.
    typed:
        As somebody typed it.

    Returns
    -------
    :
        The number with its country's code and without anything between the digits; the others
        without what stands around them.

    Raises
    ------
    ContactRefused
        It is none, or the channel has no contact of its own.
    """
    if channel not in _SHAPES:
        raise ContactRefused(f"Nobody has a contact of their own for {channel.value}.")
    shape, what = _SHAPES[channel]
    written = _BESIDE_DIGITS.sub("", typed) if channel is Channel.SMS else typed.strip()
    if len(written) > MOST_CHARACTERS or not shape.fullmatch(written):
        raise ContactRefused(f"That is no {what}.")
    return written


def refuse_hurry(asked_at: Sequence[datetime], *, at: datetime) -> None:
    """Refuse another message so soon, or after so many.

    Parameters
    ----------
    asked_at:
        When this person asked for messages before, in any order.
    at:
        The server's instant, UTC.

    Raises
    ------
    ContactRefused
        The last one is less than half a minute old, or there were six within the hour.
    """
    recent = sorted(each for each in asked_at if each > at - WINDOW)
    if recent and recent[-1] > at - PAUSE:
        raise ContactRefused("A message has just left. Wait half a minute and look again.")
    if len(recent) >= MOST_IN_WINDOW:
        minutes = int((recent[0] + WINDOW - at) / timedelta(minutes=1)) + 1
        raise ContactRefused(f"Too many messages were asked for. Try again in {minutes} min.")
