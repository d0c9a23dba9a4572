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

_BESIDE_DIGITS = re.compile(r"[\s()./-]")
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_MAILBOX = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s.,;<>]+")


def written_contact(channel: Channel, typed: str) -> str:
    """Write a contact as it is kept: +12125550100, or an e-mail address.

    Parameters
    ----------
    channel:
        E-mail, or SMS for a phone number.
    typed:
        As somebody typed it.

    Returns
    -------
    :
        The number with its country's code and without anything between the digits, or the address.

    Raises
    ------
    ContactRefused
        It is neither, or the channel has no contact of its own.
    """
    if channel is Channel.SMS:
        number = _BESIDE_DIGITS.sub("", typed)
        if not _NUMBER.fullmatch(number):
            raise ContactRefused(
                "That is no phone number with its country's code: write it as +1 212 555 0100."
            )
        return number
    if channel is not Channel.EMAIL:
        raise ContactRefused(f"Nobody has a contact of their own for {channel.value}.")
    address = typed.strip()
    if not _MAILBOX.fullmatch(address):
        raise ContactRefused("That is no e-mail address: write it as mara@desk.example.")
    return address


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
